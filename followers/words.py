"""What to say when a sync waits or has stopped: what happened, and the way out."""

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from followers.models import SyncRun
from wxportal.wechat.errors import ApiError, NoToken, NotSent, OutcomeUnknown, WeChatError

# Named by followers.sync; the parts in %()s come from the run's problem_data.
SENTENCES: dict[str, Promise] = {
    "unreachable": gettext_lazy("WeChat cannot be reached from here."),
    "no_answer": gettext_lazy("WeChat is busy or gives no usable answer."),
    "token": gettext_lazy(
        "WeChat keeps rejecting the access token: another system may be using this account's secret."
    ),
    "quota": gettext_lazy("Today's calls of this account are used up; WeChat counts anew after midnight in Beijing."),
    "ended_early": gettext_lazy(
        "WeChat's list ended at %(listed)s of %(total)s followers. Nobody was marked as gone, what was read is kept."
    ),
    "stuck": gettext_lazy(
        "WeChat's list did not go on after %(listed)s followers. Nobody was marked as gone, what was read is kept."
    ),
    "incomplete": gettext_lazy(
        "WeChat announced %(count)s followers on a page and gave none. "
        "Nobody was marked as gone, what was read is kept."
    ),
    "not_allowed": gettext_lazy("WeChat does not give this account its followers."),
    "address": gettext_lazy("WeChat does not accept calls from this server's address, %(ip)s."),
    "secret": gettext_lazy("WeChat did not accept the account's app id or secret."),
    "interface": gettext_lazy("The address of the account's interface cannot be used."),
    "wechat": gettext_lazy("WeChat refused to answer."),
}
WAYS_OUT: dict[str, Promise] = {
    "ended_early": gettext_lazy("Resume asks for the rest again."),
    "stuck": gettext_lazy("Resume asks for the rest again."),
    "incomplete": gettext_lazy("Resume asks for that page again."),
    "not_allowed": gettext_lazy("It needs a verification (认证) that holds. Look at the account's page."),
    "address": gettext_lazy("Add it to the allow-list in WeChat's console; it holds after 5 to 10 minutes."),
    "secret": gettext_lazy("Test the connection on the account's page."),
    "interface": gettext_lazy("Correct it on the account's page."),
    "unreachable": gettext_lazy("Test the connection on the account's page."),
    "no_answer": gettext_lazy("Resume tries again."),
    "wechat": gettext_lazy("Test the connection on the account's page, then resume."),
}
# A run that waits goes on by itself, so these are no matter for people yet.
WAITS = {
    "unreachable": gettext_lazy("It is tried again by itself."),
    "no_answer": gettext_lazy("It is tried again by itself."),
    "token": gettext_lazy("It is tried again by itself."),
    "quota": gettext_lazy("It goes on by itself."),
}


def problem(run: SyncRun) -> str:
    """Return what is in the run's way, or an empty text."""
    if not run.problem:
        return ""
    sentence = str(SENTENCES.get(run.problem, SENTENCES["wechat"]))
    return sentence % _shown(run.problem_data)


def way_out(run: SyncRun) -> str:
    """Return what will happen, or what a person can do."""
    table = WAITS if run.state == SyncRun.State.RUNNING else WAYS_OUT
    return str(table.get(run.problem, ""))


def verbatim(run: SyncRun) -> str:
    """Return WeChat's own words, with their number, or an empty text."""
    data = run.problem_data
    if not data.get("errcode"):
        return str(data.get("text", ""))
    return _("WeChat's words: %(errcode)s %(text)s") % {"errcode": data["errcode"], "text": data.get("text", "")}


def _shown(data: dict[str, Any]) -> dict[str, str]:
    """Return the data as texts, numbers grouped; what a sentence may ask for is always there."""
    known = {"listed": 0, "total": 0, "count": 0, "ip": "", **data}
    return {name: f"{value:,}" if isinstance(value, int) else str(value) for name, value in known.items()}


def of_failure(exc: WeChatError | ValueError) -> str:
    """Return what to tell a person whose act needed WeChat and did not get it."""
    if isinstance(exc, NoToken):
        return of_failure(exc.cause)
    if isinstance(exc, NotSent):
        return _("WeChat cannot be reached from here; nothing was changed.")
    if isinstance(exc, OutcomeUnknown):
        return _("WeChat gave no usable answer: it may have been done or not. A sync shows which.")
    if isinstance(exc, ApiError):
        return _("WeChat refused: %(meaning)s (%(errcode)s %(errmsg)s)") % _refusal(exc)
    return str(SENTENCES["interface"])


def _refusal(exc: ApiError) -> dict[str, str]:
    return {"meaning": exc.meaning, "errcode": str(exc.errcode), "errmsg": exc.errmsg}
