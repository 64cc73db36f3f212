"""From an architecture to its score.

A `Measurer` turns an architecture into raw proxy values: that is the expensive part, a pure function that any worker
may run. A `Scorer` turns raw values into one number with its standard error: arithmetic, on the driver.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial, reduce
from operator import or_

import numpy as np
from numpy.typing import NDArray

from diswot.errors import InputError
from diswot.memory import keep_freed_memory
from diswot.networks import shared_layers
from diswot.observation import observe
from diswot.probes.batch import ProbeBatch
from diswot.proxies import PROXIES, Aggregate, get_score
from diswot.proxies.base import Evidence, Scale
from diswot.seeds import derive_seed, stream
from diswot.teachers.spec import TeacherSpec
from diswot.teachers.teacher import TeacherView, observe_teacher
from diswot.threads import one_thread
from diswot.want import Want
from search_spaces import Architecture, Costs, SearchSpace

REFERENCE_SIZE = 100
"""Architectures in the reference sample of a space."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """Raw proxy values of one architecture.

    Attributes:
        arch: string of the canonical architecture.
        costs: of that architecture.
        values: for each proxy, one value for each student seed.
        seconds: wall time.
        error: why there are no values, if the network failed.
    """

    arch: str
    costs: Costs
    values: Mapping[str, tuple[float, ...]]
    seconds: float = field(compare=False)
    error: str | None = None


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
        seeds: number of random initialisations of each student.
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
        arch = self.space.canonical(arch)
        costs = self.space.costs(arch, self.num_classes, self.probe.image_shape)
        result = partial(Measurement, self.space.encode(arch), costs)
        try:
            rows = self._measure(arch, costs)
        except (ArithmeticError, RuntimeError, ValueError) as error:
            return result({}, time.perf_counter() - start, f"{type(error).__name__}: {error}")
        values = {name: tuple(row[name] for row in rows) for name in self.proxies}
        wrong = [name for name, series in values.items() if not all(map(math.isfinite, series))]
        if wrong:
            return result({}, time.perf_counter() - start, f"not finite: {', '.join(wrong)}")
        return result(values, time.perf_counter() - start)

    def _measure(self, arch: Architecture, costs: Costs) -> list[dict[str, float]]:
        """Values for each seed; those of steady proxies are taken from the first."""
        first = self._measure_once(arch, costs, 0, self.proxies)
        varying = tuple(name for name in self.proxies if not PROXIES[name].steady)
        if not varying:
            return [first] * self.seeds
        return [first, *({**first, **self._measure_once(arch, costs, i, varying)} for i in range(1, self.seeds))]

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
        terms = {t: w * self._scaled(t, np.asarray(measurement.values[t], dtype=float)) for t, w in self.terms.items()}
        totals = np.sum(list(terms.values()), axis=0)
        stderr = float(totals.std(ddof=1) / math.sqrt(len(totals))) if len(totals) > 1 else None
        return Score(float(totals.mean()), stderr, {term: float(values.mean()) for term, values in terms.items()})

    def _scaled(self, term: str, values: NDArray[np.float64]) -> NDArray[np.float64]:
        if self.scale == "none":
            return values
        reference = self.reference[term]
        if self.scale == "standard":
            spread = reference.std()
            return (values - reference.mean()) / spread if spread > 0 else np.zeros_like(values)
        below = np.searchsorted(reference, values, "left") + np.searchsorted(reference, values, "right")
        rank = (below / 2 + 0.5) / (len(reference) + 1)
        return np.log(rank) if self.scale == "log-rank" else rank
