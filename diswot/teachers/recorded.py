"""What a timm model's constructor is told, read while it is called: the entry points keep it to themselves."""

from __future__ import annotations

import inspect
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import torch
from torch import nn

from diswot.teachers.timm import timm_model
from diswot_spaces import Shape

_LOCK = threading.Lock()


@lru_cache(maxsize=64)
def constructor_arguments(name: str, num_classes: int, in_shape: Shape) -> tuple[type[nn.Module], dict[str, Any]]:
    """The class of a timm model, and every argument of its constructor, defaults included.

    Raises:
        InputError: timm cannot build the model.
    """
    with torch.device("meta"):
        kind = type(timm_model(name, num_classes, in_shape))
        with _recording(kind) as arguments:
            timm_model(name, num_classes, in_shape)
    return kind, arguments


@contextmanager
def _recording(kind: type[nn.Module]) -> Iterator[dict[str, Any]]:
    """Notes the arguments of the first instance of a class that is made meanwhile."""
    original = kind.__init__
    seen: dict[str, Any] = {}
    signature = inspect.signature(original)

    def init(self: nn.Module, *args: Any, **kwargs: Any) -> None:
        if not seen:
            bound = signature.bind(self, *args, **kwargs)
            bound.apply_defaults()
            seen.update(bound.arguments)
        original(self, *args, **kwargs)

    with _LOCK:
        kind.__init__ = init  # type: ignore[method-assign]
        try:
            yield seen
        finally:
            kind.__init__ = original  # type: ignore[method-assign]
