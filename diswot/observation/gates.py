"""Nonlinearities that a network writes out: the larger of a tensor and zero, or a tensor times a gate of its own.

`x * sigmoid(1.702 x)` of CLIP, `x * x.sigmoid()`, `0.5 x (1 + erf(x / sqrt 2))` and their like have the sign of x, as
SiLU and GELU have, but no function of torch that would name them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
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

CLAMPS: frozenset[Callable[..., Any]] = frozenset(
    {
        torch.clamp, torch.clamp_, torch.clamp_min, torch.clamp_min_, torch.clip, F.threshold, torch.threshold,
        Tensor.clamp, Tensor.clamp_, Tensor.clamp_min, Tensor.clamp_min_, Tensor.clip, Tensor.clip_,
    }
)  # fmt: skip

WRITTEN: frozenset[Callable[..., Any]] = (
    PRODUCTS | CLAMPS | frozenset({torch.maximum, Tensor.maximum, torch.max, Tensor.max})
)
"""Operations that a nonlinearity which is written out may end in."""

REMEMBERED = 16
"""Tensors whose origin is kept at most: a product comes a few operations behind its gate."""


def clamped(func: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Tensor | None:
    """The tensor whose sign says which units are on, where the larger of two with these arguments is a ReLU.

    That is, of a tensor and zero, or of a tensor and thresholds of its channels, which the thresholded linear unit of
    filter response normalization has.
    """
    if not args or not isinstance(args[0], Tensor):
        return None
    low = args[1] if len(args) > 1 else kwargs.get("min", kwargs.get("threshold", kwargs.get("other")))
    if isinstance(low, Tensor):
        return args[0] - low if low.ndim and low.shape[0] == 1 else None
    return args[0] if func in CLAMPS and isinstance(low, int | float) and low == 0 else None


class _Part(NamedTuple):
    """What a tensor is of others, number by number; the others by their identity.

    Attributes:
        tensor: it.
        root: what it is a multiple of: itself, or another one behind scalings alone.
        of: what it is a function of, itself left out.
        gated: what it is a function of through a gate.
    """

    tensor: ref[Tensor]
    root: Tensor
    of: dict[int, Tensor]
    gated: dict[int, Tensor]

    @property
    def origins(self) -> dict[int, Tensor]:
        """All that a function of it is a function of."""
        return {**self.of, id(self.root): self.root}


class GatedProducts:
    """Follows the operations of a pass, and finds the products of a tensor with a gate of its own."""

    def __init__(self) -> None:
        self._parts: dict[int, _Part] = {}

    def source(self, args: tuple[Any, ...]) -> Tensor | None:
        """The tensor that a product of these multiplies by a gate of its own, if that is what it does."""
        if len(args) < 2 or not self._parts:
            return None
        a, b = args[:2]
        if not (isinstance(a, Tensor) and isinstance(b, Tensor) and a.shape == b.shape):
            return None
        first, second = self._part(a), self._part(b)
        if id(first.root) in second.gated:
            return first.root
        return second.root if id(second.root) in first.gated else None

    def follow(self, func: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any], out: Any) -> None:
        """Take note of what the result of an operation of `ELEMENTWISE` is."""
        if not isinstance(out, Tensor):
            return
        given = [one for one in (*args, *kwargs.values()) if isinstance(one, Tensor) and one.ndim]
        parts = [self._part(one) for one in given if one.shape == out.shape]  # Others are factors of channels.
        if not parts:
            return
        of, gated = _shared([part.origins for part in parts]), _shared([part.gated for part in parts])
        if func in GATES:
            gated = {**gated, **of}
        scaled = func in SCALINGS and len(given) == 1
        if not (of or scaled):
            return  # Of a sum of two, say, there is nothing to know, and no reason to keep it alive.
        if len(self._parts) >= REMEMBERED:
            del self._parts[next(iter(self._parts))]
        self._parts[id(out)] = _Part(ref(out), parts[0].root if scaled else out, of, gated)

    def _part(self, tensor: Tensor) -> _Part:
        """What is known of a tensor: at least that it is itself."""
        known = self._parts.get(id(tensor))
        return known if known is not None and known.tensor() is tensor else _Part(ref(tensor), tensor, {}, {})


def _shared(found: list[dict[int, Tensor]]) -> dict[int, Tensor]:
    return {key: tensor for key, tensor in found[0].items() if all(key in other for other in found[1:])}
