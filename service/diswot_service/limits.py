"""How often somebody may ask: a bucket of requests that fills up again as time goes by."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from cachetools import TTLCache

from diswot_service.errors import RateLimited


class RateLimit:
    """Lets everybody ask so often.

    Args:
        per_second: requests by which a bucket fills up.
        burst: requests that a full bucket holds.
        clock: seconds.
    """

    def __init__(self, per_second: float, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.per_second = per_second
        self.burst = burst
        self.clock = clock
        self._lock = threading.Lock()
        self._left: TTLCache[str, tuple[float, float]] = TTLCache(10_000, burst / per_second + 1, clock)

    def take(self, who: str) -> None:
        """Take one request out of somebody's bucket.

        Raises:
            RateLimited: it is empty.
        """
        with self._lock:
            now = self.clock()
            left, then = self._left.get(who, (float(self.burst), now))
            left = min(float(self.burst), left + (now - then) * self.per_second)
            if left < 1:
                self._left[who] = (left, now)
                raise RateLimited(f"{self.per_second:g} requests a second are allowed here, and {self.burst} at once")
            self._left[who] = (left - 1, now)
