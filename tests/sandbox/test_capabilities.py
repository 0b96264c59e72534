"""Type, verification and subject decide what an account may call (§11)."""

from typing import Any

import pytest

from tests.sandbox.caller import Caller
from wxportal.sandbox.control import Control

VERIFIED_ONLY = ["user/get", "user/info", "tags/get"]
FOR_EVERYBODY = ["getcallbackip", "draft/count", "material/get_materialcount"]


@pytest.mark.parametrize(
    "spec", [{"verified_until": None}, {"personal": True}, {"type": "subscription", "personal": True}]
)
def test_unverified_and_personal_accounts_lack_the_verified_families(sandbox: Control, spec: dict[str, Any]) -> None:
    caller = Caller.of_new(sandbox, **spec)
    assert {caller.get(f"/cgi-bin/{path}").get("errcode") for path in VERIFIED_ONLY} == {48001}
    assert {caller.get(f"/cgi-bin/{path}").get("errcode", 0) for path in FOR_EVERYBODY} == {0}
    assert caller.send_text()["errcode"] == 48001


def test_only_service_accounts_send_to_a_list(subscription: Caller, service: Caller) -> None:
    assert subscription.send_list(subscription.openids()[:2])["errcode"] == 48001
    assert service.send_list(service.openids()[:2])["errcode"] == 0


def test_a_lapsed_verification_takes_drafts_away_as_well(service: Caller) -> None:
    service.sandbox.change_account(service.appid, verified_until=1_600_000_000)
    assert service.get("/cgi-bin/draft/count")["errcode"] == 48001
    assert service.get("/cgi-bin/tags/get")["errcode"] == 48001
    assert service.get("/cgi-bin/material/get_materialcount")["image_count"] == 0


def test_the_clock_alone_ends_a_verification(service: Caller) -> None:
    service.sandbox.advance(366 * 86400)
    service.token = service.stable()["access_token"]
    assert service.get("/cgi-bin/tags/get")["errcode"] == 48001
