"""Sets of followers as Python integers: bit n is follower number n.

A million followers fit in 125 kB; union, difference and counting are single
C-level operations, which is what keeps a mass send to everybody quick.
"""

import base64
import zlib
from collections.abc import Iterable, Iterator

# For each value of a byte the positions of its set bits: turns bytes into numbers without shifting a huge integer.
_POSITIONS = tuple(tuple(bit for bit in range(8) if value >> bit & 1) for value in range(256))


def everybody(count: int) -> int:
    """Followers 0 … count-1."""
    return (1 << count) - 1


def just(numbers: Iterable[int]) -> int:
    """Exactly these followers."""
    chosen = list(numbers)
    raw = bytearray(max(chosen, default=0) // 8 + 1)
    for number in chosen:
        raw[number >> 3] |= 1 << (number & 7)
    return int.from_bytes(raw, "little")


def contains(who: int, number: int) -> bool:
    return bool(who >> number & 1)


def numbers(who: int, start: int = 0) -> Iterator[int]:
    """The followers in ``who`` from number ``start`` on, ascending."""
    raw = _raw(who)
    for offset in range(start >> 3, len(raw)):
        if raw[offset]:
            base = offset << 3
            for position in _POSITIONS[raw[offset]]:
                if base + position >= start:
                    yield base + position


def pack(who: int) -> str:
    """Text for the journal; a list of 10,000 of a million takes about 20 kB."""
    return base64.b85encode(zlib.compress(_raw(who), 1)).decode("ascii")


def unpack(text: str) -> int:
    return int.from_bytes(zlib.decompress(base64.b85decode(text)), "little")


def _raw(who: int) -> bytes:
    return who.to_bytes((who.bit_length() + 7) // 8, "little")
