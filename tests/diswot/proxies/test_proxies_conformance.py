"""What every proxy of the table keeps, on real networks of every space."""

import math
from dataclasses import replace
from functools import cache, partial
from unittest.mock import Mock

import numpy as np
import pytest
import torch
from torch import nn

from diswot.evaluation import Evaluation, capture_of
from diswot.networks import build_random
from diswot.probes.batch import ProbeBatch
from diswot.probes.noise import white_noise
from diswot.proxies import AGGREGATES, PROXIES
from diswot.proxies.base import ProxyInput
from diswot.scoring import Scorer
from diswot.spec.teacher import TeacherSpec
from diswot.teachers.teacher import TeacherView, observe_teacher
from diswot.testing import ProxyConformance
from diswot_spaces import Costs, get_space

SHAPE = (3, 16, 16)
CLASSES = 12
CONVOLUTION, EMPTY = "convolution", "empty"
CASES = {
    "cell": ("nasbench201", "|nor_conv_3x3~0|+|none~0|nor_conv_3x3~1|+|skip_connect~0|avg_pool_3x3~1|none~2|"),
    EMPTY: ("nasbench201", "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|"),
    "skips": ("nasbench201", "|skip_connect~0|+|skip_connect~0|skip_connect~1|+|skip_connect~0|skip_connect~1|none~2|"),
    CONVOLUTION: ("nasbench201", "|none~0|+|none~0|none~1|+|nor_conv_1x1~0|none~1|none~2|"),
    "resnet": ("cifar-resnet", "1-3-1"),
    "mobilenet": ("mobilenetv2", ""),
}


class TestBuiltIn(ProxyConformance):
    @pytest.fixture(autouse=True, params=PROXIES)
    def each(self, request: pytest.FixtureRequest) -> None:
        self.proxy = request.param


DISTANCES = [name for name, proxy in PROXIES.items() if str(proxy.function).split(".")[-1].startswith("dis")]
"""Negative distances between student and teacher: DisWOT's and the distillation losses."""


@cache
def probe() -> ProbeBatch:
    """Eight images of ten of the twelve classes."""
    return white_noise(8, 10, SHAPE, 0).to("cpu")


@cache
def teacher() -> TeacherView:
    return observe_teacher(
        TeacherSpec("resnet20", CLASSES, SHAPE), probe(), capture_of(PROXIES.values()), seed=0, inits=1
    )


def network(case: str, seed: int = 0) -> nn.Module:
    name, text = CASES[case]
    space = get_space(name)
    arch = space.decode(text) if text else space.smallest
    module = build_random(partial(space.build, arch, CLASSES, SHAPE), seed)
    return module.to(memory_format=torch.channels_last)


def costs(case: str) -> Costs:
    name, text = CASES[case]
    space = get_space(name)
    return space.costs(space.decode(text) if text else space.smallest, CLASSES, SHAPE)


def evidence_of(case: str, module: nn.Module, batch: ProbeBatch) -> ProxyInput:
    return ProxyInput(lambda: module, capture_of(PROXIES.values()), costs(case), teacher(), batch)


@cache
def _evidence(case: str) -> ProxyInput:
    return evidence_of(case, network(case), probe())


def inputs(case: str) -> ProxyInput:
    """ProxyInput on the case, without what other tests computed from it."""
    return replace(_evidence(case))


@cache
def values(case: str) -> dict[str, float]:
    record = inputs(case)
    return {name: proxy.compute(record) for name, proxy in PROXIES.items()}


@pytest.mark.parametrize("case", ["cell", "resnet"])
def test_the_same_evidence_gives_the_same_value_in_any_order(case: str) -> None:
    record = inputs(case)
    again = {name: PROXIES[name].compute(record) for name in reversed(list(PROXIES))}
    assert again == values(case)


@pytest.mark.parametrize("name", DISTANCES)
def test_the_teacher_itself_is_the_best_student(name: str) -> None:
    record = inputs(CONVOLUTION)
    own = replace(record, teacher=TeacherView((record.student,)))
    assert PROXIES[name].compute(own) == pytest.approx(0.0, abs=1e-5)
    assert values(CONVOLUTION)[name] < 0


def test_gradient_proxies_share_one_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    record = inputs(CONVOLUTION)
    forward = Mock(wraps=record.network.forward)
    monkeypatch.setattr(record.network, "forward", forward)
    for name in [name for name, proxy in PROXIES.items() if proxy.passes == "backward"]:
        PROXIES[name].compute(record)
    forward.assert_called_once()


@pytest.mark.parametrize("case", ["cell", "mobilenet"])
def test_memory_format_does_not_matter(case: str) -> None:
    plain = replace(probe(), images=probe().images.contiguous())
    module = network(case).to(memory_format=torch.contiguous_format)
    record = evidence_of(case, module, plain)
    for name, proxy in PROXIES.items():
        assert proxy.compute(record) == pytest.approx(values(case)[name], rel=0.02, abs=1e-4), name


# How short the shortest way is says nothing of what travels it.
ALONE = [name for name, proxy in PROXIES.items() if not proxy.teacher and name != "min-path-depth"]


@pytest.mark.parametrize("name", ALONE)
def test_a_network_that_computes_nothing_scores_lower(name: str) -> None:
    assert values(EMPTY)[name] < values(CONVOLUTION)[name]


@pytest.mark.parametrize("name", AGGREGATES)
def test_an_aggregate_is_finite_and_made_of_proxies(name: str) -> None:
    aggregate = AGGREGATES[name]
    assert aggregate.terms.keys() <= PROXIES.keys()
    evaluations = [
        Evaluation(case, costs(case), {term: (values(case)[term],) for term in aggregate.terms}, 0.0) for case in CASES
    ]
    scorer = Scorer(name, evaluations)
    scores = [scorer(evaluation) for evaluation in evaluations]
    assert all(math.isfinite(score.value) for score in scores)
    assert scores == [scorer(evaluation) for evaluation in evaluations]
    assert [score.value for score in scores] == pytest.approx([sum(score.components.values()) for score in scores])


@pytest.mark.parametrize("name", ["az-nas", "params+nwot", "vkdnw-agg"])
def test_a_log_rank_aggregate_by_hand(name: str) -> None:
    terms = AGGREGATES[name].terms
    reference = [Evaluation(str(i), Costs(1, 1, 1, 1), dict.fromkeys(terms, (float(i),)), 0.0) for i in range(3)]
    # The middle of three has rank 2 of 4 in every term.
    assert Scorer(name, reference)(reference[1]).value == pytest.approx(len(terms) * np.log(0.5))
    assert set(terms.values()) == {1.0}


def test_aggregates_as_published() -> None:
    assert list(AGGREGATES["az-nas"].terms) == [
        "az-expressivity",
        "az-progressivity",
        "az-trainability",
        "az-complexity",
    ]
    assert {AGGREGATES[name].scale for name in ("az-nas", "params+nwot", "vkdnw-agg")} == {"log-rank"}


def test_rows_are_complete() -> None:
    assert not PROXIES.keys() & AGGREGATES.keys()
    for name, proxy in PROXIES.items():
        assert name == proxy.name == name.lower()
        assert proxy.summary
        assert proxy.reference
        assert (proxy.compute.__doc__ or "").strip()
