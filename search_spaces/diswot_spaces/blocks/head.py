"""What stands between the last stage and the logits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from diswot_spaces.blocks import base
from diswot_spaces.blocks.tape import Features, Tape, Traced, view


@dataclass(frozen=True, slots=True)
class Head:
    """A last convolution, a norm, the pooling, a hidden layer: what is asked for, in this order, then the classifier.

    A batch norm has the activation behind it and comes before the pooling, as networks of pre-activation blocks need
    it; a layer norm comes behind the pooling. Tokens are pooled to their average or to their class token.
    """

    kind: ClassVar[str] = "head"

    width: int = base.setting("Channels of a last 1 x 1 convolution; 0 for none.", 0, low=0, high=base.MOST_CHANNELS)
    activation: str = base.activation()
    norm: str = base.setting("Norm beside the pooling.", "none", among=("none", "batch", "layer"))
    pool: str = base.setting("What stands for the image.", "average", among=("average", "class"))
    hidden: int = base.setting("Width of a hidden layer; 0 for none.", 0, low=0, high=base.MOST_CHANNELS)

    def misfit(self, *, tokens: bool) -> str:
        """Why maps or tokens cannot enter; empty where they can."""
        if tokens and (self.width or self.norm == "batch"):
            return "tokens take neither a last convolution nor a batch norm"
        return "maps have no class token to pool to" if self.pool == "class" and not tokens else ""

    def trace(self, tape: Tape, x: Traced, num_classes: int) -> Traced:
        """`(C, H, W)` or `(T, C)` to `(num_classes)`."""
        if self.width:
            x = base.trace_activation(tape, base.trace_conv_norm(tape, x, self.width), self.activation)
        if self.norm == "batch":
            x = base.trace_activation(tape, tape.norm(x), self.activation)
        pooled = Features(x.features.channels, 1, 1)
        x = view(x, pooled) if self.pool == "class" else tape.make((x,), pooled)
        if self.norm == "layer":
            x = tape.norm(x)
        if self.hidden:
            x = base.trace_activation(tape, tape.linear(x, self.hidden), self.activation)
        return tape.linear(x, num_classes)
