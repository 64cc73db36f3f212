"""What the machine allows: bytes counted by hand and by watching a pass, rates that are rates."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from benchmarks.speed.published_networks import published_student
from benchmarks.speed.roofline import Roofline, copy_rate, matrix_rate, roofline, traffic
from diswot.observation.watch import Watcher
from search_spaces import CIFAR, get_space
from search_spaces.nasbench201 import NASBench201

SPACE = NASBench201()
WHOLE = "|nor_conv_3x3~0|+|nor_conv_1x1~0|avg_pool_3x3~1|+|skip_connect~0|nor_conv_1x1~1|nor_conv_3x3~2|"


def values(text: str) -> int:
    arch = SPACE.decode(text)
    return traffic(SPACE.values(arch), SPACE.live(arch), CIFAR)


class Watched(Watcher):
    """Counts what the operations of a pass read and write."""

    COUNTED = (F.relu, F.conv2d, F.batch_norm, F.avg_pool2d)

    def __init__(self) -> None:
        super().__init__()
        self.values = 0

    def operate(self, func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        out = func(*args, **kwargs)
        if func in self.COUNTED:
            self.values += args[0].numel() + out.numel()
        elif func is F.adaptive_avg_pool2d:
            self.values += args[0].numel()
        elif func in (Tensor.add, Tensor.__add__) and all(isinstance(arg, Tensor) for arg in args):
            self.values += 3 * out.numel()
        return out


def test_traffic_is_what_a_pass_of_the_whole_cell_reads_and_writes() -> None:
    with torch.device("meta"):
        network = published_student(SPACE.values(SPACE.decode(WHOLE)), 10)
        watched = Watched()
        with watched:
            network(torch.empty(1, *CIFAR))
    assert values(WHOLE) == watched.values


def test_traffic_of_the_live_edges_only() -> None:
    """An edge more costs its maps in each of five cells at 16 x 32 x 32, half of it at 32 x 16 x 16, a quarter."""
    maps = 5 * (16 * 32 * 32 + 32 * 16 * 16 + 64 * 8 * 8)
    skip = values("|none~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|")
    assert values("|none~0|+|none~0|none~1|+|avg_pool_3x3~0|none~1|none~2|") == skip + 2 * maps
    assert values("|none~0|+|none~0|none~1|+|nor_conv_1x1~0|none~1|none~2|") == skip + 6 * maps
    assert values("|skip_connect~0|+|none~0|none~1|+|skip_connect~0|skip_connect~1|none~2|") == skip + 3 * maps
    assert values("|nor_conv_3x3~0|+|nor_conv_3x3~0|none~1|+|skip_connect~0|none~1|none~2|") == skip, (
        "nobody reads them"
    )
    assert values("|none~0|+|none~0|none~1|+|none~0|none~1|none~2|") == skip + 2 * maps, "x * 0"


def test_the_bound_is_the_larger_of_both_means() -> None:
    found = roofline([10, 30], [30, 10], batch=2, itemsize=4, flops=20.0, bandwidth=40.0)
    assert found == Roofline(products=2 * 2 * 20 / 20, maps=4 * 2 * 20 / 40)
    assert (found.bound, Roofline(1.0, 3.0).bound) == (4.0, 3.0)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_rates_count_what_was_done(monkeypatch: pytest.MonkeyPatch, dtype: torch.dtype) -> None:
    """On a clock that ticks once a reading, everything takes one second."""
    ticks = iter(range(100))
    monkeypatch.setattr("benchmarks.speed.roofline.time.perf_counter", lambda: next(ticks))
    assert matrix_rate(None, dtype, "cpu", size=8) == 2 * 8**3
    assert copy_rate(None, "cpu", size=100) == 200


def test_macs_of_the_bound_are_those_of_the_canonical_cell() -> None:
    """The costs that the document passes on: the cell's convolutions are counted on live edges."""
    dead = SPACE.canonical(SPACE.decode("|nor_conv_3x3~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|"))
    skip = SPACE.canonical(SPACE.decode("|none~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|"))
    assert get_space("nasbench201").costs(dead, 10, CIFAR) == SPACE.costs(skip, 10, CIFAR)
