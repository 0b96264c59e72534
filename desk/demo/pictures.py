"""Pictures for the demo articles, drawn here so that nobody's photograph is needed.

Flat shapes on soft gradients, drawn at twice the size and scaled down, the same
bytes on every run: the portal tells pictures apart by their digest.
"""

import io
import math
import random
from collections.abc import Callable
from dataclasses import dataclass

from PIL import Image, ImageChops, ImageDraw, ImageFilter

Colour = tuple[int, int, int]
COVER = (900, 383)  # pixels; WeChat shows covers at 2.35 : 1
INSIDE = (1080, 720)  # pixels; a phone shows them full width
OVERSAMPLING = 2
JPEG_QUALITY = 88


@dataclass(frozen=True)
class Palette:
    """Sky from top to bottom, three hills or shapes from far to near, and a light."""

    top: Colour
    bottom: Colour
    far: Colour
    middle: Colour
    near: Colour
    light: Colour


MORNING = Palette((244, 236, 214), (214, 228, 200), (163, 190, 150), (96, 143, 96), (45, 94, 62), (255, 244, 205))
WINTER = Palette((226, 234, 242), (246, 240, 232), (170, 186, 196), (124, 94, 74), (74, 52, 40), (255, 250, 240))
MATCHA = Palette((238, 240, 222), (214, 222, 186), (150, 178, 104), (104, 142, 66), (52, 82, 40), (250, 252, 232))
PLUM = Palette((252, 236, 234), (244, 214, 216), (226, 160, 170), (186, 92, 116), (110, 44, 70), (255, 246, 240))
DUSK = Palette((44, 50, 84), (196, 128, 118), (120, 88, 112), (78, 58, 88), (36, 30, 54), (255, 222, 168))
PAPER = Palette((248, 246, 240), (232, 228, 216), (178, 190, 182), (92, 128, 112), (38, 74, 62), (255, 255, 250))

Scene = Callable[[Image.Image, Palette, random.Random], None]


def draw(scene: str, size: tuple[int, int], palette: Palette) -> bytes:
    """Return the JPEG of ``scene`` (a key of SCENES)."""
    large = (size[0] * OVERSAMPLING, size[1] * OVERSAMPLING)
    image = _gradient(large, palette.top, palette.bottom)
    SCENES[scene](image, palette, random.Random(scene))  # noqa: S311  (grain and leaves, no secret)
    image = _grain(image.resize(size, Image.Resampling.LANCZOS))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=JPEG_QUALITY)
    return out.getvalue()


def _gradient(size: tuple[int, int], top: Colour, bottom: Colour) -> Image.Image:
    mask = Image.linear_gradient("L").resize(size)
    return Image.composite(Image.new("RGB", size, bottom), Image.new("RGB", size, top), mask)


def _grain(image: Image.Image) -> Image.Image:
    """Lay a faint paper grain over the picture, so that wide gradients show no bands."""
    chance = random.Random(image.size[0])  # noqa: S311
    tile = Image.frombytes("L", (128, 128), bytes(chance.randrange(118, 138) for _ in range(128 * 128)))
    noise = Image.new("L", image.size)
    for x in range(0, image.width, 128):
        for y in range(0, image.height, 128):
            noise.paste(tile, (x, y))
    return ImageChops.add(image, Image.merge("RGB", [noise] * 3), scale=1, offset=-128)


def _soft(image: Image.Image, blur: float, paint: Callable[[ImageDraw.ImageDraw], None], colour: Colour) -> None:
    """Paint a shape with a blurred edge: light, steam, shadow."""
    mask = Image.new("L", image.size)
    paint(ImageDraw.Draw(mask))
    image.paste(colour, mask=mask.filter(ImageFilter.GaussianBlur(blur)))


def _hill(image: Image.Image, base: float, height: float, waves: float, shift: float, colour: Colour) -> None:
    width, tall = image.size
    ridge = [
        (x, tall * (base - height * math.sin(waves * math.pi * x / width + shift))) for x in range(0, width + 8, 8)
    ]
    ImageDraw.Draw(image).polygon([*ridge, (width, tall), (0, tall)], fill=colour)


