"""What the executor tests let the workers compute; a module of its own, since worker processes import it."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from diswot.evaluation import EvalTask, Evaluation, Evaluator, EvaluatorSpec
from diswot.probes.noise import white_noise
from diswot.spec.teacher import TeacherSpec
from diswot_spaces import CIFAR, Architecture, Costs, SearchSpace, Shape, get_space
from diswot_spaces.architecture import check_input
from diswot_spaces.layers import LayerFactory, fresh

CLASSES = 4
SCORES = ["default", "diswot", "diswot-gram"]

GOOD, RAISES, NAN, BUG = (EvalTask(Architecture("broken", (kind,))) for kind in range(4))
"""A good network; one that raises; one of NaN; and one whose builder has a bug."""

KINDS = ("harmless", "deadly", "sleeping", "stopped", "slow")
HARMLESS, DEADLY, SLEEPING, STOPPED, SLOW = (EvalTask(Architecture("deadly", (kind, 0))) for kind in range(len(KINDS)))
"""An architecture that takes no time; one that kills each worker that meets it; two that hang, asleep and stopped by a
signal; and one that takes as long as a real one."""

ONCE = {task: EvalTask(Architecture("deadly", (task.arch.choices[0], 1))) for task in (DEADLY, SLEEPING, STOPPED)}
"""The same, but harmless when met again."""


class Broken(nn.Module):
    """A network that raises, or whose features are not numbers."""

    def __init__(self, network: nn.Module, arch: Architecture) -> None:
        super().__init__()
        self.network, self.arch = network, arch

    def forward(self, images: Tensor) -> Tensor:
        if self.arch == RAISES.arch:
            raise RuntimeError("no such layer")
        logits: Tensor = self.network(images * torch.nan if self.arch == NAN.arch else images)
        return logits


class BrokenSpace(SearchSpace):
    name = "broken"
    summary = "for tests"
    options = (("good", "raises", "nan", "bug"),)

    def encode(self, arch: Architecture) -> str:
        return str(self.values(arch)[0])

    def decode(self, text: str) -> Architecture:
        return self.arch([self.options[0].index(text)])

    def costs(self, arch: Architecture, num_classes: int, in_shape: Shape = CIFAR) -> Costs:
        check_input(num_classes, in_shape)
        return Costs(1 + arch.choices[0], 1, 1, 1)

    def build(
        self, arch: Architecture, num_classes: int, in_shape: Shape = CIFAR, layers: LayerFactory = fresh
    ) -> nn.Module:
        if arch == BUG.arch:
            raise KeyError("a bug, not a bad network")
        space = get_space("cifar-resnet")
        return Broken(space.build(space.smallest, num_classes, in_shape, layers), arch)


class DeadlySpace(SearchSpace):
    name = "deadly"
    summary = "for tests"
    options = (KINDS, ("always", "once"))

    def encode(self, arch: Architecture) -> str:
        return " ".join(map(str, self.values(arch)))

    def decode(self, text: str) -> Architecture:
        kind, often = text.split()
        return self.arch([KINDS.index(kind), self.options[1].index(often)])

    def costs(self, arch: Architecture, num_classes: int, in_shape: Shape = CIFAR) -> Costs:
        check_input(num_classes, in_shape)
        return Costs(len(arch.choices) - 1, 1, 1, 1)

    def build(
        self, arch: Architecture, num_classes: int, in_shape: Shape = CIFAR, layers: LayerFactory = fresh
    ) -> nn.Module:
        raise NotImplementedError("no network behind this")


@dataclass(frozen=True)
class Workload:
    """Measures architectures of several spaces; to executors, those of the deadly space.

    Attributes:
        evaluators: by space.
        scratch: a folder of this workload's own.
    """

    evaluators: Mapping[str, Evaluator]
    scratch: Path
    space = DeadlySpace()
    num_classes = CLASSES
    probe = white_noise(4, CLASSES, CIFAR, seed=0)

    def __call__(self, task: EvalTask) -> Evaluation:
        arch = task.arch
        if arch.space != "deadly":
            return self.evaluators[arch.space](task)
        kind, often = self.space.values(arch)
        if kind in ("deadly", "sleeping", "stopped") and (often == "always" or self._first(arch)):
            self._strike(kind)
        if kind == "slow":
            time.sleep(0.2)
        for evaluator in self.evaluators.values():
            evaluator.probe.images.add_(0.0)  # a worker's tensors are its own, and not read-only
        values = {"threads": (torch.get_num_threads(),), "worker": (os.getpid(),)}
        return Evaluation(self.space.encode(arch), Costs(1, 1, 1, 1), values, 0.0)

    def _first(self, arch: Architecture) -> bool:
        met = self.scratch / self.space.encode(arch)
        first = not met.exists()
        met.touch()
        return first

    def _strike(self, kind: str) -> None:
        if kind == "sleeping":
            time.sleep(3600)
        os.kill(os.getpid(), signal.SIGSTOP if kind == "stopped" else signal.SIGKILL)

    def revive(self) -> None:
        """Forget what workers have met."""
        for met in self.scratch.iterdir():
            met.unlink()


class Unloadable(Workload):
    """A workload that no worker can load."""

    def __reduce__(self) -> tuple[Callable[[], object], tuple[()]]:
        return refuse, ()


def refuse() -> object:
    """Be loaded, badly."""
    raise RuntimeError("no such module here")


def prepare_workload(scratch: Path) -> Workload:
    """Small probe, small teacher, and the scores that look at everything."""
    spaces = dict.fromkeys(map(get_space, ("nasbench201", "cifar-resnet")), SCORES) | {BrokenSpace(): ["relation"]}
    probe = white_noise(4, CLASSES, CIFAR, seed=0)
    teacher = TeacherSpec("resnet20", CLASSES)
    evaluators = {
        space.name: EvaluatorSpec(space, teacher, probe, tuple(scores), teacher_inits=1).build()
        for space, scores in spaces.items()
    }
    return Workload(evaluators, scratch)
