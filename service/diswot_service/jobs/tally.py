"""How far a search has come over all of its phases."""

from __future__ import annotations

from collections.abc import Callable

from diswot.search.relaxation import MAX_RELAXED
from diswot.search.search import Search
from diswot.search.state import Progress as PhaseProgress
from diswot_service.progress import Progress

ALMOST = 99.9
"""Percent that is shown at most before the search is done: phases to come may bring more than is expected of them."""


class Tally:
    """Adds up the phases of a search, so that progress only ever grows while an attempt lasts.

    Args:
        search: new or restored.
        known: progress of an earlier attempt.
        clock: seconds.

    Attributes:
        done: evaluations so far.
        progress: the same, for clients.
    """

    def __init__(self, search: Search, known: Progress, clock: Callable[[], float]) -> None:
        self._search = search
        self._clock = clock
        self._before = self.done = self._count()
        self._since: float | None = None
        fresh = {"done": self.done, "phase": "preparing", "rate_per_s": None, "eta_s": None}
        self.progress = known.model_copy(update=fresh)

    def take(self, progress: PhaseProgress) -> None:
        """Take in what a phase has reached."""
        now, sizes = self._clock(), self._sizes(progress)
        past = sum(list(sizes.values())[: list(sizes).index(progress.phase)])
        self.done = max(self.done, past + progress.done)
        total = max(self.done, sum(sizes.values()))
        if self._since is None:  # The first evaluation is the start of the clock: before it, workers were starting.
            self._since, self._before = now, self.done
        fresh, seconds = self.done - self._before, now - self._since
        rate = fresh / seconds if fresh and seconds > 0 else None
        self.progress = Progress(
            done=self.done,
            total=total,
            percent=min(ALMOST, max(self.progress.percent, round(100 * self.done / total, 1))),
            phase=progress.phase,
            rate_per_s=rate and round(rate, 2),
            eta_s=rate and round((total - self.done) / rate, 1),
            best_score=progress.best_score,
        )

    def end(self) -> None:
        """Take in that the search is done."""
        self.done = total = max(1, self._count())
        self.progress = self.progress.model_copy(update={"done": total, "total": total, "percent": 100.0, "eta_s": 0.0})

    def _count(self) -> int:
        search, beyond = self._search, self._search.state.relaxed
        return len(search.reference) + len(search.evaluations) + search.evaluated_finalists + len(beyond or ())

    def _sizes(self, progress: PhaseProgress) -> dict[str, int]:
        """Evaluations of each phase, in order: made in those that are past, expected in those to come."""
        search = self._search
        expected = {
            "reference": 0,
            "exploring": search.total,
            "finalists": search.expected_finalists,
            "relaxation": MAX_RELAXED if search.is_relaxation_pending else 0,
        }
        expected[progress.phase] = progress.total
        if progress.phase != "reference":
            expected["reference"] = len(search.reference)
        if progress.phase in ("finalists", "relaxation"):
            expected["exploring"] = len(search.evaluations)
        if progress.phase == "relaxation":
            expected["finalists"] = search.evaluated_finalists
        return expected
