"""What a proxy is: a named pure function of the inputs, higher is better."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from importlib import import_module
from typing import TYPE_CHECKING, Literal

from cachetools import LRUCache, cached

from diswot.observation.capture import Capture
from diswot_spaces import Costs, Shape

if TYPE_CHECKING:
    from torch import nn

    from diswot.observation import Observation
    from diswot.probes.batch import ProbeBatch
    from diswot.proxies.passes import Gradients, Trace
    from diswot.teachers.teacher import TeacherView


NOISE_SEED = 0
"""Of the white noise that definitions ask for: the same for every candidate."""

NOISE_IMAGES, MOST_NOISE_IMAGES, NOISE_POSITIONS = 16, 32, 1024
"""Least and most images of white noise, and positions of the smallest map, that entropies are taken from."""

NOISE_BYTES = 128 * 2**20
"""White noise of each kind that is kept in a process."""

GLANCE = 2
"""Images of white noise that tell how large the maps are: the fewest of which batch norms have a variance."""

TWINS = 4
"""Images of white noise that are seen twice, the second time slightly changed."""

Passes = Literal["none", "forward", "own forward", "backward", "own backward"]
"""What a proxy runs through the candidate: nothing; the one forward pass that all share; forward passes of its own; a
backward pass through the one differentiable pass that all share; differentiable passes of its own."""


@dataclass(frozen=True)
class NoiseView:
    """What a candidate shows on white noise.

    Attributes:
        observation: of the images, then of the changed twins of the first of them.
        twins: how many.
        step: size of the change, relative to the noise.
    """

    observation: Observation
    twins: int
    step: float

    @cached_property
    def entropies(self) -> list[float]:
        """Spectral entropy of what enters each nonlinearity, in order of execution."""
        from diswot.observation.kernels import spectral_entropies

        return spectral_entropies(self.observation.channel_covariances)


@dataclass(frozen=True)
class ProxyInput:
    """What a proxy may look at: one candidate under one random initialization.

    Attributes:
        build: makes the candidate's module, in evaluation mode.
        capture: what the proxies need of the forward pass.
        costs: the candidate's costs.
        teacher: what the teacher shows on the same probe batch; `None` where no proxy asks for it.
        probe: the batch that both are observed on.
    """

    build: Callable[[], nn.Module]
    capture: Capture
    costs: Costs
    teacher: TeacherView | None
    probe: ProbeBatch

    @cached_property
    def network(self) -> nn.Module:
        """The candidate's module, built at first use; proxies leave it as it is."""
        return self.build()

    @cached_property
    def student(self) -> Observation:
        """The candidate's observation, by one forward pass at first use."""
        from diswot.observation import observe

        return observe(self.network, self.probe, self.capture)

    @property
    def teachers(self) -> TeacherView:
        """The teacher of a proxy that needs one.

        Raises:
            ValueError: the proxy did not say so in the table.
        """
        if self.teacher is None:
            raise ValueError("a proxy that looks at the teacher must say so in the table of proxies")
        return self.teacher

    @cached_property
    def on_noise(self) -> NoiseView:
        """What the candidate shows on white noise of the probe's shape, by one more forward pass.

        On `NOISE_IMAGES` images, or as many as give the smallest map `NOISE_POSITIONS` positions to tell channels apart
        by, but never on more than `MOST_NOISE_IMAGES`: entropies need no more, and cost in proportion. The change of
        the twins is the square root of the precision of the networks' numbers, the usual step of a finite difference.
        """
        import torch

        from diswot.observation import observe

        step = math.sqrt(torch.finfo(self.probe.images.dtype).eps)
        glance = observe(self.network, self._beside(_white_noise(GLANCE, 1, self.probe.image_shape)), Capture.NOTHING)
        smallest = min((a.positions for a in glance.activations if a.positions > 1), default=1)
        count = min(max(NOISE_IMAGES, math.ceil(NOISE_POSITIONS / smallest)), MOST_NOISE_IMAGES)
        batch = _twin_noise(count, 1, self.probe.image_shape, step)
        return NoiseView(observe(self.network, self._beside(batch), Capture.COVARIANCES), TWINS, step)

    @cached_property
    def noise_trace(self) -> Trace:
        """A differentiable pass of white noise of the probe's shape through the candidate, run at first use."""
        from diswot.proxies.passes import trace

        noise = _white_noise(len(self.probe.labels), self.student.logits.shape[1], self.probe.image_shape)
        return trace(self.network, self._beside(noise).images)

    def _beside(self, batch: ProbeBatch) -> ProbeBatch:
        """The batch on the device and in the dtype of the probe."""
        return batch.to(self.probe.images.device, self.probe.images.dtype)

    @cached_property
    def trace(self) -> Trace:
        """The one differentiable pass of the probe batch through the candidate, run at first use."""
        from diswot.proxies.passes import trace

        return trace(self.network, self.probe.images)

    @cached_property
    def gradients(self) -> Gradients:
        """Gradients of the cross-entropy on the probe batch by one backward pass, run at first use."""
        from diswot.proxies.passes import loss_gradients

        return loss_gradients(self.trace, self.probe.labels)


