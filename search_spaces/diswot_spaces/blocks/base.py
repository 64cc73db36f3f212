"""What a block is: settings with limits, a cost formula, and a network, said in one file."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar, get_type_hints

from diswot_spaces.blocks.tape import Features, Tape, Traced
from diswot_spaces.costs import Costs
from diswot_spaces.errors import InputError

if TYPE_CHECKING:
    from torch import nn

ACTIVATIONS = ("relu", "relu6", "hardswish", "silu", "gelu", "none")
"""Activations by name; `none` applies nothing."""
MOST_CHANNELS = 65_536


@dataclass(frozen=True, slots=True)
class Setting:
    """What there is to say of a setting of a block beside its name, type and default.

    Attributes:
        help: a noun phrase that stands alone.
        low: least number allowed.
        high: greatest number allowed.
        among: the values allowed, where these are few.
    """

    help: str
    low: float | None = None
    high: float | None = None
    among: tuple[Any, ...] = ()


def setting(
    help: str,  # noqa: A002  (the word that command-line libraries use)
    default: Any = MISSING,
    *,
    low: float | None = None,
    high: float | None = None,
    among: tuple[Any, ...] = (),
) -> Any:
    """A field of a block, with its limits."""
    return field(default=default, metadata={"setting": Setting(help, low, high, among)}, kw_only=True)


def width(default: Any = MISSING) -> Any:
    """The field of the channels that leave a block."""
    return setting("Channels that leave the block.", default, low=1, high=MOST_CHANNELS)


def stride() -> Any:
    """The field of a stride."""
    return setting("Factor by which the block makes maps smaller; in a stage, its first block does.", 1, low=1, high=32)


def kernel(default: int = 3) -> Any:
    """The field of a kernel size."""
    return setting("Kernel size.", default, among=(1, 3, 5, 7, 9, 11))


def groups() -> Any:
    """The field of the groups of a convolution."""
    return setting("Groups of the convolution.", 1, low=1, high=MOST_CHANNELS)


def activation(default: str = "relu") -> Any:
    """The field of an activation."""
    return setting("Activation.", default, among=ACTIVATIONS)


def squeeze() -> Any:
    """The field of squeeze-and-excitation."""
    return setting("Channels of squeeze-and-excitation as a share of those it weighs; 0 for none.", 0.0, low=0, high=1)


@dataclass(frozen=True, slots=True)
class Block(ABC):
    """A part of a network with a width and, where it can make maps smaller, a stride.

    A subclass is a frozen dataclass whose fields are declared by `setting`. Values are checked where a file is read.

    Attributes:
        kind: its name in files.
        summary: one line, with the reference.
        takes: `"maps"` or `"tokens"`.
        gives: the same of what leaves it; empty where that is what it takes.
        ascending: settings of which a greater value costs no less in any respect.
    """

    kind: ClassVar[str]
    summary: ClassVar[str]
    takes: ClassVar[str] = "maps"
    gives: ClassVar[str] = ""
    ascending: ClassVar[tuple[str, ...]] = ()

    def misfit(self, c_in: int) -> str:  # noqa: ARG002
        """Why so many channels cannot enter, or why the settings cannot be combined; empty where they can."""
        return ""

    def costs(self, x: Features) -> tuple[Costs, Features]:
        """What the block costs when such features enter it, and what leaves it; by its operations, or a formula."""
        tape = Tape(x)
        result = self.trace(tape, tape.source)
        return tape.costs(result), result.features

    @abstractmethod
    def trace(self, tape: Tape, x: Traced) -> Traced:
        """Write the block's operations on `x` down, in the order in which the network does them."""

    @abstractmethod
    def network(self, x: Features) -> nn.Module:
        """The block as a module that takes such features; imports torch."""


def block_kind(found: object) -> type[Block]:
    """A kind of block that was given or imported.

    Raises:
        InputError: it is none, or its settings are not declared.
    """
    if not (isinstance(found, type) and issubclass(found, Block) and is_dataclass(found)):
        raise InputError(f"a block is a subclass of Block and a frozen dataclass, not {found!r}")
    bare = [one.name for one in fields(found) if "setting" not in one.metadata]
    if bare or not isinstance(getattr(found, "kind", None), str):
        missing = f"the setting {bare[0]} is not declared by setting(...)" if bare else "it has no kind"
        raise InputError(f"{found.__qualname__} is no block: {missing}")
    return found


def settings(kind: type) -> dict[str, tuple[type, Any, Setting]]:
    """Type, default (`MISSING` for none) and limits of each setting of a kind of block, or of a head."""
    hints = get_type_hints(kind)
    return {f.name: (hints[f.name], f.default, f.metadata["setting"]) for f in fields(kind)}


@lru_cache(maxsize=65_536)
def block_costs(block: Block, x: Features) -> tuple[Costs, Features]:
    """What a block costs when such features enter it, and what leaves it."""
    return block.costs(x)


def make_block(block: Block, x: Features) -> nn.Module:
    """The network of a block: what `LayerFactory` is asked for, so that equal blocks at one path can be shared."""
    return block.network(x)


def rounded(channels: float, divisor: int = 8) -> int:
    """A multiple of `divisor` near to so many channels, and not below nine tenths of them.

    Source: the published code of Sandler et al., "MobileNetV2", CVPR 2018.
    """
    near = max(divisor, int(channels + divisor / 2) // divisor * divisor)
    return near + divisor if near < 0.9 * channels else near


def trace_activation(tape: Tape, x: Traced, name: str) -> Traced:
    """An activation, or nothing."""
    return x if name == "none" else tape.apply(x)


def trace_conv_norm(tape: Tape, x: Traced, c_out: int, kernel: int = 1, stride: int = 1, groups: int = 1) -> Traced:
    """A convolution without bias, and a norm."""
    return tape.norm(tape.conv(x, c_out, kernel, stride, groups=groups))


def trace_squeeze(tape: Tape, x: Traced, squeezed: int) -> Traced:
    """Squeeze-and-excitation through so many channels; 0 for none."""
    if not squeezed:
        return x
    pooled = tape.make((x,), Features(x.features.channels, 1, 1))
    narrow = tape.apply(tape.conv(pooled, squeezed, bias=True))
    gate = tape.apply(tape.conv(narrow, x.features.channels, bias=True))
    return tape.apply(x, gate)
