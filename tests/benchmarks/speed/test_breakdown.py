"""Where the time goes: every microsecond in one category."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.profiler import record_function

from benchmarks.speed.as_published import BUILDING, AsPublished
from benchmarks.speed.breakdown import CATEGORIES, MATHEMATICS, OTHER, breakdown
from diswot.evaluation import EvalTask, prepare
from diswot.probes import load_probe
from diswot.runtime.threads import one_thread
from diswot.spec.probe import ProbeSpec
from diswot.spec.teacher import TeacherSpec
from search_spaces import CIFAR, get_space

SPACE = get_space("nasbench201")
ARCHS = [SPACE.decode("|nor_conv_3x3~0|+|none~0|avg_pool_3x3~1|+|skip_connect~0|none~1|nor_conv_1x1~2|")]
PROBE = load_probe(ProbeSpec("noise", 4), 10, CIFAR, seed=0)


class Work:
    """What an operation of some kind is filed under."""

    probe = PROBE

    def __init__(self) -> None:
        self.map = torch.randn(4, 8, 64, 64)
        self.layers = nn.ModuleDict(
            {
                "convolution": nn.Conv2d(8, 8, 3),
                "normalisation": nn.BatchNorm2d(8),
                "pooling": nn.AvgPool2d(3),
                "activation": nn.ReLU(),
            }
        )

    def __call__(self, _: EvalTask) -> Tensor:
        name = self.name
        if name == "additions":
            return self.map + self.map
        if name == MATHEMATICS:
            square = self.map.view(512, 256)
            return (square @ square.T + square @ square.T).softmax(1)
        if name == BUILDING:
            with record_function(BUILDING):
                return torch.randn(2**18).relu()
        out: Tensor = self.layers[name](self.map)
        return out

    name = ""


@pytest.mark.parametrize("name", [name for name in CATEGORIES if name != OTHER])
def test_an_operation_is_filed_under_its_kind(name: str) -> None:
    work = Work()
    work.name = name
    shares = breakdown(work, ARCHS * 5)
    assert tuple(shares) == CATEGORIES
    assert sum(shares.values()) == pytest.approx(100)
    del shares[OTHER]
    assert max(shares, key=lambda category: shares[category]) == name


def test_the_published_algorithm_and_ours_have_every_kind() -> None:
    ours = prepare(SPACE, TeacherSpec("resnet20", 10), PROBE.to("cpu"), ["diswot"], seed=0, initialisations=1)
    for case in (ours, AsPublished("diswot", "resnet20", 10, PROBE)):
        with one_thread():
            shares = breakdown(case, ARCHS)
        assert all(shares[name] > 0 for name in CATEGORIES), shares
        assert sum(shares.values()) == pytest.approx(100)
