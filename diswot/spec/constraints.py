"""Constraints: what a student may cost, and must cost at least."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import partial
from typing import Annotated, Any

from diswot.errors import InputError
from diswot.quantities import BYTES, COUNT, SECONDS, say_seconds
from diswot.spec.latency import LatencySetup
from diswot.spec.option import Option, complete
from diswot_spaces import Costs

COSTS = {"params": "parameters", "macs": "MACs", "memory": "bytes of activations"}
"""What a formula tells beforehand, by its field of `Costs`, and what it counts."""
MOST = 10**15
"""Greatest count that a limit may be."""
LONGEST = 3_600
"""Greatest latency that a limit may be, in seconds."""

_count = partial(Option, minimum=1, maximum=MOST, quantity=COUNT)
_bytes = partial(Option, minimum=1, maximum=MOST, quantity=BYTES)
_seconds = partial(Option, above=0, maximum=LONGEST, quantity=SECONDS)


@dataclass(frozen=True, slots=True)
class Constraints:
    """Ranges that the costs of a student must lie in, their ends included; `None` is no limit.

    Memory is the peak of the bytes of activations that are alive at once, see `Costs.memory`; latency is in seconds,
    and measured under the circumstances of `latency`.
    """

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 - pydantic's name

    max_params: Annotated[int | None, _count("Largest number of trainable parameters, such as 0.5M.")] = None
    max_macs: Annotated[int | None, _count("Largest number of multiply-accumulates for one image, such as 80M.")] = None
    max_memory: Annotated[int | None, _bytes("Largest peak of activation memory for one image, such as 512 KiB.")] = (
        None
    )
    max_latency: Annotated[float | None, _seconds("Largest latency of a student, measured here, such as 4ms.")] = None
    min_params: Annotated[int | None, _count("Smallest number of trainable parameters, such as 0.3M.")] = None
    min_macs: Annotated[int | None, _count("Smallest number of multiply-accumulates for one image, such as 20M.")] = (
        None
    )
    min_memory: Annotated[int | None, _bytes("Smallest peak of activation memory for one image, such as 100 kB.")] = (
        None
    )
    min_latency: Annotated[float | None, _seconds("Smallest latency of a student, measured here, such as 1ms.")] = None
    latency: LatencySetup = field(default_factory=LatencySetup)

    def __post_init__(self) -> None:
        """Raise `InputError` for limits that are not positive, and for ranges that are empty."""
        complete(self)
        for cost in (*COSTS, "latency"):
            low, high = self.range(cost)
            if low is not None and high is not None and low > high:
                most, given = (say_seconds(high), say_seconds(low)) if cost == "latency" else (f"{high:,}", f"{low:,}")
                raise InputError(f"min_{cost} must be at most max_{cost}, which is {most}, not {given}")

    def __str__(self) -> str:
        parts = [_say(*self.range(cost), unit) for cost, unit in COSTS.items()]
        if self.times:
            low, high = (None if limit is None else say_seconds(limit) for limit in self.range("latency"))
            parts.append(f"{_say(low, high, 'on')} {self.latency}")
        return " and ".join(filter(None, parts)) or "no limit"

    def range(self, cost: str) -> tuple[Any, Any]:
        """Least and most of a cost: `params`, `macs`, `memory` or `latency`."""
        return getattr(self, f"min_{cost}"), getattr(self, f"max_{cost}")

    @property
    def times(self) -> bool:
        """Whether latency has a limit, and so must be measured."""
        return self.range("latency") != (None, None)

    @property
    def has_minima(self) -> bool:
        """Whether a cost that a formula tells has a lower limit: then stepping down does not always lead inside."""
        return any(self.range(cost)[0] is not None for cost in COSTS)

    def allows(self, costs: Costs) -> bool:
        """Whether these costs are within every range; of latency they say nothing."""
        return not self.exceeded(costs) and not self.missed(costs)

    def exceeded(self, costs: Costs) -> bool:
        """Whether one of these costs is above its limit."""
        return any(high is not None and getattr(costs, cost) > high for cost, _, high in self._ranges())

    def missed(self, costs: Costs) -> bool:
        """Whether one of these costs is below its limit."""
        return any(low is not None and getattr(costs, cost) < low for cost, low, _ in self._ranges())

    def distance(self, costs: Costs) -> float:
        """How far these costs are from their ranges: the sum of log ratios to the nearest ends; 0 inside."""
        far = 0.0
        for cost, low, high in self._ranges():
            value = getattr(costs, cost)
            if high is not None and value > high:
                far += math.log(value / high)
            elif low is not None and value < low:
                far += math.log(low / value)
        return far

    def in_time(self, seconds: float) -> bool:
        """Whether a latency is within its range."""
        return (self.min_latency is None or seconds >= self.min_latency) and (
            self.max_latency is None or seconds <= self.max_latency
        )

    def _ranges(self) -> tuple[tuple[str, int | None, int | None], ...]:
        return (
            ("params", self.min_params, self.max_params),
            ("macs", self.min_macs, self.max_macs),
            ("memory", self.min_memory, self.max_memory),
        )


def _say(low: object, high: object, unit: str) -> str:
    """A range in words, or nothing where there is no limit."""
    least, most = (f"{limit:,}" if isinstance(limit, int) else limit for limit in (low, high))
    if low is None and high is None:
        return ""
    if low is None:
        return f"at most {most} {unit}"
    if high is None:
        return f"at least {least} {unit}"
    return f"exactly {least} {unit}" if low == high else f"{least} to {most} {unit}"
