"""Quantities as people write them: counts, bytes, seconds, shapes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from diswot.errors import InputError

_NUMBER = r"\s*([0-9]{1,18}(?:\.[0-9]{1,400})?)\s*"
_COUNTS = {"": 1, "k": 10**3, "K": 10**3, "M": 10**6, "G": 10**9}
_BYTES = {"": 1, "B": 1, "kB": 10**3, "KB": 10**3, "MB": 10**6, "GB": 10**9, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}
_SECONDS = {"us": Fraction(1, 10**6), "µs": Fraction(1, 10**6), "ms": Fraction(1, 1000), "s": Fraction(1)}


def parse_count(text: str) -> int:
    """A count: `500000`, `0.5M`, `80 MMACs`, `1.2G`.

    Raises:
        InputError: not a positive number with one of the units k, M, G.
    """
    value = int(_parse(text, _COUNTS, r"(?:params|MACs)?"))
    if value < 1:
        raise InputError(f"a count is a positive number, such as 500000, 0.5M or 80 MMACs, not {text!r}")
    return value


def parse_bytes(text: str) -> int:
    """An amount of memory in bytes: `2 MB`, `512 KiB`, `300000`.

    Raises:
        InputError: not a positive number of bytes with one of the units kB, MB, GB, KiB, MiB, GiB.
    """
    value = int(_parse(text, _BYTES))
    if value < 1:
        raise InputError(
            f"an amount of memory is a positive number of bytes, such as 300000, 512 KiB or 2 MB, not {text!r}"
        )
    return value


def parse_seconds(text: str) -> float:
    """A time in seconds: `4ms`, `250us`, `0.1 s`. The unit must be there: a bare number says too little.

    Raises:
        InputError: not a positive number with one of the units us, ms, s.
    """
    value = float(_parse(text, _SECONDS))
    if value <= 0:
        raise InputError(f"a latency is a positive number with us, ms or s behind it, such as 4ms, not {text!r}")
    return value


def say_seconds(seconds: float) -> str:
    """A time as people write it: `250 us`, `4.2 ms`, `1.5 s`."""
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= size:
            return f"{seconds / size:.4g} {unit}"
    return f"{seconds * 1e6:.4g} us"


def say_bytes(count: float) -> str:
    """An amount of memory as people write it: `512 bytes`, `1.5 MB`, `12 GB`."""
    for unit, size in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= size:
            return f"{count / size:.3g} {unit}"
    return f"{count:.0f} bytes"


def parse_shape(text: str) -> tuple[int, ...]:
    """The shape of an image: `3x32x32`.

    Raises:
        InputError: anything else.
    """
    if not re.fullmatch(r"[0-9]{1,9}x[0-9]{1,9}x[0-9]{1,9}", text):
        raise InputError(f"an input is written CHANNELSxHEIGHTxWIDTH, such as 3x32x32, not {text!r}")
    return tuple(map(int, text.split("x")))


def write_shape(shape: tuple[int, ...]) -> str:
    """The text that `parse_shape` reads."""
    return "x".join(map(str, shape))


def write_seconds(seconds: float) -> str:
    """The text from which `parse_seconds` reads exactly this number."""
    return f"{Decimal(repr(seconds)):f}s"


@dataclass(frozen=True, slots=True)
class Quantity:
    """How a kind of number is written by people.

    Attributes:
        parse: reads a text; raises `InputError` for what is none.
        write: writes the text that gives exactly the same number when it is read.
        say: writes it in messages.
        examples: texts that are read.
    """

    parse: Callable[[str], Any]
    write: Callable[[Any], str]
    say: Callable[[Any], str]
    examples: tuple[str, ...]


COUNT = Quantity(parse_count, str, "{:,}".format, ("500000", "0.5M"))
BYTES = Quantity(parse_bytes, str, "{:,}".format, ("512 KiB", "2 MB"))
SECONDS = Quantity(parse_seconds, write_seconds, say_seconds, ("4ms", "250us"))
SHAPE = Quantity(parse_shape, write_shape, write_shape, ("3x32x32",))


def _parse(text: str, units: Mapping[str, int | Fraction], behind: str = "") -> Fraction:
    """The number that `text` writes, in the base unit; 0 if it writes none."""
    match = re.fullmatch(rf"{_NUMBER}({'|'.join(units)})\s*{behind}\s*", text)
    return Fraction(match[1]) * units[match[2]] if match else Fraction(0)


def say_duration(seconds: float) -> str:
    """`48 s`, `12 min`, `3 h 20 min`.

    Example:
        >>> say_duration(12000)
        '3 h 20 min'
    """
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60} min"