def hills(image: Image.Image, palette: Palette, chance: random.Random) -> None:
    """Tea rows on hills, a low sun behind them."""
    width, tall = image.size
    sun = (width * 0.72, tall * 0.34, tall * 0.14)
    _soft(image, tall / 12, lambda d: d.circle(sun[:2], sun[2] * 1.5, fill=190), palette.light)
    ImageDraw.Draw(image).circle(sun[:2], sun[2], fill=palette.light)
    _hill(image, 0.58, 0.10, 1.6, 0.4, palette.far)
    _hill(image, 0.72, 0.09, 2.1, 2.2, palette.middle)
    for row in range(9):
        share = row / 9
        colour = _between(palette.middle, palette.near, 0.35 + 0.65 * share)
        _hill(image, 0.80 + 0.26 * share, 0.05 + 0.02 * share, 1.4, 0.9 + 0.12 * row, colour)
        _bushes(image, row, palette, chance)


def _bushes(image: Image.Image, row: int, palette: Palette, chance: random.Random) -> None:
    width, tall = image.size
    pen, share = ImageDraw.Draw(image), row / 9
    radius = tall * (0.008 + 0.012 * share)
    x = -radius
    while x < width:
        ridge = 0.80 + 0.26 * share - (0.05 + 0.02 * share) * math.sin(1.4 * math.pi * x / width + 0.9 + 0.12 * row)
        tint = _between(palette.middle, palette.light, 0.06 + 0.10 * chance.random())
        pen.circle((x, tall * ridge + radius * 0.6), radius, fill=_between(tint, palette.near, share * 0.7))
        x += radius * 1.5


def _between(first: Colour, second: Colour, share: float) -> Colour:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return red, green, blue


def cup(image: Image.Image, palette: Palette, chance: random.Random) -> None:
    """A cup of tea on a table, with steam."""
    width, tall = image.size
    _table(image, palette)
    x, y, r = width * 0.42, tall * 0.60, tall * 0.23
    _soft(image, r / 5, lambda d: d.ellipse((x - r, y + r * 0.55, x + r * 1.5, y + r * 1.05), fill=110), palette.near)
    pen = ImageDraw.Draw(image)
    pen.rounded_rectangle((x - r, y - r * 0.5, x + r, y + r * 0.85), r * 0.42, fill=palette.light)
    pen.ellipse((x - r, y - r * 0.72, x + r, y - r * 0.28), fill=_between(palette.light, palette.far, 0.35))
    pen.ellipse((x - r * 0.88, y - r * 0.65, x + r * 0.88, y - r * 0.33), fill=palette.middle)
    for strand in range(3):
        _steam(image, x + (strand - 1) * r * 0.45, y - r * 0.7, r, strand, palette)


def _steam(image: Image.Image, x: float, y: float, r: float, strand: int, palette: Palette) -> None:
    bends = [(x + math.sin(step / 3 + strand) * r * 0.10, y - step * r * 0.10) for step in range(14)]
    _soft(image, r / 9, lambda d: d.line(bends, fill=150, width=round(r * 0.11), joint="curve"), palette.light)


def _table(image: Image.Image, palette: Palette) -> None:
    width, tall = image.size
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, tall * 0.74, width, tall), fill=_between(palette.bottom, palette.middle, 0.22))
    _soft(
        image,
        tall / 3,
        lambda d: d.ellipse((-width * 0.2, -tall * 0.5, width * 0.6, tall * 0.8), fill=110),
        palette.light,
    )
    pen.line((0, tall * 0.74, width, tall * 0.74), fill=_between(palette.bottom, palette.middle, 0.4), width=3)


