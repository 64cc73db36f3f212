"""What a module computes with its parts, as lines of Python."""

from __future__ import annotations

import copy
import inspect
import math
import operator
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, fx, nn
from torch.fx.graph import magic_methods

from diswot.errors import InputError, reason_of

LONGEST = 90
"""Letters of an expression that is still written into another."""

NAMESPACES = {"torch": torch, "F": F, "math": math, "torch.linalg": torch.linalg, "torch.fft": torch.fft}
"""Where functions are looked up, by how a written module calls them."""


BINDS = {"add": 1, "sub": 1, "mul": 2, "truediv": 2, "matmul": 2}
"""How tightly operators bind; all others take brackets."""


def forward_lines(module: nn.Module) -> tuple[tuple[str, ...], dict[str, Tensor]]:
    """The `forward` of a module as lines, signature first, its parts called rather than looked into.

    Where it computes otherwise in training, both ways are written.

    Returns:
        The lines, and tensors by name that the lines read and the module keeps nowhere else.

    Raises:
        InputError: the computation depends on the values that it is given, or calls what torch does not have.
    """
    training, evaluation = (_traced(copy.deepcopy(module).train(mode)) for mode in (True, False))
    constants = {name: value for traced in (training, evaluation) for name, value in traced.constants.items()}
    if training.body == evaluation.body:
        return (training.signature, *_indented(training.body)), constants
    both = ["if self.training:", *_indented(training.body), "else:", *_indented(evaluation.body)]
    return (training.signature, *_indented(both)), constants


class _OneLevel(fx.Tracer):
    """Traces a module, and calls its parts."""

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:  # noqa: ARG002
        return True


class _Traced:
    """One traced `forward`: signature, lines of the body, constants."""

    def __init__(self, module: nn.Module, graph: fx.Graph) -> None:
        self.module = module
        self._mutates = any(_is_in_place(node, module) for node in graph.nodes)
        self._texts: dict[fx.Node, str] = {}
        self._binds: dict[fx.Node, int] = {}
        """How tightly the operator of a node's text binds; those that are not here need no brackets."""
        self._names: set[fx.Node] = set()
        """Nodes whose text is a name, or looks something up of one: it may be repeated."""
        inputs: list[str] = []
        self.body: list[str] = []
        self.constants: dict[str, Tensor] = {}
        _drop_unread(graph)
        for node in graph.nodes:
            if node.op == "placeholder":
                self._texts[node] = str(node.target)
                self._names.add(node)
                inputs.append(f"{node.target}: torch.Tensor")
            elif node.op == "output":
                self.body.append(f"return {self._text(node.args[0])}")
            elif node.op == "get_attr":
                self._keep_attribute(str(node.target))
                self._texts[node] = f"self.{node.target}"
            else:
                self._write(node)
        self.signature = f"def forward(self, {', '.join(inputs)}) -> torch.Tensor:"

    def _keep_attribute(self, name: str) -> None:
        """Note a constant that is neither a parameter nor a buffer."""
        owned = {*self.module._parameters, *self.module._buffers}
        value = getattr(self.module, name, None)
        if "." not in name and name not in owned and isinstance(value, Tensor):
            self.constants[name] = value

    def _write(self, node: fx.Node) -> None:
        """Write a node into the one that reads it, or as a line of its own."""
        text = self._expression(node)
        if _is_a_look(node) and all(source in self._names for source in node.all_input_nodes):
            self._texts[node] = text
            self._names.add(node)
        elif not self._mutates and len(text) <= LONGEST and _times_read(node) == 1:
            self._texts[node] = text
        else:
            self.body.append(f"{node.name} = {text}" if node.users else text)
            self._texts[node] = node.name
            self._names.add(node)
            self._binds.pop(node, None)

    def _expression(self, node: fx.Node) -> str:
        given = _told(self.module, node) if node.op == "call_module" else node.kwargs
        arguments = [*map(self._text, node.args), *(f"{key}={self._text(value)}" for key, value in given.items())]
        if node.op == "call_module":
            return f"{_place(self.module, str(node.target))}({', '.join(arguments)})"
        if node.op == "call_method":
            return f"{self._operand(node.args[0])}.{node.target}({', '.join(arguments[1:])})"
        function: Any = node.target
        if function is getattr:
            return f"{self._operand(node.args[0])}.{node.args[1]}"
        if function is operator.getitem:
            return f"{self._operand(node.args[0])}[{_index(node.args[1], self._text)}]"
        pattern = magic_methods.get(function.__name__.strip("_")) if function.__module__ == "_operator" else None
        if pattern is not None and not node.kwargs:
            self._binds[node] = tight = BINDS.get(function.__name__.strip("_"), 0)
            return pattern.format(*(self._operand(value, tight) for value in node.args))
        return f"{_name_of(function)}({', '.join(arguments)})"

    def _operand(self, value: Any, tight: int = 2) -> str:
        """What stands beside an operator that binds so tightly, or before a dot."""
        text = self._text(value)
        loose = isinstance(value, fx.Node) and self._binds.get(value, 3) <= tight
        return f"({text})" if loose else text

    def _text(self, value: Any) -> str:
        """An argument as it is written."""
        if isinstance(value, fx.Node):
            return self._texts[value]
        if isinstance(value, tuple | list):
            inner = ", ".join(map(self._text, value))
            return f"[{inner}]" if isinstance(value, list) else f"({inner}{',' * (len(value) == 1)})"
        if isinstance(value, slice):
            return f"slice({self._text(value.start)}, {self._text(value.stop)}, {self._text(value.step)})"
        if isinstance(value, float) and not math.isfinite(value):
            return f'float("{value}")'
        return repr(value)


