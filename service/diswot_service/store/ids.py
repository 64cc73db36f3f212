"""Ids of jobs: UUID version 7, which sort by time of creation."""

from __future__ import annotations

import secrets
import uuid


def uuid7(now: float) -> str:
    """A UUID of version 7 for a time in seconds since 1970; the 12 bits behind the milliseconds carry their fraction.

    RFC 9562, section 5.7, and method 3 of section 6.2.
    """
    milliseconds, nanoseconds = divmod(int(now * 1e9), 1_000_000)
    fraction = nanoseconds * 4096 // 1_000_000
    return str(uuid.UUID(int=milliseconds << 80 | 0x7 << 76 | fraction << 64 | 0b10 << 62 | secrets.randbits(62)))