def bowl(image: Image.Image, palette: Palette, chance: random.Random) -> None:
    """A bowl of matcha and a bamboo whisk."""
    width, tall = image.size
    _table(image, palette)
    x, y, r = width * 0.40, tall * 0.58, tall * 0.27
    _soft(image, r / 5, lambda d: d.ellipse((x - r, y + r * 0.5, x + r * 1.4, y + r), fill=120), palette.near)
    pen = ImageDraw.Draw(image)
    pen.pieslice((x - r, y - r * 1.15, x + r, y + r * 0.9), 0, 180, fill=palette.near)
    pen.rectangle((x - r * 0.38, y + r * 0.78, x + r * 0.38, y + r * 0.93), fill=palette.near)
    pen.ellipse((x - r, y - r * 0.42, x + r, y + r * 0.18), fill=_between(palette.near, palette.light, 0.25))
    pen.ellipse((x - r * 0.92, y - r * 0.36, x + r * 0.92, y + r * 0.12), fill=palette.far)
    for _ in range(70):
        turn, reach = chance.random() * 2 * math.pi, chance.random() ** 0.5 * 0.82
        spot = (x + math.cos(turn) * reach * r * 0.92, y - r * 0.12 + math.sin(turn) * reach * r * 0.24)
        pen.circle(spot, chance.uniform(2, 7), fill=_between(palette.far, palette.light, chance.uniform(0.2, 0.6)))
    _whisk(image, width * 0.70, tall * 0.50, r * 0.8, palette)


def _whisk(image: Image.Image, x: float, y: float, r: float, palette: Palette) -> None:
    bamboo = (214, 186, 130)
    pen = ImageDraw.Draw(image)
    for tine in range(-12, 13):
        bend = tine / 12
        pen.line(
            [(x + bend * r * 0.20, y), (x + bend * r * 0.46, y + r * 0.45), (x + bend * r * 0.30, y + r * 0.95)],
            fill=_between(bamboo, palette.near, 0.15 + 0.2 * abs(bend)),
            width=4,
            joint="curve",
        )
    pen.rounded_rectangle((x - r * 0.22, y - r * 0.75, x + r * 0.22, y + r * 0.08), r * 0.08, fill=bamboo)
    pen.rectangle((x - r * 0.23, y - r * 0.10, x + r * 0.23, y - r * 0.02), fill=palette.near)


def sweets(image: Image.Image, palette: Palette, chance: random.Random) -> None:
    """Three sweets in the shape of blossoms on a lacquer plate."""
    width, tall = image.size
    _table(image, palette)
    _soft(
        image,
        tall / 30,
        lambda d: d.ellipse((width * 0.12, tall * 0.66, width * 0.90, tall * 0.96), fill=120),
        palette.near,
    )
    pen = ImageDraw.Draw(image)
    pen.ellipse((width * 0.12, tall * 0.56, width * 0.88, tall * 0.90), fill=palette.near)
    pen.ellipse(
        (width * 0.15, tall * 0.575, width * 0.85, tall * 0.86), fill=_between(palette.near, palette.middle, 0.25)
    )
    for place, tint in ((0.30, palette.far), (0.50, palette.light), (0.70, palette.middle)):
        _blossom(image, width * place, tall * 0.60, tall * 0.155, tint, palette)


def _blossom(image: Image.Image, x: float, y: float, r: float, colour: Colour, palette: Palette) -> None:
    _soft(image, r / 5, lambda d: d.ellipse((x - r, y + r * 0.35, x + r * 1.2, y + r * 1.0), fill=110), palette.near)
    pen = ImageDraw.Draw(image)
    petals = [
        (x + math.cos(a) * r * 0.52, y + math.sin(a) * r * 0.46) for a in (math.pi * (0.3 + 0.4 * n) for n in range(5))
    ]
    for number, petal in enumerate(petals):
        pen.circle(petal, r * 0.52, fill=_between(colour, palette.light, 0.10 + 0.06 * number))
    for petal in petals:
        pen.line([(x, y), petal], fill=_between(colour, palette.near, 0.22), width=4)
    pen.circle((x, y), r * 0.16, fill=(236, 196, 92))


