"""Pareto fronts of score against one cost, and how they grow.

A candidate is on the front if none costs no more and scores no less than it, in one of the two really better. The
hypervolume (Zitzler and Thiele, "Multiobjective Evolutionary Algorithms: A Comparative Case Study and the Strength
Pareto Approach", IEEE Transactions on Evolutionary Computation 3(4), 1999) is the area between the front and a
reference point that all candidates are better than.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Point:
    """A candidate on the plane: a score to be maximised at a cost to be minimised."""

    cost: float
    score: float


def pareto_front(points: Sequence[Point]) -> list[int]:
    """Where the points of the front are, cheapest first, which is worst score first; of equal ones the first.

    Example:
        >>> pareto_front([Point(2, 5), Point(1, 3), Point(3, 4)])
        [1, 0]
    """
    front: list[int] = []
    for i in sorted(range(len(points)), key=lambda i: (points[i].cost, -points[i].score)):
        if not front or points[i].score > points[front[-1]].score:
            front.append(i)
    return front


def hypervolume(front: Iterable[Point], reference: Point) -> float:
    """Area that the front, cheapest first, dominates within the reference point's reach.

    Example:
        >>> hypervolume([Point(1, 3), Point(2, 5)], Point(3, 1))
        6.0
    """
    area, below = 0.0, reference.score
    for point in front:
        area += (reference.cost - point.cost) * (point.score - below)
        below = point.score
    return float(area)


def outline(front: Sequence[Point], count: int) -> list[int]:
    """Where `count` points are that show a front best: its ends, and between them what adds most hypervolume.

    One point after the other is taken, which is never far from the best choice of all at once (Guerreiro, Fonseca and
    Paquete, "Greedy Hypervolume Subset Selection in Low Dimensions", Evolutionary Computation 24(3), 2016).

    Args:
        front: cheapest first, at least one point.
        count: at least 2.

    Example:
        >>> outline([Point(1, 1), Point(2, 8), Point(5, 9), Point(9, 10)], 3)
        [0, 1, 3]
    """
    worst = Point(front[-1].cost, front[0].score)
    chosen = sorted({0, len(front) - 1})

    def volume(place: int) -> float:
        return hypervolume([front[i] for i in sorted([*chosen, place])], worst)

    while len(chosen) < min(count, len(front)):
        chosen = sorted([*chosen, max(set(range(len(front))).difference(chosen), key=volume)])
    return chosen


def growth(points: Sequence[Point]) -> list[tuple[int, float]]:
    """The hypervolume after each point that added to it: number of points by then, share of what is possible.

    The reference point is the highest cost with the lowest score of all points; what is possible is the best score at
    the lowest cost, which fills the rectangle between the two. Nothing where that rectangle has no area.
    """
    if not points:
        return []
    worst = Point(max(p.cost for p in points), min(p.score for p in points))
    best = Point(min(p.cost for p in points), max(p.score for p in points))
    whole = hypervolume([best], worst)
    if whole <= 0:
        return []
    front: list[Point] = []
    grown: list[tuple[int, float]] = []
    for count, point in enumerate(points, 1):
        share = hypervolume(front, worst) / whole if _add(front, point) else 0.0
        if share > (grown[-1][1] if grown else 0.0):
            grown.append((count, share))
    return grown


def _add(front: list[Point], point: Point) -> bool:
    """Put a point on a front, cheapest first, and take off what it dominates; returns whether it belongs there."""
    place = bisect_left(front, (point.cost, -point.score), key=lambda p: (p.cost, -p.score))
    if place and front[place - 1].score >= point.score:
        return False
    if place < len(front) and front[place] == point:
        return False
    end = place
    while end < len(front) and front[end].score <= point.score:
        end += 1
    front[place:end] = [point]
    return True
