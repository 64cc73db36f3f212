"""What a search space is: a table of decisions, what may be combined, its strings, its costs and its networks."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from functools import lru_cache, partial
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any

from diswot_spaces.architecture import CIFAR, Architecture, Shape, check_input
from diswot_spaces.costs import UNKNOWN, Bounds, Costs
from diswot_spaces.errors import InputError, InvalidArchitecture
from diswot_spaces.layers import LayerFactory, fresh

if TYPE_CHECKING:
    import numpy as np
    from torch import nn

COUNTABLE = 100_000
"""Combinations of options up to which those that are valid are counted."""
TRIES = 10_000
"""Random combinations in a row that may be invalid before sampling is given up."""
CHANGES = 20
"""Random changes in a row that may be invalid before all valid ones are looked at."""


class SearchSpace(ABC):
    """A table of decisions with a network behind each valid combination of options.

    A subclass names itself and its `options`, and writes `build`. Everything else has a default:

    - strings are the JSON of the option values: override `encode` and `decode` for a notation of your own;
    - costs are counted on the built network: override `costs` with formulas for speed;
    - all combinations are valid: override `is_valid` where some are not;
    - different choices give different networks: override `canonical` where they do not;
    - nothing is known of costs beforehand: declare `monotone` where the options ascend in cost, or override `bounds`.

    The random generator is always an argument. `diswot.testing.SearchSpaceConformance` checks all of this.

    Example:
        >>> import numpy as np
        >>> class Plain(SearchSpace):
        ...     name = "plain"
        ...     options = ((8, 16), (8, 16, 32))
        ...     def build(self, arch, num_classes, in_shape=CIFAR, layers=fresh):
        ...         from torch import nn
        ...         a, b = self.values(arch)
        ...         body = nn.Conv2d(in_shape[0], a, 3), nn.ReLU(), nn.Conv2d(a, b, 3), nn.ReLU()
        ...         return nn.Sequential(*body, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(b, num_classes))
        >>> space = Plain()
        >>> space.size, space.encode(space.sample(np.random.default_rng(0)))
        (6, '[16,16]')

    Attributes:
        name: letters, digits and `._-`.
        summary: one line for lists.
        options: for each decision, the options to choose from, in any order.
        monotone: whether the options of each decision ascend in cost: the next one costs no less in any respect,
            whatever else is chosen. All combinations must be valid. A search then finds what lies within a budget by
            bisection, and knows exactly what does not.
    """

    name: str
    summary: str = ""
    options: Sequence[Sequence[Any]]
    monotone: bool = False

    @property
    def combinations(self) -> int:
        """Number of combinations of options, valid or not."""
        return prod(len(options) for options in self.options)

    @property
    def size(self) -> int | None:
        """Number of valid architectures, equal functions counted each; `None` where they are too many to count."""
        if type(self).is_valid is SearchSpace.is_valid:
            return self.combinations
        return _count(self) if self.combinations <= COUNTABLE else None

    @property
    def description(self) -> Any:
        """What tells this space from others of its class, as JSON values: its attributes, unless it knows better."""
        return vars(self)

    @property
    def has_formulas(self) -> bool:
        """Whether costs are formulas: without them, the network of each architecture is built to count its costs."""
        return type(self).costs is not SearchSpace.costs

    @property
    def smallest(self) -> Architecture:
        """The architecture that takes the first option everywhere, where none costs less in any respect.

        Raises:
            InputError: the options are not known to ascend in cost.
        """
        return self._end("smallest", [0] * len(self.options))

    @property
    def largest(self) -> Architecture:
        """The architecture that takes the last option everywhere, where none costs more in any respect.

        Raises:
            InputError: the options are not known to ascend in cost.
        """
        return self._end("largest", [len(options) - 1 for options in self.options])

    def bounds(self, num_classes: int, in_shape: Shape = CIFAR) -> Bounds:
        """What any architecture costs at least and at most; never wrong, but not always known."""
        if not self.monotone:
            return UNKNOWN
        least, most = (self.costs(arch, num_classes, in_shape) for arch in (self.smallest, self.largest))
        return Bounds(least, most, exact=True)

    def is_valid(self, arch: Architecture) -> bool:  # noqa: ARG002
        """Whether the options that `arch` takes may be combined; each of them is one of its decision."""
        return True

    def arch(self, choices: Sequence[int]) -> Architecture:
        """The architecture that takes option `choices[i]` at decision `i`.

        Raises:
            InvalidArchitecture: a wrong number of choices, one out of range, or a combination that is not valid.
        """
        if len(choices) != len(self.options):
            raise InvalidArchitecture(f"{self.name} makes {len(self.options)} decisions, not {len(choices)}")
        for i, (choice, options) in enumerate(zip(choices, self.options, strict=True)):
            if not 0 <= choice < len(options):
                raise InvalidArchitecture(
                    f"{self.name} has options 0 to {len(options) - 1} at decision {i}, not {choice}"
                )
        arch = Architecture(self.name, tuple(int(choice) for choice in choices))
        if not self.is_valid(arch):
            raise InvalidArchitecture(f"{self.name} does not allow the combination {self.encode(arch)}")
        return arch

    def values(self, arch: Architecture) -> tuple[Any, ...]:
        """The options that `arch` takes, in the order of the decisions."""
        return tuple(options[choice] for options, choice in zip(self.options, arch.choices, strict=True))

    def enumerate(self) -> Iterator[Architecture]:
        """Every valid architecture, in lexicographic order of the choices."""
        for choices in product(*(range(len(options)) for options in self.options)):
            arch = Architecture(self.name, choices)
            if self.is_valid(arch):
                yield arch

    def sample(self, rng: np.random.Generator) -> Architecture:
        """A valid architecture, uniform over the choices.

        Raises:
            InputError: no random combination was valid.
        """
        for _ in range(TRIES):
            arch = Architecture(self.name, tuple(int(rng.integers(len(options))) for options in self.options))
            if self.is_valid(arch):
                return arch
        raise InputError(
            f"of {TRIES:,} random combinations of {self.name} none was valid: "
            f"{type(self).__qualname__} needs a `sample` of its own"
        )

    def mutate(self, arch: Architecture, rng: np.random.Generator) -> Architecture:
        """`arch` with one decision, drawn among those that have a choice, changed to another option.

        `arch` itself where no such change is valid.
        """
        free = [i for i, options in enumerate(self.options) if len(options) > 1]
        for _ in range(CHANGES * bool(free)):
            i = free[int(rng.integers(len(free)))]
            other = int(rng.integers(len(self.options[i]) - 1))
            child = arch.changed(i, other + (other >= arch.choices[i]))
            if self.is_valid(child):
                return child
        near = list(self.neighbours(arch))
        return near[int(rng.integers(len(near)))] if near else arch

    def crossover(self, a: Architecture, b: Architecture, rng: np.random.Generator) -> Architecture:
        """A valid child that takes each decision from `a` or `b` with equal odds; `a` itself if none is found."""
        for _ in range(CHANGES):
            pairs = zip(a.choices, b.choices, rng.integers(2, size=len(a.choices)), strict=True)
            child = Architecture(self.name, tuple(y if take else x for x, y, take in pairs))
            if self.is_valid(child):
                return child
        return a

    def neighbours(self, arch: Architecture) -> Iterator[Architecture]:
        """Every valid architecture that takes another option than `arch` at one decision."""
        for i, options in enumerate(self.options):
            for choice in range(len(options)):
                near = arch.changed(i, choice)
                if choice != arch.choices[i] and self.is_valid(near):
                    yield near

    def canonical(self, arch: Architecture) -> Architecture:
        """The one form that all architectures which are the same function as `arch` share."""
        return arch

    def published_class(self, arch: Architecture) -> str:
        """What the space's publication counts as one: the canonical form, unless it counts otherwise."""
        return self.encode(self.canonical(arch))

    def encode(self, arch: Architecture) -> str:
        """The string of `arch`: the JSON of its option values."""
        return _json(self.values(arch))

    def decode(self, text: str) -> Architecture:
        """The architecture of a string.

        Raises:
            InvalidArchitecture: says where the string goes wrong.
        """
        try:
            values = json.loads(text)
        except ValueError as error:
            raise InvalidArchitecture(f"an architecture of {self.name} is JSON; {text!r} is not: {error}") from None
        if not isinstance(values, list) or len(values) != len(self.options):
            raise InvalidArchitecture(
                f"an architecture of {self.name} is a list of {len(self.options)} options, not {text!r}"
            )
        return self.arch([self._choice(i, value) for i, value in enumerate(values)])

    def costs(self, arch: Architecture, num_classes: int, in_shape: Shape = CIFAR) -> Costs:
        """Costs of the network that `build` gives; by default counted on that network, once for each canonical form.

        Raises:
            InvalidArchitecture: the network cannot be built or run.
        """
        check_input(num_classes, in_shape)
        return counted_costs(self, self.canonical(arch), num_classes, in_shape)

    @abstractmethod
    def build(
        self, arch: Architecture, num_classes: int, in_shape: Shape = CIFAR, layers: LayerFactory = fresh
    ) -> nn.Module:
        """The network of `arch`: a classifier of images `(N, *in_shape)` into logits `(N, num_classes)`.

        Args:
            arch: of this space.
            num_classes: of the task.
            in_shape: of the task.
            layers: where layers with weights come from; by default each network has its own. What a builder makes
                without it has the same weights, and takes longer.
        """

    def _end(self, which: str, choices: Sequence[int]) -> Architecture:
        if not self.monotone:
            raise InputError(
                f"{self.name} has no {which} architecture that is known: its options are not declared to ascend in cost"
            )
        return self.canonical(Architecture(self.name, tuple(choices)))

    def _choice(self, i: int, value: object) -> int:
        """Which option of decision `i` has this value in JSON."""
        valid = list(map(_json, self.options[i]))
        if (text := _json(value)) not in valid:
            raise InvalidArchitecture(f"decision {i} of {self.name} is one of {', '.join(valid)}, not {text}")
        return valid.index(text)


@lru_cache(maxsize=200_000)
def counted_costs(space: SearchSpace, arch: Architecture, num_classes: int, in_shape: Shape) -> Costs:
    """What the network of `arch` costs, counted on the network itself; it takes some ten milliseconds.

    Raises:
        InvalidArchitecture: the network cannot be built or run, or does not give logits.
    """
    from diswot_spaces.networks.counting import count_costs

    which = f"the network of {space.encode(arch)} in {space.name}"
    try:
        costs, shape = count_costs(partial(space.build, arch, num_classes, in_shape), in_shape)
    except Exception as error:  # whatever a builder raises
        reason = f"{type(error).__name__}: {error}"
        raise InvalidArchitecture(f"{which} cannot be run on images of {in_shape}: {reason}") from error
    if shape != (1, num_classes):
        raise InvalidArchitecture(f"{which} gives {shape} for an image, not (1, {num_classes})")
    return costs


@lru_cache(maxsize=64)
def _count(space: SearchSpace) -> int:
    return sum(1 for _ in space.enumerate())


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
