"""The bottleneck block of residual networks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from diswot_spaces.blocks import base
from diswot_spaces.blocks.base import Block
from diswot_spaces.blocks.tape import Features, Tape, Traced

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, slots=True)
class Bottleneck(Block):
    """Narrow, filter, widen, beside a shortcut, which is projected where the shape changes; the filter strides.

    Sources: He et al., "Deep Residual Learning for Image Recognition", CVPR 2016, figure 5 (right); groups as in Xie
    et al., "Aggregated Residual Transformations for Deep Neural Networks", CVPR 2017.
    """

    kind: ClassVar[str] = "bottleneck"
    summary: ClassVar[str] = "residual block of 1 x 1, k x k and 1 x 1 convolutions (He et al. 2016)"
    ascending: ClassVar[tuple[str, ...]] = ("kernel", "se")

    width: int = base.width()
    stride: int = base.stride()
    kernel: int = base.kernel()
    reduction: float = base.setting("Factor by which the block is narrower inside.", 4.0, low=0.125, high=64)
    groups: int = base.groups()
    se: float = base.squeeze()
    activation: str = base.activation()

    def misfit(self, c_in: int) -> str:  # noqa: ARG002
        """Groups divide the channels inside."""
        inside = self._inside
        if inside < 1:
            return f"{self.width} channels reduced by {self.reduction:g} leave none inside"
        return f"{inside} channels inside do not divide into {self.groups} groups" if inside % self.groups else ""

    def trace(self, tape: Tape, x: Traced) -> Traced:
        """`(C, H, W)` to `(width, H / stride, W / stride)`."""
        out = base.trace_conv_norm(tape, x, self._inside)
        out = base.trace_activation(tape, out, self.activation)
        out = base.trace_conv_norm(tape, out, self._inside, self.kernel, self.stride, self.groups)
        out = base.trace_activation(tape, out, self.activation)
        out = base.trace_conv_norm(tape, out, self.width)
        out = base.trace_squeeze(tape, out, self._squeezed)
        if self._projects(x.features.channels):
            x = base.trace_conv_norm(tape, x, self.width, stride=self.stride)
        return base.trace_activation(tape, tape.apply(out, x), self.activation)

    def network(self, x: Features) -> nn.Module:
        """The block as a module."""
        from diswot_spaces.networks import parts

        inside = self._inside
        body = parts.chain(
            parts.conv_norm(x.channels, inside),
            parts.activation(self.activation),
            parts.conv_norm(inside, inside, self.kernel, self.stride, self.groups),
            parts.activation(self.activation),
            parts.conv_norm(inside, self.width),
            parts.squeeze(self.width, self._squeezed),
        )
        shortcut = parts.conv_norm(x.channels, self.width, 1, self.stride) if self._projects(x.channels) else None
        return parts.Residual(body, shortcut, parts.activation(self.activation))

    @property
    def _inside(self) -> int:
        return int(self.width / self.reduction)

    @property
    def _squeezed(self) -> int:
        return base.rounded(self.width * self.se) if self.se else 0

    def _projects(self, c_in: int) -> bool:
        return (c_in, 1) != (self.width, self.stride)
