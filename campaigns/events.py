"""WeChat's report of a finished mass send arrives by callback."""

from accounts.inbound import on
from accounts.models import InboundEvent, OfficialAccount
from campaigns.sending import reports
from campaigns.sending.crashpoints import crashpoint
from campaigns.sending.moments import moment_for
from wxportal.wechat.inbound import MASSSENDJOBFINISH, Inbound, MassSendJobFinish


@on(MASSSENDJOBFINISH)
def send_finished(official_account: OfficialAccount, event: Inbound, row: InboundEvent) -> None:
    """Settle the batch the report belongs to, or keep it until one is known."""
    assert isinstance(event, MassSendJobFinish)
    now = moment_for(official_account)
    reports.receive(official_account, event, signed=row.signed, created_at=row.created_at, now=now)
    crashpoint("before_event_commit")
