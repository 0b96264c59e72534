"""Make a picture WeChat takes out of what people upload, and keep it once per account.

What comes out is upright, without metadata, in sRGB, jpg or png, and below the
1 MB that pictures inside an article may have, so it serves as a cover as well.
"""

import hashlib
import io
import math
from dataclasses import dataclass

from django.core.files.base import ContentFile, File
from django.utils.translation import gettext as _
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from accounts.models import OfficialAccount, User
from articles.models import MediaFile
from wxportal.wechat.limits import ARTICLE_IMAGE_BYTES

MB = 1024 * 1024  # bytes
MOST_BYTES = 20 * MB  # of an upload: a phone's largest photographs have 15 MB
MOST_PIXELS = 50_000_000  # decoded, 150 MB of memory; a phone's photograph has 12 to 48 million
MOST_WIDTH = 1440  # pixels: a phone shows 390 points at three or four pixels each
LEAST_EDGE = 8  # pixels; smaller is a tracking dot, not a picture
READABLE = ("JPEG", "PNG", "GIF", "WEBP", "BMP")
QUALITIES = (88, 80, 70, 60)  # JPEG, tried in this order
SHRINK = 0.95  # of each edge, on top of what the size asks for, when even the lowest quality is too large
NAME_LENGTH = 120  # characters kept of the uploaded name


class PictureRefused(ValueError):
    """What was uploaded cannot become a picture; the text tells a person why and what to do."""


@dataclass(frozen=True)
class Picture:
    """A picture as it is kept. ``remarks`` tells what was changed, for the person who uploaded it."""

    content: bytes
    content_type: str
    width: int
    height: int
    remarks: tuple[str, ...] = ()

    @property
    def suffix(self) -> str:
        return "png" if self.content_type == "image/png" else "jpg"

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


def keep(
    official_account: OfficialAccount, upload: "File[bytes]", *, by: User | None = None
) -> tuple[MediaFile, tuple[str, ...]]:
    """Keep what a person uploaded and return it with remarks on what was changed. Raises PictureRefused."""
    if (upload.size or 0) > MOST_BYTES:
        raise PictureRefused(_too_large(upload.size or 0))
    picture = prepare(upload.read())
    return store(official_account, picture, name=upload.name or "", by=by), picture.remarks


def store(official_account: OfficialAccount, picture: Picture, *, name: str = "", by: User | None = None) -> MediaFile:
    """Return the account's file with these bytes, made when it is not there yet."""
    # Two uploads of the same picture at one moment: the constraint keeps one row, the other's file is left behind.
    media, _made = MediaFile.objects.get_or_create(
        official_account=official_account,
        sha256=picture.sha256,
        defaults={
            "file": ContentFile(picture.content, name=f"{picture.sha256}.{picture.suffix}"),
            "name": name[-NAME_LENGTH:],
            "content_type": picture.content_type,
            "width": picture.width,
            "height": picture.height,
            "bytes": len(picture.content),
            "created_by": by,
        },
    )
    return media


def prepare(content: bytes) -> Picture:
    """Return ``content`` upright, without metadata, as jpg or png below 1 MB. Raises PictureRefused."""
    if len(content) > MOST_BYTES:
        raise PictureRefused(_too_large(len(content)))
    image, remarks = _decoded(content)
    if image.width > MOST_WIDTH:
        height = max(1, round(image.height * MOST_WIDTH / image.width))
        image = image.resize((MOST_WIDTH, height), Image.Resampling.LANCZOS)
        remarks.append(_("Made smaller: %(width)d pixels wide is what a phone can show.") % {"width": MOST_WIDTH})
    body, content_type, image = _encoded(image)
    return Picture(body, content_type, image.width, image.height, tuple(remarks))


