"""Bring a text and the account's pictures together, for WeChat's eyes or for the writer's screen."""

from collections.abc import Iterable, Mapping

from accounts.models import OfficialAccount
from articles.models import MediaFile
from articles.rendering import WeChatHtml, expected_addresses, render
from articles.sanitising import pictures_in

Pictures = Mapping[str, MediaFile]  # by digest


def pictures_of(official_account: OfficialAccount, bodies: Iterable[str]) -> dict[str, MediaFile]:
    """Return the account's pictures that stand in ``bodies``, by digest, in one query."""
    digests = {digest for body in bodies for digest in pictures_in(body)}
    if not digests:
        return {}
    found = MediaFile.objects.filter(official_account=official_account, sha256__in=digests)
    return {media.sha256: media for media in found}


def for_wechat(body: str, pictures: Pictures) -> WeChatHtml:
    """Return ``body`` as WeChat gets it; pictures WeChat does not have yet are counted with an address of usual length.

    Once every picture has its ``wechat_url``, these are the exact bytes.
    """
    return render(body, expected_addresses({digest: media.wechat_url for digest, media in pictures.items()}))


def for_screen(body: str, pictures: Pictures) -> WeChatHtml:
    """Return the same as :func:`for_wechat` with our own pictures, for people who may see them."""
    return render(body, {digest: media.get_absolute_url() for digest, media in pictures.items()})
