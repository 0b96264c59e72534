"""Real pictures for tests, made by Pillow."""

import io

from PIL import Image

ORIENTATION = 0x0112  # EXIF tag
GPS = 0x8825  # EXIF tag: where the photograph was taken
RIGHT_TOP = 6  # the camera was turned: rows are columns


def photograph(size: tuple[int, int] = (1200, 800), seed: int = 1) -> Image.Image:
    """Return a picture of many colours, so that it counts as a photograph and not as a drawing."""
    noise = Image.effect_noise(size, 40 + seed)
    slope = Image.linear_gradient("L").resize(size)
    return Image.merge("RGB", (slope, noise, slope.transpose(Image.Transpose.FLIP_TOP_BOTTOM)))


def saved(image: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def opened(content: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(content))
    image.load()
    return image


def turned_photograph() -> bytes:
    """Return a photograph from a turned camera, with the place it was taken in its EXIF."""
    exif = Image.Exif()
    exif[ORIENTATION] = RIGHT_TOP
    exif.get_ifd(GPS)[1] = "N"
    return saved(photograph((900, 600)), exif=exif, comment=b"taken by Alice")


def animation() -> bytes:
    frames = [photograph((400, 300), seed) for seed in (1, 2, 3)]
    return saved(frames[0], "WEBP", save_all=True, append_images=frames[1:], duration=100)
