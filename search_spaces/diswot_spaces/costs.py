"""What networks cost: parameters, multiply-accumulates, depth, activation memory; formulas of common parts."""

from __future__ import annotations

from dataclasses import dataclass

FLOAT32 = 4
"""Bytes of a number."""


@dataclass(frozen=True, slots=True)
class Costs:
    """What a network costs, by our own count.

    Attributes:
        params: trainable parameters.
        macs: multiply-accumulates of convolutions, linear layers and attention products for one image;
            one multiply-add is one MAC.
        depth: layers with trainable weights on multiply-accumulates (convolutions and linear layers).
        memory: bytes of the activations that are alive at once, at their peak, while one image runs in float32.
            The operations run one after the other as the network was built; while one runs, its inputs, its output
            and whatever a later one still reads are alive. An identity and a change of shape make no new tensor.
            Weights and what a library needs for itself are not counted.
    """

    params: int
    macs: int
    depth: int
    memory: int

    def __add__(self, other: Costs) -> Costs:
        """Costs of one part behind the other: counts add up, and of two peaks the higher one remains."""
        return Costs(
            self.params + other.params,
            self.macs + other.macs,
            self.depth + other.depth,
            max(self.memory, other.memory),
        )

    def __mul__(self, times: int) -> Costs:
        """Costs of a part that comes `times` times, one behind the other."""
        return Costs(self.params * times, self.macs * times, self.depth * times, self.memory)


@dataclass(frozen=True, slots=True)
class Bounds:
    """What the architectures of a space cost at least and at most.

    Attributes:
        lower: no architecture costs less in any respect.
        upper: no architecture costs more in any respect; `None` where no such figures are known.
        exact: whether, in each respect, one architecture costs `lower` and one costs `upper`.
    """

    lower: Costs
    upper: Costs | None
    exact: bool


UNKNOWN = Bounds(Costs(0, 0, 0, 0), None, exact=False)
"""Bounds of a space of which nothing is known."""


def convolution(
    c_in: int, c_out: int, kernel: int, size: tuple[int, int], *, groups: int = 1, norm: bool = True
) -> Costs:
    """Costs of a bias-free convolution with `size` (height, width) of output, and of the batch norm behind it.

    What is alive around it is told by `alive`: a shortcut beside it counts too.
    """
    weights = kernel * kernel * (c_in // groups) * c_out
    return Costs(weights + 2 * c_out * norm, weights * size[0] * size[1], 1, 0)


def batch_norm(channels: int) -> Costs:
    """Costs of an affine batch norm: two parameters a channel, no multiply-accumulates."""
    return Costs(2 * channels, 0, 0, 0)


def classifier(channels: int, size: tuple[int, int], num_classes: int) -> Costs:
    """Costs of a global pooling of `size` (height, width) and of the linear layer with bias behind it."""
    weights = channels * num_classes
    pooling = alive(numbers(channels, size) + channels)
    return pooling + Costs(weights + num_classes, weights, 1, FLOAT32 * (channels + num_classes))


def numbers(channels: int, size: tuple[int, int]) -> int:
    """Numbers in feature maps of `size` (height, width) for one image."""
    return channels * size[0] * size[1]


def alive(count: int) -> Costs:
    """Costs of so many float32 numbers that are alive at once, and of nothing else."""
    return Costs(0, 0, 0, FLOAT32 * count)


def halved(size: tuple[int, int]) -> tuple[int, int]:
    """Output size of a stride-2 convolution with 'same' padding, for an input of `size` (height, width)."""
    return (size[0] + 1) // 2, (size[1] + 1) // 2
