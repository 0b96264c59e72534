"""The sentences of the connection test: what WeChat answered, and the way out."""

from typing import TYPE_CHECKING

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

if TYPE_CHECKING:
    from accounts.connection import Line

TITLES: dict[str, Promise] = {
    "address": gettext_lazy("Address of the interface"),
    "appid": gettext_lazy("App id"),
    "secret": gettext_lazy("App secret"),
    "allow_list": gettext_lazy("IP allow-list"),
    "token": gettext_lazy("Access token"),
    "tags": gettext_lazy("Tags"),
    "followers": gettext_lazy("Followers"),
    "drafts": gettext_lazy("Drafts"),
    "sending": pgettext_lazy("section", "Sending"),
}
GOOD: dict[str, Promise] = {
    "appid": gettext_lazy("WeChat knows it."),
    "secret": gettext_lazy("WeChat accepted it."),
    "allow_list": gettext_lazy("This server may call WeChat."),
    "token": gettext_lazy("WeChat gave one."),
}
BAD: dict[str, Promise] = {
    "malformed": gettext_lazy("It is no app id: that is wx followed by 16 digits or letters a to f."),
    "no_https": gettext_lazy("Access tokens travel in the address: https, or plain http on this machine only."),
    "redis_down": gettext_lazy("Our own Redis does not answer, so no token was asked for."),
    "secret_unreadable": gettext_lazy("The secret cannot be opened: it was sealed with a key that is gone."),
    "no_token": gettext_lazy("No access token could be had just now."),
    "not_reached": gettext_lazy("WeChat could not be reached: no connection."),
    "no_answer": gettext_lazy("WeChat was reached and gave no usable answer."),
    "unauthorized": gettext_lazy(
        "WeChat refused this family, though the account should have it: its verification may have lapsed, "
        "or its type differs from what is entered here."
    ),
    "unauthorized_as_expected": gettext_lazy("Not available, as expected for this account's type and verification."),
}
REFUSALS: dict[int, Promise] = {
    40013: gettext_lazy("WeChat knows no account with this app id."),
    40001: gettext_lazy("WeChat did not accept the secret."),
    40125: gettext_lazy("WeChat did not accept the secret."),
    41004: gettext_lazy("No secret is entered."),
    40243: gettext_lazy("The secret is frozen in WeChat's console."),
    40164: gettext_lazy("WeChat does not accept calls from this server's address."),
    50004: gettext_lazy("WeChat has forbidden this account the interface."),
    50007: gettext_lazy("WeChat has frozen this account."),
    45009: gettext_lazy("Today's calls are used up."),
    89503: gettext_lazy("WeChat asked the account's administrator to confirm this server."),
    89506: gettext_lazy("The account's administrator refused this server; it is blocked for 24 hours."),
    89507: gettext_lazy("The account's administrator refused this server; it is blocked for an hour."),
}
WAYS_OUT: dict[str | int, Promise] = {
    "malformed": gettext_lazy("Copy it from WeChat's console: 设置与开发 → 开发接口管理 → 基本配置 → 开发者ID(AppID)."),
    "no_https": gettext_lazy("Correct the address, or leave it empty."),
    "redis_down": gettext_lazy("Tell the administrator of this installation."),
    "secret_unreadable": gettext_lazy("Enter the secret again under Change."),
    "no_token": gettext_lazy("Try again in a minute."),
    "not_reached": gettext_lazy("Try again in a minute; if it stays, the server's way to the internet is closed."),
    "no_answer": gettext_lazy("Try again in a minute."),
    "unauthorized": gettext_lazy("Look at 微信认证 and 接口权限 in WeChat's console, then correct type or end here."),
    40013: gettext_lazy("Compare it with 开发者ID(AppID) in WeChat's console."),
    40001: gettext_lazy("Reset the secret in WeChat's console (开发者密码 → 重置) and enter the new one."),
    40125: gettext_lazy("Reset the secret in WeChat's console (开发者密码 → 重置) and enter the new one."),
    41004: gettext_lazy("Enter the secret under Change."),
    40243: gettext_lazy("Unfreeze it there: 开发者密码 → 解冻."),
    40164: gettext_lazy(
        "Add the address to the allow-list in WeChat's console (基本配置 → IP白名单). It holds after 5 to 10 minutes."
    ),
    50004: gettext_lazy("Read the notices in WeChat's console."),
    50007: gettext_lazy("Read the notices in WeChat's console."),
    45009: gettext_lazy("Wait until midnight in Beijing."),
    89503: gettext_lazy("Let the administrator confirm the message in WeChat, then test again."),
}


def title(key: str) -> str:
    """Return what was asked."""
    return str(TITLES.get(key, key))


def text(line: "Line") -> str:
    """Return what came of it."""
    if line.status == "skipped":
        return _("Not tried.")
    if line.status == "ok":
        return _counted(line)
    if line.fact == "refused":
        return str(REFUSALS.get(line.errcode or 0, _("WeChat refused.")))
    return str(BAD.get(line.fact, line.fact))


def way_out(line: "Line") -> str:
    """Return what a person can do."""
    if line.status != "bad":
        return ""
    known = WAYS_OUT.get(line.fact) or WAYS_OUT.get(line.errcode or 0)
    return str(known) if known else ""


def _counted(line: "Line") -> str:
    if line.number is None:
        return str(GOOD.get(line.key, _("Answered.")))
    sentences = {
        "tags": ngettext("%(number)s tag.", "%(number)s tags.", line.number),
        "followers": ngettext("%(number)s follower.", "%(number)s followers.", line.number),
        "drafts": ngettext("%(number)s draft.", "%(number)s drafts.", line.number),
        "sending": ngettext("%(number)s call left today.", "%(number)s calls left today.", line.number),
    }
    return sentences[line.key] % {"number": f"{line.number:,}"}
