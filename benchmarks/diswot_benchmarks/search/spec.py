"""What a search benchmark is asked for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from diswot.errors import InfeasibleBudget, InputError, UnknownName
from diswot.search.algorithms import ALGORITHMS
from diswot.search.exhaustive import Exhaustive
from diswot_benchmarks.labels.ground_truth import Truth
from diswot_benchmarks.runs.protocol import CorrelationSpec

BUDGETS = 5
"""Budgets of parameters that stand in the table unless others are asked for."""

Kind = tuple[str, str, int | None]
"""Algorithm, proxy, and the most parameters."""


@dataclass(frozen=True, slots=True)
class SearchBenchmark:
    """One search benchmark, in full.

    Attributes:
        scores: labels with one column, teacher, space, proxies, probe, seeds: what the raw scores are made from.
        algorithms: names of search algorithms.
        max_params: budgets, beside that of no limit; `None` for quantiles of the space.
        evaluations: where the curves are read off, ascending.
        runs: searches of each kind; run `i` has the search seed `scores.seed + i`.
        trained: another accuracy column: random search that trains every candidate keeps the best by it.
    """

    scores: CorrelationSpec
    algorithms: tuple[str, ...]
    max_params: tuple[int, ...] | None = None
    evaluations: tuple[int, ...] = (10, 30, 100, 300)
    runs: int = 20
    trained: str | None = None

    def __post_init__(self) -> None:
        """Check what can be checked before any file is opened.

        Raises:
            InputError: with one sentence.
        """
        for name in self.algorithms:
            if name not in ALGORITHMS:
                raise UnknownName("algorithm", name, ALGORITHMS)
        if self.runs < 1:
            raise InputError(f"runs must be at least 1, not {self.runs}")
        if min(self.evaluations) < 1:
            raise InputError(f"evaluations must be at least 1, not {min(self.evaluations)}")


def budgets_of(spec: SearchBenchmark, truth: Truth) -> list[int | None]:
    """No limit, then the budgets of parameters, ascending: those asked for, or quantiles 1/6 to 5/6 of the space.

    Raises:
        InfeasibleBudget: one that no architecture meets.
    """
    if spec.max_params is None:
        at = np.arange(1, BUDGETS + 1) / (BUDGETS + 1)
        return [None, *dict.fromkeys(np.quantile(truth.params, at, method="inverted_cdf").astype(int).tolist())]
    least = int(truth.params.min())
    for limit in spec.max_params:
        if limit < least:
            raise InfeasibleBudget(
                f"no architecture of {spec.scores.space} has at most {limit:,} parameters: the smallest has {least:,}"
            )
    return [None, *sorted(set(spec.max_params))]


def counts_of(spec: SearchBenchmark, kind: Kind, truth: Truth) -> tuple[int, ...]:
    """After how many evaluations a search is asked for its recommendation; exhaustive search at its end, too."""
    algorithm, _, budget = kind
    end = len(truth.within(budget))
    goes_on = algorithm == Exhaustive.name and end > max(spec.evaluations)
    return (*spec.evaluations, end) if goes_on else spec.evaluations
