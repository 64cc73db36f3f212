"""A drawing of a network: its stages from left to right, tall where maps are large, wide where blocks are many."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from itertools import pairwise
from math import log2, prod, sqrt
from typing import NamedTuple

from diswot.report.document import Document

GAP, MARGIN, TALLEST, LOWEST = 28.0, 16.0, 140.0, 16.0
"""Pixels between labels, around the drawing, of the tallest and of the lowest box."""

MIDDLE, LABEL, LINE = MARGIN + TALLEST / 2, MARGIN + TALLEST + 20, 15.0
"""Where the boxes' middle and the first line of their labels are, and how far apart lines are."""

LOOK = 'fill="currentColor" font-family="system-ui, sans-serif" font-size="12" text-anchor="middle"'
BOX = 'fill="#4c78a8" fill-opacity="0.2" stroke="#4c78a8" rx="3"'
ARROW = 'stroke="currentColor" stroke-opacity="0.4"'
SMALL = ' font-size="10" opacity="0.75"'
"""Attributes rather than a style sheet, which would be one of the page around it."""


class Stage(Document):
    """Blocks of one kind in a row whose outputs have one shape.

    Attributes:
        block: name of their class.
        count: how many.
        out_shape: of their output for one image: channels, height, width; or tokens, channels; or features.
        params: trainable parameters of all of them.
    """

    block: str
    count: int
    out_shape: tuple[int, ...]
    params: int


class _Box(NamedTuple):
    """A stage in its place."""

    center: float
    wide: float
    tall: float
    label: tuple[str, ...]


def draw_network(stages: Sequence[Stage]) -> str:
    """An SVG of the stages; it takes the color of the text around it.

    Args:
        stages: in order of execution.

    Example:
        >>> svg = draw_network([Stage(block="BasicBlock", count=3, out_shape=(16, 32, 32), params=14016)])
        >>> "3 x BasicBlock" in svg, "16 x 32 x 32" in svg
        (True, True)
    """
    boxes = list(_placed(stages))
    width = boxes[-1].center + _room(boxes[-1].label, boxes[-1].wide) / 2 + MARGIN if boxes else 2 * MARGIN
    height = LABEL + 2 * LINE + MARGIN
    parts = [*map(_draw, boxes), *(_arrow(one, other) for one, other in pairwise(boxes))]
    said = escape(", ".join(f"{box.label[0]} to {box.label[1]}" for box in boxes), quote=True)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" '
        f'height="{height:.0f}" role="img" aria-label="{said}" {LOOK}>{"".join(parts)}</svg>\n'
    )


def _placed(stages: Sequence[Stage]) -> Iterator[_Box]:
    largest = max(map(_side, stages), default=1.0)
    x = MARGIN
    for one in stages:
        title = f"{one.count} x {one.block}" if one.count > 1 else one.block
        label = (title, " x ".join(map(str, one.out_shape)), f"{one.params:,} parameters" if one.params else "")
        wide, tall = 20 + 10 * log2(one.count), LOWEST + (TALLEST - LOWEST) * _side(one) / largest
        room = _room(label, wide)
        yield _Box(x + room / 2, wide, tall, label)
        x += room + GAP


def _side(stage: Stage) -> float:
    """The side of a map, if it were square."""
    return sqrt(prod(stage.out_shape[1:])) if len(stage.out_shape) == 3 else sqrt(prod(stage.out_shape[:-1]))


def _room(label: Sequence[str], wide: float) -> float:
    """Pixels that a box and its label take."""
    return max(wide, 7.0 * len(label[0]), *(5.8 * len(line) for line in label[1:]))


def _draw(box: _Box) -> str:
    left, top = box.center - box.wide / 2, MIDDLE - box.tall / 2
    lines = "".join(
        f'<text x="{box.center:.1f}" y="{LABEL + i * LINE:.1f}"{SMALL if i else ""}>{escape(line)}</text>'
        for i, line in enumerate(box.label)
    )
    return f'<rect x="{left:.1f}" y="{top:.1f}" width="{box.wide:.1f}" height="{box.tall:.1f}" {BOX}/>{lines}'


def _arrow(one: _Box, other: _Box) -> str:
    """A line between two boxes."""
    left, right = one.center + one.wide / 2, other.center - other.wide / 2
    return f'<line x1="{left:.1f}" y1="{MIDDLE}" x2="{right:.1f}" y2="{MIDDLE}" {ARROW}/>'
