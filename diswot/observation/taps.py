"""Watching a forward pass without editing the network.

A torch function mode sees every torch operation of the pass, whether a module or a bare function calls it, so that
`nn.ReLU`, `F.relu`, `x.relu_()` and `x * x.sigmoid()` are all seen and no attribute such as `.fc` is assumed.
"""

from __future__ import annotations

import inspect
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from diswot.observation.capture import Capture
from diswot.observation.gates import ELEMENTWISE, PRODUCTS, WRITTEN, GatedProducts, clamped
from diswot.observation.kernels import (
    agreement,
    sampled_covariance,
    smallest_correlation,
    switching_patterns,
)
from diswot.observation.operations import mean_pool, normalised
from diswot.observation.paths import ShortestPaths
from diswot.observation.record import Activation
from diswot.observation.watch import Watcher

ACTIVATIONS: frozenset[Callable[..., Any]] = frozenset(
    {
        F.relu, F.relu_, torch.relu, torch.relu_, Tensor.relu, Tensor.relu_,
        F.relu6, F.hardtanh, F.hardtanh_, F.leaky_relu, F.leaky_relu_, F.prelu, torch.prelu, F.rrelu,
        F.elu, F.elu_, F.selu, F.celu, F.silu, F.gelu, F.mish, F.hardswish, F.softplus,
    }
)  # fmt: skip
"""Nonlinearities whose input's sign is the pattern; gates such as the sigmoid are not among them."""

POOLS: frozenset[Callable[..., Any]] = frozenset(
    {F.adaptive_avg_pool2d, F.adaptive_max_pool2d, F.avg_pool2d, F.max_pool2d, torch.mean, Tensor.mean}
)  # fmt: skip

MAP_SOURCES: frozenset[Callable[..., Any]] = ACTIVATIONS | {
    F.conv2d, F.batch_norm, F.group_norm, F.layer_norm, F.linear, F.avg_pool2d, F.max_pool2d,
    torch.add, Tensor.add, Tensor.add_, Tensor.__add__, Tensor.__radd__, Tensor.__iadd__,
}  # fmt: skip
"""Operations whose results are feature maps; the products inside attention are not."""


DROPOUTS: frozenset[Callable[..., Any]] = frozenset(
    {F.dropout, F.dropout1d, F.dropout2d, F.dropout3d, F.alpha_dropout, F.feature_alpha_dropout}
)
"""Switched off even where a network calls them as functions and forgets to pass its mode."""

RECENT = 4


