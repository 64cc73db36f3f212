"""The search itself: ask, measure, tell, until an end is reached; then make sure of the finalists."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from diswot.errors import InfeasibleBudget, InputError, UnreadableData
from diswot.evaluation import FIRST, EvalTask, Measurement, tasks_of
from diswot.executors import Executor
from diswot.latency import Latency, LatencyMeter
from diswot.scoring import Score, Scorer, needs_reference, reference_sample
from diswot.search.algorithms import AlgorithmSettings, make_algorithm
from diswot.search.beyond import just_beyond
from diswot.search.feasible import Feasible
from diswot.search.finalists import finalists
from diswot.spec.search import PARETO_COSTS, SearchSpec
from search_spaces import Architecture, Costs, get_space

VERSION = 4
"""Of the state: raised when it changes."""
REJECTIONS = 200
"""Proposals in a row whose latency is outside the budget before no more are made."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a search has come.

    Attributes:
        phase: `"reference"` while the reference sample is measured, then `"evolving"`, whatever the algorithm, then
            `"finalists"` while these get their other initialisations, then `"beyond"` while architectures beyond the
            budget are measured.
        done: measured in this phase.
        total: to measure in this phase.
        best: string of the best candidate so far.
        best_score: its score, by one initialisation until the finalists are measured.
    """

    phase: str
    done: int
    total: int
    best: str | None = None
    best_score: float | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A candidate that was measured.

    Attributes:
        measurement: of it.
        score: over all initialisations that were measured; `None` if its network failed.
        first: score by the first of them, on which all candidates can be compared.
    """

    measurement: Measurement
    score: Score | None
    first: float | None


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
        self.meter = LatencyMeter(self.space, spec.constraints.latency, *task)
        """Measures latency where the budget limits it; entered around `run`, so that its process ends."""
        self.confirmed: dict[str, Latency | None] = {}
        """Latency of what is about to be recommended, measured once more; see `diswot.search.confirm`."""
        self.feasible = Feasible(self.space, spec.constraints, *task, self.meter)
        settings = AlgorithmSettings(spec.seed, spec.population, spec.tournament, self._cost)
        self.algorithm = make_algorithm(spec.algorithm, self.feasible, settings)
        self.reference: list[Measurement] = []
        self.measurements: list[Measurement] = []
        self.beyond: list[Measurement] | None = None
        """Measured just beyond the budget, where that was asked for; never recommended."""
        self.best: tuple[float, str] | None = None
        """Best score so far, and whose."""
        self.stale = 0
        """Evaluations since there was a better one."""
        self.exhausted = False
        self.rejected = 0
        self.probe: str | None = None
        """Fingerprint of the images that the networks are observed on, once they are known."""
        self.seconds = 0.0
        """That the search has taken, from the reference sample on, over all its runs."""

    @property
    def total(self) -> int:
        """Evaluations, at most: those asked for, or as many as there are architectures."""
        listed = self.feasible.listed
        return self.spec.evaluations if listed is None else min(self.spec.evaluations, len(listed))

    @property
    def expected_finalists(self) -> int:
        """The best candidates that get all of their initialisations; fronts may bring more."""
        return min(self.spec.finalists, self.total) if self.spec.student_inits > 1 else 0

    @property
    def ended(self) -> str | None:
        """What ended the search: `evaluations`, `exhausted`, `patience` or `max_seconds`; `None` while it goes on."""
        spec = self.spec
        if len(self.measurements) >= spec.evaluations:
            return "evaluations"
        if self.exhausted:
            return "exhausted"
        if spec.patience is not None and self.stale >= spec.patience:
            return "patience"
        if spec.max_seconds is not None and self.measurements and self.seconds >= spec.max_seconds:
            return "max_seconds"
        return None

    @property
    def bred(self) -> int:
        """Candidates that were bred from others before them; the others were drawn at random."""
        bred = {self.space.encode(arch) for arch in self.algorithm.bred}
        return sum(m.arch in bred for m in self.measurements)

    @property
    def done(self) -> bool:
        """Whether there is nothing left to measure."""
        return self.ended is not None and not self._has_yet_to_look_beyond and not self.unsure()

    def run(
        self,
        executor: Executor,
        report: Callable[[Progress], None],
        checkpoint: Callable[[], bool] = lambda: True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Search until done.

        Args:
            executor: entered; measures what `prepare` made for this spec.
            report: called after each measurement.
            checkpoint: called after each batch, when `state` is worth keeping; returns whether to go on.
            clock: seconds, for the limit of time.
        """
        began = clock() - self.seconds

        def keep() -> bool:
            self.seconds = clock() - began
            return checkpoint()

        self.feasible.check_latency()
        if not self._measure_reference(executor, report, keep):
            return
        scorer = Scorer(self.spec.score, self.reference)
        while self.ended is None:
            self._evolve(executor, scorer, report)
            if not keep():
                return
        while unsure := self.unsure():
            self._make_sure(executor, unsure, report)
            if not keep():
                return
        if self._has_yet_to_look_beyond:
            self._look_beyond(executor, scorer, report)
            keep()

    def look_at(self, probe: str) -> None:
        """Note the fingerprint of the probe.

        Raises:
            InputError: the search has begun with other images.
        """
        if self.probe not in (None, probe):
            raise InputError(f"the images of probe {self.spec.probe.source!r} are not those that the search began with")
        self.probe = probe

    def candidates(self) -> list[Candidate]:
        """Everything measured, most initialisations first, then best score, failures last, then by evaluation.

        So the finalists lead: a score by one initialisation is not compared with a mean of several.
        """
        scorer = Scorer(self.spec.score, self.reference)
        found = [candidate(scorer, m) for m in self.measurements]
        return sorted(found, key=lambda c: (-c.measurement.draws, -c.score.value if c.score else 0.0))

    def finalists(self) -> list[str]:
        """Candidates that shall have all initialisations, as far as is known now."""
        scorer = Scorer(self.spec.score, self.reference)
        scored = {m.arch: m for m in self.measurements if m.error is None}
        firsts = {name: scorer(m.drawn(FIRST)).value for name, m in scored.items()}

        def cost(name: str, which: str) -> float | None:
            return self.cost(name, which) if which == "latency" else float(getattr(scored[name].costs, which))

        return finalists(firsts, self.spec.finalists, self.spec.pareto_cost, cost)

    @property
    def sure(self) -> int:
        """Candidates that have all of their initialisations, where that is more than one."""
        return sum(m.draws > len(FIRST) for m in self.measurements)

    def unsure(self) -> list[str]:
        """Those of the finalists that do not have all of their initialisations yet."""
        if self.spec.student_inits == 1:
            return []
        draws = {m.arch: m.draws for m in self.measurements}
        return [name for name in self.finalists() if draws[name] < self.spec.student_inits]

    def latency(self, name: str) -> Latency | None:
        """What is known of the latency of a candidate: as confirmed, or else as measured when it was proposed."""
        if name in self.confirmed:
            return self.confirmed[name]
        return self.meter.known.get(self.space.decode(name))

    def cost(self, name: str, cost: str) -> float | None:
        """One cost of a candidate, as its field of `Costs` or `latency` in seconds; `None` where it is not known."""
        if cost == "latency":
            latency = self.latency(name)
            return None if latency is None else latency.median
        return float(getattr(self.feasible.costs(self.space.decode(name)), cost))

    def state(self) -> dict[str, Any]:
        """Everything that the rest of the search depends on, as JSON values."""
        return {
            "version": VERSION,
            "algorithm": self.algorithm.state(),
            "reference": [asdict(m) for m in self.reference],
            "measurements": [asdict(m) for m in self.measurements],
            "beyond": None if self.beyond is None else [asdict(m) for m in self.beyond],
            "best": self.best and list(self.best),
            "stale": self.stale,
            "exhausted": self.exhausted,
            "rejected": self.rejected,
            "probe": self.probe,
            "seconds": self.seconds,
            "latencies": self.meter.state(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Continue where `state` was taken; the spec must be the same.

        Raises:
            UnreadableData: the state is of another version.
        """
        if state.get("version") != VERSION:
            raise UnreadableData(
                f"the state of the search has version {state.get('version')!r}; this diswot continues version {VERSION}"
            )
        self.algorithm.restore(state["algorithm"])
        self.reference = [_measurement(row) for row in state["reference"]]
        self.measurements = [_measurement(row) for row in state["measurements"]]
        self.beyond = None if state["beyond"] is None else [_measurement(row) for row in state["beyond"]]
        self.best = None if state["best"] is None else (state["best"][0], state["best"][1])
        self.stale, self.exhausted, self.rejected = state["stale"], state["exhausted"], state["rejected"]
        self.probe, self.seconds = state["probe"], state["seconds"]
        self.meter.restore(state["latencies"])

    @property
    def _has_yet_to_look_beyond(self) -> bool:
        limits = (self.spec.constraints.range(cost)[1] for cost in PARETO_COSTS)
        return self.beyond is None and self.spec.relaxation > 0 and any(limit is not None for limit in limits)

    def _measure_reference(
        self, executor: Executor, report: Callable[[Progress], None], keep: Callable[[], bool]
    ) -> bool:
        """Measure what is left of the reference sample; returns whether to go on."""
        sample = reference_sample(self.space, self.spec.seed) if needs_reference(self.spec.score) else []
        for measurement in executor.map(tasks_of(sample[len(self.reference) :])):
            self.reference.append(measurement)
            report(Progress("reference", len(self.reference), len(sample)))
            if (
                len(self.reference) % self.spec.proposals_per_batch == 0
                and len(self.reference) < len(sample)
                and not keep()
            ):
                return False
        return keep()

    def _evolve(self, executor: Executor, scorer: Scorer, report: Callable[[Progress], None]) -> None:
        proposed = self.algorithm.ask(self._room())
        asked = self._admit(proposed)
        scores: dict[Architecture, float | None] = {}
        for arch, measurement in zip(asked, self._measure(executor, asked), strict=True):
            self.measurements.append(measurement)
            scores[arch] = scorer(measurement).value if measurement.error is None else None
            self._note(measurement.arch, scores[arch])
            report(self._progress("evolving", len(self.measurements), self.total))
        self.algorithm.tell((arch, scores.get(arch)) for arch in proposed)

    def _room(self) -> int:
        """How many to ask for: a batch, but no more than may be measured."""
        left = self.spec.evaluations - len(self.measurements)
        return min(self.spec.proposals_per_batch, left, self.spec.patience - self.stale if self.spec.patience else left)

    def _note(self, name: str, score: float | None) -> None:
        better = score is not None and (self.best is None or score > self.best[0])
        self.stale = 0 if better else self.stale + 1
        if better and score is not None:
            self.best = (score, name)

    def _progress(self, phase: str, done: int, total: int) -> Progress:
        return Progress(phase, done, total, *((self.best[1], self.best[0]) if self.best else ()))

    def _make_sure(self, executor: Executor, unsure: Sequence[str], report: Callable[[Progress], None]) -> None:
        """Measure the other initialisations of a batch of finalists."""
        places = {m.arch: i for i, m in enumerate(self.measurements)}
        done = self.sure
        fresh = self._complete(
            executor, [self.measurements[places[name]] for name in unsure[: self.spec.proposals_per_batch]]
        )
        for count, measurement in enumerate(fresh, done + 1):
            self.measurements[places[measurement.arch]] = measurement
            report(self._progress("finalists", count, done + len(unsure)))
        top = self.candidates()[0]
        self.best = None if top.score is None else (top.score.value, top.measurement.arch)

    def _look_beyond(self, executor: Executor, scorer: Scorer, report: Callable[[Progress], None]) -> None:
        """Measure some neighbours of the best, as far beyond the budget as was asked for.

        Those that are better than the best by one initialisation get the others, too.
        """
        candidates = [c for c in self.candidates() if c.first is not None]
        ranked = [self.space.decode(c.measurement.arch) for c in candidates]
        asked = just_beyond(
            self.space,
            self.spec.constraints,
            self.spec.relaxation,
            self.feasible.costs,
            self._seconds,
            ranked,
            set(ranked),
        )
        found = {}
        for measurement in self._measure(executor, asked):
            found[measurement.arch] = measurement
            report(self._progress("beyond", len(found), len(asked)))
        least = candidates[0].first if candidates else None
        better = [m for m in found.values() if m.error is None and (least is None or scorer(m).value > least)]
        found |= {m.arch: m for m in self._complete(executor, better)}
        self.beyond = list(found.values())

    def _cost(self, arch: Architecture) -> float | None:
        """The cost of an architecture that the score is played off against."""
        if self.spec.pareto_cost == "latency":
            return self._seconds(arch)
        return float(getattr(self.feasible.costs(arch), self.spec.pareto_cost))

    def _seconds(self, arch: Architecture) -> float | None:
        latency = self.meter(arch)
        return None if latency is None else latency.median

    def _admit(self, proposed: Sequence[Architecture]) -> list[Architecture]:
        """Those within the budget. Their latency is measured while the workers rest; a rejected one is no evaluation.

        Raises:
            InfeasibleBudget: of many that were proposed, the latency of none was within the budget.
        """
        admitted = [arch for arch in proposed if self.feasible.allows(arch)]
        if self.spec.pareto_cost == "latency":
            for arch in admitted:
                self.meter(arch)
        self.rejected = 0 if admitted else self.rejected + len(proposed)
        self.exhausted = not proposed or self.rejected >= REJECTIONS
        if self.rejected and self.exhausted and not self.measurements:
            raise InfeasibleBudget(self.feasible.nearest_latency())
        return admitted

    def _measure(self, executor: Executor, archs: Sequence[Architecture]) -> Iterator[Measurement]:
        """Measurements by one initialisation, in order; those that the reference sample already holds cost nothing."""
        known = {m.arch: m for m in self.reference}
        names = [self.space.encode(arch) for arch in archs]
        fresh = executor.map(tasks_of(arch for arch, name in zip(archs, names, strict=True) if name not in known))
        for name in names:
            yield known[name] if name in known else next(fresh)

    def _complete(self, executor: Executor, measured: Sequence[Measurement]) -> Iterator[Measurement]:
        """The same measurements with the other initialisations."""
        if self.spec.student_inits == 1:
            return
        asked = [EvalTask(self.space.decode(one.arch), range(one.draws, self.spec.student_inits)) for one in measured]
        for one, more in zip(measured, executor.map(asked), strict=True):
            yield one.extended(more, self.spec.student_inits)


def candidate(scorer: Scorer, measurement: Measurement) -> Candidate:
    """A measurement with its scores."""
    if measurement.error is not None:
        return Candidate(measurement, None, None)
    return Candidate(measurement, scorer(measurement), scorer(measurement.drawn(FIRST)).value)


def _measurement(row: dict[str, Any]) -> Measurement:
    values = {name: tuple(series) for name, series in row["values"].items()}
    return Measurement(row["arch"], Costs(**row["costs"]), values, row["seconds"], row["error"])
