"""What an upload really is, told by its first bytes, and how large it may be (§4)."""

from wxportal.sandbox.calls import Refused

KB, MB = 1024, 1024 * 1024  # bytes

MAGIC = (
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"BM", "bmp"),
    (b"#!AMR", "amr"),
    (b"ID3", "mp3"),
    (b"\xff\xfb", "mp3"),
    (b"\xff\xf3", "mp3"),
    (b"RIFF", "wav"),
    (b"0&\xb2u\x8ef\xcf\x11", "wma"),
)
CONTENT_TYPES = {
    "png": "image/png",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "bmp": "image/bmp",
    "amr": "audio/amr",
    "mp3": "audio/mpeg",
    "wav": "audio/wav",
    "wma": "audio/x-ms-wma",
    "mp4": "video/mp4",
}
TEMPORARY = {
    "image": {"png", "jpeg", "gif"},
    "voice": {"amr", "mp3"},
    "video": {"mp4"},
    "thumb": {"jpeg"},
}
PERMANENT = {
    "image": {"bmp", "png", "jpeg", "gif"},
    "voice": {"mp3", "wma", "wav", "amr"},
    "video": {"mp4"},
    "thumb": {"jpeg"},
}
INLINE = {"png", "jpeg"}
MOST_BYTES = {"image": 10 * MB, "voice": 2 * MB, "video": 10 * MB, "thumb": 64 * KB}
INLINE_BYTES = 1 * MB  # a picture in an article stays below this
TOO_LARGE = {"image": 40009, "voice": 40010, "video": 40011, "thumb": 40012}


def format_of(content: bytes) -> str:
    """png, jpeg, …; "" when nothing WeChat takes begins like this."""
    if content[4:8] == b"ftyp":
        return "mp4"
    return next((name for magic, name in MAGIC if content.startswith(magic)), "")


def content_type(content: bytes) -> str:
    return CONTENT_TYPES.get(format_of(content), "application/octet-stream")


def check(kind: str, content: bytes, formats: dict[str, set[str]]) -> str:
    """The upload's format. Raises Refused 40004 (kind), 44001 (empty), 40005 (format), 40009–40012 (size)."""
    if kind not in formats:
        raise Refused(40004)
    if not content:
        raise Refused(44001)
    found = format_of(content)
    if found not in formats[kind]:
        raise Refused(40005)
    if len(content) > MOST_BYTES[kind]:
        raise Refused(TOO_LARGE[kind])
    return found


def check_inline(content: bytes) -> str:
    """Raises Refused 44001 (empty), 40005 (neither jpg nor png), 40009 (1 MB and more)."""
    if not content:
        raise Refused(44001)
    found = format_of(content)
    if found not in INLINE:
        raise Refused(40005)
    if len(content) >= INLINE_BYTES:
        raise Refused(40009)
    return found
