"""The follower's phone: what one person sees of every account they follow."""

from wxportal.sandbox.wire import Answer, Request
from wxportal.sandbox.world import World


def answer(world: World, request: Request) -> Answer | None:
    """The phone's page for a request; None when it is not the phone's."""
    return None
