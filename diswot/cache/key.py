"""What a value depends on beside architecture, proxy and initialization: the evaluator's spec, and what computes.

Known before the teacher is observed. A field that is added to the spec tomorrow is part of the key by itself.
"""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Iterable
from dataclasses import dataclass, fields, is_dataclass
from functools import cache, cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

import diswot
import diswot_spaces
from diswot.cache.foreign import foreign_code
from diswot.evaluation import EvaluatorSpec
from diswot.probes.batch import ProbeBatch
from diswot.spec.teacher import TeacherSpec
from diswot.teachers.spec import architecture_of
from diswot_spaces import SearchSpace

PACKAGES = ("diswot", "numpy", "pillow", "timm", "torch", "torchvision")
"""Packages that a value may depend on."""

NOT_COMPUTING = ("batch", "cache", "cli", "labels", "report", "search")
"""Rooms of `diswot` that no value depends on. What is not named here counts, a new room too."""

ROW_FIELDS = ("scores",)
"""Fields of the spec that say which values are wanted, not what they are: each row names its proxy."""


@dataclass(frozen=True)
class Context:
    """What values depend on beside architecture, proxy and initialization, as canonical JSON."""

    description: str

    @cached_property
    def digest(self) -> bytes:
        """SHA-256 of the description."""
        return hashlib.sha256(self.description.encode()).digest()


def context_of(spec: EvaluatorSpec, *, of_teacher: bool) -> Context:
    """The context of an evaluator's values.

    Args:
        spec: of the evaluator.
        of_teacher: for proxies that look at the teacher; for the others, only its task matters.

    Raises:
        TypeError: a part of the spec has no description, or comes from code without a file.
        OSError: the teacher's weights cannot be read.
    """
    known = {field.name: getattr(spec, field.name) for field in fields(spec) if field.name not in ROW_FIELDS}
    if not of_teacher:
        known |= {"teacher": {"num_classes": spec.teacher.num_classes}, "teacher_inits": None}
    known |= {
        "given": _given(spec.teacher) if of_teacher else None,
        "foreign": foreign_code(_modules(spec, of_teacher=of_teacher)),
        "versions": versions(),
        "machine": machine(spec.probe.images.device),
    }
    return Context(json.dumps(known, default=_described, sort_keys=True, separators=(",", ":")))


def _given(teacher: TeacherSpec) -> Any:
    """The layers and the weights of a teacher that was given as a network."""
    module = teacher.family.module
    return None if module is None else [repr(module), module.state_dict()]


def _modules(spec: EvaluatorSpec, *, of_teacher: bool) -> list[str]:
    """Where space, proxies and teacher are written."""
    found = [*_written(spec.space), *(proxy.module for proxy in spec.proxies.values())]
    if not of_teacher:
        return found
    family = spec.teacher.family
    return [*found, *family.modules, *(_written(architecture_of(spec.teacher.name)[0]) if family.of_space else ())]


def _written(space: SearchSpace) -> list[str]:
    """Where a space and the spaces that it inherits from are written."""
    return [kind.__module__ for kind in type(space).__mro__ if issubclass(kind, SearchSpace)]


def _described(value: Any) -> Any:
    """What JSON does not know: files by their content, tensors by theirs, everything else in full."""
    match value:
        case ProbeBatch():
            return [value.fingerprint, str(value.images.dtype), value.normalization]
        case SearchSpace():
            kind = f"{type(value).__module__}.{type(value).__qualname__}"
            return {"name": value.name, "kind": kind, "options": value.options, "has": value.description}
        case Path():
            return _sha256([value])
        case Tensor():
            numbers = value.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy()
            return [str(value.dtype), list(value.shape), hashlib.sha256(numbers.tobytes()).hexdigest()]
    if is_dataclass(value):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    raise TypeError(f"a {type(value).__qualname__} has no description")


@cache
def versions() -> dict[str, str]:
    """Versions of the packages that compute; in a checkout, whose modules change unannounced, their SHA-256 too."""
    found = {name: version(name) for name in PACKAGES}
    home = Path(diswot.__path__[0])
    if (home.parent / "pyproject.toml").exists():
        found["code"] = _sha256(
            path
            for package in (home, Path(diswot_spaces.__path__[0]))
            for path in sorted(package.rglob("*.py"))
            if path.relative_to(package).parts[0] not in NOT_COMPUTING
        )
    return found


def machine(device: torch.device) -> list[str]:
    """What the last bits of a value may depend on: the processor, and the GPU where one computes."""
    found = [platform.machine(), torch.backends.cpu.get_cpu_capability(), _processor()]
    return found if device.type == "cpu" else [*found, device.type, torch.cuda.get_device_name(device)]


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")


def _sha256(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()