@dataclass(frozen=True)
class Proxy:
    """A row of the table of proxies.

    Attributes:
        name: how users call it.
        summary: one line for lists.
        reference: paper and equation, or where it is documented.
        function: of an `ProxyInput`, or where that is, as `module:function`.
        capture: what it needs of the forward pass.
        teacher: whether it looks at the teacher.
        labels: whether it depends on the probe's labels.
        passes: what it runs through the candidate.
        init_independent: whether the weights' seed matters so little that the first seed's value stands for all.
        version: part of what a score depends on; raised when the definition changes.
    """

    name: str
    summary: str
    reference: str
    function: str | Callable[[ProxyInput], float]
    capture: Capture = Capture.NOTHING
    teacher: bool = False
    labels: bool = False
    passes: Passes = "forward"
    init_independent: bool = False
    version: int = 1

    @property
    def gradient(self) -> bool:
        """Whether it needs a backward pass."""
        return self.passes.endswith("backward")

    @property
    def module(self) -> str:
        """Name of the module that has the function."""
        return self.function.partition(":")[0] if isinstance(self.function, str) else self.function.__module__

    @cached_property
    def compute(self) -> Callable[[ProxyInput], float]:
        """The function itself, imported at first use."""
        if not isinstance(self.function, str):
            return self.function
        module, function = self.function.split(":")
        compute: Callable[[ProxyInput], float] = getattr(import_module(module), function)
        return compute


_kept = partial(LRUCache, maxsize=NOISE_BYTES, getsizeof=lambda batch: batch.images.nbytes)


@cached(_kept())
def _white_noise(count: int, classes: int, shape: Shape) -> ProbeBatch:
    from diswot.probes.noise import white_noise

    return white_noise(count, classes, shape, NOISE_SEED)


@cached(_kept())
def _twin_noise(count: int, classes: int, shape: Shape, step: float) -> ProbeBatch:
    from diswot.probes.noise import with_twins

    return with_twins(_white_noise(count, classes, shape), TWINS, step, NOISE_SEED)


Scale = Literal["none", "standard", "rank", "log-rank"]
"""How the terms of an aggregate are made comparable: as they are; by mean and standard deviation over the reference
sample of the space; by their rank in it; by the logarithm of that rank."""


@dataclass(frozen=True)
class Aggregate:
    """A score made of proxies, declared as data: the weighted sum of its terms on a common scale.

    Attributes:
        name: how users call it.
        summary: one line for lists.
        reference: where it is justified.
        terms: weight of each proxy.
        scale: how terms are made comparable.
    """

    name: str
    summary: str
    reference: str
    terms: Mapping[str, float]
    scale: Scale
    version: int = 1
