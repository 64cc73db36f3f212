"""What a measurement depends on, known before the teacher is observed.

A `Measurer` is what `diswot.evaluation.prepare` makes of its arguments, by this code, these packages and this machine,
and of nothing else. So the arguments are described, whatever they are: one that is added tomorrow, or a field of one,
is part of the key by itself.
"""

from __future__ import annotations

import inspect
import json
import platform
from functools import partial
from pathlib import Path
from typing import Any

import torch

from diswot.cache.describe import describe
from diswot.cache.foreign import foreign_code
from diswot.cache.store import Context
from diswot.cache.versions import versions
from diswot.evaluation import Measurer
from diswot.probes.batch import ProbeBatch
from diswot.proxies import Proxy, proxies_of
from diswot.spec.teacher import TeacherSpec
from diswot.teachers.spec import architecture_of
from search_spaces import SearchSpace

PER_ROW = ("scores",)
"""Arguments that say which values are wanted, not what they are: rows have a proxy."""

TEACHERS_OWN = ("name", "weights")
"""What of the teacher's specification does not reach a proxy that does not look at the teacher."""


class Recipe:
    """A measurer that has not been made yet, and what its values depend on.

    Args:
        make: makes it: `diswot.evaluation.prepare` with all of its arguments.

    Attributes:
        make: the same.
        space: of the architectures.
        teacher: specification of the teacher.
        probe: the batch.
        proxies: that will be measured, by name.
    """

    def __init__(self, make: partial[Measurer]) -> None:
        bound = inspect.signature(make.func).bind(*make.args, **make.keywords)
        bound.apply_defaults()
        self.make = make
        self._arguments = bound.arguments
        self.space: SearchSpace = bound.arguments["space"]
        self.teacher: TeacherSpec = bound.arguments["teacher"]
        self.probe: ProbeBatch = bound.arguments["probe"]
        self.proxies: dict[str, Proxy] = proxies_of(bound.arguments["scores"])

    def context(self, *, of_teacher: bool) -> Context:
        """What values depend on.

        Args:
            of_teacher: for proxies that look at the teacher; for the others, neither its name nor its weights matter.

        Raises:
            TypeError: something has no description, or comes from code without a file.
            OSError: the teacher's weights cannot be read.
        """
        arguments = {name: describe(value) for name, value in self._arguments.items() if name not in PER_ROW}
        if not of_teacher:
            del arguments["initialisations"]
            for name in TEACHERS_OWN:
                del arguments["teacher"][name]
        known = {
            "space": self.space.name,
            "teacher": self.teacher.name if of_teacher else None,
            "arguments": arguments,
            "versions": versions(),
            "given": self._given() if of_teacher else None,
            "foreign": foreign_code(self._modules(of_teacher=of_teacher)),
            "machine": machine(self.probe.images.device),
        }
        return Context(json.dumps(known, sort_keys=True, separators=(",", ":")))

    def _modules(self, *, of_teacher: bool) -> list[str]:
        """Where space, proxies and teacher are written."""
        found = [*_written(self.space), *(proxy.module for proxy in self.proxies.values())]
        if not of_teacher:
            return found
        family = self.teacher.family
        return [*found, *family.modules, *(_written(architecture_of(self.teacher.name)[0]) if family.of_space else ())]

    def _given(self) -> Any:
        """The layers and the weights of a teacher that was given as a network."""
        module = self.teacher.family.module
        return None if module is None else [repr(module), describe(module.state_dict())]


def _written(space: SearchSpace) -> list[str]:
    """Where a space and the spaces that it inherits from are written."""
    return [kind.__module__ for kind in type(space).__mro__ if issubclass(kind, SearchSpace)]


def machine(device: torch.device) -> list[str]:
    """What the last bits of a value may depend on: the processor, and the GPU where one computes."""
    found = [torch.__version__, platform.machine(), torch.backends.cpu.get_cpu_capability(), _processor()]
    return found if device.type == "cpu" else [*found, device.type, torch.cuda.get_device_name(device)]


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
