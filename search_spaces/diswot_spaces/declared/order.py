"""Whether a family ascends in cost, and which of its architectures are the same network."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from diswot_spaces.blocks.identity import Identity
from diswot_spaces.declared.family import Family
from diswot_spaces.declared.places import ABSENT, Chosen, Fixed
from diswot_spaces.declared.stages import Part


def ascends(family: Family) -> bool:
    """Whether each next option of a decision costs no less in any respect, whatever else is chosen.

    Known of depths, and of settings that their blocks declare to be `ascending`; a wider block may do without the
    convolution of a shortcut, so widths do not count.
    """
    if family.head_scope or any(part.layers is not None for part in family.parts):
        return False
    for part in family.parts:
        safe = {"depth", *part.kinds[0].ascending}
        for name, place in part.places.items():
            if isinstance(place, Chosen) and not (name in safe and _is_sorted(place.values)):
                return False
    return True


def moves_identities(family: Family, choices: Sequence[int]) -> tuple[int, ...]:
    """The choices of the same network whose layers that do nothing come last in their stage."""
    found = list(choices)
    for stage in family.stages:
        if stage.layers is not None and Identity in stage.kinds:
            _move(family, stage, found)
    return tuple(found)


def _move(family: Family, stage: Part, choices: list[int]) -> None:
    blocks = stage.blocks(choices)
    first = 0 if _keeps_shape(family, stage, choices) else 1
    layers = stage.layers.layers if stage.layers is not None else ()
    there = [layer for layer in layers if layer.value(choices) is not ABSENT]
    nothing = [isinstance(block, Identity) for block in blocks]
    labels = [layer.value(choices) for layer in there]
    moved = [label for label, idle in zip(labels[first:], nothing[first:], strict=True) if not idle]
    moved += [label for label, idle in zip(labels[first:], nothing[first:], strict=True) if idle]
    for layer, label in zip(there[first:], moved, strict=True):
        choices[layer.decision] = layer.values.index(label)


def _keeps_shape(family: Family, stage: Part, choices: Sequence[int]) -> bool:
    """Whether what enters the stage has the shape of what leaves its first layer."""
    if not isinstance(stage.stride, Fixed) or stage.stride.constant != 1:
        return False
    widths = [part.width for part in family.parts[: family.parts.index(stage) + 1] if part.width is not None]
    return len(widths) > 1 and widths[-2].value(choices) == widths[-1].value(choices)


def _is_sorted(values: Sequence[object]) -> bool:
    return all(type(a) in (int, float) and a < b for a, b in pairwise(values))  # type: ignore[operator]