def _decoded(content: bytes) -> tuple[Image.Image, list[str]]:
    """Return the upright picture in sRGB, as RGB or RGBA, without anything else the file carried."""
    try:
        source = Image.open(io.BytesIO(content), formats=READABLE)
        _check_size(source)
        remarks = [_("Animated: only the first frame is kept.")] if getattr(source, "is_animated", False) else []
        source.seek(0)
        source.load()
        upright = ImageOps.exif_transpose(source)
    except (UnidentifiedImageError, Image.DecompressionBombError) as exc:
        raise PictureRefused(_not_a_picture() if isinstance(exc, UnidentifiedImageError) else _too_many()) from exc
    # Pillow's decoders answer broken files with any of these (its own documentation names OSError only).
    except (OSError, SyntaxError, ValueError, EOFError, IndexError, TypeError, OverflowError) as exc:
        if isinstance(exc, PictureRefused):
            raise
        raise PictureRefused(_("This picture is damaged: it ends early or cannot be read. Save it again.")) from exc
    return _in_srgb(upright), remarks


def _check_size(image: Image.Image) -> None:
    """Refuse by the size the file declares, before a pixel is decoded."""
    if image.width * image.height > MOST_PIXELS:
        raise PictureRefused(_too_many(image.width, image.height))
    if min(image.size) < LEAST_EDGE:
        raise PictureRefused(
            _("This picture is only %(width)d × %(height)d pixels.") % {"width": image.width, "height": image.height}
        )


def _in_srgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith(("I", "F")):
        # Sixteen bits of grey: converted plainly, everything above 255 would be white.
        image = image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    profile = image.info.get("icc_profile")
    mode = "RGBA" if image.has_transparency_data else "RGB"
    if profile and image.mode in ("RGB", "RGBA", "CMYK", "L"):
        image = _through_profile(image, profile)
    plain = image.convert(mode)
    plain.info.clear()  # comments, profiles and text chunks would be written again
    return plain


def _through_profile(image: Image.Image, profile: bytes) -> Image.Image:
    """Convert colours to sRGB; a profile that is broken or does not fit is as good as none."""
    mode = "RGBA" if image.mode == "RGBA" else "RGB"
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode=mode)
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image
    return converted or image


def _encoded(image: Image.Image) -> tuple[bytes, str, Image.Image]:
    """Return bytes, kind and the picture itself: png where it is transparent or drawn, else jpg; below 1 MB."""
    if image.mode == "RGBA" or _is_drawn(image):
        body = _written(image, "PNG")
        if len(body) <= ARTICLE_IMAGE_BYTES:
            return body, "image/png", image
    return _as_jpeg(_on_white(image))


def _as_jpeg(image: Image.Image) -> tuple[bytes, str, Image.Image]:
    while True:
        for quality in QUALITIES:
            body = _written(image, "JPEG", quality=quality, progressive=True)
            if len(body) <= ARTICLE_IMAGE_BYTES:
                return body, "image/jpeg", image
        # Bytes grow with the area, so the root of what is too much says how far to go in one step.
        scale = SHRINK * min(1.0, math.sqrt(ARTICLE_IMAGE_BYTES / len(body)))
        size = (max(1, int(image.width * scale)), max(1, int(image.height * scale)))
        image = image.resize(size, Image.Resampling.LANCZOS)


def _is_drawn(image: Image.Image) -> bool:
    """Return whether the picture has few colours, as drawings and screenshots do: JPEG would blur their edges."""
    return image.getcolors(maxcolors=256) is not None


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode != "RGBA":
        return image
    ground = Image.new("RGB", image.size, "white")
    ground.paste(image, mask=image.getchannel("A"))
    return ground


def _written(image: Image.Image, kind: str, **options: int | bool) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def _not_a_picture() -> str:
    return _("This file is no picture we can read. Use a JPEG, PNG, GIF or WebP file.")


def _too_large(size: int) -> str:
    sizes = {"size": round(size / MB), "most": MOST_BYTES // MB}
    return _("This file has %(size)d MB; a picture may have %(most)d MB. Save it smaller.") % sizes


def _too_many(width: int = 0, height: int = 0) -> str:
    most = MOST_PIXELS // 1_000_000
    if not width:
        return _("This picture has too many pixels; at most %(most)d million can be read.") % {"most": most}
    sizes = {"width": f"{width:,}", "height": f"{height:,}", "most": most}
    return _("This picture has %(width)s × %(height)s pixels; at most %(most)d million can be read.") % sizes


def no_file() -> str:
    """Return what to say when an upload brought no file."""
    return _("No file arrived. Choose a picture and try again.")
