"""Modules that are named as those which show the last feature map and the head."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from torch import Tensor, nn

from diswot.errors import InputError, UnknownName


@dataclass(frozen=True)
class NamedTaps:
    """Where things are seen, by the paths of modules.

    Attributes:
        last_map: whose output is the last feature map.
        head: whose input are the pooled features.
    """

    last_map: str | None = None
    head: str | None = None


@dataclass
class Seen:
    """What the named modules showed.

    Attributes:
        last_map: `(N, C, H, W)`, `(N, H, W, C)` or tokens `(N, T, C)`.
        head_input: `(N, F)`.
    """

    last_map: Tensor | None = None
    head_input: Tensor | None = None


@contextmanager
def tapped(module: nn.Module, named: NamedTaps | None, title: str) -> Iterator[Seen]:
    """See what the named modules of a network show in the block.

    Raises:
        UnknownName: there is no module of that path; says which come closest.
        InputError: at the end of the block, if a module did not run, or shows no such thing.
    """
    seen, named = Seen(), named or NamedTaps()
    shown: dict[str, Any] = {}

    def note_map(_: nn.Module, __: object, out: Any) -> None:
        shown["map"] = out.clone() if isinstance(out, Tensor) else out  # before anything writes to it

    def note_head(_: nn.Module, args: tuple[Any, ...], __: object) -> None:
        shown["head"] = args[0] if args else None

    with ExitStack() as hooks:
        for path, note in ((named.last_map, note_map), (named.head, note_head)):
            if path is not None:
                hooks.callback(_module(module, path, title).register_forward_hook(note).remove)
        yield seen
    if named.last_map is not None:
        seen.last_map = _shaped(shown, "map", (3, 4), f"output of module {named.last_map!r} of {title}")
    if named.head is not None:
        seen.head_input = _shaped(shown, "head", (2,), f"input of module {named.head!r} of {title}")


def _module(network: nn.Module, path: str, title: str) -> nn.Module:
    known = [name for name, _ in network.named_modules() if name]
    if path not in known:
        raise UnknownName(f"module of {title}", path, get_close_matches(path, known, 8, 0.4) or known[:8])
    return network.get_submodule(path)


def _shaped(shown: dict[str, Any], which: str, dimensions: tuple[int, ...], title: str) -> Tensor:
    """What a module showed, if it has the shape of such a thing."""
    if which not in shown:
        raise InputError(f"there is no {title}: it takes no part in the forward pass")
    value = shown[which]
    if not isinstance(value, Tensor) or value.ndim not in dimensions:
        found = tuple(value.shape) if isinstance(value, Tensor) else f"a {type(value).__name__}"
        wanted = "feature map (N, C, H, W) or tokens (N, T, C)" if which == "map" else "pooled features (N, F)"
        raise InputError(f"the {title} is {found}, which is no {wanted}")
    return value
