"""From an architecture to raw proxy values: the expensive part, a pure function that any worker may run."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, partial, reduce
from operator import or_
from typing import TYPE_CHECKING

from diswot.networks import layer_cache
from diswot.observation.capture import Capture
from diswot.probes.batch import ProbeBatch
from diswot.proxies import Proxy, proxies_of
from diswot.proxies.base import ProxyInput
from diswot.runtime.threads import one_thread
from diswot.seeds import derive_seed
from diswot.spec.teacher import TeacherSpec
from diswot.teachers.teacher import TeacherView, observe_teacher
from diswot_spaces import Architecture, Costs, SearchSpace

if TYPE_CHECKING:
    from torch import nn

TRIED = 2
"""Images that a teacher is tried on: the fewest of which batch norms have a variance."""

FIRST = range(1)
"""The initialization by which a search steers."""


@dataclass(frozen=True, slots=True)
class EvalTask:
    """An architecture to evaluate.

    Attributes:
        arch: of the space.
        inits: indices of its random initializations.
        proxies: names of the proxies to compute; by default all of the evaluator's.
    """

    arch: Architecture
    inits: range = FIRST
    proxies: tuple[str, ...] | None = None


def tasks_of(
    archs: Iterable[Architecture], inits: range = FIRST, proxies: tuple[str, ...] | None = None
) -> list[EvalTask]:
    """Tasks to evaluate each architecture under these initializations, by these proxies or by all."""
    return [EvalTask(arch, inits, proxies) for arch in archs]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Raw proxy values of one architecture.

    Attributes:
        arch: string of the canonical architecture.
        costs: of that architecture.
        values: for each proxy, one value for each random initialization that was asked for. Of a proxy that does not
            depend on it the first one's value stands for all; where that one was not asked for, there is none.
        seconds: wall time.
        error: why there are no values, if the network failed.
    """

    arch: str
    costs: Costs
    values: Mapping[str, tuple[float, ...]]
    seconds: float = field(compare=False)
    error: str | None = None

    @property
    def num_inits(self) -> int:
        """Random initializations that were measured."""
        return max(map(len, self.values.values()), default=0)

    def restrict(self, draws: range) -> Evaluation:
        """What was measured on these initializations alone."""
        values = {name: series[draws.start : draws.stop] for name, series in self.values.items()}
        return replace(self, values=values)

    def extended(self, more: Evaluation, seeds: int) -> Evaluation:
        """With the initializations that follow, to `seeds` of them; if those failed, the whole has failed."""
        seconds = self.seconds + more.seconds
        if more.error is not None:
            return replace(self, values={}, seconds=seconds, error=more.error)
        values = {
            name: series + more.values.get(name, series[:1] * (seeds - len(series)))
            for name, series in self.values.items()
        }
        return replace(self, values=values, seconds=seconds)