class Taps(Watcher):
    """Records, in order, what the operations of a pass saw.

    Args:
        batch: number of images N; tensors of another leading size are not feature maps.
        capture: what to keep.
        batch_statistics: normalise with the batch's own mean and variance whatever mode the network is in; its running
            statistics are neither read nor written.
        paths: is told of every operation.
    """

    def __init__(
        self, batch: int, capture: Capture, *, batch_statistics: bool, paths: ShortestPaths | None = None
    ) -> None:
        super().__init__()
        self.batch = batch
        self._paths = paths
        self.capture = capture
        self.batch_statistics = batch_statistics
        self.activations: list[Activation] = []
        self.linears: list[tuple[Tensor, Tensor]] = []
        """Input `(N, F)` and output `(N, K)` of every linear layer on two-dimensional input, and of every convolution
        that is one: of a single pixel."""
        self.maps: dict[torch.Size, Tensor] = {}
        """The last output of each shape, in order of that last output."""
        self.pooled_map: Tensor | None = None
        """Input of the last operation that pooled a whole map to one pixel."""
        self._linear: Tensor | None = None
        """The last output of a linear layer: a map that ends in channels."""
        self._recent: deque[tuple[Tensor, Activation]] = deque(maxlen=RECENT)
        """Inputs of nonlinearities seen lately: several may read one tensor."""
        self._products = GatedProducts()
        self.correlations: list[float] = []
        self._last: Tensor | None = None
        """What tells which units of the last nonlinearity are on, where only its kernel is wanted."""

    @property
    def watched(self) -> tuple[Activation, ...]:
        """What each nonlinearity saw, in order of execution."""
        if self._last is None:
            return tuple(self.activations)
        return (*self.activations[:-1], replace(self.activations[-1], kernel=agreement(self._units(self._last))))

    def operate(self, func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The operation in its fastest form, on the statistics asked for, with note taken of what it saw."""
        out = self._operate(func, args, kwargs)
        if func in ELEMENTWISE:
            self._products.follow(func, args, kwargs, out)
        if self._paths is not None:
            self._paths.follow(args, kwargs, out)
        return out

    def _operate(self, func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        values: Any = args[0] if args else kwargs.get("input")
        if func in ACTIVATIONS:
            return self._activate(func, values, args, kwargs)
        if func in WRITTEN:
            self._note_written(func, args, kwargs)
        if self._last is not None and values is self._last and _writes(func):
            self._last = torch.gt(self._last, 0)
        if func in DROPOUTS:
            args, kwargs = _rebound(func, args, kwargs, training=False)
        out = self._faster(func)(*args, **kwargs)
        if func is F.linear:
            self._keep_linear(values, out)
        if func is F.conv2d:
            self._keep_pixel(values, args[1] if len(args) > 1 else kwargs["weight"], out)
            if Capture.CORRELATIONS in self.capture:
                self.correlations.append(smallest_correlation(out[0]))
        if Capture.MAPS in self.capture:
            self._keep_map(func, values, out)
        return out

    def _faster(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """The same operation in its fastest form, on the statistics that were asked for."""
        if func is F.batch_norm:
            return normalised if self.batch_statistics else func
        return mean_pool if func is F.avg_pool2d else func

    def _activate(self, func: Callable[..., Any], values: Tensor, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if self._is_of_images(values):
            self._note(values)
        out = func(*args, **kwargs)
        if out is values:  # In place: what was seen is gone.
            self._recent = deque((pair for pair in self._recent if pair[0] is not values), RECENT)
        if Capture.MAPS in self.capture:
            self._keep_map(func, values, out)
        return out

    def _note(self, values: Tensor) -> None:
        """Keep what is wanted of the input of a nonlinearity."""
        known = next((activation for seen, activation in self._recent if seen is values), None)
        self.activations.append(known or self._activation(values))
        if known is None:
            self._recent.append((values, self.activations[-1]))
        if Capture.LAST_KERNEL in self.capture and Capture.KERNELS not in self.capture:
            self._last = values  # Even where the nonlinearity writes to it: those that can do keep the sign.

    def _note_written(self, func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """Keep what is wanted of a nonlinearity that the network writes out, if the operation ends one."""
        source = self._products.source(args) if func in PRODUCTS else clamped(func, args, kwargs)
        if source is not None and self._is_of_images(source):
            self._note(source)

    def _is_of_images(self, values: Tensor) -> bool:
        """Whether a tensor has numbers of each image: one row for each, or several, such as windows, one after another.

        Others are functions of the weights alone, such as the position biases of Swin V2.
        """
        return values.ndim > 1 and values.shape[0] % self.batch == 0

    def _units(self, values: Tensor) -> Tensor:
        """The numbers of each image in one row `(N, ...)`."""
        return values if len(values) == self.batch else values.reshape(self.batch, -1)

    def _keep_linear(self, values: Tensor, out: Tensor) -> None:
        if out.ndim == 2:
            self.linears.append((values, out))
        self._linear = out

    def _keep_pixel(self, values: Tensor, weight: Tensor, out: Tensor) -> None:
        """A convolution that maps one pixel to one pixel is a linear layer, unless it is one of groups."""
        if out.shape[2:].numel() == values.shape[2:].numel() == 1 and weight.shape[1] == values.shape[1]:
            self.linears.append((values.flatten(1), out.flatten(1)))

    def _keep_map(self, func: Callable[..., Any], values: Any, out: Any) -> None:
        if func in MAP_SOURCES and self._is_map(out):
            self.maps.pop(out.shape, None)
            self.maps[out.shape] = out
        if func in POOLS and self._is_map(values) and values.ndim == 4 and out.numel() == values.shape[:2].numel():
            self.pooled_map = values

    def _activation(self, values: Tensor) -> Activation:
        last = values.ndim == 3 or values is self._linear
        rows = self._units(values)
        return Activation(
            units=rows[0].numel(),
            positions=rows[0].numel() // values.shape[-1 if last else 1],
            kernel=agreement(rows) if Capture.KERNELS in self.capture else None,
            covariance=sampled_covariance(values, channels_last=last) if Capture.COVARIANCES in self.capture else None,
            patterns=switching_patterns(rows) if Capture.PATTERNS in self.capture else None,
        )

    def _is_map(self, out: Any) -> bool:
        if not isinstance(out, Tensor) or out.ndim not in (3, 4):
            return False
        return out.shape[0] == self.batch and out.is_floating_point()


def _writes(func: Callable[..., Any]) -> bool:
    """Whether an operation writes to its first argument, by torch's way of naming those that do."""
    name = func.__name__
    return name.startswith("__i") or (name.endswith("_") and not name.endswith("__"))


def _rebound(
    func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], **values: object
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments of a call of `func` with some of them replaced, however they were passed."""
    bound = inspect.signature(func).bind(*args, **kwargs)
    bound.arguments |= values
    return bound.args, bound.kwargs
