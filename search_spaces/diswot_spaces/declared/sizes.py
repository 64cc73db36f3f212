"""Whether images are large enough for a family: every member must be possible."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from math import prod

from diswot_spaces.architecture import Shape
from diswot_spaces.declared.counting import Counted, Factor, TooWideError
from diswot_spaces.declared.document import say
from diswot_spaces.declared.family import Family
from diswot_spaces.errors import InputError

MOST = 4_096
"""Combinations of strides that are looked at."""
COUNTS = 16
"""Of them, those for which it is counted whether an architecture has them; more are taken to be possible."""


def check_sizes(family: Family, in_shape: Shape, sizes: Sequence[int], factors: Sequence[Factor]) -> None:
    """Refuse images that some architecture cannot make smaller as often as its strides demand.

    Raises:
        InputError: says which stride meets maps that are smaller.
    """
    decisions = sorted({i for part in family.parts for i in part.stride.scope})
    many = prod(sizes[i] for i in decisions) > MOST
    choices = [0] * len(sizes)
    counts = 0
    for taken in [None] if many else product(*(range(sizes[i]) for i in decisions)):
        for i, choice in zip(decisions, taken or (), strict=False):
            choices[i] = choice
        problem = _problem(family, in_shape, choices, largest=many)
        if not problem or _contradicts(factors, dict(zip(decisions, taken or (), strict=False))):
            continue
        counts += 1
        if many or counts > COUNTS or _is_possible(sizes, factors, dict(zip(decisions, taken or (), strict=False))):
            raise InputError(problem)


def _problem(family: Family, in_shape: Shape, choices: Sequence[int], *, largest: bool) -> str:
    """What is too small for what; empty where all is well."""
    height, width = in_shape[1:]
    for part in family.parts:
        stride = part.stride.value(choices)
        if largest and hasattr(part.stride, "values"):
            stride = max(part.stride.values)
        if stride > 1 and stride > min(height, width):
            return (
                f"{say(part.where)} of {family.name} makes maps smaller by {stride}, and of images of "
                f"{'x'.join(map(str, in_shape))} only {height} x {width} are left there"
            )
        height, width = -(-height // stride), -(-width // stride)
    return ""


def _contradicts(factors: Sequence[Factor], taken: dict[int, int]) -> bool:
    """Whether some constraint between these choices alone is not kept."""
    return any(not one.holds(taken) for one in factors if taken.keys() >= set(one.scope))


def _is_possible(sizes: Sequence[int], factors: Sequence[Factor], taken: dict[int, int]) -> bool:
    """Whether some valid architecture makes these choices."""
    fixed = [Factor((i,), frozenset([(choice,)])) for i, choice in taken.items()]
    try:
        return bool(Counted(sizes, [*factors, *fixed]).total)
    except TooWideError:
        return True
