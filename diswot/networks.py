"""Networks with random weights that depend on nothing but a seed and the names of the parameters."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, MutableMapping
from contextlib import suppress
from functools import partial
from typing import Any

import torch
from cachetools import LRUCache
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _NormBase

from diswot.seeds import derive_seed
from diswot_spaces.layers import LayerFactory, fresh

SHARED_BYTES = 128 * 2**20
"""Weights that networks of all seeds share in a process; beyond that the longest unused are let go."""


def build_random(
    build: Callable[[], nn.Module], seed: int, device: torch.device | str = "cpu", path: str = ""
) -> nn.Module:
    """Build a network and draw its weights.

    The module is laid out without memory first, if it can be: no weight is drawn twice. The global generator is left as
    it was.

    Args:
        build: makes the module.
        seed: of the weights.
        device: where the module shall live.
        path: of the module in the network that it is a layer of.

    Returns:
        The module, in evaluation mode, without gradients.
    """
    module = _laid_out(build)
    if module is None:
        with torch.random.fork_rng(devices=[]):  # for constants that a builder draws
            torch.manual_seed(derive_seed(seed, path))
            module = build().to(device)
    _give_memory(module, device)
    initialize(module, seed, path)
    return module.eval().requires_grad_(False)


def _laid_out(build: Callable[[], nn.Module], shared: Collection[int] = ()) -> nn.Module | None:
    """A module without memory; `None` if it holds constants or cannot be built without numbers, such as `x.item()`.

    Parts whose `id` is among the shared ones have been looked at.
    """
    try:
        with torch.device("meta"):
            module = build()
    except (NotImplementedError, RuntimeError):
        return None
    constants = (
        tensor
        for layer in _parts(module, shared)
        for tensor in (*vars(layer).values(), *(() if isinstance(layer, _NormBase) else layer._buffers.values()))
        if isinstance(tensor, Tensor) and tensor.is_meta
    )
    return module if next(constants, None) is None else None


def _parts(module: nn.Module, shared: Collection[int]) -> Iterator[nn.Module]:
    """A module and what is in it, without the shared parts."""
    if id(module) not in shared:
        yield module
        for child in module.children():
            yield from _parts(child, shared)


def _give_memory(module: nn.Module, device: torch.device | str) -> None:
    """Give memory to what has none: parameters, yet to be drawn, and statistics of norms, which start anew."""
    # Not `to_empty`, which takes as long as a small network's own passes: it lays out each tensor in Python.
    empty = {
        name: torch.empty(tensor.shape, dtype=tensor.dtype, device=device)
        for name, tensor in module.state_dict().items()
        if tensor.is_meta
    }
    norms = [layer for layer in module.modules() if isinstance(layer, _NormBase) and _is_meta(layer.running_mean)]
    module.load_state_dict(empty, assign=True, strict=False)
    for layer in norms:
        layer.reset_running_stats()


def _is_meta(tensor: Tensor | None) -> bool:
    return tensor is not None and tensor.is_meta


@torch.no_grad()
def initialize(module: nn.Module, seed: int, path: str = "", only: Collection[str] | None = None) -> None:
    """Draw the weights of `module` in place: normal with variance 2 / fan-in, scales one, biases zero.

    Where names are given, only those. A module inside that says `initial_std` has weights of that standard deviation,
    and one that says `initial_value` has scales of that value: so publications' own initializations are told.

    Each parameter has a stream of its own, seeded by its name: networks that share a layer by name and shape share its
    weights, which takes noise out of their comparison.

    Source: He et al., "Delving Deep into Rectifiers", ICCV 2015, equation 10.
    """
    generator = torch.Generator()
    for name, parameter, owner in _named_parameters(module, path):
        if only is not None and name not in only:
            continue
        if parameter.ndim > 1:
            generator.manual_seed(derive_seed(seed, name))
            std = getattr(owner, "initial_std", None) or math.sqrt(2.0 / parameter[0].numel())
            parameter.copy_(_normal(parameter.shape, std, generator))
        else:
            parameter.fill_(0.0 if name.endswith("bias") else getattr(owner, "initial_value", 1.0))


def _named_parameters(module: nn.Module, path: str) -> Iterator[tuple[str, nn.Parameter, nn.Module]]:
    """Each parameter once, with its name and the module that has it itself."""
    owners = dict(module.named_modules(prefix=path))
    for name, parameter in module.named_parameters(path):
        yield name, parameter, owners.get(name.rpartition(".")[0], module)


def _normal(shape: torch.Size, std: float, generator: torch.Generator) -> Tensor:
    return torch.empty(shape, device="cpu").normal_(0.0, std, generator=generator)


class LayerCache:
    """The layers that random networks of one seed have in common, each drawn once: a `LayerFactory` of `diswot_spaces`.

    A weight depends on the seed and on its name alone, so a network of shared layers is the network that `build_random`
    would give. Nobody may write to it.

    Args:
        seed: of the weights.
        device: where the layers shall live.
        dtype: of the weights.
        kept: layers that were drawn before, here or for other seeds; those that are let go are drawn again at need.
    """

    def __init__(
        self,
        seed: int,
        device: torch.device | str = "cpu",
        dtype: torch.dtype = torch.float32,
        kept: MutableMapping[tuple[Any, ...], nn.Module] | None = None,
    ) -> None:
        self._seed, self._device, self._dtype = seed, device, dtype
        self._kept = _layers() if kept is None else kept

    def __call__(self, path: str, make: Callable[..., nn.Module], *args: Any) -> nn.Module:
        """The layer at `path`."""
        key = (self._seed, str(self._device), self._dtype, path, make, *args)
        layer = self._kept.get(key)
        if layer is None:
            layer = self._cast(build_random(partial(make, *args), self._seed, self._device, path))
            with suppress(ValueError):  # it alone is too large to be kept
                self._kept[key] = layer
        return layer

    def network(self, build: Callable[[LayerFactory], nn.Module]) -> nn.Module:
        """The network that `build` makes of these layers, in evaluation mode.

        What `build` makes by itself has the weights that it would have been given here: they are drawn by its name.
        """
        given: dict[int, nn.Module] = {}

        def give(path: str, make: Callable[..., nn.Module], *args: Any) -> nn.Module:
            layer = self(path, make, *args)
            given[id(layer)] = layer
            return layer

        module = _laid_out(partial(build, give), given)
        if module is None:
            return self._cast(build_random(partial(build, fresh), self._seed, self._device))
        if any(layer._parameters or layer._buffers for layer in _parts(module, given)):
            own = {name for name, parameter in module.named_parameters() if parameter.is_meta}
            _give_memory(module, self._device)
            initialize(module, self._seed, only=own)
            self._cast(module).requires_grad_(False)
        return module.eval()

    def _cast(self, module: nn.Module) -> nn.Module:
        return module.to(dtype=self._dtype, memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]


def _layers(most: int = SHARED_BYTES) -> LRUCache[tuple[Any, ...], nn.Module]:
    return LRUCache(most, getsizeof=_bytes)


def _bytes(layer: nn.Module) -> int:
    """Bytes of a layer's weights, and about a kilobyte for the layer itself."""
    return 1024 + sum(weight.nbytes for weight in layer.parameters())


_KEPT = _layers()


def layer_cache(seed: int, device: torch.device, dtype: torch.dtype) -> LayerCache:
    """The shared layers of a seed in this process."""
    return LayerCache(seed, device, dtype, _KEPT)
