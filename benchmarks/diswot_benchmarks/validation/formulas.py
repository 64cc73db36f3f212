"""The formulas that are chosen among: the terms of the recommendation score with other constants and weights."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from types import MappingProxyType

from diswot.proxies import PROXIES, Proxy
from diswot.proxies.base import ProxyInput
from diswot.proxies.layer_capacity import layer_capacity
from diswot.proxies.saturating_capacity import saturating_capacity
from diswot.proxies.trainability import trainability

ENOUGH = (40.0, 80.0, 160.0, math.inf)
RESOLUTIONS = (1 / 4, 1 / 3, 1 / 2)
UNITS, UNITS_WEIGHTS = (1 / 2, 1.0), (0.1, 0.2, 0.3, 0.5)
TOLERATED, TRAINABILITY_WEIGHTS = (5.0, 10.0, 20.0, 40.0), (0.2, 0.3, 0.4, 0.6)

FUNCTIONS: Mapping[str, Callable[..., float]] = MappingProxyType(
    {
        "saturating-capacity": saturating_capacity,
        "layer-capacity": layer_capacity,
        "trainability": trainability,
    }
)


@dataclass(frozen=True)
class Variant:
    """A term of the score with constants of its own.

    Attributes:
        term: its name.
        constants: what its function takes behind the inputs.
    """

    term: str
    constants: tuple[float, ...]

    def __call__(self, inputs: ProxyInput) -> float:
        """The value of one candidate."""
        return FUNCTIONS[self.term](inputs, *self.constants)

    @property
    def name(self) -> str:
        """The term and its constants, such as `trainability-10`."""
        return "-".join([self.term, *(f"{one:.3g}" for one in self.constants)])

    def proxy(self) -> Proxy:
        """The variant as a row of the table of proxies."""
        row = PROXIES[self.term]
        return Proxy(self.name, row.summary, row.reference, self, passes=row.passes, version=row.version)


Formula = Mapping[str, float]
"""Weight of each variant, by its name."""


CAPACITIES = tuple(Variant("saturating-capacity", constants) for constants in product(ENOUGH, RESOLUTIONS))
LAYERS = tuple(Variant("layer-capacity", (resolution,)) for resolution in UNITS)
TRAINABILITIES = tuple(Variant("trainability", (tolerated,)) for tolerated in TOLERATED)
VARIANTS = (*CAPACITIES, *LAYERS, *TRAINABILITIES)


def formulas() -> Iterator[Formula]:
    """Every formula of the grid: a capacity, with and without each of the other two terms."""
    units = [{}, *({one.name: weight} for one, weight in product(LAYERS, UNITS_WEIGHTS))]
    trained = [{}, *({one.name: weight} for one, weight in product(TRAINABILITIES, TRAINABILITY_WEIGHTS))]
    for capacity, second, third in product(CAPACITIES, units, trained):
        yield {capacity.name: 1.0, **second, **third}


def written(formula: Formula) -> str:
    """A formula as people read it."""
    return " + ".join(name if weight == 1 else f"{weight:g} {name}" for name, weight in formula.items())
