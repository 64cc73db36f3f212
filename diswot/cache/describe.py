"""Values in words that are equal if and only if the values mean the same."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from diswot.probes.batch import ProbeBatch
from search_spaces import SearchSpace

FOR_PEOPLE: dict[type, tuple[str, ...]] = {ProbeBatch: ("source",)}
"""Fields that are shown, and that nothing is computed from."""


def describe(value: Any) -> Any:
    """A value as JSON, in full; a file is what is in it, a tensor its numbers.

    Raises:
        TypeError: for what has no description here, so that nothing is ever left out.
    """
    if isinstance(value, SearchSpace):
        return _space(value)
    if is_dataclass(value) and not isinstance(value, type):
        silent = FOR_PEOPLE.get(type(value), ())
        return {field.name: describe(getattr(value, field.name)) for field in fields(value) if field.name not in silent}
    match value:
        case None | bool() | int() | float() | str():
            return value
        case torch.dtype() | torch.device():
            return str(value)
        case Enum():
            return [type(value).__qualname__, value.value]
        case Tensor():
            return _tensor(value)
        case Path():
            return _content(value)
        case Mapping():
            return [[describe(key), describe(part)] for key, part in value.items()]
        case tuple() | list():
            return [describe(part) for part in value]
    raise TypeError(f"a {type(value).__qualname__} has no description")


def _tensor(tensor: Tensor) -> list[Any]:
    numbers = tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy()
    return [str(tensor.dtype), list(tensor.shape), hashlib.sha256(numbers.tobytes()).hexdigest()]


def _content(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _space(space: SearchSpace) -> dict[str, Any]:
    kind = f"{type(space).__module__}.{type(space).__qualname__}"
    return {"name": space.name, "kind": kind, "options": describe(space.options), "has": describe(vars(space))}
