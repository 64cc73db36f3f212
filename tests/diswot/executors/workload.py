"""What the executor tests let the workers compute; a module of its own, since worker processes import it."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from diswot.probes.noise import white_noise
from diswot.scoring import Measurement, Measurer, prepare
from diswot.teachers import TeacherSpec
from search_spaces import CIFAR, Architecture, Costs, SearchSpace, Shape, get_space
from search_spaces.base import check_input

CLASSES = 4
SCORES = ["default", "diswot", "diswot-gram"]

GOOD, RAISES, NAN, BUG = (Architecture("broken", (kind,)) for kind in range(4))
"""A good network; one that raises; one of NaN; and one whose builder has a bug."""

HARMLESS, DEADLY_ONCE, DEADLY, SLOW = (Architecture("deadly", (kind,)) for kind in range(4))
"""An architecture that takes no time; one that kills the first worker that meets it; one that kills each; and one that
takes as long as a real one."""


class Broken(nn.Module):
    """A network that raises, or whose features are not numbers."""

    def __init__(self, network: nn.Module, arch: Architecture) -> None:
        super().__init__()
        self.network, self.arch = network, arch

    def forward(self, images: Tensor) -> Tensor:
        if self.arch == RAISES:
            raise RuntimeError("no such layer")
        logits: Tensor = self.network(images * torch.nan if self.arch == NAN else images)
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
        return Costs(1 + arch.choices[0], 1, 1)

    def build(self, arch: Architecture, num_classes: int, in_shape: Shape = CIFAR) -> nn.Module:
        if arch == BUG:
            raise KeyError("a bug, not a bad network")
        space = get_space("cifar-resnet")
        return Broken(space.build(space.smallest, num_classes, in_shape), arch)


@dataclass(frozen=True)
class Workload:
    """Measures architectures of several spaces.

    Attributes:
        measurers: by space.
        scratch: a folder of this workload's own.
    """

    measurers: Mapping[str, Measurer]
    scratch: Path

    def __call__(self, arch: Architecture) -> Measurement:
        if arch.space != "deadly":
            return self.measurers[arch.space](arch)
        if arch == DEADLY or (arch == DEADLY_ONCE and not self._died.exists()):
            self._died.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        if arch == SLOW:
            time.sleep(0.2)
        for measurer in self.measurers.values():
            measurer.probe.images.add_(0.0)  # a worker's tensors are its own, and not read-only
        return Measurement(str(arch), Costs(1, 1, 1), {"threads": (torch.get_num_threads(),)}, 0.0)

    def revive(self) -> None:
        """Forget that an architecture has killed a worker."""
        self._died.unlink(missing_ok=True)

    @property
    def _died(self) -> Path:
        return self.scratch / "died"


def prepare_workload(scratch: Path) -> Workload:
    """Small probe, small teacher, and the scores that look at everything."""
    spaces = dict.fromkeys(map(get_space, ("nasbench201", "cifar-resnet")), SCORES) | {BrokenSpace(): ["relation"]}
    probe = white_noise(4, CLASSES, CIFAR, seed=0)
    teacher = TeacherSpec("resnet20", CLASSES)
    measurers = {
        space.name: prepare(space, teacher, probe, scores, seed=0, seeds=1, initialisations=1)
        for space, scores in spaces.items()
    }
    return Workload(measurers, scratch)
