"""Costs of a network written down operation by operation: no torch, and the same figures as `networks.counting`."""

from __future__ import annotations

from typing import NamedTuple

from diswot_spaces.costs import FLOAT32, Costs


class Features(NamedTuple):
    """What runs between two blocks for one image: maps `(C, H, W)`, or tokens `(H * W + extra, C)`.

    Attributes:
        channels: C.
        height: H, of the maps or of the grid that tokens stand for.
        width: W.
        extra: tokens beside those of the grid, such as one class token.
        tokens: whether these are tokens.
    """

    channels: int
    height: int
    width: int
    extra: int = 0
    tokens: bool = False

    @property
    def positions(self) -> int:
        """Positions of the grid, and tokens beside them."""
        return self.height * self.width + self.extra

    @property
    def numbers(self) -> int:
        """Numbers for one image."""
        return self.channels * self.positions


class Traced(NamedTuple):
    """A tensor on a tape.

    Attributes:
        key: what it shares with its views.
        features: its shape.
    """

    key: int
    features: Features


class Tape:
    """Notes what each operation costs, and which tensors it reads and makes.

    Peak memory follows from that as `Costs.memory` defines it: a tensor is alive from the operation that makes it to
    the last one that reads it.

    Args:
        source: what the first operation reads.
    """

    def __init__(self, source: Features) -> None:
        self.params = self.macs = self.layers = 0
        self._step = 0
        self._numbers: list[int] = []
        self._first: list[int] = []
        self._last: list[int] = []
        self.source = self._made(source)

    def costs(self, result: Traced) -> Costs:
        """What was noted, where `result` is what remains."""
        self._last[result.key] = self._step
        changes = [0] * (self._step + 2)
        for key, (first, last) in enumerate(zip(self._first, self._last, strict=True)):
            if last > first or key == result.key:
                changes[first] += self._numbers[key]
                changes[last + 1] -= self._numbers[key]
        alive = peak = 0
        for change in changes:
            alive += change
            peak = max(peak, alive)
        return Costs(self.params, self.macs, self.layers, FLOAT32 * peak)

    def conv(
        self,
        x: Traced,
        c_out: int,
        kernel: int = 1,
        stride: int = 1,
        *,
        groups: int = 1,
        bias: bool = False,
        padding: int | None = None,
    ) -> Traced:
        """A convolution, with 'same' padding unless told otherwise."""
        c_in, height, width, *_ = x.features
        pad = kernel // 2 if padding is None else padding
        size = ((height + 2 * pad - kernel) // stride + 1, (width + 2 * pad - kernel) // stride + 1)
        weights = kernel * kernel * (c_in // groups) * c_out
        self._weigh(weights, c_out * bias, size[0] * size[1])
        return self._operation((x,), Features(c_out, *size))

    def linear(self, x: Traced, c_out: int, *, bias: bool = True) -> Traced:
        """A linear layer at each position."""
        self._weigh(x.features.channels * c_out, c_out * bias, x.features.positions)
        return self._operation((x,), x.features._replace(channels=c_out))

    def norm(self, x: Traced) -> Traced:
        """A batch norm or a layer norm: two parameters a channel."""
        self.params += 2 * x.features.channels
        return self.apply(x)

    def scale(self, x: Traced) -> Traced:
        """A factor for each channel, learned."""
        self.params += x.features.channels
        return self.apply(x)

    def apply(self, *read: Traced) -> Traced:
        """An operation without weights whose result has the shape of the first tensor that it reads."""
        return self._operation(read, read[0].features)

    def make(self, read: tuple[Traced, ...], features: Features) -> Traced:
        """An operation without weights whose result has another shape, such as a pooling."""
        return self._operation(read, features)

    def product(self, a: Traced, b: Traced, features: Features, macs: int) -> Traced:
        """A product of two matrices that both depend on the image."""
        self.macs += macs
        return self._operation((a, b), features)

    def _weigh(self, weights: int, biases: int, positions: int) -> None:
        self.params += weights + biases
        self.macs += weights * positions
        self.layers += 1

    def _operation(self, read: tuple[Traced, ...], features: Features) -> Traced:
        self._step += 1
        for x in read:
            self._last[x.key] = self._step
        return self._made(features)

    def _made(self, features: Features) -> Traced:
        self._numbers.append(features.numbers)
        self._first.append(self._step)
        self._last.append(self._step)
        return Traced(len(self._numbers) - 1, features)


def view(x: Traced, features: Features) -> Traced:
    """The same numbers, or some of them, in another shape: no new tensor."""
    return Traced(x.key, features)
