"""The latency of those that a search is about to recommend, measured once more."""

from __future__ import annotations

from collections.abc import Mapping

from diswot.latency import Latency, LatencyMeter
from diswot.search.search import Search


def remeasure_latency(search: Search, count: int) -> Mapping[str, Latency | None]:
    """Measure the best candidates again, in a fresh process, until `count` of them hold the budget.

    What passed narrowly by luck is found out here: of many candidates measured once, some near a limit are. Nothing
    happens where the budget does not limit latency.

    Args:
        search: done, its workers gone.
        count: students to return.

    Returns:
        The latency of those that were measured, by architecture; `None` if that failed.
    """
    found: dict[str, Latency | None] = {}
    if not search.spec.constraints.times:
        return found
    task = (search.spec.teacher.num_classes, search.spec.teacher.in_shape)
    with LatencyMeter(search.space, search.spec.constraints.latency, *task) as meter:
        for evaluation, _ in search.ranked():
            latency = found[evaluation.arch] = meter(search.space.decode(evaluation.arch))
            count -= latency is not None and search.spec.constraints.in_time(latency.median)
            if count == 0:
                break
    search.meter.seconds += meter.seconds
    return found
