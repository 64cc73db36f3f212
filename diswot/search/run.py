"""The search itself: ask, measure, tell, until the evaluations are used up."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from operator import itemgetter
from typing import Any

from diswot.errors import InfeasibleBudget
from diswot.executors import Executor
from diswot.latency import Latency, LatencyMeter
from diswot.scoring import Measurement, Score, Scorer, needs_reference, reference_sample
from diswot.search.evolution import AgingEvolution
from diswot.search.feasible import Feasible
from diswot.search.spec import SearchSpec
from search_spaces import Architecture, Costs, get_space

BATCH = 20
"""Proposals that are asked for at once. Fixed, so that the number of workers does not change the course of a search."""
REJECTIONS = 200
"""Proposals in a row whose latency is outside the budget before no more are made."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a search has come.

    Attributes:
        phase: `"reference"` while the reference sample is measured, then `"evolving"`.
        done: measured in this phase.
        total: to measure in this phase.
        best: string of the best candidate so far.
        best_score: its score.
    """

    phase: str
    done: int
    total: int
    best: str | None = None
    best_score: float | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A candidate that was measured; without a score if its network failed."""

    measurement: Measurement
    score: Score | None


class Search:
    """A search that can be stopped after any batch and continued from its state.

    Args:
        spec: what to do.

    Raises:
        InfeasibleBudget: no architecture meets the budget.
    """

    def __init__(self, spec: SearchSpec) -> None:
        self.spec = spec
        self.space = get_space(spec.space)
        task = (spec.teacher.num_classes, spec.teacher.in_shape)
        self.meter = LatencyMeter(self.space, spec.budget.latency, *task)
        """Measures latency where the budget limits it; entered around `run`, so that its process ends."""
        self.confirmed: dict[str, Latency | None] = {}
        """Latency of the finalists, measured once more; see `diswot.search.finalists`."""
        self.feasible = Feasible(self.space, spec.budget, *task, self.meter)
        self.algorithm = AgingEvolution(self.feasible, spec.seed, spec.population, spec.tournament)
        self.reference: list[Measurement] = []
        self.measurements: list[Measurement] = []
        self.exhausted = False
        self.rejected = 0

    @property
    def done(self) -> bool:
        """Whether the evaluations, or the feasible architectures, are used up."""
        return self.exhausted or len(self.measurements) >= self.spec.evaluations

    def run(
        self, executor: Executor, report: Callable[[Progress], None], checkpoint: Callable[[], bool] = lambda: True
    ) -> None:
        """Search until done.

        Args:
            executor: entered; measures what `prepare` made for this spec.
            report: called after each measurement.
            checkpoint: called after each batch, when `state` is worth keeping; returns whether to go on.
        """
        self.feasible.check_latency()
        self._measure_reference(executor, report)
        if not checkpoint():
            return
        scorer = Scorer(self.spec.score, self.reference)
        while not self.done:
            self._evolve(executor, scorer, report)
            if not checkpoint():
                return

    def candidates(self) -> list[Candidate]:
        """Everything measured, best score first, failures last, ties in the order of evaluation."""
        scorer = Scorer(self.spec.score, self.reference)
        found = [Candidate(m, scorer(m) if m.error is None else None) for m in self.measurements]
        return sorted(found, key=lambda c: -c.score.value if c.score else float("inf"))

    def latency(self, name: str) -> Latency | None:
        """What is known of the latency of a candidate: as confirmed, or else as measured when it was proposed."""
        if name in self.confirmed:
            return self.confirmed[name]
        return self.meter.known.get(self.space.decode(name))

    def state(self) -> dict[str, Any]:
        """Everything that the rest of the search depends on, as JSON values."""
        return {
            "version": 1,
            "algorithm": self.algorithm.state(),
            "reference": [asdict(m) for m in self.reference],
            "measurements": [asdict(m) for m in self.measurements],
            "latencies": self.meter.state(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Continue where `state` was taken; the spec must be the same."""
        self.algorithm.restore(state["algorithm"])
        self.reference = [_measurement(row) for row in state["reference"]]
        self.measurements = [_measurement(row) for row in state["measurements"]]
        self.meter.restore(state["latencies"])

    def _measure_reference(self, executor: Executor, report: Callable[[Progress], None]) -> None:
        if not needs_reference(self.spec.score):
            return
        sample = reference_sample(self.space, self.spec.seed)
        for measurement in executor.map(sample[len(self.reference) :]):
            self.reference.append(measurement)
            report(Progress("reference", len(self.reference), len(sample)))

    def _evolve(self, executor: Executor, scorer: Scorer, report: Callable[[Progress], None]) -> None:
        proposed = self.algorithm.ask(min(BATCH, self.spec.evaluations - len(self.measurements)))
        asked = self._admit(proposed)
        told: list[tuple[Architecture, float | None]] = []
        best = max(self._scores(scorer), key=itemgetter(0), default=None)
        for arch, measurement in zip(asked, self._measure(executor, asked), strict=True):
            self.measurements.append(measurement)
            score = scorer(measurement).value if measurement.error is None else None
            told.append((arch, score))
            if score is not None and (best is None or score > best[0]):
                best = (score, measurement.arch)
            report(
                Progress(
                    "evolving", len(self.measurements), self.spec.evaluations, *((best[1], best[0]) if best else ())
                )
            )
        scores = dict(told)
        self.algorithm.tell((arch, scores.get(arch)) for arch in proposed)

    def _admit(self, proposed: Sequence[Architecture]) -> list[Architecture]:
        """Those within the budget. Their latency is measured while the workers rest; a rejected one is no evaluation.

        Raises:
            InfeasibleBudget: of many that were proposed, the latency of none was within the budget.
        """
        admitted = [arch for arch in proposed if self.feasible.allows(arch)]
        self.rejected = 0 if admitted else self.rejected + len(proposed)
        self.exhausted = not proposed or self.rejected >= REJECTIONS
        if self.rejected and self.exhausted and not self.measurements:
            raise InfeasibleBudget(self.feasible.nearest_latency())
        return admitted

    def _measure(self, executor: Executor, archs: Sequence[Architecture]) -> Iterator[Measurement]:
        """Measurements in order; those that the reference sample already holds cost nothing."""
        known = {m.arch: m for m in self.reference}
        names = [self.space.encode(arch) for arch in archs]
        fresh = executor.map([arch for arch, name in zip(archs, names, strict=True) if name not in known])
        for name in names:
            yield known[name] if name in known else next(fresh)

    def _scores(self, scorer: Scorer) -> Iterator[tuple[float, str]]:
        return ((scorer(m).value, m.arch) for m in self.measurements if m.error is None)


def _measurement(row: dict[str, Any]) -> Measurement:
    values = {name: tuple(series) for name, series in row["values"].items()}
    return Measurement(row["arch"], Costs(**row["costs"]), values, row["seconds"], row["error"])
