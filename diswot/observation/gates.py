"""Nonlinearities that a network writes out as a product: a tensor times a gate of the same tensor.

`x * sigmoid(1.702 x)` of CLIP, `x * x.sigmoid()`, `0.5 x (1 + erf(x / sqrt 2))` and their like have the sign of x, as
SiLU and GELU have, but no function of torch that would name them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import IntEnum
from typing import Any, NamedTuple
from weakref import ref

import torch
import torch.nn.functional as F
from torch import Tensor

PRODUCTS: frozenset[Callable[..., Any]] = frozenset(
    {torch.mul, torch.multiply, Tensor.mul, Tensor.mul_, Tensor.multiply, Tensor.multiply_}
)

SCALINGS: frozenset[Callable[..., Any]] = PRODUCTS | {torch.div, Tensor.div, Tensor.div_, torch.true_divide}

GATES: frozenset[Callable[..., Any]] = frozenset(
    {
        torch.sigmoid, torch.sigmoid_, Tensor.sigmoid, Tensor.sigmoid_, F.sigmoid, F.hardsigmoid, torch.special.expit,
        torch.tanh, torch.tanh_, Tensor.tanh, Tensor.tanh_, F.tanh,
        torch.erf, torch.erf_, Tensor.erf, Tensor.erf_, torch.special.erf, torch.special.ndtr,
    }
)  # fmt: skip

ELEMENTWISE: frozenset[Callable[..., Any]] = SCALINGS | GATES | {
    torch.add, Tensor.add, Tensor.add_, torch.sub, Tensor.sub, Tensor.sub_, Tensor.__rsub__, torch.neg, Tensor.neg,
    torch.pow, Tensor.pow, torch.square, Tensor.square, torch.exp, Tensor.exp, Tensor.__rdiv__,
}  # fmt: skip
"""Operations after which a tensor is still a function of each number of another one."""

REMEMBERED = 16
"""Tensors whose origin is kept at most: a product comes a few operations behind its gate."""


class _Kind(IntEnum):
    SCALED = 0
    FUNCTION = 1
    GATED = 2


class _Part(NamedTuple):
    """What a tensor is of another one, number by number."""

    tensor: ref[Tensor]
    source: Tensor
    kind: _Kind


class GatedProducts:
    """Follows the operations of a pass, and finds the products of a tensor with a gate of its own."""

    def __init__(self) -> None:
        self._parts: dict[int, _Part] = {}

    def source(self, func: Callable[..., Any], args: tuple[Any, ...]) -> Tensor | None:
        """The tensor that this operation multiplies by a gate of its own, if that is what it does."""
        if func not in PRODUCTS or len(args) < 2 or not self._parts:
            return None
        a, b = args[:2]
        if not (isinstance(a, Tensor) and isinstance(b, Tensor) and a.shape == b.shape):
            return None
        parts = self._part(a), self._part(b)
        gated = {part.kind for part in parts} == {_Kind.SCALED, _Kind.GATED}
        return parts[0].source if gated and parts[0].source is parts[1].source else None

    def follow(self, func: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any], out: Any) -> None:
        """Take note of what the operation's result is."""
        if func not in ELEMENTWISE or not isinstance(out, Tensor):
            return
        tensors = [one for one in (*args, *kwargs.values()) if isinstance(one, Tensor) and one.ndim]
        parts = [self._part(one) for one in tensors]
        if not parts or out.shape != parts[0].source.shape or any(p.source is not parts[0].source for p in parts):
            return
        kind = max(part.kind for part in parts)
        if func in GATES:
            kind = _Kind.GATED
        elif func not in SCALINGS or len(parts) > 1:
            kind = max(kind, _Kind.FUNCTION)
        if len(self._parts) >= REMEMBERED:
            del self._parts[next(iter(self._parts))]
        self._parts[id(out)] = _Part(ref(out), parts[0].source, kind)

    def _part(self, tensor: Tensor) -> _Part:
        """What is known of a tensor: at least that it is itself."""
        known = self._parts.get(id(tensor))
        return known if known is not None and known.tensor() is tensor else _Part(ref(tensor), tensor, _Kind.SCALED)
