"""What a built network costs, counted while an image runs through it on the meta device: shapes without numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import FlopCounterMode

from diswot_spaces.costs import FLOAT32, Costs
from diswot_spaces.layers import LayerFactory

aten = torch.ops.aten
PRODUCTS = {aten.convolution, aten.addmm, aten.mm, aten.baddbmm, aten.bmm}
"""What layers on multiply-accumulates end in; with weights among their arguments, they count as a layer."""

ACTIVATIONS = {
    getattr(aten, name) for name in ("elu", "gelu", "hardswish", "hardtanh", "leaky_relu", "relu", "sigmoid", "silu")
}
"""Operations whose result has the shape of what they read."""


def count_costs(
    build: Callable[[LayerFactory], nn.Module], in_shape: tuple[int, int, int]
) -> tuple[Costs, tuple[int, ...]]:
    """Costs of the network that `build` makes, and the shape of its logits for one image."""
    image = torch.empty(1, *in_shape, device="meta")
    with torch.device("meta"):
        network = build(_layer).eval()
    ledger = _Ledger(network, image)
    with torch.no_grad(), FlopCounterMode(display=False) as counter, ledger:
        logits = network(image)
    params = sum(parameter.numel() for parameter in network.parameters() if parameter.requires_grad)
    # A multiply-accumulate is two of the counter's operations.
    return Costs(params, counter.get_total_flops() // 2, ledger.layers, ledger.peak(logits)), tuple(logits.shape)


@lru_cache(maxsize=4096)
def _layer(path: str, make: Callable[..., nn.Module], *args: Any) -> nn.Module:  # noqa: ARG001
    """A layer, laid out once for all networks that have it at the same place."""
    return make(*args)


class _Ledger(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Notes which tensors each operation reads and makes, but for weights; views are the tensor that they show."""

    def __init__(self, network: nn.Module, image: Tensor) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.layers = 0
        self._weights = set(map(_key, [*network.parameters(), *network.buffers()]))
        self._kept: list[Tensor] = [image]  # so that no key is given to another tensor
        self._numbers: dict[int, int] = {}
        self._first: dict[int, int] = {}
        self._last: dict[int, int] = {}
        self._step = 0
        self._note([image])

    def __torch_dispatch__(self, func: Any, _: Any, args: Any = (), kwargs: Any = None) -> Any:
        read = list(_tensors((args, kwargs)))
        made = _known(func, args)
        if made is None:
            made = func(*args, **(kwargs or {}))
        self.layers += func.overloadpacket in PRODUCTS and any(_key(tensor) in self._weights for tensor in read)
        self._step += 1
        self._note([*read, *_tensors(made)])
        return made

    def peak(self, result: Tensor) -> int:
        """Bytes that are alive at once, at most, in float32; what is made and never read takes no room."""
        self._last[_key(result)] = self._step
        changes = [0] * (self._step + 2)
        for key, numbers in self._numbers.items():
            if self._last[key] > self._first[key] or key == _key(result):
                changes[self._first[key]] += numbers
                changes[self._last[key] + 1] -= numbers
        alive = peak = 0
        for change in changes:
            alive += change
            peak = max(peak, alive)
        return FLOAT32 * peak

    def _note(self, tensors: list[Tensor]) -> None:
        for tensor in tensors:
            key = _key(tensor)
            if key not in self._weights:
                self._kept.append(tensor)
                self._numbers[key] = tensor.untyped_storage().nbytes() // tensor.itemsize
                self._first.setdefault(key, self._step)
                self._last[key] = self._step


def _known(func: Any, args: Any) -> Any:
    """What the commonest operations make; torch works their shapes out by many steps, which take most of the time."""
    if func is aten.native_batch_norm.default:
        return torch.empty_like(args[0]), args[0].new_empty(0), args[0].new_empty(0)
    return torch.empty_like(args[0]) if func.overloadpacket in ACTIVATIONS else None


def _tensors(values: Any) -> Iterator[Tensor]:
    return (value for value in tree_leaves(values) if isinstance(value, Tensor))


def _key(tensor: Tensor) -> int:
    """What a tensor shares with its views."""
    return int(tensor.untyped_storage()._cdata)
