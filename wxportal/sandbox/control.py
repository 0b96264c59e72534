"""Drive a running sandbox: for tests, the rehearsal and the demo. Needs requests only."""

import time
from typing import Any

import requests

TIMEOUT = 30.0  # seconds; a callback's verification may take five of them


class ControlError(RuntimeError):
    """The sandbox refused; the text is its reason."""


class Control:
    """The sandbox at ``base_url``, e.g. ``http://127.0.0.1:8091``."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url.rstrip("/")
        self._session = requests.Session()
        self._session.trust_env = False

    def wait_ready(self, timeout: float = 10.0) -> None:
        """Return when the sandbox answers. Raises ControlError after ``timeout`` seconds."""
        until = time.monotonic() + timeout
        while time.monotonic() < until:
            try:
                self._get("/health")
                return
            except requests.ConnectionError:
                time.sleep(0.05)
        raise ControlError(f"No sandbox answers at {self.base_url}.")

    def create_account(self, **spec: Any) -> dict[str, Any]:
        """Make an account and return its appid, secret, original_id and settings.

        ``spec``: name, type (service, subscription), personal, verified_until (unix
        seconds or None), followers (how many), allow_list (addresses, networks),
        appid/secret/original_id/seed to choose them, and every field of
        `account.Manner`. An existing ``appid`` is returned as it is.
        """
        return self._post("/accounts", spec)

    def change_account(self, appid: str, **changes: Any) -> dict[str, Any]:
        """Change settings: verified_until, allow_list, finish_seconds, page_size, …"""
        return self._post(f"/accounts/{appid}", changes)

    def accounts(self) -> list[dict[str, Any]]:
        return list(self._get("/accounts")["accounts"])

    def set_callback(self, appid: str, url: str, token: str, aes_key: str, mode: str = "secure") -> dict[str, Any]:
        """Save the callback as WeChat's console does, after its GET verification: ``{"ok", "reason"}``."""
        spec = {"url": url, "token": token, "aes_key": aes_key, "mode": mode}
        return self._post(f"/accounts/{appid}/callback", spec)

    def books(self, appid: str) -> dict[str, Any]:
        """What is true about the account: followers, tags, jobs, calls, months, tokens, pushes."""
        return self._get("/books", appid=appid)

    def ledger(self, appid: str, openid: str | None = None) -> list[dict[str, Any]]:
        """Every accepted mass job; with ``openid`` each says whether it addressed and reached that follower."""
        return list(self._ledger(appid, openid)["jobs"])

    def reach(self, appid: str) -> dict[str, Any]:
        """``by_digest`` and ``by_clientmsgid``: followers reached, and those reached more than once."""
        ledger = self._ledger(appid, None)
        return {key: ledger[key] for key in ("by_digest", "by_clientmsgid")}

    def followers(self, appid: str, q: str = "") -> list[dict[str, Any]]:
        """The first 50 followers, or the one with this number or openid."""
        return list(self._get("/followers", appid=appid, q=q)["followers"])

    def apply_for_verification(self, appid: str, **what: Any) -> dict[str, Any]:
        """Send an application: ``review_seconds=`` and ``naming_seconds=`` from now to the results.

        ``outcome=`` is passed, qualification_fail, naming_fail, correction or refused; ``reason=`` WeChat's words.
        """
        return self._post(f"/accounts/{appid}/verification", {"step": "apply", **what})

    def correct_application(self, appid: str, **what: Any) -> dict[str, Any]:
        """Send corrected papers after a ``correction``, with the same options."""
        return self._post(f"/accounts/{appid}/verification", {"step": "correct", **what})

    def follow(self, appid: str, **who: Any) -> dict[str, Any]:
        """``openid=`` or ``number=`` returns, or ``count=`` new people come; pushes *subscribe*."""
        return self._post(f"/accounts/{appid}/follow", who)

    def unfollow(self, appid: str, **who: Any) -> dict[str, Any]:
        """``openid=``, ``number=`` or ``count=`` people leave; pushes *unsubscribe*."""
        return self._post(f"/accounts/{appid}/unfollow", who)

    def console_send(self, appid: str, **what: Any) -> dict[str, Any]:
        """A person sends ``title=`` by hand, to everybody or to ``tag_id=``."""
        return self._post(f"/accounts/{appid}/console_send", what)

    def fault(self, path: str, kind: str, times: int = 1, appid: str | None = None, **options: Any) -> int:
        """Order trouble (kinds and options: `faults`); returns the fault's number."""
        spec = {"path": path, "kind": kind, "times": times, "appid": appid, **options}
        return int(self._post("/faults", spec)["id"])

    def clear_faults(self) -> None:
        self._answer(self._session.delete(f"{self.base_url}/_sandbox/faults", timeout=TIMEOUT))

    def advance(self, seconds: float) -> dict[str, Any]:
        """Move the sandbox's clock forward."""
        return self._post("/clock", {"advance": seconds})

    def clock(self) -> dict[str, Any]:
        """``now`` (unix seconds), ``offset`` to the machine's clock (seconds), ``beijing`` (ISO text)."""
        return self._get("/clock")

    def _ledger(self, appid: str, openid: str | None) -> dict[str, Any]:
        return self._get("/ledger", appid=appid, **({"openid": openid} if openid else {}))

    def _get(self, path: str, **query: str) -> dict[str, Any]:
        return self._answer(self._session.get(f"{self.base_url}/_sandbox{path}", params=query, timeout=TIMEOUT))

    def _post(self, path: str, data: dict[str, Any]) -> dict[str, Any]:
        return self._answer(self._session.post(f"{self.base_url}/_sandbox{path}", json=data, timeout=TIMEOUT))

    @staticmethod
    def _answer(answer: requests.Response) -> dict[str, Any]:
        data: dict[str, Any] = answer.json()
        if answer.status_code != 200:
            raise ControlError(data.get("error", f"HTTP {answer.status_code}"))
        return data
