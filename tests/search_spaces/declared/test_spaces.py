"""Declared spaces: exact counts, uniform samples, notations, order, and that content alone makes them."""

import json
import pickle
from collections import Counter
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import chisquare

from diswot.spec.score import ScoreSpec
from diswot.spec.teacher import TeacherSpec
from diswot.testing import SearchSpaceConformance
from diswot_spaces import SPACES, get_space, title_of
from diswot_spaces.declared.counting import Counted, Factor
from diswot_spaces.errors import InvalidArchitecture
from tests.search_spaces.declared.made import made

TIED = """
    name: tied
    choices: {wide: [16, 24, 32]}
    stem: {block: conv, width: {choice: wide}}
    stages:
      - {block: basic, width: {choice: wide}, depth: [1, 2]}
      - {block: inverted_residual, width: [16, 32, 48], stride: [1, 2], se: [0, 0.25]}
    constraints:
      - stages[1].width >= wide
      - stages[1].stride == 2 or stages[0].depth == 1
"""
MIXED = """
    name: mixed
    stem: {block: conv, width: 8}
    stages:
      - width: 8
        depth: [1, 2, 3]
        blocks:
          - identity
          - {block: basic, kernel: [3, 5]}
          - {block: shuffle}
      - {block: preactivation, width: [8, 16], stride: 2}
    head: {norm: batch}
"""
TOKENS = """
    name: tokens
    choices: {wide: [24, 48]}
    stem: {block: patch, patch: 4, width: {choice: wide}}
    stages:
      - {block: vit, width: {choice: wide}, depth: [1, 2], heads: [2, 4], mlp_ratio: [1, 2]}
      - {block: pit, width: {choice: wide, times: 2}, stride: 2, heads: 4}
    head: {norm: layer, pool: class}
"""
RISING = """
    name: rising
    stem: {block: conv, width: 8}
    stages:
      - {block: bottleneck, width: 16, depth: [1, 3], kernel: [3, 5], reduction: 2}
      - {block: fused_mbconv, width: 16, stride: 2, se: [0, 0.25], expansion: 2}
      - {block: convnext, width: 24, expansion: [1, 2]}
"""


class TestDeclared(SearchSpaceConformance):
    samples = 4

    @pytest.fixture(autouse=True, params=[TIED, MIXED, TOKENS, RISING])
    def each(self, request: pytest.FixtureRequest) -> None:
        self.space = made(request.param)


@pytest.mark.parametrize("text", [TIED, MIXED, TOKENS, RISING])
def test_sizes_are_counted_and_samples_are_uniform(text: str) -> None:
    space, rng = made(text), np.random.default_rng(0)
    everything = list(space.enumerate())
    assert space.size == len(everything)
    drawn = Counter(space.sample(rng) for _ in range(20 * len(everything)))
    assert chisquare([drawn[arch] for arch in everything]).pvalue > 1e-3


def test_counts_are_those_of_going_through_everything() -> None:
    """Chains, circles and lone decisions, with constraints drawn at random."""
    rng = np.random.default_rng(0)
    for scopes in ([(0, 1), (1, 2), (2, 3)], [(0, 1), (1, 2), (0, 2)], [(0, 1, 3), (2,)], [], [(1, 3), (0, 2), (2, 3)]):
        sizes = rng.integers(1, 5, size=4).tolist()
        factors = []
        for scope in scopes:
            every = list(product(*(range(sizes[i]) for i in scope)))
            factors.append(Factor(scope, frozenset(one for one in every if rng.random() < 0.6)))
        counted = Counted(sizes, factors)
        valid = [c for c in product(*map(range, sizes)) if all(one.holds(c) for one in factors)]
        assert counted.total == len(valid)
        if valid:
            assert {counted.sample(rng.random(4).tolist()) for _ in range(200)} <= set(valid)


def test_options_of_one_decision_are_shared() -> None:
    space = made(TIED)
    assert space.family.decisions[0] == "wide"
    assert space.options[0] == (16, 24, 32)
    network = space.build(space.decode("[24,2,32,2,0]"), 10)
    assert network.stem[0][0].out_channels == 24  # type: ignore[union-attr, index]


def test_a_space_ascends_only_where_that_is_known() -> None:
    assert made(RISING).monotone
    assert not any(made(text).monotone for text in (TIED, MIXED, TOKENS))


def test_layers_that_do_nothing_come_last_in_the_canonical_form() -> None:
    space = made(MIXED)
    arch = space.decode('["identity","basic kernel=5","identity",16]')
    assert space.encode(space.canonical(arch)) == '["basic kernel=5","identity","identity",16]'
    assert space.costs(arch, 10) == space.costs(space.canonical(arch), 10)


NOTED = (
    MIXED
    + """
    notation: '{stages[1].width}: {stages[0].layers} x {stages[0].depth}'
"""
)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('16: ["identity"] x 2', "an architecture of mixed has one of 1, 2, 3 at stages[0].depth, not 2"),
        ('12: ["identity"] x 1', "an architecture of mixed has one of 8, 16 at stages[1].width, not 12, in"),
        (
            '16: ["nothing"] x 1',
            "an architecture of mixed has one of identity, basic kernel=3, basic kernel=5, shuffle",
        ),
        ('16: ["identity", "identity", "identity", "identity"] x 4', "at most 3 layers at stages[0].layers, not 4"),
        ("[identity]", "an architecture of mixed is written {stages[1].width}: {stages[0].layers} x {stages[0].depth}"),
    ],
)
def test_a_notation_writes_and_reads(text: str, message: str) -> None:
    space = made(NOTED)
    for arch in space.enumerate():
        assert space.decode(space.encode(arch)) == arch
    assert space.encode(next(space.enumerate())) == '8: ["identity"] x 1'
    with pytest.raises(InvalidArchitecture) as caught:
        space.decode(text)
    assert message in str(caught.value)


def test_a_space_is_its_content(tmp_path: Path) -> None:
    path = tmp_path / "tied.yaml"
    path.write_text(TIED.replace("\n    ", "\n"))
    space = get_space(str(path))
    name = SPACES.name_of(str(path))
    assert json.loads(name)["name"] == title_of(name) == "tied"
    path.unlink()
    assert get_space(name) == space == pickle.loads(pickle.dumps(space))
    spec = ScoreSpec(TeacherSpec("resnet20"), space)  # type: ignore[arg-type]
    assert get_space(spec.space).description == space.description
    assert SPACES.name_of(get_space("nasbench-macro")) == "nasbench-macro"
    assert made(TIED) != made(TIED.replace("24", "28"))


def test_constraints_between_too_many_decisions_are_kept_by_drawing_again() -> None:
    wide = "\n".join("      - {block: basic, width: {start: 8, end: 64}}" for _ in range(4))
    space = made(
        f"""
    name: linked
    stages:
{wide}
    constraints: ["stages[0].width + stages[1].width + stages[2].width + stages[3].width >= 100"]
"""
    )
    rng = np.random.default_rng(0)
    assert space.size is None
    arch = space.sample(rng)
    assert sum(space.values(space.mutate(arch, rng))) >= 100
    assert not space.is_valid(space.arch([56] * 4).__class__("linked", (0, 0, 0, 0)))
