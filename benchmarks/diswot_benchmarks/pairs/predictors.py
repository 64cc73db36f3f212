"""What might tell which teacher is the better one: proxies of untrained teachers and students, and counts."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, partial
from statistics import fmean

from diswot.errors import DiswotError
from diswot.evaluation import capture_of
from diswot.probes import load_probe
from diswot.probes.batch import ProbeBatch
from diswot.proxies import PROXIES
from diswot.proxies.base import ProxyInput
from diswot.seeds import derive_seed
from diswot.spec.probe import ProbeSpec
from diswot.spec.teacher import TeacherSpec
from diswot.teachers.costs import teacher_costs
from diswot.teachers.teacher import build_teacher, observe_teacher
from diswot_benchmarks.pairs.contrasts import Contrast

CLASSES, IMAGES, INITS = 100, 32, 3
"""The networks are those of CIFAR-100, as untrained as a search sees them."""

Pair = tuple[str, str]
"""Student and teacher."""

Values = Mapping[str, Mapping[Pair, float]]
"""Of each predictor, by student and teacher."""

TEACHER_AWARE = tuple(name for name, proxy in PROXIES.items() if proxy.teacher)


def pairs_of(found: Iterable[Contrast]) -> list[Pair]:
    """The pairs of student and teacher that these contrasts are made of and that can be built, in order."""
    pairs = dict.fromkeys((one.student, teacher) for one in found for teacher in one.teachers)
    return [pair for pair in pairs if all(map(_can_be_built, pair))]


def predict(pairs: Sequence[Pair], seed: int, report: Callable[[str, int, int], None]) -> dict[str, dict[Pair, float]]:
    """Values of all predictors that look at architectures.

    Args:
        pairs: to look at.
        seed: of the probe and the weights.
        report: called after each pair.
    """
    probe = load_probe(ProbeSpec(size=IMAGES), CLASSES, TeacherSpec("resnet20", CLASSES).in_shape, seed)
    values: dict[str, dict[Pair, float]] = {name: {} for name in (*TEACHER_AWARE, "teacher parameters")}
    for done, (student, teacher) in enumerate(pairs, 1):
        costs = teacher_costs(TeacherSpec(teacher, CLASSES))
        if costs is not None:
            values["teacher parameters"][student, teacher] = math.log(costs.params)
        for name, value in _proxies(student, teacher, probe, seed).items():
            values[name][student, teacher] = value
        report("observing untrained pairs", done, len(pairs))
    return values


def _proxies(student: str, teacher: str, probe: ProbeBatch, seed: int) -> dict[str, float]:
    """Each proxy that looks at the teacher, mean over the initializations; those that are not defined are left out."""
    spec, proxies = TeacherSpec(student, CLASSES), [PROXIES[name] for name in TEACHER_AWARE]
    capture = capture_of(proxies)
    view = observe_teacher(TeacherSpec(teacher, CLASSES), probe, capture, seed=seed, inits=INITS)
    costs = teacher_costs(spec)
    assert costs is not None, "a network that is named has costs"
    found: dict[str, list[float]] = {}
    for index in range(INITS):
        build = partial(build_teacher, spec, derive_seed(seed, "student", index))
        inputs = ProxyInput(build, capture, costs, view, probe)
        for proxy in proxies:
            found.setdefault(proxy.name, []).append(proxy.compute(inputs))
    return {name: fmean(series) for name, series in found.items() if all(map(math.isfinite, series))}


@cache
def _can_be_built(name: str) -> bool:
    try:
        spec = TeacherSpec(name, CLASSES)
    except DiswotError:
        return False
    return spec.family.native_input is None
