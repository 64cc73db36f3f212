"""From an architecture to its score.

A `Measurer` turns an architecture into raw proxy values: that is the expensive part, a pure function that any worker
may run. A `Scorer` turns raw values into one number with its standard error: arithmetic, on the driver.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial, reduce
from operator import or_

import numpy as np

from diswot.errors import InputError
from diswot.networks import shared_layers
from diswot.observation import observe
from diswot.observation.capture import Want
from diswot.probes.batch import ProbeBatch
from diswot.proxies import PROXIES, Aggregate, get_score
from diswot.proxies.base import Evidence, Scale
from diswot.runtime.memory import keep_freed_memory
from diswot.runtime.threads import one_thread
from diswot.seeds import derive_seed, stream
from diswot.teachers.spec import TeacherSpec
from diswot.teachers.teacher import TeacherView, observe_teacher
from search_spaces import Architecture, Costs, SearchSpace

REFERENCE_SIZE = 100
"""Architectures in the reference sample of a space."""
FIRST = range(1)
"""The initialisation by which a search steers."""


@dataclass(frozen=True, slots=True)
class Draws(Architecture):
    """An architecture of which some random initialisations are asked for.

    Attributes:
        start: number of the first one.
        stop: number of the first one that is not asked for.
    """

    start: int
    stop: int

    @staticmethod
    def of(arch: Architecture, draws: range) -> Draws:
        """These initialisations of an architecture."""
        return Draws(arch.space, arch.choices, draws.start, draws.stop)


def first_draws(archs: Iterable[Architecture]) -> list[Draws]:
    """The first random initialisation of each."""
    return [Draws.of(arch, FIRST) for arch in archs]


def draws_of(arch: Architecture, seeds: int) -> range:
    """The random initialisations that are asked for: those that are named, or all."""
    return range(arch.start, arch.stop) if isinstance(arch, Draws) else range(seeds)


@dataclass(frozen=True, slots=True)
class Measurement:
    """Raw proxy values of one architecture.

    Attributes:
        arch: string of the canonical architecture.
        costs: of that architecture.
        values: for each proxy, one value for each random initialisation that was asked for. Of a steady proxy the first
            initialisation's value stands for all; where that one was not asked for, there is none.
        seconds: wall time.
        error: why there are no values, if the network failed.
    """

    arch: str
    costs: Costs
    values: Mapping[str, tuple[float, ...]]
    seconds: float = field(compare=False)
    error: str | None = None

    @property
    def draws(self) -> int:
        """Random initialisations that were measured."""
        return max(map(len, self.values.values()), default=0)

    def drawn(self, draws: range) -> Measurement:
        """What was measured on these initialisations alone."""
        values = {name: series[draws.start : draws.stop] for name, series in self.values.items()}
        return replace(self, values=values)

    def extended(self, more: Measurement, seeds: int) -> Measurement:
        """With the initialisations that follow, to `seeds` of them; if those failed, the whole has failed."""
        seconds = self.seconds + more.seconds
        if more.error is not None:
            return replace(self, values={}, seconds=seconds, error=more.error)
        values = {
            name: series + more.values.get(name, series[:1] * (seeds - len(series)))
            for name, series in self.values.items()
        }
        return replace(self, values=values, seconds=seconds)


@dataclass(frozen=True)
class Measurer:
    """Measures architectures: a pure function of (canonical architecture, teacher, probe, proxies, seed).

    Attributes:
        space: where the architectures live.
        num_classes: of teacher and students.
        probe: the batch, on its device and in the dtype of the networks.
        teacher: what the teacher shows on it, or `None` where no proxy asks.
        proxies: names of the proxies to compute.
        seed: of the students' weights.
        seeds: number of random initialisations of each student, where none are named.
    """

    space: SearchSpace
    num_classes: int
    probe: ProbeBatch
    teacher: TeacherView | None
    proxies: tuple[str, ...]
    seed: int
    seeds: int

    def __call__(self, arch: Architecture) -> Measurement:
        """Raw values of the canonical form of `arch`; a network that fails or is not finite is an error on record."""
        keep_freed_memory()
        start = time.perf_counter()
        draws = draws_of(arch, self.seeds)
        arch = self.space.canonical(arch)
        costs = self.space.costs(arch, self.num_classes, self.probe.image_shape)
        result = partial(Measurement, self.space.encode(arch), costs)
        try:
            values = self._measure(arch, costs, draws)
        except (ArithmeticError, RuntimeError, ValueError) as error:
            return result({}, time.perf_counter() - start, f"{type(error).__name__}: {error}")
        wrong = [name for name, series in values.items() if not all(map(math.isfinite, series))]
        if wrong:
            return result({}, time.perf_counter() - start, f"not finite: {', '.join(wrong)}")
        return result(values, time.perf_counter() - start)

    def _measure(self, arch: Architecture, costs: Costs, draws: range) -> dict[str, tuple[float, ...]]:
        """Values for each initialisation; steady proxies are measured on the first."""
        steady = {name for name in self.proxies if PROXIES[name].steady}
        rows = []
        for index in draws:
            asked = tuple(name for name in self.proxies if index == 0 or name not in steady)
            rows.append(self._measure_once(arch, costs, index, asked) if asked else {})
        return {
            name: tuple(rows[0][name] if name in steady else row[name] for row in rows)
            for name in self.proxies
            if draws.start == 0 or name not in steady
        }

    def _measure_once(self, arch: Architecture, costs: Costs, index: int, proxies: tuple[str, ...]) -> dict[str, float]:
        seed = derive_seed(self.seed, "student", index)
        images = self.probe.images
        layers = shared_layers(seed, images.device, images.dtype)
        module = self.space.build(arch, self.num_classes, self.probe.image_shape, layers).eval()
        evidence = Evidence(observe(module, self.probe, wanted(proxies)), costs, self.teacher, module, self.probe)
        return {name: PROXIES[name].compute(evidence) for name in proxies}


def wanted(proxies: Iterable[str]) -> Want:
    """What these proxies need of a forward pass, together."""
    return reduce(or_, (PROXIES[name].want for name in proxies), Want.NOTHING)


def proxies_of(scores: Iterable[str]) -> tuple[str, ...]:
    """The proxies that these scores are made of, each once, in order.

    Raises:
        UnknownName: lists the valid names.
    """
    found: dict[str, None] = {}
    for score in map(get_score, scores):
        found.update(dict.fromkeys(score.terms if isinstance(score, Aggregate) else (score.name,)))
    return tuple(found)


def prepare(
    space: SearchSpace,
    teacher: TeacherSpec,
    probe: ProbeBatch,
    scores: Iterable[str],
    *,
    seed: int,
    seeds: int,
    initialisations: int = 8,
) -> Measurer:
    """Observe the teacher, if any proxy asks for it, and get ready to measure.

    Raises:
        InputError: seeds below one, or an unknown score.
        NotAClassifier: the teacher cannot be observed.
    """
    if seeds < 1:
        raise InputError(f"seeds must be at least 1, not {seeds}")
    proxies = proxies_of(scores)
    view = None
    looking = [name for name in proxies if PROXIES[name].teacher]
    if looking:
        with one_thread():
            view = observe_teacher(
                teacher, probe, wanted(looking), seed=seed, initialisations=initialisations, device=probe.images.device
            )
    return Measurer(space, teacher.num_classes, probe, view, proxies, seed, seeds)


def needs_reference(score: str) -> bool:
    """Whether this score scales its terms against a reference sample of the space."""
    found = get_score(score)
    return isinstance(found, Aggregate) and found.scale != "none"


def reference_sample(space: SearchSpace, seed: int, size: int = REFERENCE_SIZE) -> list[Architecture]:
    """Distinct canonical architectures drawn from the space by seed: what scales and ranks are taken against.

    A space of no more architectures than that is taken whole.
    """
    if space.size <= size:
        return list(dict.fromkeys(map(space.canonical, space.enumerate())))
    rng = stream(seed, "reference", space.name)
    drawn = dict.fromkeys(space.canonical(space.sample(rng)) for _ in range(size))
    return list(drawn)


@dataclass(frozen=True, slots=True)
class Score:
    """One architecture's score.

    Attributes:
        value: mean over the student seeds; higher is better.
        stderr: standard error of that mean; 0 where nothing depends on the seed, `None` for a single seed.
        components: what each term adds to the value.
    """

    value: float
    stderr: float | None
    components: dict[str, float]


class Scorer:
    """Turns raw values into a score: a proxy as it is, or the weighted sum of an aggregate's terms on a common scale.

    Args:
        name: of the proxy or aggregate.
        reference: measurements of the reference sample; failed ones are left out. Not needed where nothing is scaled.

    Raises:
        InputError: the aggregate scales its terms and the reference has fewer than two measurements.
    """

    def __init__(self, name: str, reference: Sequence[Measurement] = ()) -> None:
        score = get_score(name)
        self.name = name
        self.terms: Mapping[str, float] = score.terms if isinstance(score, Aggregate) else {name: 1.0}
        self.scale: Scale = score.scale if isinstance(score, Aggregate) else "none"
        usable = [m for m in reference if m.error is None]
        if self.scale != "none" and len(usable) < 2:
            raise InputError(
                f"score {name!r} needs a reference sample of at least 2 measured architectures, not {len(usable)}"
            )
        self.reference = (
            {term: np.sort([np.mean(m.values[term]) for m in usable]) for term in self.terms}
            if self.scale != "none"
            else {}
        )

    def __call__(self, measurement: Measurement) -> Score:
        """The score of a measurement.

        Raises:
            ValueError: the measurement failed.
        """
        if measurement.error is not None:
            raise ValueError(f"{measurement.arch} has no score: {measurement.error}")
        # Plain numbers: there are so few that arrays of them would be most of what a search costs its driver.
        terms = {t: [w * value for value in self._scaled(t, measurement.values[t])] for t, w in self.terms.items()}
        totals = [sum(values) for values in zip(*terms.values(), strict=True)]
        mean, count = sum(totals) / len(totals), len(totals)
        spread = sum((total - mean) ** 2 for total in totals)
        stderr = math.sqrt(spread / (count - 1) / count) if count > 1 else None
        return Score(mean, stderr, {term: sum(values) / count for term, values in terms.items()})

    def _scaled(self, term: str, values: Sequence[float]) -> Sequence[float]:
        if self.scale == "none":
            return values
        reference = self.reference[term]
        if self.scale == "standard":
            mean, spread = float(reference.mean()), float(reference.std())
            return [(value - mean) / spread if spread > 0 else 0.0 for value in values]
        below = np.searchsorted(reference, values, "left") + np.searchsorted(reference, values, "right")
        ranks: list[float] = ((below / 2 + 0.5) / (len(reference) + 1)).tolist()
        return list(map(math.log, ranks)) if self.scale == "log-rank" else ranks
