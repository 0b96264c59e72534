"""The follower's phone: what one person sees of every account they follow."""

from wxportal.sandbox.phone import pages
from wxportal.sandbox.wire import Answer, Request
from wxportal.sandbox.world import World

ROOT = "/_sandbox/"


def answer(world: World, request: Request) -> Answer | None:
    """The page, article or picture a GET asks for; None when it is not the phone's."""
    if request.method != "GET":
        return None
    match request.path.removeprefix(ROOT).split("/"):
        case ["phone"]:
            return pages.phone(world, request)
        case ["phone", "chats"]:
            return pages.chats(world, request)
        case ["phone", "find"]:
            return pages.find(world, request)
        case ["phone", name] if name in pages.FILES:
            return pages.file(name)
        case _:
            return _content(world, request)


def _content(world: World, request: Request) -> Answer | None:
    with world.lock:
        match request.path.removeprefix(ROOT).split("/"):
            case ["s", key]:
                return pages.article(world, key, request)
            case ["draft", media_id, index]:
                return pages.draft(world, media_id, index, request)
            case ["mmbiz", *path] if path:
                return pages.picture(world, "/".join(path))
            case ["blob", name]:
                return pages.blob(world, name)
            case _:
                return None
