"""A network as one module of Python that needs torch alone."""

from __future__ import annotations

import copy
import inspect
from typing import Any

import torch
from torch import nn

from diswot.errors import InputError, reason_of
from diswot.export.classes import Class, Classes
from diswot.export.layout import laid_out, written
from diswot.export.recipe import Instance, recipe_of
from diswot_spaces import Shape

ROOT = "Network"
"""What a network is called that has no class of its own."""


def python_source(network: nn.Module, in_shape: Shape, summary: str) -> str:
    """The source of a module with one class for each kind of part, whose last class makes the network.

    The class takes no arguments, and its `state_dict` has the names of the network's. What was written is run, and
    compared with the network in training and in evaluation.

    Args:
        network: a classifier.
        in_shape: channels, height, width of its images.
        summary: one sentence on the network for the docstring.

    Raises:
        InputError: what the network computes cannot be written down; other formats may hold it.
    """
    shared = len(list(network.named_parameters(remove_duplicate=False))) - len(list(network.parameters()))
    if shared:
        raise InputError(f"{shared} parameters of the network stand at two places, which a module in Python would part")
    source = _source(network, summary)
    _check(source, network, in_shape)
    return source


def _source(network: nn.Module, summary: str) -> str:
    root = recipe_of(network)
    classes = Classes(root)
    written = list(classes)
    parts = [_class_source(one, classes) for one in written]
    if isinstance(root, Instance):
        last = written[-1].name
    else:
        last = ROOT
        body = classes.expression(root).lines(8)
        body[0] = body[0].replace(root.name, "super().__init__", 1)
        parts.append("\n".join([f"class {ROOT}(nn.Sequential):", "    def __init__(self) -> None:", *body]) + "\n")
    body_text = "\n\n".join(parts)
    imports = [
        *(["import math"] if "math." in body_text else []),
        *(["from collections import OrderedDict"] if "OrderedDict(" in body_text else []),
    ]
    heavy = [
        *(["import torch"] if "torch." in body_text else []),
        *(["import torch.nn.functional as F"] if "F." in body_text else []),
        "from torch import nn",
    ]
    usage = f"    network = {last}()\n    network.load_state_dict(...)"
    head = f'"""{summary}\n\n{usage}\n"""\n\n'
    return head + "\n".join([*imports, *([""] if imports else []), *heavy]) + "\n\n\n" + body_text


def _class_source(one: Class, classes: Classes) -> str:
    arguments = [f"{name}: {_annotation(values)}" for name, values in one.parameters.items()]
    members = classes.members(one)
    numbered = bool(members) and all(name.isdigit() for name, _ in members)  # a list of layers with its own `forward`
    lines = [f"class {one.name}(nn.{'Sequential' if numbered else 'Module'}):"]
    if said := _summary(one.kind):
        lines += [f'    """{said}"""', ""]
    lines.append(f"    def __init__({', '.join(['self', *arguments])}) -> None:")
    if numbered:
        lines += laid_out(written("super().__init__", [("", layer) for _, layer in members]), 8, "")
    else:
        lines.append("        super().__init__()")
        for name, expression in members:
            lines += laid_out(expression, 8, f"self.{name} = ")
    return "\n".join([*lines, "", *(f"    {line}" for line in one.instances[0].forward)]) + "\n"


def _annotation(values: tuple[Any, ...]) -> str:
    kinds = {type(value) for value in values}
    return kinds.pop().__name__ if len(kinds) == 1 else "object"


def _summary(kind: type[nn.Module]) -> str:
    """The first line of the class's own docstring."""
    own = inspect.cleandoc(vars(kind).get("__doc__") or "").partition("\n")[0]
    return own if '"""' not in own and "\\" not in own else ""


def _check(source: str, network: nn.Module, in_shape: Shape) -> None:
    """Refuse a source that does not make the network.

    Raises:
        InputError: says in what the two differ.
    """
    namespace: dict[str, Any] = {"__name__": "exported"}
    kind = type(network).__name__
    try:
        exec(compile(source, "<exported>", "exec"), namespace)  # noqa: S102 - what was written right here
        last = [value for value in namespace.values() if isinstance(value, type) and value.__module__ == "exported"][-1]
        made: nn.Module = last()
        made.load_state_dict(network.state_dict())
        images = torch.randn(2, *in_shape, generator=torch.Generator().manual_seed(0))
        pairs = [[_run(one, images, training=mode) for one in (network, made)] for mode in (False, True)]
    except Exception as error:
        raise InputError(
            f"{kind} cannot be written as Python: {reason_of(error)}; export it as onnx or torchscript"
        ) from error
    for mode, (wanted, found) in zip(("evaluation", "training"), pairs, strict=True):
        if not torch.allclose(wanted, found, rtol=1e-4, atol=1e-5):
            raise InputError(
                f"{kind} written as Python computes something else in {mode}; export it as onnx or torchscript"
            )


@torch.no_grad()
def _run(network: nn.Module, images: torch.Tensor, *, training: bool) -> torch.Tensor:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        logits: torch.Tensor = copy.deepcopy(network).train(training)(images)
    return logits
