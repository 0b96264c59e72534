"""The bytes of a mass call, made once and kept, and the call itself (T3)."""

import hashlib

from campaigns.models import Batch
from campaigns.sending import answers
from campaigns.sending.answers import Verdict
from campaigns.sending.constants import times
from wxportal.wechat import mass
from wxportal.wechat.client import Client
from wxportal.wechat.errors import WeChatError
from wxportal.wechat.messages import Mpnews


class RequestChanged(Exception):
    """The stored bytes are not those that were sent before; they must not go out under the same key."""


def new_request(batch: Batch) -> mass.Request:
    """Return what the batch says to WeChat, from its draft. Raises ValueError for a route nobody can send yet."""
    message, key, reprint = Mpnews(batch.draft_media_id), batch.clientmsgid, batch.campaign.ignore_reprint
    if batch.route == Batch.Route.ALL:
        return mass.to_all(message, clientmsgid=key, ignore_reprint=reprint)
    if batch.route == Batch.Route.TAG and batch.tag_id is not None:
        return mass.to_tag(batch.tag_id, message, clientmsgid=key, ignore_reprint=reprint)
    raise ValueError(f"no call is made for the route {batch.route}")


def stored_request(batch: Batch) -> mass.Request:
    """Return the exact bytes of the attempt before. Raises RequestChanged."""
    body = batch.request_body.encode()
    if fingerprint(body) != batch.request_fingerprint:
        raise RequestChanged(str(batch))
    path = mass.SEND if batch.route == Batch.Route.LIST else mass.SENDALL
    return mass.Request(path, body)


def fingerprint(body: bytes) -> str:
    """Return the digest by which the bytes of a call are known again."""
    return hashlib.sha256(body).hexdigest()


def call(client: Client, request: mass.Request, write_before: float) -> Verdict:
    """Make the one call and read its answer; past ``write_before`` (monotonic seconds) nothing is written."""
    try:
        answer = mass.send(client, request, timeout=times().call_takes_at_most, write_before=write_before)
    except WeChatError as exc:
        return answers.failed(exc)
    return answers.accepted(answer)
