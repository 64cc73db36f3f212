"""What holds for every search space, as tests to subclass."""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Sequence
from dataclasses import astuple
from functools import partial

import numpy as np

from diswot_spaces import Architecture, Costs, SearchSpace, Shape, get_space
from diswot_spaces.base import counted_costs
from diswot_spaces.errors import InvalidArchitecture

FEW = 2_000
"""Combinations up to which a space is gone through."""


class SearchSpaceConformance:
    """Tests of a space that pytest runs where a subclass, whose name begins with `Test`, says which.

    Attributes:
        space: to test.
        tasks: class counts and input shapes that its networks must take.
        samples: random architectures that most properties are tried on.
    """

    space: SearchSpace
    tasks: Sequence[tuple[int, Shape]] = ((7, (3, 32, 32)), (10, (1, 28, 28)))
    samples: int = 6

    def test_it_has_a_name_and_options(self) -> None:
        """The library takes it."""
        assert get_space(self.space) is self.space

    def test_it_can_be_sent_to_workers(self) -> None:
        """What comes out of a pickle is the same space."""
        sent = pickle.loads(pickle.dumps(self.space))  # noqa: S301  (what was written right here)
        assert (sent.name, sent.options) == (self.space.name, self.space.options)
        assert list(self._sampled(sent)) == list(self._sampled()), "a copy of the space draws other architectures"

    def test_the_seed_decides_samples(self) -> None:
        """Nothing but the generator plays a part."""
        assert list(self._sampled()) == list(self._sampled()), "one seed gave two samples"

    def test_samples_are_architectures_of_the_space(self) -> None:
        """Each is valid, and has its place in the table."""
        for arch in self._sampled():
            assert arch.space == self.space.name, f"{arch} is of another space"
            assert self.space.is_valid(arch), f"{arch} is not valid"
            assert self.space.arch(arch.choices) == arch, f"{arch} cannot be made of its choices"

    def test_strings_round_trip(self) -> None:
        """A string stands for one architecture."""
        for arch in self._sampled():
            assert self.space.decode(self.space.encode(arch)) == arch, f"{self.space.encode(arch)} is read otherwise"

    def test_neighbours_have_strings_of_their_own(self) -> None:
        """No two options look the same."""
        for arch in self._sampled():
            near = [arch, *self.space.neighbours(arch)]
            assert len(set(map(self.space.encode, near))) == len(near), f"of {near} two have one string"

    def test_what_is_no_architecture_is_refused(self) -> None:
        """Strings and combinations that are not of the space."""
        assert _is_refused(self.space, "no architecture"), "decode must raise InvalidArchitecture"
        for arch in self._combinations():
            if not self.space.is_valid(arch):
                text = self.space.encode(arch)
                assert _is_refused(self.space, text), f"{text} is not valid, and decode takes it"

    def test_neighbours_are_all_valid_changes_of_one_decision(self) -> None:
        """No fewer, no more, each once."""
        for arch in self._sampled():
            found = list(self.space.neighbours(arch))
            others = (arch.changed(i, j) for i, options in enumerate(self.space.options) for j in range(len(options)))
            expected = [other for other in others if other != arch and self.space.is_valid(other)]
            assert sorted(found) == sorted(expected), f"neighbours of {arch} are {found}, not {expected}"

    def test_a_mutation_is_a_neighbour(self) -> None:
        """Or the architecture itself, where it has none."""
        rng = np.random.default_rng(1)
        for arch in self._sampled():
            child = self.space.mutate(arch, rng)
            assert child in (list(self.space.neighbours(arch)) or [arch]), f"{child} is no neighbour of {arch}"

    def test_a_child_takes_each_decision_from_a_parent(self) -> None:
        """And is valid."""
        rng = np.random.default_rng(1)
        parents = list(self._sampled())
        for a, b in zip(parents, reversed(parents), strict=True):
            child = self.space.crossover(a, b, rng)
            assert self.space.is_valid(child), f"{child} of {a} and {b} is not valid"
            pairs = zip(child.choices, a.choices, b.choices, strict=True)
            assert all(taken in pair for taken, *pair in pairs), f"{child} is not of {a} and {b}"

    def test_canonical_forms_are_their_own(self) -> None:
        """And valid."""
        for arch in self._sampled():
            form = self.space.canonical(arch)
            assert self.space.is_valid(form), f"the canonical form {form} is not valid"
            assert self.space.canonical(form) == form, f"the canonical form of {form} is another"

    def test_the_size_counts_what_is_valid(self) -> None:
        """A small space is gone through."""
        if self.space.combinations <= FEW:
            everything = list(self.space.enumerate())
            assert len(set(everything)) == len(everything), "enumerate gives an architecture twice"
            assert all(map(self.space.is_valid, everything)), "enumerate gives what is not valid"
            assert self.space.size == len(everything), f"the size is {len(everything)}, not {self.space.size}"

    def test_costs_are_those_of_the_network(self) -> None:
        """Parameters, multiply-accumulates, depth and memory, by formula and counted."""
        for arch, num_classes, in_shape in self._cases():
            said, counted = (
                self.space.costs(arch, num_classes, in_shape),
                counted_costs(self.space, arch, num_classes, in_shape),
            )
            assert said == counted, f"{self.space.encode(arch)} costs {counted}, not {said}, for {in_shape}"

    def test_no_architecture_is_out_of_bounds(self) -> None:
        """Bounds may be wide, not wrong; exact ones are met by architectures of a space that can be gone through."""
        for num_classes, in_shape in self.tasks:
            bounds = self.space.bounds(num_classes, in_shape)
            whole = bounds.exact and self.space.combinations <= FEW
            archs = self.space.enumerate() if whole else self._sampled()
            costs = [astuple(self.space.costs(arch, num_classes, in_shape)) for arch in archs]
            least, most = (Costs(*map(end, zip(*costs, strict=True))) for end in (min, max))
            assert _at_most(bounds.lower, least), f"bounds are {bounds}, but something costs {least}"
            assert bounds.upper is None or _at_most(most, bounds.upper), (
                f"bounds are {bounds}, but something costs {most}"
            )
            assert not whole or (bounds.lower, bounds.upper) == (least, most), (
                f"bounds are {bounds}, not {least}, {most}"
            )

    def test_monotone_options_ascend_in_cost(self) -> None:
        """Where the space declares so, the next option costs no less in any respect."""
        if self.space.monotone:
            for arch, num_classes, in_shape in self._cases():
                here = self.space.costs(arch, num_classes, in_shape)
                for i, options in enumerate(self.space.options):
                    if arch.choices[i] + 1 < len(options):
                        further = arch.changed(i, arch.choices[i] + 1)
                        costs = self.space.costs(further, num_classes, in_shape)
                        assert _at_most(here, costs), (
                            f"{further} costs {costs}, which is not more than {here} of {arch}"
                        )

    def test_networks_tell_classes_apart(self) -> None:
        """Logits of two images are finite, and of the right shape."""
        import torch

        from diswot.networks import build_random

        for arch, num_classes, in_shape in self._cases():
            network = build_random(partial(self.space.build, arch, num_classes, in_shape), 0)
            logits = network(torch.rand(2, *in_shape, generator=torch.Generator().manual_seed(0)))
            assert logits.shape == (2, num_classes), f"{self.space.encode(arch)} gives {tuple(logits.shape)}"
            assert bool(torch.isfinite(logits).all()), f"{self.space.encode(arch)} gives numbers that are not finite"

    def test_layers_that_are_asked_for_are_called_by_their_path(self) -> None:
        """A network of shared layers has the weights of a network of its own; the global generator is left alone."""
        import torch

        from diswot.networks import LayerCache, build_random

        before, layers = torch.random.get_rng_state(), LayerCache(1)
        for arch, num_classes, in_shape in self._cases():
            build = partial(self.space.build, arch, num_classes, in_shape)
            own, shared = build_random(build, 1).state_dict(), layers.network(build).state_dict()
            assert own.keys() == shared.keys(), f"{self.space.encode(arch)} has other layers when it is built again"
            wrong = [name for name, value in own.items() if not torch.equal(value, shared[name])]
            assert not wrong, f"{self.space.encode(arch)}: layers at other paths than they were asked for: {wrong}"
        assert torch.equal(torch.random.get_rng_state(), before), "the global generator was drawn from"

    def _sampled(self, space: SearchSpace | None = None) -> Iterator[Architecture]:
        rng = np.random.default_rng(0)
        return ((space or self.space).sample(rng) for _ in range(self.samples))

    def _combinations(self) -> Iterator[Architecture]:
        """Random combinations, valid or not."""
        rng = np.random.default_rng(2)
        sizes = [len(options) for options in self.space.options]
        return (Architecture(self.space.name, tuple(rng.integers(sizes).tolist())) for _ in range(10 * self.samples))

    def _cases(self) -> Iterator[tuple[Architecture, int, Shape]]:
        return ((arch, *task) for arch in self._sampled() for task in self.tasks)


def _is_refused(space: SearchSpace, text: str) -> bool:
    try:
        space.decode(text)
    except InvalidArchitecture:
        return True
    return False


def _at_most(a: Costs, b: Costs) -> bool:
    """Whether `a` costs no more than `b` in any respect."""
    return all(less <= more for less, more in zip(astuple(a), astuple(b), strict=True))
