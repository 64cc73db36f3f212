"""How many architectures a second the spaces draw, mutate and cost, each in the same process, one core."""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median
from typing import Any

from rich.console import Console

from diswot.errors import InputError
from diswot.seeds import stream
from diswot_benchmarks.runs.console import plain_table
from diswot_benchmarks.runs.progress import Report
from diswot_spaces import SPACES, Architecture, SearchSpace, get_space

ROUNDS = 3
CLASSES = 100
RATES = ("sample", "mutate", "costs", "costs_again")
"""Drawing at random; mutating, from child to child; the costs of random architectures; the same when they are known."""


def run_space_speed(count: int, seed: int, report: Report) -> dict[str, Any]:
    """Architectures a second for each space that comes along: the median of rounds in which all take their turns.

    Args:
        count: architectures that each space draws, mutates and costs in a round.
        seed: of the draws.
        report: is told how far it is.

    Raises:
        InputError: fewer than one architecture is asked for.
    """
    if count < 1:
        raise InputError(f"archs must be at least 1, not {count}")
    found: dict[str, list[dict[str, float]]] = {name: [] for name in SPACES.builtin}
    for turn in range(ROUNDS):
        for number, name in enumerate(found):
            report("timing spaces", turn * len(found) + number, ROUNDS * len(found))
            found[name].append(_rates(get_space(name), count, derive=(seed, turn)))
    rows = [
        {"space": name, "size": get_space(name).size, **{rate: median(r[rate] for r in rates) for rate in RATES}}
        for name, rates in found.items()
    ]
    return {"archs": count, "rounds": ROUNDS, "classes": CLASSES, "rows": rows}


def show_space_speed(console: Console, payload: dict[str, Any]) -> None:
    """Print the document for people."""
    console.print(
        f"architectures a second on one core, median of {payload['rounds']} rounds of {payload['archs']:,}",
        soft_wrap=True,
    )
    cells = [(row["space"], *(f"{row[rate]:,.0f}" for rate in RATES)) for row in payload["rows"]]
    console.print(plain_table(["space"], ["sampled", "mutated", "costed", "costed again"], cells))


def _rates(space: SearchSpace, count: int, derive: tuple[int, int]) -> dict[str, float]:
    rng = stream(derive[0], "space speed", space.name, derive[1])
    drawn: list[Architecture] = []
    child = space.sample(rng)

    def mutate(_: Architecture) -> None:
        nonlocal child
        child = space.mutate(child, rng)

    everything = [child] * count
    sampled = _rate(lambda _: drawn.append(space.sample(rng)), everything)
    mutated = _rate(mutate, everything)
    costed, again = (_rate(lambda arch: space.costs(arch, CLASSES), drawn) for _ in range(2))
    return dict(zip(RATES, (sampled, mutated, costed, again), strict=True))


def _rate(work: Callable[[Architecture], object], archs: list[Architecture]) -> float:
    start = time.process_time()
    for arch in archs:
        work(arch)
    return len(archs) / max(time.process_time() - start, 1e-9)