def _traced(module: nn.Module) -> _Traced:
    kind = type(module).__name__
    try:
        return _Traced(module, _OneLevel().trace(_with_defaults(module)))
    except InputError:
        raise
    except Exception as error:  # a forward pass of somebody else's may do anything
        raise InputError(
            f"{kind} cannot be written as Python, since what it does depends on more than its parts: "
            f"{reason_of(error)}; export it as onnx or torchscript"
        ) from error


def _with_defaults(module: nn.Module) -> nn.Module:
    """The module as one whose `forward` takes only what it must be given: what has a default is no input."""
    kind = type(module)
    parameters = list(inspect.signature(kind.forward).parameters.values())[1:]
    names = ", ".join(one.name for one in parameters if one.default is one.empty and one.kind is not one.VAR_KEYWORD)
    namespace: dict[str, Any] = {"forward_of": kind.forward}
    exec(f"def forward(self, {names}): return forward_of(self, {names})", namespace)  # noqa: S102 - names alone
    module.__class__ = type(kind.__name__, (kind,), {"forward": namespace["forward"]})
    return module


def _is_a_look(node: fx.Node) -> bool:
    """Whether a node only looks something up."""
    if node.target is operator.getitem:
        return _is_a_look(node.all_input_nodes[0])
    return (node.target is getattr and node.args[1] in ("shape", "dtype", "device")) or node.target in ("size", "dim")


def _drop_unread(graph: fx.Graph) -> None:
    """Drop checks of the input, and then what nothing reads of what was looked up or reckoned from it."""
    for node in reversed(list(graph.nodes)):
        if node.op != "call_function" or node.users:
            continue
        if node.target is torch._assert or _is_a_look(node) or node.target.__module__ == "_operator":
            graph.erase_node(node)


def _told(module: nn.Module, node: fx.Node) -> dict[str, Any]:
    """The arguments by name that a part is called with, but for those which are its own defaults."""
    part = module.get_submodule(str(node.target))
    parameters = inspect.signature(type(part).forward).parameters
    return {
        name: value
        for name, value in node.kwargs.items()
        if isinstance(value, fx.Node) or name not in parameters or value != parameters[name].default
    }


def _times_read(node: fx.Node) -> int:
    """How often a node's value is an argument."""
    found = 0

    def count(value: fx.Node) -> fx.Node:
        nonlocal found
        found += value is node
        return value

    for user in node.users:
        fx.node.map_arg((user.args, user.kwargs), count)
    return found


def _is_in_place(node: fx.Node, module: nn.Module) -> bool:
    """Whether a node changes what it reads, so that the order of lines matters."""
    if node.op == "call_module":
        return any(getattr(layer, "inplace", False) for layer in module.get_submodule(str(node.target)).modules())
    name = node.target if isinstance(node.target, str) else getattr(node.target, "__name__", "")
    return node.op.startswith("call") and (name.endswith("_") or name == "setitem" or bool(node.kwargs.get("inplace")))


def _place(module: nn.Module, path: str) -> str:
    """How a part is reached: `self.stem`, `self.blocks[3]`, `self.operations["01"]`."""
    text, here = "self", module
    for part in path.split("."):
        if isinstance(here, nn.ModuleDict) and here is not module:
            text += f'["{part}"]'
        else:
            text += f"[{part}]" if part.isdigit() else f".{part}"
        here = getattr(here, part)
    return text


def _index(index: Any, write: Callable[[Any], str]) -> str:
    """An index as it is written between brackets."""
    if isinstance(index, tuple) and index:
        return ", ".join(_index(one, write) for one in index)
    if isinstance(index, slice):
        start, stop, step = ("" if part is None else write(part) for part in (index.start, index.stop, index.step))
        return f"{start}:{stop}{':' if step else ''}{step}"
    return "..." if index is Ellipsis else write(index)


def _name_of(function: Any) -> str:
    """How a function is called in a module that imports torch alone.

    Raises:
        InputError: torch does not have it.
    """
    name = getattr(function, "__name__", repr(function))
    for namespace, module in NAMESPACES.items():
        if getattr(module, name, None) is function:
            return f"{namespace}.{name}"
    raise InputError(f"the function {name} of {function.__module__} is not one of torch; export it as onnx")


def _indented(lines: list[str]) -> list[str]:
    return [f"    {line}" for line in lines]
