"""Access tokens: the classic one and the stable one, two worlds that never touch (§1.1, §1.2)."""

from wxportal.sandbox import shapes
from wxportal.sandbox.account import STABLE_RENEWAL, TOKEN_LIFE, Account, Token
from wxportal.sandbox.calls import Call, Refused, api
from wxportal.sandbox.clock import beijing_day

FORCED_GAP = 30  # seconds between two forced renewals
FORCED_PER_DAY = 20


@api("GET", "/cgi-bin/token", daily=2_000, by_secret=True)
def classic(call: Call) -> dict[str, object]:
    """Every call issues a new token; the one before it lives for five more minutes."""
    if call.request.query.get("grant_type") != "client_credential":
        raise Refused(40002)
    return _shown(_issue(call, "classic"), call.now)


@api("POST", "/cgi-bin/stable_token", daily=500_000, per_minute=10_000, by_secret=True)
def stable(call: Call) -> dict[str, object]:
    """The same token until five minutes before its end; ``force_refresh`` kills it at once."""
    data = call.data()
    if data.get("grant_type") != "client_credential":
        raise Refused(40002)
    if data.get("force_refresh") is True:
        return _shown(_forced(call), call.now)
    current = call.account.tokens.stable
    if current is None or current.expires - call.now <= STABLE_RENEWAL:
        current = _issue(call, "stable")
    return _shown(current, call.now)


def _forced(call: Call) -> Token:
    """Raises Refused 45009 beyond 20 a day and, if the account's manner says so, 45011 within 30 s."""
    forced, current = call.account.tokens.forced, call.account.tokens.stable
    if current and forced and call.now - forced[-1] < FORCED_GAP:
        if call.account.manner.forced_gap_error:
            raise Refused(45011)
        return current
    today = beijing_day(call.now)
    if sum(beijing_day(moment) == today for moment in forced) >= FORCED_PER_DAY:
        raise Refused(45009)
    return _issue(call, "stable", forced=True)


def _issue(call: Call, slot: str, *, forced: bool = False) -> Token:
    call.record("token.issued", slot=slot, value=shapes.access_token(), life=TOKEN_LIFE, forced=forced)
    return _current(call.account, slot)


def _current(account: Account, slot: str) -> Token:
    token = account.tokens.classic if slot == "classic" else account.tokens.stable
    assert token is not None  # it was issued in the line before
    return token


def _shown(token: Token, now: float) -> dict[str, object]:
    return {"access_token": token.value, "expires_in": max(1, round(token.expires - now))}
