"""One send, from the claim to the record, against the sandbox."""

import pytest

from accounts.models import OfficialAccount
from campaigns.models import Batch, QuotaHold
from campaigns.sending import dispatch
from tests.campaigns.plans import fresh, planned
from wxportal.sandbox.control import Control
from wxportal.wechat.client import Client

pytestmark = pytest.mark.django_db
S = Batch.State


def test_a_due_batch_is_sent_once_and_its_answer_recorded(
    account: OfficialAccount, wechat: Client, sandbox: Control
) -> None:
    batch = planned(account)
    assert dispatch.send_all(account, wechat) == 1
    batch = fresh(batch)
    (job,) = sandbox.ledger(account.appid)
    assert (batch.state, batch.msg_id, batch.clientmsgid) == (S.ACCEPTED, job["msg_id"], job["clientmsgid"])
    assert not batch.slots.exists()
    assert QuotaHold.objects.filter(official_account=account, used=1, reserved=0).count() == 2
