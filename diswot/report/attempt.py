"""What a result does not depend on is attempted: pictures may fail for a hundred reasons that are not the search's."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def attempt(draw: Callable[[], T]) -> tuple[T | None, str | None]:
    """What drawing gives, or `None` and why it failed, in one line.

    Fonts without a cache, a backend that does not load, a disk that is full: nothing of that may cost a result.
    """
    try:
        return draw(), None
    except Exception as error:
        return None, " ".join(f"{type(error).__name__}: {error}".split())
