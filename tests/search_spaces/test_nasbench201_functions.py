"""Which cells are the same function: proved with networks whose weights are moved from edge to edge."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from itertools import combinations, permutations, product
from typing import Any, TypeVar
from zlib import crc32

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from diswot.runtime.threads import one_thread
from diswot_spaces import Architecture
from diswot_spaces.nasbench201 import NASBench201
from diswot_spaces.nasbench201_cells import EDGES, OPERATIONS, alive_in_cell, live_edges
from diswot_spaces.nasbench201_functions import published_expression, representatives
from diswot_spaces.networks.nasbench201 import Cell, operation

T = TypeVar("T")
Choices = tuple[int, ...]
Naming = dict[str, tuple[str, int]]
"""For each edge with a convolution, which of the weights for its operation it gets."""

SPACE = NASBench201()
IMAGES = torch.randn(2, 3, 5, 6, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


@pytest.fixture(autouse=True)
def _on_one_thread() -> Iterator[None]:
    """Tensors are so small that threads would wait for one another most of the time."""
    with one_thread():
        yield


def grouped(key: Callable[[Choices], Any]) -> list[list[Choices]]:
    """All cells, those of equal keys together."""
    found: dict[Any, list[Choices]] = defaultdict(list)
    for choices in representatives():
        found[key(choices)].append(choices)
    return list(found.values())


@cache
def functions() -> list[list[Choices]]:
    return grouped(representatives().__getitem__)


@cache
def joined() -> list[set[Choices]]:
    """The functions, by their canonical forms, of each published class that holds several."""
    classes = ({representatives()[choices] for choices in cells} for cells in grouped(published_expression))
    return [cells for cells in classes if len(cells) > 1]


def drawn(items: Iterable[T], size: int) -> list[T]:
    """So many of them, always the same."""
    everything = list(items)
    return [everything[i] for i in np.random.default_rng(0).permutation(len(everything))[:size]]


def namings(choices: Choices) -> Iterator[Naming]:
    """Every way to hand out weights to the convolutions of a cell, one set for each."""
    edges: dict[str, list[str]] = defaultdict(list)
    for ends, choice, live in zip(EDGES, choices, live_edges(choices), strict=True):
        if live and "conv" in OPERATIONS[choice]:
            edges[OPERATIONS[choice]].append("{}{}".format(*ends))
    for orders in product(*map(permutations, edges.values())):
        yield {edge: (kind, i) for kind, order in zip(edges, orders, strict=True) for i, edge in enumerate(order)}


@cache
def randomized(name: str, make: Callable[..., nn.Module], *args: Any) -> nn.Module:
    """A layer in float64 and evaluation mode whose weights, norms and statistics are drawn by its name."""
    generator = torch.Generator().manual_seed(crc32(name.encode()))
    module = make(*args).double().eval().requires_grad_(False)
    for key, tensor in module.state_dict().items():
        if tensor.is_floating_point():
            tensor.normal_(generator=generator)
            if key.endswith("running_var"):
                tensor.square_().add_(0.5)
    return module


def layers(naming: Naming) -> Callable[..., nn.Module]:
    """Where the layers of a cell or network come from when its convolutions have these weights."""

    def layer(path: str, make: Callable[..., nn.Module], *args: Any) -> nn.Module:
        cell, _, edge = path.rpartition(".operations.")
        return randomized(f"{cell} {naming[edge]}" if edge in naming else path, make, *args)

    return layer


def output(choices: Choices, naming: Naming) -> Tensor:
    """What a cell of three channels makes of the images."""
    operations = SPACE.values(Architecture(SPACE.name, choices))
    result: Tensor = Cell(operations, live_edges(choices), IMAGES.shape[1], "cell", layers(naming))(IMAGES)
    return result


def logits(choices: Choices, naming: Naming) -> Tensor:
    network = SPACE.build(Architecture(SPACE.name, choices), 4, (3, 9, 9), layers(naming)).eval()
    images = torch.randn(2, 3, 9, 9, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    result: Tensor = network(images)
    return result


def moved(choices: Choices, target: Tensor) -> Naming | None:
    """The weights with which a cell gives the target, if there are any."""
    return next((n for n in namings(choices) if torch.allclose(output(choices, n), target, rtol=1e-9, atol=1e-9)), None)


def first(choices: Choices) -> Naming:
    return next(namings(choices))


def test_15625_cells_are_5044_functions_and_6466_published_classes() -> None:
    assert len(representatives()) == SPACE.size == 15_625
    assert len(functions()) == 5_044
    assert len(grouped(published_expression)) == 6_466
    # In both ways the benchmark's count is another: it joins functions, and it splits them.
    assert len(joined()) == 430
    assert sum(len({published_expression(choices) for choices in cells}) > 1 for cells in functions()) == 792


def test_every_cell_of_a_function_gives_its_output_with_weights_moved_from_edge_to_edge() -> None:
    for cells in drawn([cells for cells in functions() if len(cells) > 1], 60):
        canonical = representatives()[cells[0]]
        target = output(canonical, first(canonical))
        assert all(moved(choices, target) is not None for choices in cells), cells


def test_functions_that_the_benchmark_joins_differ_whatever_weights_are_moved() -> None:
    for cells in joined():
        for a, b in combinations(sorted(cells), 2):
            assert moved(b, output(a, first(a))) is None, (a, b)


def test_functions_of_the_same_convolutions_differ_whatever_weights_are_moved() -> None:
    alike = [cells for cells in grouped(lambda c: tuple(sorted(first(c).values()))) if len(first(cells[0])) < 5]
    pairs = [pair for cells in alike for pair in combinations(sorted({representatives()[c] for c in cells}), 2)]
    for a, b in drawn(pairs, 300):
        assert moved(b, output(a, first(a))) is None, (a, b)


@pytest.mark.slow
def test_all_cells_have_the_outputs_of_their_canonical_form_and_no_two_canonical_forms_the_same() -> None:
    direction = torch.randn(IMAGES.shape, generator=torch.Generator().manual_seed(2), dtype=torch.float64)

    @cache
    def outputs(choices: Choices) -> tuple[float, ...]:
        """Numbers that stand for the outputs under every way to hand out weights: the same, however edges are named."""
        return tuple(sorted(float((output(choices, naming) * direction).sum()) for naming in namings(choices)))

    for choices, canonical in representatives().items():
        live = tuple(choice if on else 0 for choice, on in zip(choices, live_edges(choices), strict=True))
        assert outputs(live) == pytest.approx(outputs(canonical), rel=1e-9, abs=1e-9), choices
    distinct = {tuple(round(number, 6) for number in outputs(canonical)) for canonical in representatives().values()}
    assert len(distinct) == 5_044


@pytest.mark.parametrize(
    ("text", "other"),
    [
        # A pooled sum is the sum of the pooled.
        (
            "|nor_conv_1x1~0|+|skip_connect~0|skip_connect~1|+|none~0|none~1|avg_pool_3x3~2|",
            "|nor_conv_1x1~0|+|avg_pool_3x3~0|avg_pool_3x3~1|+|none~0|none~1|skip_connect~2|",
        ),
        # Node 1 copies the input: it does not matter which convolution reads the copy.
        (
            "|skip_connect~0|+|nor_conv_3x3~0|nor_conv_1x1~1|+|none~0|none~1|nor_conv_3x3~2|",
            "|skip_connect~0|+|nor_conv_1x1~0|nor_conv_3x3~1|+|none~0|none~1|nor_conv_3x3~2|",
        ),
    ],
)
def test_equal_functions_give_equal_logits(text: str, other: str) -> None:
    a, b = SPACE.decode(text).choices, SPACE.decode(other).choices
    naming = moved(b, output(a, first(a)))
    if naming is None:
        pytest.fail("no weights make them equal")
    torch.testing.assert_close(logits(b, naming), logits(a, first(a)), rtol=1e-7, atol=1e-7)


def test_drawn_cells_give_the_logits_of_the_cell_that_is_measured_for_them() -> None:
    for choices in drawn((c for c, canonical in representatives().items() if c != canonical), 8):
        canonical = representatives()[choices]
        naming = moved(choices, output(canonical, first(canonical)))
        assert naming is not None, choices
        expected = logits(canonical, first(canonical))
        torch.testing.assert_close(logits(choices, naming), expected, rtol=1e-7, atol=1e-7)


def test_the_sum_of_two_convolutions_is_not_twice_one() -> None:
    twice = SPACE.decode("|nor_conv_3x3~0|+|none~0|skip_connect~1|+|none~0|skip_connect~1|skip_connect~2|")
    two = SPACE.decode("|none~0|+|nor_conv_3x3~0|none~1|+|nor_conv_3x3~0|none~1|skip_connect~2|")
    assert SPACE.published_class(twice) == SPACE.published_class(two)
    assert SPACE.canonical(twice) != SPACE.canonical(two)


def test_the_average_pooling_is_linear_at_its_borders_too() -> None:
    pooling = operation("avg_pool_3x3", 3)
    a, b = IMAGES, IMAGES.flip(0, 2) ** 2
    torch.testing.assert_close(pooling(a + 3 * b), pooling(a) + 3 * pooling(b))


def test_all_cells_of_a_function_cost_the_same_but_memory_and_the_canonical_one_needs_least() -> None:
    for cells in functions():
        costs = {choices: SPACE.costs(Architecture(SPACE.name, choices), 10) for choices in cells}
        assert len({(c.params, c.macs, c.depth) for c in costs.values()}) == 1
        canonical = representatives()[cells[0]]
        assert canonical in cells
        assert alive_in_cell(canonical) == min(map(alive_in_cell, cells))
