"""A search: what was asked, the algorithm that proposes, what was found so far, and what is left to do."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from diswot.errors import InputError, UnreadableData
from diswot.evaluation import FIRST, Evaluation
from diswot.latency import LatencyMeter
from diswot.proxies import proxies_of
from diswot.scoring import Score, Scorer
from diswot.search.algorithms import AlgorithmSettings, make_algorithm
from diswot.search.feasible import Feasible
from diswot.search.finalists import finalists, front_costs
from diswot.search.opinions import opinions
from diswot.search.state import SearchState
from diswot.spec.search import PARETO_COSTS, SearchSpec
from diswot_spaces import Architecture, get_space

VERSION = 5
"""Of the JSON: raised when it changes."""


class Search:
    """A search that can be stopped after any batch and continued from its JSON.

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
        """Measures latency where the budget limits it; entered around the run, so that its process ends."""
        self.feasible = Feasible(self.space, spec.constraints, *task, self.meter)
        settings = AlgorithmSettings(spec.seed, spec.population, spec.tournament, self._played_off)
        self.algorithm = make_algorithm(spec.algorithm, self.feasible, settings)
        self.state = SearchState()

    @property
    def reference(self) -> list[Evaluation]:
        """The reference sample, as far as it is measured."""
        return self.state.reference

    @property
    def evaluations(self) -> list[Evaluation]:
        """The candidates, in the order of evaluation."""
        return self.state.evaluations

    @cached_property
    def scorer(self) -> Scorer:
        """Scores evaluations; to be asked for once the reference sample is measured."""
        return Scorer(self.spec.score, self.reference)

    @cached_property
    def terms(self) -> tuple[str, ...] | None:
        """Proxies that the score is made of; `None`, for all that are measured, where there are no other opinions."""
        return tuple(proxies_of([self.spec.score])) if opinions(self.spec.score) else None

    @property
    def total(self) -> int:
        """Evaluations, at most: those asked for, or as many as there are architectures."""
        listed = self.feasible.listed
        return self.spec.evaluations if listed is None else min(self.spec.evaluations, len(listed))

    @property
    def expected_finalists(self) -> int:
        """The best candidates that get all of their initializations; fronts may bring more."""
        return min(self.spec.finalists, self.total) if self.spec.student_inits > 1 else 0

    @property
    def ended(self) -> str | None:
        """What ended the search: `evaluations`, `exhausted`, `patience` or `max_seconds`; `None` while it goes on."""
        spec, state = self.spec, self.state
        if len(state.evaluations) >= spec.evaluations:
            return "evaluations"
        if state.exhausted:
            return "exhausted"
        if spec.patience is not None and state.stale >= spec.patience:
            return "patience"
        if spec.max_seconds is not None and state.evaluations and state.seconds >= spec.max_seconds:
            return "max_seconds"
        return None

    @property
    def bred(self) -> int:
        """Candidates that were bred from others before them; the others were drawn at random."""
        bred = {self.space.encode(arch) for arch in self.algorithm.bred}
        return sum(m.arch in bred for m in self.evaluations)

    @property
    def done(self) -> bool:
        """Whether there is nothing left to measure."""
        return self.ended is not None and not self.pending_finalists() and not self.is_relaxation_pending

    @property
    def is_relaxation_pending(self) -> bool:
        """Whether candidates just beyond the budget were asked for, and are not evaluated yet."""
        limits = (self.spec.constraints.range(cost)[1] for cost in PARETO_COSTS)
        return self.state.relaxed is None and self.spec.relaxation > 0 and any(limit is not None for limit in limits)

    @property
    def evaluated_finalists(self) -> int:
        """Candidates that have all of their initializations, where that is more than one."""
        return sum(m.num_inits > len(FIRST) for m in self.evaluations)

    def ranked(self) -> list[tuple[Evaluation, Score]]:
        """Everything with a score: most initializations first, then best score, then by evaluation.

        So the finalists lead: a score by one initialization is not compared with a mean of several.
        """
        scored = [(m, self.scorer(m)) for m in self.evaluations if m.error is None]
        return sorted(scored, key=lambda one: (-one[0].num_inits, -one[1].value))

    def single_init_score(self, evaluation: Evaluation) -> float:
        """The score by the first initialization alone, on which all candidates can be compared."""
        return self.scorer(evaluation.restrict(FIRST)).value

    def finalists(self) -> list[str]:
        """Candidates that shall have all initializations, as far as is known now."""
        firsts = {m.arch: self.single_init_score(m) for m in self.evaluations if m.error is None}
        return finalists(firsts, self.spec.finalists, front_costs(self.spec), self.cost)

    def pending_finalists(self) -> list[str]:
        """Those of the finalists that do not have all of their initializations yet."""
        if self.spec.student_inits == 1:
            return []
        done = {m.arch: m.num_inits for m in self.evaluations}
        return [name for name in self.finalists() if done[name] < self.spec.student_inits]

    def cost(self, name: str, cost: str) -> float | None:
        """One cost of a candidate, as its field of `Costs` or `latency` in seconds; `None` where it is not known."""
        arch = self.space.decode(name)
        if cost == "latency":
            latency = self.meter.known.get(arch)
            return None if latency is None else latency.median
        return float(getattr(self.feasible.costs(arch), cost))

    def bind_probe(self, probe: str) -> None:
        """Note the fingerprint of the probe.

        Raises:
            InputError: the search has begun with other images.
        """
        if self.state.probe not in (None, probe):
            raise InputError(f"the images of probe {self.spec.probe.source!r} are not those that the search began with")
        self.state.probe = probe

    def to_json(self) -> dict[str, Any]:
        """Everything that the rest of the search depends on, as JSON values."""
        own = {"version": VERSION, "algorithm": self.algorithm.state(), "latencies": self.meter.state()}
        return own | self.state.to_json()

    def restore(self, row: dict[str, Any]) -> None:
        """Continue where `row` was taken; the spec must be the same, and nothing measured yet.

        Raises:
            UnreadableData: the state is of another version.
        """
        if row.get("version") != VERSION:
            raise UnreadableData(
                f"the state of the search has version {row.get('version')!r}; this diswot continues version {VERSION}"
            )
        self.algorithm.restore(row["algorithm"])
        self.meter.restore(row["latencies"])
        self.state = SearchState.from_json(row)

    def seconds_of(self, arch: Architecture) -> float | None:
        """The latency of an architecture, measured unless it is known; `None` if that fails."""
        latency = self.meter(arch)
        return None if latency is None else latency.median

    def _played_off(self, arch: Architecture) -> float | None:
        """The cost of an architecture that the score is played off against."""
        if self.spec.pareto_cost == "latency":
            return self.seconds_of(arch)
        return float(getattr(self.feasible.costs(arch), self.spec.pareto_cost))
