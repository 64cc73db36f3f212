"""The plain writing of the published algorithms gives what our proxies give: same weights, same probe, same teacher."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import pytest
import torch
from torch import Tensor, nn

from diswot.errors import InputError
from diswot.evaluation import EvalTask
from diswot.networks import build_random
from diswot.observation import Observation, observe
from diswot.observation.capture import Capture
from diswot.probes import load_probe
from diswot.probes.batch import ProbeBatch
from diswot.proxies import PROXIES
from diswot.proxies.base import ProxyInput
from diswot.runtime.threads import one_thread
from diswot.spec.probe import ProbeSpec
from diswot.spec.teacher import TeacherSpec
from diswot.teachers.teacher import TeacherView, build_teacher
from diswot_benchmarks.speed.as_published import (
    PUBLISHED,
    AsPublished,
    diswot_terms,
    nwot_value,
    synflow_value,
    zico_value,
)
from diswot_benchmarks.speed.published_networks import (
    PublishedCell,
    PublishedClassifier,
    published_student,
    published_teacher,
)
from diswot_spaces import CIFAR, get_space

SPACE = get_space("nasbench201")
WHOLE = "|nor_conv_3x3~0|+|nor_conv_1x1~0|avg_pool_3x3~1|+|skip_connect~0|nor_conv_1x1~1|nor_conv_3x3~2|"
WITH_NONE = "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|nor_conv_1x1~0|none~1|avg_pool_3x3~2|"
WITH_DEAD = "|nor_conv_1x1~0|+|nor_conv_3x3~0|none~1|+|none~0|skip_connect~1|none~2|"
"""The edge 0->2 has a convolution that nobody reads."""

WANT = Capture.MAPS | Capture.KERNELS


@pytest.fixture(autouse=True, scope="module")
def single_thread() -> Iterator[None]:
    with one_thread():
        yield


@pytest.fixture(scope="module")
def probe() -> ProbeBatch:
    return load_probe(ProbeSpec("dead-leaves", 8), 10, CIFAR, seed=3)


@pytest.fixture(scope="module")
def teacher() -> nn.Module:
    """Ours, with its weights."""
    return build_teacher(TeacherSpec("resnet20", 10), seed=5)


def with_weights(published: PublishedClassifier, ours: nn.Module) -> PublishedClassifier:
    """The published network with the weights of ours; where ours has no edge, its own stay."""
    missing = published.load_state_dict(ours.state_dict(), strict=False)
    assert not missing.unexpected_keys, "every layer of ours is one of the published network"
    return published.requires_grad_(True).train()


def student(text: str) -> nn.Module:
    """Ours, as a score sees it."""
    return build_random(partial(SPACE.build, SPACE.decode(text), 10, CIFAR), seed=7)


def inputs(network: nn.Module, teacher: nn.Module, probe: ProbeBatch) -> ProxyInput:
    def look(module: nn.Module) -> Observation:
        seen = replace(probe, images=probe.images.contiguous(memory_format=torch.channels_last))
        return observe(module, seen, WANT)

    costs = SPACE.costs(SPACE.decode(WHOLE), 10, CIFAR)
    found = ProxyInput(lambda: network, WANT, costs, TeacherView((look(teacher),)), probe)
    vars(found)["student"] = look(network)
    return found


@pytest.mark.parametrize("text", [WHOLE, WITH_NONE, WITH_DEAD])
def test_the_terms_of_diswot_are_those_of_our_proxies(text: str, probe: ProbeBatch, teacher: nn.Module) -> None:
    ours = student(text)
    found = inputs(ours, teacher, probe)
    relation, semantic = diswot_terms(
        with_weights(published_teacher("resnet20", 10), teacher),
        with_weights(published_student(SPACE.values(SPACE.decode(text)), 10), ours),
        probe.images,
        probe.labels,
    )
    assert -relation == pytest.approx(PROXIES["relation"].compute(found), rel=1e-3)
    assert -semantic == pytest.approx(PROXIES["semantic"].compute(found), rel=1e-3)
    assert -relation - semantic == pytest.approx(PROXIES["diswot"].compute(found), rel=1e-3)


def test_other_proxies_are_ours(probe: ProbeBatch, teacher: nn.Module) -> None:
    ours = student(WHOLE)
    found = inputs(ours, teacher, probe)
    operations = SPACE.values(SPACE.decode(WHOLE))
    network = with_weights(published_student(operations, 10), ours)
    with torch.no_grad():
        assert nwot_value(network, probe.images) == pytest.approx(PROXIES["nwot"].compute(found), rel=1e-5)
    network = with_weights(published_student(operations, 10), ours)
    assert zico_value(network, probe.images, probe.labels) == pytest.approx(PROXIES["zico"].compute(found), rel=1e-3)
    bare = published_student(operations, 10, nn.Identity)
    norms = bare.load_state_dict(ours.state_dict(), strict=False)
    assert not norms.missing_keys
    assert synflow_value(bare, probe.images) == pytest.approx(PROXIES["synflow"].compute(found), rel=1e-9)
    case = AsPublished("params", "resnet20", 10, probe)
    assert math.log(case(EvalTask(SPACE.decode(WHOLE)))) == PROXIES["params"].compute(found)


class _Two(nn.Module):
    """Two images of one pixel and two channels, given; logits are the channels."""

    def __init__(self, maps: Tensor) -> None:
        super().__init__()
        self.maps = maps
        self.classifier = nn.Linear(2, 2, bias=False)
        nn.init.zeros_(self.classifier.weight)

    def forward(self, _: Tensor) -> tuple[Tensor, Tensor]:
        return self.maps, self.classifier(self.maps.flatten(1))


def test_the_terms_by_hand() -> None:
    """Grams (1, 0), (0, 1) against (1, 3) / sqrt(10) twice; probabilities 1/2, so gradients are +-(f_1 - f_0) / 4."""
    one = _Two(torch.eye(2).view(2, 2, 1, 1))
    other = _Two(torch.tensor([[1.0, 1.0], [3.0, 3.0]]).view(2, 2, 1, 1))
    relation, semantic = diswot_terms(one, other, torch.zeros(2, 3, 4, 4), torch.tensor([0, 1]))  # type: ignore[arg-type]
    # Squared distances of unit rows, 2 - 2 / sqrt(10) and 2 - 6 / sqrt(10), over N^2 = 4.
    assert relation == pytest.approx(1 - 2 / math.sqrt(10))
    # Gradient of class 0: -(1, 0)/4 + (0, 1)/4 = (-1, 1)/4 against (1, 1)/2: one sign of two agrees, cosine 0.
    assert semantic == pytest.approx(2.0)


def test_every_edge_is_computed_whether_read_or_not() -> None:
    def convolutions(module: nn.Module) -> int:
        return sum(isinstance(layer, nn.Conv2d) for layer in module.modules())

    operations = SPACE.values(SPACE.decode(WITH_DEAD))
    assert convolutions(published_student(operations, 10)) == convolutions(student(WITH_DEAD)) + 15
    seen: list[int] = []
    cell = PublishedCell(operations, 4, nn.BatchNorm2d)
    for edge in cell.operations.values():
        edge.register_forward_hook(lambda *_: seen.append(1))
    cell(torch.zeros(2, 4, 8, 8))
    assert len(seen) == 6


def test_norms_learn_the_batch_as_in_training(probe: ProbeBatch) -> None:
    network = published_student(SPACE.values(SPACE.decode(WHOLE)), 10)
    network(probe.images)
    (first, *_) = (layer for layer in network.modules() if isinstance(layer, nn.BatchNorm2d))
    assert first.num_batches_tracked == 1


@pytest.mark.parametrize("proxy", PUBLISHED)
def test_each_candidate_gets_fresh_weights(proxy: str, probe: ProbeBatch) -> None:
    case = AsPublished(proxy, "resnet20", 10, probe)
    values = {case(EvalTask(SPACE.decode(WITH_NONE))) for _ in range(2)}
    assert all(map(math.isfinite, values))
    assert len(values) == (1 if proxy == "params" else 2)


def test_a_cell_may_teach(probe: ProbeBatch) -> None:
    """A network that is its own teacher is as close as can be."""
    ours = build_teacher(TeacherSpec(f"nasbench201:{WHOLE}", 10), seed=5)
    pair = [with_weights(published_teacher(f"nasbench201:{WHOLE}", 10), ours) for _ in range(2)]
    assert diswot_terms(pair[0], pair[1], probe.images, probe.labels) == (0.0, 0.0)


def test_a_teacher_of_another_kind_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        published_teacher("wrn-40-2", 10)
    assert str(caught.value) == (
        "the published algorithm is measured with a teacher of resnet20, resnet32, resnet44, resnet56, resnet110 or "
        "nasbench201:ARCH, not 'wrn-40-2'"
    )