@dataclass(frozen=True)
class Evaluator:
    """Measures architectures: a pure function of (canonical architecture, teacher, probe, proxies, seed).

    Attributes:
        space: where the architectures live.
        num_classes: of teacher and students.
        probe: the batch, on its device and in the dtype of the networks.
        teacher: what the teacher shows on it, or `None` where no proxy asks.
        proxies: to compute, by name; workers need no table to find them in.
        seed: of the students' weights.
    """

    space: SearchSpace
    num_classes: int
    probe: ProbeBatch
    teacher: TeacherView | None
    proxies: Mapping[str, Proxy]
    seed: int

    def __call__(self, task: EvalTask) -> Evaluation:
        """Raw values of the canonical architecture; a network that fails or is not finite is an error on record."""
        start = time.perf_counter()
        arch = self.space.canonical(task.arch)
        costs = self.space.costs(arch, self.num_classes, self.probe.image_shape)
        result = partial(Evaluation, self.space.encode(arch), costs)
        try:
            values = self._measure(replace(task, arch=arch), costs)
        except (ArithmeticError, RuntimeError, ValueError) as error:
            return result({}, time.perf_counter() - start, f"{type(error).__name__}: {error}")
        wrong = [name for name, series in values.items() if not all(map(math.isfinite, series))]
        if wrong:
            return result({}, time.perf_counter() - start, f"not finite: {', '.join(wrong)}")
        return result(values, time.perf_counter() - start)

    def _measure(self, task: EvalTask, costs: Costs) -> dict[str, tuple[float, ...]]:
        """Values for each initialization; proxies that do not depend on it are computed once."""
        proxies = {name: self.proxies[name] for name in (self.proxies if task.proxies is None else task.proxies)}
        init_independent = {name for name, proxy in proxies.items() if proxy.init_independent}
        rows = []
        for index in task.inits:
            asked = {name: proxy for name, proxy in proxies.items() if index == 0 or name not in init_independent}
            build = partial(self._build, task.arch, index)
            inputs = ProxyInput(build, capture_of(asked.values()), costs, self.teacher, self.probe)
            rows.append({name: proxy.compute(inputs) for name, proxy in asked.items()})
        return {
            name: tuple(rows[0][name] if name in init_independent else row[name] for row in rows)
            for name in proxies
            if task.inits.start == 0 or name not in init_independent
        }

    def _build(self, arch: Architecture, index: int) -> nn.Module:
        images = self.probe.images
        layers = layer_cache(derive_seed(self.seed, "student", index), images.device, images.dtype)
        return layers.network(partial(self.space.build, arch, self.num_classes, self.probe.image_shape))


def capture_of(proxies: Iterable[Proxy]) -> Capture:
    """What these proxies need of a forward pass, together."""
    return reduce(or_, (proxy.capture for proxy in proxies), Capture.NOTHING)


@dataclass(frozen=True)
class EvaluatorSpec:
    """What an evaluator is made of: everything that its values depend on.

    Attributes:
        space: where the architectures live.
        teacher: what it is called.
        probe: the batch, on its device and in the dtype of the networks.
        scores: names of the proxies and aggregates that are wanted.
        seed: of the students' weights and the teacher's.
        teacher_inits: random initializations of the teacher.
    """

    space: SearchSpace
    teacher: TeacherSpec
    probe: ProbeBatch
    scores: tuple[str, ...]
    seed: int = 0
    teacher_inits: int = 8

    @cached_property
    def proxies(self) -> dict[str, Proxy]:
        """The proxies that the scores are made of, by name.

        Raises:
            UnknownName: lists the valid names.
            InputError: a term of an aggregate is no proxy.
        """
        return proxies_of(self.scores)

    def build(self) -> Evaluator:
        """The evaluator; the teacher is observed, if any proxy asks for it.

        Raises:
            UnknownName: lists the valid scores.
            NotAClassifier: the teacher cannot be observed.
        """
        looking = [proxy for proxy in self.proxies.values() if proxy.teacher]
        view = self._observe_teacher(self.probe, capture_of(looking), self.teacher_inits) if looking else None
        return Evaluator(self.space, self.teacher.num_classes, self.probe, view, self.proxies, self.seed)

    def try_teacher(self) -> None:
        """Run the teacher once on two images, where no proxy looks at it: who names one that cannot be had is told.

        Raises:
            InputError: it cannot be built, or not from its weights.
            NotAClassifier: it cannot be observed.
        """
        if not any(proxy.teacher for proxy in self.proxies.values()):
            images, labels = self.probe.images[:TRIED], self.probe.labels[:TRIED]
            self._observe_teacher(ProbeBatch(images, labels, self.probe.source), Capture.NOTHING, inits=1)

    def _observe_teacher(self, probe: ProbeBatch, capture: Capture, inits: int) -> TeacherView:
        device = probe.images.device
        with one_thread():
            return observe_teacher(self.teacher, probe, capture, seed=self.seed, inits=inits, device=device)