def box(image: Image.Image, palette: Palette, chance: random.Random) -> None:
    """A wrapped gift box with a cord."""
    width, tall = image.size
    _table(image, palette)
    left, top, right, foot = width * 0.26, tall * 0.36, width * 0.66, tall * 0.84
    _soft(
        image, tall / 28, lambda d: d.rectangle((left + 30, foot - 40, right + 70, foot + 25), fill=130), palette.near
    )
    pen = ImageDraw.Draw(image)
    pen.rectangle((left, top, right, foot), fill=palette.middle)
    pen.polygon(
        [
            (right, top),
            (right + tall * 0.12, top - tall * 0.08),
            (right + tall * 0.12, foot - tall * 0.10),
            (right, foot),
        ],
        fill=palette.near,
    )
    pen.polygon(
        [(left, top), (left + tall * 0.12, top - tall * 0.08), (right + tall * 0.12, top - tall * 0.08), (right, top)],
        fill=_between(palette.middle, palette.light, 0.3),
    )
    for number in range(26):
        a, b = chance.uniform(left, right - 40), chance.uniform(top, foot - 40)
        pen.arc(
            (a, b, a + 44, b + 44), 180, 360, fill=_between(palette.middle, palette.light, 0.22), width=3 + number % 2
        )
    middle = (left + right) / 2
    pen.rectangle((middle - 9, top, middle + 9, foot), fill=palette.light)
    pen.rectangle((left, (top + foot) / 2 - 9, right, (top + foot) / 2 + 9), fill=palette.light)
    for side in (-1, 1):
        reach = side * tall * 0.11
        pen.ellipse(sorted_box(middle, top - tall * 0.10, middle + reach, top + 6), outline=palette.light, width=14)


def sorted_box(x: float, y: float, u: float, v: float) -> tuple[float, float, float, float]:
    """Return the corners with the smaller value first, as Pillow wants them."""
    return min(x, u), min(y, v), max(x, u), max(y, v)


def phones(image: Image.Image, palette: Palette, chance: random.Random) -> None:
    """Two phones with bubbles of conversation: an account and the people who follow it."""
    width, tall = image.size
    for x, tilt in ((0.30, 0.06), (0.58, 0.0)):
        _phone(image, width * x, tall * (0.16 + tilt), tall * 0.40, palette)
    pen = ImageDraw.Draw(image)
    for x, y, reach in ((0.46, 0.22, 0.15), (0.50, 0.46, 0.20), (0.45, 0.68, 0.13)):
        shape = (width * x - 20, tall * y, width * x + tall * reach * 1.6, tall * (y + 0.10))
        pen.rounded_rectangle(shape, tall * 0.05, fill=_between(palette.middle, palette.light, 0.12))
        pen.line([(shape[0] + 36, tall * (y + 0.05)), (shape[2] - 40, tall * (y + 0.05))], fill=palette.light, width=8)


def _phone(image: Image.Image, x: float, y: float, wide: float, palette: Palette) -> None:
    tall = wide * 1.75
    _soft(
        image,
        wide / 10,
        lambda d: d.rounded_rectangle((x + 20, y + 30, x + wide + 40, y + tall + 30), 60, fill=120),
        palette.near,
    )
    pen = ImageDraw.Draw(image)
    pen.rounded_rectangle((x, y, x + wide, y + tall), wide * 0.13, fill=palette.near)
    pen.rounded_rectangle((x + 14, y + 14, x + wide - 14, y + tall - 14), wide * 0.10, fill=palette.light)
    for line in range(6):
        level = y + wide * (0.28 + 0.22 * line)
        pen.circle((x + wide * 0.2, level), wide * 0.07, fill=_between(palette.far, palette.middle, line / 6))
        pen.rounded_rectangle(
            (x + wide * 0.34, level - 12, x + wide * (0.84 - 0.08 * (line % 3)), level + 12), 12, fill=palette.bottom
        )


SCENES: dict[str, Scene] = {"hills": hills, "cup": cup, "bowl": bowl, "sweets": sweets, "box": box, "phones": phones}
