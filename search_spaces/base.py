"""What a search space is: a table of choices, its strings, its canonical forms, its costs and its networks."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from search_spaces.errors import InputError, InvalidArchitecture
from search_spaces.layers import Layers, fresh

if TYPE_CHECKING:
    from torch import nn

Shape = tuple[int, int, int]
"""Input of a network: channels, height, width."""

CIFAR: Shape = (3, 32, 32)

FLOAT32 = 4
"""Bytes of a number."""


@dataclass(frozen=True, slots=True, order=True)
class Architecture:
    """One point of a search space: an immutable, hashable value.

    Attributes:
        space: name of the space.
        choices: for each decision of the space, the index of the option taken.
    """

    space: str
    choices: tuple[int, ...]


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


def check_input(num_classes: int, in_shape: Shape) -> None:
    """Raise `InputError` unless a classifier of this many classes can take images of this shape."""
    if num_classes < 1:
        raise InputError(f"classes must be at least 1, not {num_classes}")
    if len(in_shape) != 3 or min(in_shape) < 1:
        raise InputError(f"input shape must be three positive numbers (channels, height, width), not {in_shape}")


class SearchSpace(ABC):
    """A table of decisions with a network behind each combination.

    A subclass names its `options` and writes `encode`, `decode`, `costs` and `build`; it overrides `canonical` where
    different choices give the same network. The random generator is always an argument.
    """

    name: ClassVar[str]
    summary: ClassVar[str]
    options: ClassVar[Sequence[Sequence[Any]]]
    """For each decision, the options to choose from, cheapest first: the next one costs no less in any respect."""

    @property
    def size(self) -> int:
        """Number of architectures; those that are the same function count each."""
        return prod(len(options) for options in self.options)

    @property
    def smallest(self) -> Architecture:
        """The architecture that takes the first option everywhere: none costs less in any respect."""
        return self.canonical(Architecture(self.name, (0,) * len(self.options)))

    @property
    def largest(self) -> Architecture:
        """The architecture that takes the last option everywhere: none costs more in any respect."""
        return self.canonical(Architecture(self.name, tuple(len(options) - 1 for options in self.options)))

    def arch(self, choices: Sequence[int]) -> Architecture:
        """The architecture that takes option `choices[i]` at decision `i`.

        Raises:
            InvalidArchitecture: a wrong number of choices, or one out of range.
        """
        if len(choices) != len(self.options):
            raise InvalidArchitecture(f"{self.name} makes {len(self.options)} decisions, not {len(choices)}")
        for i, (choice, options) in enumerate(zip(choices, self.options, strict=True)):
            if not 0 <= choice < len(options):
                raise InvalidArchitecture(
                    f"{self.name} has options 0 to {len(options) - 1} at decision {i}, not {choice}"
                )
        return Architecture(self.name, tuple(int(choice) for choice in choices))

    def values(self, arch: Architecture) -> tuple[Any, ...]:
        """The options that `arch` takes, in the order of the decisions."""
        return tuple(options[choice] for options, choice in zip(self.options, arch.choices, strict=True))

    def enumerate(self) -> Iterator[Architecture]:
        """Every architecture, in lexicographic order of the choices."""
        for choices in product(*(range(len(options)) for options in self.options)):
            yield Architecture(self.name, choices)

    def sample(self, rng: np.random.Generator) -> Architecture:
        """An architecture, uniform over the choices."""
        return Architecture(self.name, tuple(int(rng.integers(len(options))) for options in self.options))

    def mutate(self, arch: Architecture, rng: np.random.Generator) -> Architecture:
        """`arch` with one decision, drawn among those that have a choice, changed to another option."""
        free = [i for i, options in enumerate(self.options) if len(options) > 1]
        i = free[int(rng.integers(len(free)))]
        other = int(rng.integers(len(self.options[i]) - 1))
        other += other >= arch.choices[i]
        return Architecture(self.name, (*arch.choices[:i], other, *arch.choices[i + 1 :]))

    def crossover(self, a: Architecture, b: Architecture, rng: np.random.Generator) -> Architecture:
        """A child that takes each decision from `a` or `b` with equal odds."""
        pairs = zip(a.choices, b.choices, rng.integers(2, size=len(a.choices)), strict=True)
        return Architecture(self.name, tuple(y if take else x for x, y, take in pairs))

    def canonical(self, arch: Architecture) -> Architecture:
        """The one form that all architectures which are the same function as `arch` share."""
        return arch

    def published_class(self, arch: Architecture) -> str:
        """What the space's publication counts as one: the canonical form, unless it counts otherwise."""
        return self.encode(self.canonical(arch))

    @abstractmethod
    def encode(self, arch: Architecture) -> str:
        """The string of `arch`."""

    @abstractmethod
    def decode(self, text: str) -> Architecture:
        """The architecture of a string.

        Raises:
            InvalidArchitecture: says where the string goes wrong.
        """

    @abstractmethod
    def costs(self, arch: Architecture, num_classes: int, in_shape: Shape = CIFAR) -> Costs:
        """Costs of the network that `build` gives, by formula, without building it."""

    @abstractmethod
    def build(self, arch: Architecture, num_classes: int, in_shape: Shape = CIFAR, layers: Layers = fresh) -> nn.Module:
        """The network of `arch`: a classifier of images `(N, *in_shape)` into logits `(N, num_classes)`.

        Args:
            arch: of this space.
            num_classes: of the task.
            in_shape: of the task.
            layers: where layers with weights come from; by default each network has its own.
        """
