"""A search space that is declared as data."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from functools import cached_property
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

from diswot_spaces.architecture import CIFAR, Architecture, Shape, check_input
from diswot_spaces.base import CHANGES, SearchSpace
from diswot_spaces.blocks.base import Block, block_costs
from diswot_spaces.blocks.tape import Features
from diswot_spaces.costs import Costs
from diswot_spaces.declared.costing import HeadCosts, PartCosts
from diswot_spaces.declared.counting import TABLE, WORK, Counted, Factor, TooWideError, factor
from diswot_spaces.declared.document import Document, canonical_text, read_file
from diswot_spaces.declared.family import Family, read_family
from diswot_spaces.declared.notation import Notation
from diswot_spaces.declared.order import ascends, moves_identities
from diswot_spaces.declared.rules import Rule
from diswot_spaces.declared.sizes import check_sizes
from diswot_spaces.declared.stages import Part
from diswot_spaces.errors import InputError, InvalidArchitecture
from diswot_spaces.layers import LayerFactory, fresh

if TYPE_CHECKING:
    import numpy as np
    from torch import nn


class DeclaredSpace(SearchSpace):
    """The family of classifiers that a document declares: docs/guide/spaces.md.

    Two spaces are equal if their documents are. Sampling is uniform over all valid architectures, unless constraints
    link too many decisions to be counted; then it is uniform over the choices that are left when what is not valid is
    thrown away, which is the same, and takes more tries.

    Args:
        document: that declares it.

    Raises:
        InputError: the first thing that is wrong, with its line.
    """

    def __init__(self, document: Document) -> None:
        self.family: Family = read_family(document)
        self.name, self.summary, self.options = self.family.name, self.family.summary, self.family.options
        self.text = canonical_text(document.data)
        self._sizes = [len(options) for options in self.options]
        self._factors, self._predicates = self._constraints(document)
        self._notation = self._read_notation(document)
        self._place = [decision for decision, options in enumerate(self.options) if len(options) > 1]
        self._of = [[one for one in self._factors if i in one.scope] for i in range(len(self.options))]
        self.monotone = not self._factors and not self._predicates and ascends(self.family)
        self._parts = [PartCosts(part) for part in self.family.parts]
        self._head = HeadCosts(self.family)
        self._checked: set[Shape] = set()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DeclaredSpace) and self.text == other.text

    def __hash__(self) -> int:
        return hash(self.text)

    def __reduce__(self) -> tuple[Any, ...]:
        return space_of_text, (self.text,)

    @property
    def description(self) -> Any:
        """The document, for whoever must tell spaces apart."""
        return self.text

    @property
    def size(self) -> int | None:
        """Number of valid architectures; `None` where constraints link too many decisions to be counted."""
        return None if self._counted is None else self._counted.total

    def is_valid(self, arch: Architecture) -> bool:
        """Whether all constraints hold."""
        choices = arch.choices
        return all(one.holds(choices) for one in self._factors) and all(
            rule.holds(choices) for rule in self._predicates
        )

    def sample(self, rng: np.random.Generator) -> Architecture:
        """A valid architecture, each with equal odds."""
        if self._counted is None or self._predicates:
            return super().sample(rng)
        return Architecture(self.name, self._counted.sample(rng.random(len(self.options)).tolist()))

    def is_reachable(self, decision: int, choice: int) -> bool:
        """Whether some valid architecture takes an option; where that cannot be counted, it is not ruled out."""
        return _total(self._sizes, [*self._factors, Factor((decision,), frozenset([(choice,)]))]) != 0

    def mutate(self, arch: Architecture, rng: np.random.Generator) -> Architecture:
        """`arch` with one decision, drawn among those that have a choice, changed to another option."""
        draws = rng.random(2 * CHANGES if self._factors or self._predicates else 2).tolist()
        choices = arch.choices
        for place, option in zip(draws[::2], draws[1::2], strict=True):
            i = self._place[int(place * len(self._place))]
            other = int(option * (self._sizes[i] - 1))
            child = (*choices[:i], other + (other >= choices[i]), *choices[i + 1 :])
            if all(one.holds(child) for one in self._of[i]) and self._keeps_wide(child):
                return Architecture(self.name, child)
        near = list(self.neighbours(arch))
        return near[int(rng.integers(len(near)))] if near else arch

    def enumerate(self) -> Iterator[Architecture]:
        """Every valid architecture, in lexicographic order of the choices."""
        due: list[list[Factor]] = [[] for _ in self.options]
        for one in self._factors:
            due[one.scope[-1]].append(one)
        for choices in _complete([], self._sizes, due):
            if self._keeps_wide(choices):
                yield Architecture(self.name, choices)

    def canonical(self, arch: Architecture) -> Architecture:
        """The architecture whose layers that do nothing come last in their stage."""
        return Architecture(self.name, moves_identities(self.family, arch.choices))

    def published_class(self, arch: Architecture) -> str:
        """Each architecture counts."""
        return self.encode(arch)

    def encode(self, arch: Architecture) -> str:
        """The string of `arch`, in the notation of the family."""
        return super().encode(arch) if self._notation is None else self._notation.write(arch.choices)

    def decode(self, text: str) -> Architecture:
        """The architecture of a string.

        Raises:
            InvalidArchitecture: says where the string goes wrong.
        """
        if self._notation is None:
            return super().decode(text)
        try:
            return self.arch(self._notation.read(text))
        except ValueError as error:
            if isinstance(error, InvalidArchitecture):
                raise
            raise InvalidArchitecture(f"an architecture of {self.name} {error}, in {text!r:.200}") from None

    def costs(self, arch: Architecture, num_classes: int, in_shape: Shape = CIFAR) -> Costs:
        """Costs of the network, by the formulas of its blocks."""
        self._check_task(num_classes, in_shape)
        choices = arch.choices
        x = Features(*in_shape)
        params = macs = depth = memory = 0
        for part in self._parts:
            (p, a, d, m), x = part(choices, x)
            params += p
            macs += a
            depth += d
            memory = max(memory, m)
        p, a, d, m = self._head(choices, x, num_classes)
        return Costs(params + p, macs + a, depth + d, max(memory, m))

    def build(
        self, arch: Architecture, num_classes: int, in_shape: Shape = CIFAR, layers: LayerFactory = fresh
    ) -> nn.Module:
        """The network of `arch`."""
        from diswot_spaces.networks.declared import FamilyNetwork

        self._check_task(num_classes, in_shape)
        stem, x = _placed(self.family.stem, arch.choices, Features(*in_shape))
        blocks, x = _placed(self.family.stages, arch.choices, x)
        return FamilyNetwork(stem, blocks, self.family.head(arch.choices), x, num_classes, layers)

    def _keeps_wide(self, choices: Sequence[int]) -> bool:
        """Whether the constraints hold that look at too many decisions for a table."""
        return all(rule.holds(choices) for rule in self._predicates)

    @cached_property
    def _counted(self) -> Counted | None:
        """All valid architectures, if they can be counted."""
        return None if self._predicates else _counted(self._sizes, self._factors)

    def _constraints(self, document: Document) -> tuple[list[Factor], list[Rule]]:
        """The constraints as tables, and those that look at too many decisions for one.

        Raises:
            InputError: no architecture keeps them all.
        """
        factors: list[Factor] = []
        due: list[Rule] = []
        work = WORK
        wide: list[Rule] = []
        for rule in self.family.rules:
            if not rule.scope:
                first = [0] * len(self._sizes)
                if not rule.holds(first):
                    raise document.error(rule.where, rule.why(first))
                continue
            combinations = prod(self._sizes[i] for i in rule.scope)
            if combinations > min(TABLE, work):
                wide.append(rule)
                continue
            work -= combinations
            found = factor(rule.scope, self._sizes, rule.holds)
            if len(found.allowed) == prod(self._sizes[i] for i in found.scope):
                continue
            factors.append(found)
            due.append(rule)
            if not found.allowed:
                raise document.error(rule.where, f"no architecture is left: {rule.why([0] * len(self._sizes))}")
        if _total(self._sizes, factors) == 0:
            few = next(n for n in range(1, len(factors) + 1) if _total(self._sizes, factors[:n]) == 0)
            raise document.error(due[few - 1].where, "contradicts what stands before it: no architecture is left")
        return factors, wide

    def _read_notation(self, document: Document) -> Notation | None:
        if not self.family.notation:
            return None
        try:
            return Notation(self.family.notation, self.family.find, self._sizes)
        except ValueError as error:
            raise document.error(("notation",), str(error)) from None

    def _check_task(self, num_classes: int, in_shape: Shape) -> None:
        check_input(num_classes, in_shape)
        if in_shape not in self._checked:
            check_sizes(self.family, in_shape, self._sizes, self._factors)
            self._checked.add(in_shape)


def _counted(sizes: Sequence[int], factors: Sequence[Factor]) -> Counted | None:
    try:
        return Counted(sizes, factors)
    except TooWideError:
        return None


def _total(sizes: Sequence[int], factors: Sequence[Factor]) -> int | None:
    counted = _counted(sizes, factors)
    return None if counted is None else counted.total


def _placed(
    parts: Sequence[Part], choices: Sequence[int], x: Features
) -> tuple[list[tuple[Block, Features]], Features]:
    """Blocks with what enters each, and what leaves the last."""
    found = []
    for part in parts:
        for block in part.blocks(choices):
            found.append((block, x))
            x = block_costs(block, x)[1]
    return found, x


def _complete(begun: list[int], sizes: Sequence[int], due: Sequence[Sequence[Factor]]) -> Iterator[tuple[int, ...]]:
    """All ways to go on with choices that are begun."""
    i = len(begun)
    if i == len(sizes):
        yield tuple(begun)
        return
    for choice in range(sizes[i]):
        begun.append(choice)
        if all(one.holds(begun) for one in due[i]):
            yield from _complete(begun, sizes, due)
        begun.pop()


_READ: OrderedDict[str, DeclaredSpace] = OrderedDict()
"""Spaces by their text, so that equal ones share what they know."""
MOST_READ = 32


def space_of_text(text: str) -> DeclaredSpace:
    """The space that a JSON text declares, such as `DeclaredSpace.text`.

    Raises:
        InputError: what is wrong.
    """
    if text in _READ:
        return _READ[text]
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"the space is not JSON: {error}") from None
    return space_of(Document(data))


def load_space(path: Path) -> DeclaredSpace:
    """The space that a YAML or JSON file declares.

    Raises:
        InputError: what is wrong, with its line.
    """
    document = read_file(path)
    try:
        return space_of(document)
    except InputError as error:
        raise InputError(f"space {str(path)!r}: {error}") from None


def space_of(document: Document) -> DeclaredSpace:
    """The space that a document declares; the same object for equal documents.

    Raises:
        InputError: what is wrong, with its line.
    """
    text = canonical_text(document.data)
    if text not in _READ:
        _READ[text] = DeclaredSpace(document)
        if len(_READ) > MOST_READ:
            _READ.popitem(last=False)
    return _READ[text]
