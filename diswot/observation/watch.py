"""Seeing every torch operation of a block of code."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from torch.overrides import TorchFunctionMode


class Watcher(TorchFunctionMode):
    """Inside the block, `operate` stands in for every torch operation, whether a module or a bare function calls it."""

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Iterable[type],
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        return self.operate(func, args, kwargs or {})

    def operate(self, func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The result of an operation; by default what torch makes of it. Operations in here are not watched."""
        return func(*args, **kwargs)
