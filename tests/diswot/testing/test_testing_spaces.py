"""The conformance suite of spaces finds what is wrong with a space, and the toy space has the optimum that it says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, cast

import numpy as np
import pytest
from torch import nn

from diswot.search.search import Search
from diswot.spec.compute import ComputeSpec
from diswot.spec.constraints import Constraints
from diswot.spec.probe import ProbeSpec
from diswot.spec.search import SearchSpec
from diswot.spec.teacher import TeacherSpec
from diswot.testing import SearchSpaceConformance, ToySpace
from diswot.workflow import run_search
from diswot_spaces import CIFAR, Architecture, Bounds, Costs, Shape
from diswot_spaces.layers import LayerFactory, fresh

TOY = ToySpace()


class OneString(ToySpace):
    def encode(self, arch: Architecture) -> str:
        return self.OPTIMUM


class Credulous(ToySpace):
    def decode(self, text: str) -> Architecture:
        return super().decode(text) if text.startswith("[") else self.arch([0, 0, 0])


class Unseeded(ToySpace):
    def sample(self, rng: np.random.Generator) -> Architecture:
        return super().sample(np.random.default_rng())


class Wild(ToySpace):
    def mutate(self, arch: Architecture, rng: np.random.Generator) -> Architecture:
        return self.arch([(choice + 1) % 3 for choice in arch.choices])


class Stranger(ToySpace):
    def crossover(self, a: Architecture, b: Architecture, rng: np.random.Generator) -> Architecture:
        return self.arch([3 - x - y if x != y else x for x, y in zip(a.choices, b.choices, strict=True)])


class Restless(ToySpace):
    def canonical(self, arch: Architecture) -> Architecture:
        return self.arch([(arch.choices[0] + 1) % 3, *arch.choices[1:]])


class Shortsighted(ToySpace):
    def neighbours(self, arch: Architecture) -> Iterator[Architecture]:
        return iter(list(super().neighbours(arch))[1:])


class Miscounted(ToySpace):
    @property
    def size(self) -> int:
        return 26


class Strict(ToySpace):
    """Allows fewer combinations than it reads."""

    def is_valid(self, arch: Architecture) -> bool:
        return arch.choices[0] == arch.choices[1]

    def decode(self, text: str) -> Architecture:
        return TOY.decode(text)


class Understated(ToySpace):
    def costs(self, arch: Architecture, num_classes: int, in_shape: Shape = CIFAR) -> Costs:
        costs = super().costs(arch, num_classes, in_shape)
        return Costs(costs.params, costs.macs, costs.depth, costs.memory - 4)


class Overconfident(ToySpace):
    def bounds(self, num_classes: int, in_shape: Shape = CIFAR) -> Bounds:
        return Bounds(self.costs(self.arch([0, 0, 0]), num_classes, in_shape), None, exact=False)


class Inexact(ToySpace):
    def bounds(self, num_classes: int, in_shape: Shape = CIFAR) -> Bounds:
        return Bounds(Costs(0, 0, 0, 0), Costs(10**9, 10**12, 100, 10**9), exact=True)


class Unordered(ToySpace):
    monotone = True


class Feature(ToySpace):
    def build(
        self, arch: Architecture, num_classes: int, in_shape: Shape = CIFAR, layers: LayerFactory = fresh
    ) -> nn.Module:
        return super().build(arch, num_classes + 1, in_shape, layers)


class Misplaced(ToySpace):
    def build(
        self, arch: Architecture, num_classes: int, in_shape: Shape = CIFAR, layers: LayerFactory = fresh
    ) -> nn.Module:
        def elsewhere(path: str, make: Callable[..., nn.Module], *args: Any) -> nn.Module:
            return layers("everywhere", make, *args)

        return super().build(arch, num_classes, in_shape, elsewhere)


class Nameless(ToySpace):
    name = "no name: a sentence"


@pytest.mark.parametrize(
    ("kind", "property_", "says"),
    [
        (Nameless, "it_has_a_name_and_options", "needs a name"),
        (OneString, "neighbours_have_strings_of_their_own", "two have one string"),
        (OneString, "strings_round_trip", "is read otherwise"),
        (Credulous, "what_is_no_architecture_is_refused", "must raise InvalidArchitecture"),
        (Strict, "what_is_no_architecture_is_refused", "is not valid, and decode takes it"),
        (Unseeded, "the_seed_decides_samples", "one seed gave two samples"),
        (Wild, "a_mutation_is_a_neighbour", "is no neighbour of"),
        (Stranger, "a_child_takes_each_decision_from_a_parent", "is not of"),
        (Restless, "canonical_forms_are_their_own", "is another"),
        (Shortsighted, "neighbours_are_all_valid_changes_of_one_decision", "neighbours of"),
        (Miscounted, "the_size_counts_what_is_valid", "the size is 27, not 26"),
        (Understated, "costs_are_those_of_the_network", "costs Costs"),
        (Overconfident, "no_architecture_is_out_of_bounds", "but something costs"),
        (Inexact, "no_architecture_is_out_of_bounds", "not Costs"),
        (Unordered, "monotone_options_ascend_in_cost", "which is not more than"),
        (Feature, "networks_tell_classes_apart", r"gives \(2, 8\)"),
        (Misplaced, "layers_that_are_asked_for_are_called_by_their_path", "at other paths than they were asked for"),
    ],
)
def test_each_fault_fails_the_property_that_it_breaks(kind: type[ToySpace], property_: str, says: str) -> None:
    class Faulty(SearchSpaceConformance):
        space = kind()

    with pytest.raises((AssertionError, ValueError), match=says):
        getattr(Faulty(), f"test_{property_}")()


def test_the_optimum_of_the_toy_space_is_the_only_one() -> None:
    limit = TOY.limit(10)
    within = {TOY.encode(arch): params for arch in TOY.enumerate() if (params := TOY.costs(arch, 10).params) <= limit}
    best = max(within.values())
    assert [name for name, params in within.items() if params == best] == [TOY.OPTIMUM]
    assert limit - best == TOY.FREE - 784


def test_a_search_finds_the_optimum_of_the_toy_space() -> None:
    spec = SearchSpec(
        TeacherSpec("resnet20", 10, (3, 16, 16)),
        cast("str", TOY),
        score="params",
        probe=ProbeSpec("noise", 2),
        constraints=Constraints(max_params=TOY.limit(10, (3, 16, 16))),
        student_inits=1,
    )
    result = run_search(Search(spec), ComputeSpec(executor="serial", cache=None), lambda _: None)
    assert result is not None
    assert result.recommended.arch == TOY.OPTIMUM
    assert result.outcome.exhausted
