"""What a search will cost, before it is run: the networks counted, and one of them timed on a part of the probe."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from statistics import fmean

from diswot.evaluation import EvalTask
from diswot.latency.timing import TIMED, WARM_UP
from diswot.runtime.threads import one_thread
from diswot.scoring import needs_reference, reference_sample
from diswot.search.relaxation import MAX_RELAXED
from diswot.search.search import Search
from diswot.seeds import stream
from diswot.spec.compute import ComputeSpec
from diswot.workflow import evaluator_spec
from diswot_spaces import Architecture

PART = 0.25
"""Share of the probe that is timed: enough for the time to be in proportion, little enough to take a tenth of what is
estimated."""

LOOKED_AT = 20
"""Architectures within the constraints of which the one of middle cost is timed."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What is left to do of a search, at most: what the cache holds costs nothing, and patience may end it sooner.

    Attributes:
        evaluations: architectures that may be proposed, in all.
        networks: still to be evaluated: reference sample, candidates, further initializations of finalists, neighbours
            beyond the constraints.
        seconds: estimated, on all workers; their start is not in it.
    """

    evaluations: int
    networks: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Speed:
    """Seconds that the teacher's observation takes, and on one worker the evaluation of a network."""

    observe: float
    evaluate: float


class Estimator:
    """Estimates searches; each combination of teacher, space and constraints is timed once.

    Args:
        compute: where they would run.
    """

    def __init__(self, compute: ComputeSpec) -> None:
        self._compute = compute
        self._speeds: dict[tuple[object, ...], Speed] = {}

    def estimate(self, search: Search) -> Estimate:
        """The estimate of what is left of a search.

        Raises:
            InputError: the probe or the teacher cannot be had as specified.
        """
        networks = networks_left(search)
        if not networks:
            return Estimate(search.total, 0, 0.0)
        speed = self._speed(search)
        seconds = networks * speed.evaluate / self._compute.count
        if search.spec.times:
            seconds += (WARM_UP + TIMED) * max(0, search.total - len(search.evaluations))
        if search.spec.max_seconds is not None:
            seconds = min(seconds, max(0.0, search.spec.max_seconds - search.state.seconds))
        return Estimate(search.total, networks, speed.observe + seconds)

    def _speed(self, search: Search) -> Speed:
        spec = search.spec
        key = (spec.teacher, spec.space, spec.score, spec.probe, spec.constraints, spec.teacher_inits)
        if key not in self._speeds:
            self._speeds[key] = self._timed(search)
        return self._speeds[key]

    def _timed(self, search: Search) -> Speed:
        """Time one initialization of the teacher and one architecture on a part of the probe, on one thread."""
        whole = evaluator_spec(search.spec, self._compute.device)
        count = max(2, round(PART * len(whole.probe.labels)))
        probe = replace(whole.probe, images=whole.probe.images[:count], labels=whole.probe.labels[:count])
        share = count / len(whole.probe.labels)
        start = time.perf_counter()
        evaluator = replace(whole, probe=probe, teacher_inits=1).build()
        observe = (time.perf_counter() - start) * whole.teacher_inits / share
        arch, less = _middle(search)
        with one_thread():
            evaluate = evaluator(EvalTask(arch)).seconds / share / less
        return Speed(observe, evaluate)


def networks_left(search: Search) -> int:
    """Networks that a search may still build and evaluate."""
    spec = search.spec
    sample = len(reference_sample(search.space, spec.seed)) if needs_reference(spec.score) else 0
    finalists = search.expected_finalists if search.ended is None else len(search.pending_finalists())
    beyond = MAX_RELAXED if search.is_relaxation_pending else 0
    candidates = max(0, search.total - len(search.evaluations)) if search.ended is None else 0
    return sample - len(search.reference) + candidates + finalists * (spec.student_inits - 1) + beyond


def _middle(search: Search) -> tuple[Architecture, float]:
    """Of some architectures within the constraints that of middle cost, and its cost in units of their mean."""
    rng = stream(search.spec.seed, "price")
    some = [search.feasible.sample(rng) for _ in range(LOOKED_AT)]
    macs = {arch: search.feasible.costs(arch).macs for arch in some}
    middle = sorted(some, key=macs.__getitem__)[LOOKED_AT // 2]
    return middle, macs[middle] / fmean(macs.values())
