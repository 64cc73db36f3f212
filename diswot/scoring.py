"""From raw values to a score: one number with its standard error; arithmetic, on the driver."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from diswot.errors import InputError
from diswot.proxies import Aggregate, get_score
from diswot.proxies.base import Scale
from diswot.seeds import stream
from diswot_spaces import Architecture, SearchSpace

if TYPE_CHECKING:
    from diswot.evaluation import Evaluation

REFERENCE_SIZE = 100
"""Architectures in the reference sample of a space."""


def needs_reference(score: str) -> bool:
    """Whether this score scales its terms against a reference sample of the space."""
    found = get_score(score)
    return isinstance(found, Aggregate) and found.scale != "none"


def reference_sample(space: SearchSpace, seed: int, size: int = REFERENCE_SIZE) -> list[Architecture]:
    """Distinct canonical architectures drawn from the space by seed: what scales and ranks are taken against.

    A space of no more architectures than that is taken whole.
    """
    if space.size is not None and space.size <= size:
        return list(dict.fromkeys(map(space.canonical, space.enumerate())))
    rng = stream(seed, "reference", space.name)
    drawn = dict.fromkeys(space.canonical(space.sample(rng)) for _ in range(size))
    return list(drawn)


@dataclass(frozen=True, slots=True)
class Score:
    """One architecture's score.

    Attributes:
        value: mean over the student seeds; higher is better.
        stderr: standard error of that mean; 0 where nothing depends on the seed, `None` for a single seed.
        components: what each term adds to the value.
    """

    value: float
    stderr: float | None
    components: dict[str, float]


class Scorer:
    """Turns raw values into a score: a proxy as it is, or the weighted sum of an aggregate's terms on a common scale.

    Args:
        name: of the proxy or aggregate.
        reference: evaluations of the reference sample; failed ones are left out. Not needed where nothing is scaled.

    Raises:
        InputError: the aggregate scales its terms and the reference has fewer than two evaluations.
    """

    def __init__(self, name: str, reference: Sequence[Evaluation] = ()) -> None:
        score = get_score(name)
        self.name = name
        self.terms: Mapping[str, float] = score.terms if isinstance(score, Aggregate) else {name: 1.0}
        self.scale: Scale = score.scale if isinstance(score, Aggregate) else "none"
        usable = [m for m in reference if m.error is None]
        if self.scale != "none" and len(usable) < 2:
            raise InputError(
                f"score {name!r} needs a reference sample of at least 2 measured architectures, not {len(usable)}"
            )
        self.reference = (
            {term: np.sort([np.mean(m.values[term]) for m in usable]) for term in self.terms}
            if self.scale != "none"
            else {}
        )

    def __call__(self, evaluation: Evaluation) -> Score:
        """The score of a evaluation.

        Raises:
            ValueError: the evaluation failed.
        """
        if evaluation.error is not None:
            raise ValueError(f"{evaluation.arch} has no score: {evaluation.error}")
        # Plain numbers: there are so few that arrays of them would be most of what a search costs its driver.
        terms = {t: [w * value for value in self._scaled(t, evaluation.values[t])] for t, w in self.terms.items()}
        totals = [sum(values) for values in zip(*terms.values(), strict=True)]
        mean, count = sum(totals) / len(totals), len(totals)
        spread = sum((total - mean) ** 2 for total in totals)
        stderr = math.sqrt(spread / (count - 1) / count) if count > 1 else None
        return Score(mean, stderr, {term: sum(values) / count for term, values in terms.items()})

    def _scaled(self, term: str, values: Sequence[float]) -> Sequence[float]:
        if self.scale == "none":
            return values
        reference = self.reference[term]
        if self.scale == "standard":
            mean, spread = float(reference.mean()), float(reference.std())
            return [(value - mean) / spread if spread > 0 else 0.0 for value in values]
        below = np.searchsorted(reference, values, "left") + np.searchsorted(reference, values, "right")
        ranks: list[float] = ((below / 2 + 0.5) / (len(reference) + 1)).tolist()
        return list(map(math.log, ranks)) if self.scale == "log-rank" else ranks
