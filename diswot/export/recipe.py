"""How a module is made: its constructor calls, read off the module itself."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import torch
from torch import Tensor, nn

from diswot.errors import InputError
from diswot.export.forward import forward_lines

BLOCKS_OF_TORCH = (nn.MultiheadAttention,)
"""Modules of torch that have parts of their own, and are made whole."""

SQUARE = ("kernel_size", "stride", "padding", "dilation", "output_padding", "output_size")
"""Arguments that are one number for all dimensions, or one for each."""


@dataclass(frozen=True)
class Argument:
    """One argument of a constructor call.

    Attributes:
        name: of the parameter; empty for one of any number.
        value: a plain value, or how a part is made.
        default: what it is where nothing is said; `inspect.Parameter.empty` where something must be.
    """

    name: str
    value: object
    default: object = inspect.Parameter.empty


@dataclass(frozen=True)
class Call:
    """A constructor that torch has, with all of its arguments."""

    name: str
    arguments: tuple[Argument, ...] = ()


@dataclass(frozen=True, eq=False)
class Instance:
    """A module of a class that must be written out.

    Attributes:
        kind: its class.
        forward: the lines of its `forward`, signature first.
        members: its parts, parameters and buffers by name.
    """

    kind: type[nn.Module]
    forward: tuple[str, ...]
    members: tuple[tuple[str, Recipe], ...]


Recipe: TypeAlias = Call | Instance


def recipe_of(module: nn.Module) -> Recipe:
    """How a module is made.

    Raises:
        InputError: its computation cannot be written down.
    """
    if type(module).forward is nn.Sequential.forward:
        return _sequential(module)
    if isinstance(module, nn.ModuleList) and _is_container(module):
        return Call("nn.ModuleList", (Argument("", _listed(module.children())),))
    if isinstance(module, nn.ModuleDict) and _is_container(module):
        return Call("nn.ModuleDict", (Argument("", _named(module)),))
    if _is_layer_of_torch(module):
        return Call(f"nn.{type(module).__name__}", tuple(_arguments(module)))
    lines, constants = forward_lines(module)
    members = [*_numbers(module, constants), *((name, recipe_of(child)) for name, child in module.named_children())]
    return Instance(type(module), lines, tuple(members))


def _is_container(module: nn.Module) -> bool:
    return type(module).forward is nn.Module.forward


def _is_layer_of_torch(module: nn.Module) -> bool:
    kind = type(module)
    whole = isinstance(module, BLOCKS_OF_TORCH) or not any(True for _ in module.children())
    return whole and kind.__module__.startswith("torch.nn.modules.") and getattr(nn, kind.__name__, None) is kind


def _sequential(module: nn.Module) -> Call:
    names = [name for name, _ in module.named_children()]
    if names == [str(place) for place in range(len(names))]:
        return Call("nn.Sequential", tuple(Argument("", recipe_of(child)) for child in module.children()))
    ordered = Call("OrderedDict", (Argument("", _named(module)),))
    return Call("nn.Sequential", (Argument("", ordered),))


def _listed(modules: Iterator[nn.Module]) -> Call:
    return Call("[]", tuple(Argument("", recipe_of(module)) for module in modules))


def _named(module: nn.Module) -> Call:
    return Call("{}", tuple(Argument(name, recipe_of(child)) for name, child in module.named_children()))


def _arguments(layer: nn.Module) -> Iterator[Argument]:
    """The arguments that a layer of torch was made with, as far as it remembers them."""
    for name, parameter in inspect.signature(type(layer)).parameters.items():
        known = hasattr(layer, name) and name not in ("device", "dtype")
        if known and parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            yield Argument(name, _plain(name, getattr(layer, name)), parameter.default)
        elif isinstance(layer, nn.MultiheadAttention) and name in ("bias", "add_bias_kv"):
            kept = layer.in_proj_bias if name == "bias" else layer.bias_k
            yield Argument(name, kept is not None, parameter.default)


def _plain(name: str, value: Any) -> object:
    """A remembered argument as it is written: whether there is a bias, one number for a square."""
    if name == "bias":
        return value is not None and value is not False
    if name in SQUARE and isinstance(value, tuple) and len(set(value)) == 1:
        return value[0]
    return tuple(value) if isinstance(value, torch.Size) else value


def _numbers(module: nn.Module, constants: dict[str, Tensor]) -> Iterator[tuple[str, Call]]:
    """Parameters, buffers and constants of a module itself; what the state_dict holds is made without its values."""
    for name, parameter in module.named_parameters(recurse=False):
        yield name, Call("nn.Parameter", (Argument("", _drawn(parameter)),))
    for name, buffer in module.named_buffers(recurse=False):
        if name in module._non_persistent_buffers_set:
            yield name, _buffer(_written(module, buffer), persistent=False)
        else:
            yield name, _buffer(_empty(buffer), persistent=True)
    for name, constant in constants.items():
        yield name, _buffer(_written(module, constant), persistent=False)


def _buffer(value: Call, *, persistent: bool) -> Call:
    return Call("nn.Buffer", (Argument("", value), Argument("persistent", persistent, True)))


def _empty(tensor: Tensor) -> Call:
    return Call("torch.zeros", (Argument("", tuple(tensor.shape)), Argument("dtype", tensor.dtype, torch.float32)))


def _drawn(parameter: Tensor) -> Call:
    """A parameter as it starts: of one number, or normal with the spread that it has."""
    first = parameter.detach().flatten()[:1]
    if bool((parameter == first).all()):
        return Call("torch.full", (Argument("", tuple(parameter.shape)), Argument("", float(first))))
    std = float(f"{float(parameter.detach().std()):.1g}")
    return Call("torch.normal", (Argument("", 0.0), Argument("", std), Argument("", tuple(parameter.shape))))


def _written(module: nn.Module, tensor: Tensor, most: int = 4096) -> Call:
    """A tensor with its values, which no state_dict keeps.

    Raises:
        InputError: it has too many.
    """
    if tensor.numel() > most:
        raise InputError(
            f"{type(module).__name__} holds a constant of {tensor.numel():,} numbers that its state_dict does not "
            f"keep, and a module in Python can hold {most:,}; export it as onnx or torchscript"
        )
    return Call("torch.tensor", (Argument("", tensor.tolist()), Argument("dtype", tensor.dtype, torch.float32)))
