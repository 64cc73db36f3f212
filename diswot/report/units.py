"""Names and units of costs, the same in every figure and table."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Unit:
    """How a cost is shown.

    Attributes:
        name: of the cost.
        symbol: of the unit.
        size: what one unit is in parameters, multiply-accumulates, bytes or seconds.
        digits: behind the point, in tables.
    """

    name: str
    symbol: str
    size: float
    digits: int

    @property
    def title(self) -> str:
        """Title of an axis or a column: `parameters (M)`."""
        return f"{self.name} ({self.symbol})"


UNITS = {
    "params": Unit("parameters", "M", 1e6, 3),
    "macs": Unit("MACs", "M", 1e6, 1),
    "memory": Unit("activations", "kB", 1e3, 0),
    "latency": Unit("latency", "ms", 1e-3, 2),
}
"""For each cost that can be limited: counts and bytes are those of one image."""
