"""What to tell a person when WeChat did not take an article, with WeChat's own words."""

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from wxportal.wechat.errors import ApiError, NoToken, NotSent, WeChatError

WAYS_OUT: dict[int, Promise] = {
    40164: gettext_lazy("Add this server's address to the IP allow-list in WeChat's console."),
    48001: gettext_lazy("WeChat does not let this account make drafts: look at its verification."),
    45009: gettext_lazy("Today's calls for drafts are used up; try again after midnight in Beijing."),
    45002: gettext_lazy("WeChat finds the text too long."),
    45003: gettext_lazy("WeChat finds the title too long."),
    45004: gettext_lazy("WeChat finds the digest too long."),
    45110: gettext_lazy("WeChat finds the author's name too long."),
    45166: gettext_lazy("WeChat does not accept something in the text."),
    41039: gettext_lazy("WeChat does not accept the “read original” address."),
    88000: gettext_lazy("This account has no right to comments: switch them off."),
    45034: gettext_lazy("The account's library of pictures is full: delete some in WeChat's console."),
    45074: gettext_lazy("The account's library of pictures is full: delete some in WeChat's console."),
}


def of_failure(exc: WeChatError) -> str:
    """Return one or two sentences: what happened, and the way out where there is one."""
    cause = exc.cause if isinstance(exc, NoToken) else exc
    if isinstance(cause, ApiError):
        words = WAYS_OUT.get(cause.errcode, gettext_lazy("WeChat refused."))
        address = f" {cause.ip}" if cause.ip else ""
        return f"{words}{address} ({cause.errcode} {cause.errmsg})"
    if isinstance(cause, NotSent):
        return _("WeChat could not be reached; nothing was sent. Try again in a minute.")
    return _("WeChat gave no usable answer, so the draft may or may not be there. Push again: it replaces the draft.")
