"""Every space of the table keeps the promises of a space."""

import hashlib
import json
import re
from collections.abc import Iterable
from itertools import pairwise

import numpy as np
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from diswot.testing import SearchSpaceConformance, ToySpace
from diswot_spaces import SPACES, Architecture, SearchSpace, get_space
from diswot_spaces.errors import InputError, InvalidArchitecture, UnknownName

SAMPLES = 12
TASKS = [(7, (3, 33, 20)), (100, (3, 32, 32)), (10, (1, 28, 28))]


@pytest.fixture(params=["nasbench201", "cifar-resnet", "mobilenetv2"], name="space")
def each_space(request: pytest.FixtureRequest) -> SearchSpace:
    """The spaces that are written in Python, which ascend in cost."""
    return SPACES[request.param]


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


class TestBuiltIn(SearchSpaceConformance):
    @pytest.fixture(autouse=True, params=[*SPACES.builtin, "toy"])
    def each(self, request: pytest.FixtureRequest) -> None:
        self.space = ToySpace() if request.param == "toy" else SPACES[request.param]
        self.samples = 4 if self.space.monotone else 2


def fingerprint(archs: Iterable[Architecture]) -> str:
    return hashlib.sha256(json.dumps([arch.choices for arch in archs]).encode()).hexdigest()[:16]


@pytest.mark.parametrize(
    ("name", "samples", "mutations", "children"),
    [
        ("nasbench201", "35075ba459638672", "d2a3b2126722499a", "b443285dc94b7340"),
        ("cifar-resnet", "115e7c28b123ab7d", "ef8f0645a75dd620", "6fedccee4a87dc9b"),
        ("mobilenetv2", "3b37ce7ed2bb5acc", "8c1aa08d3829b70d", "141edd3f419e5347"),
    ],
)
def test_a_seed_gives_the_draws_that_it_always_gave(name: str, samples: str, mutations: str, children: str) -> None:
    space, rng = get_space(name), np.random.default_rng(5)
    sampled = [space.sample(rng) for _ in range(50)]
    assert fingerprint(sampled) == samples
    assert fingerprint(space.mutate(arch, rng) for arch in sampled) == mutations
    assert fingerprint(space.crossover(a, b, rng) for a, b in pairwise(sampled)) == children


def test_strings_survive_json(space: SearchSpace, rng: np.random.Generator) -> None:
    for _ in range(SAMPLES):
        arch = space.sample(rng)
        assert space.decode(json.loads(json.dumps(space.encode(arch)))) == arch


def test_a_mutation_changes_one_decision_within_its_options(space: SearchSpace, rng: np.random.Generator) -> None:
    for _ in range(SAMPLES):
        arch = space.sample(rng)
        child = space.mutate(arch, rng)
        changed = [i for i, (a, b) in enumerate(zip(arch.choices, child.choices, strict=True)) if a != b]
        assert len(changed) == 1
        assert space.arch(child.choices) == child


def test_every_option_is_reached_by_mutation(rng: np.random.Generator) -> None:
    space = get_space("cifar-resnet")
    reached = {space.mutate(space.smallest, rng) for _ in range(300)}
    assert len(reached) == 3 * 3


def test_neighbours_differ_in_one_decision() -> None:
    space = get_space("cifar-resnet")
    assert list(map(space.encode, space.neighbours(space.decode("1-3-5")))) == [
        *("3-3-5", "5-3-5", "7-3-5"),
        *("1-1-5", "1-5-5", "1-7-5"),
        *("1-3-1", "1-3-3", "1-3-7"),
    ]


def test_formulas_agree_with_the_built_network(space: SearchSpace, rng: np.random.Generator) -> None:
    for _ in range(6):
        arch = space.sample(rng)
        for num_classes, shape in TASKS:
            network = space.build(arch, num_classes, shape)
            with torch.no_grad(), FlopCounterMode(display=False) as counter:
                logits = network(torch.zeros(2, *shape))
            costs = space.costs(arch, num_classes, shape)
            layers = [m for m in network.modules() if isinstance(m, torch.nn.Conv2d | torch.nn.Linear)]
            assert logits.shape == (2, num_classes)
            assert costs.params == sum(p.numel() for p in network.parameters())
            assert costs.macs == counter.get_total_flops() // 4  # two images, two operations a MAC
            assert costs.depth == len(layers)


def test_nothing_costs_less_than_the_smallest_or_more_than_the_largest(
    space: SearchSpace, rng: np.random.Generator
) -> None:
    smallest, largest = space.costs(space.smallest, 100), space.costs(space.largest, 100)
    for _ in range(200):
        costs = space.costs(space.sample(rng), 100)
        assert smallest.params <= costs.params <= largest.params
        assert smallest.macs <= costs.macs <= largest.macs


def test_no_classes_and_empty_images_are_refused(space: SearchSpace, rng: np.random.Generator) -> None:
    arch = space.sample(rng)
    for action in (space.costs, space.build):
        with pytest.raises(InputError, match=r"^classes must be at least 1, not 0$"):
            action(arch, 0)
        with pytest.raises(InputError, match=re.escape("input shape must be three positive numbers")):
            action(arch, 10, (3, 0, 32))


def test_choices_outside_the_space_are_refused(space: SearchSpace) -> None:
    decisions = len(space.options)
    with pytest.raises(InvalidArchitecture, match=f"^{space.name} makes {decisions} decisions, not 1$"):
        space.arch([0])
    with pytest.raises(InvalidArchitecture, match="at decision 0, not 99"):
        space.arch([99] + [0] * (decisions - 1))


def test_an_unknown_space_lists_the_valid_ones() -> None:
    with pytest.raises(
        UnknownName,
        match=r"^unknown search space 'nb201'; valid: nasbench201, cifar-resnet, mobilenetv2, nasbench101, autoformer",
    ):
        get_space("nb201")


def test_architectures_are_values() -> None:
    arch = Architecture("cifar-resnet", (0, 1, 2))
    assert arch == Architecture("cifar-resnet", (0, 1, 2))
    assert len({arch, Architecture("cifar-resnet", (0, 1, 2))}) == 1
    with pytest.raises(AttributeError):
        arch.space = "other"  # type: ignore[misc]
