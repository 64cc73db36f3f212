"""NAS-Bench-101: counts of distinct cells, published parameters, and which cells are the same."""

from itertools import product

import numpy as np
import pytest

from diswot_spaces import get_space
from diswot_spaces.errors import InvalidArchitecture
from diswot_spaces.nasbench101 import NASBench101
from diswot_spaces.nasbench101_cells import (
    MOST_EDGES,
    OPERATIONS,
    Cell,
    canonical,
    pruned,
    published_hash,
    vertex_channels,
)

SPACE = NASBench101()
INCEPTION = "111010.00001.0001.100.01.1:conv1x1,conv3x3,conv3x3,conv3x3,maxpool3x3"
"""The cell of the benchmark's introduction: 1 x 1, 3 x 3, twice 3 x 3, and pooling beside one another."""
GOOD = "100000.10000.1000.100.10.1:conv3x3,conv3x3,conv3x3,conv3x3,conv3x3"


def test_the_cell_of_the_introduction_has_the_published_number_of_parameters() -> None:
    # google-research/nasbench's README prints trainable_parameters 2694282.
    assert SPACE.costs(SPACE.decode(INCEPTION), 10).params == 2_694_282


@pytest.mark.parametrize(("vertices", "count"), [(2, 1), (3, 6), (4, 84), (5, 2_441)])
def test_as_many_cells_are_distinct_as_published(vertices: int, count: int) -> None:
    """With 62,010 of six and 359,082 of seven vertices these are the 423,624 of the benchmark."""
    pairs = [(i, j) for i in range(vertices) for j in range(i + 1, vertices)]
    cells = set()
    for bits in range(2 ** len(pairs)):
        edges = [pair for n, pair in enumerate(pairs) if bits >> n & 1]
        for operations in product(OPERATIONS, repeat=vertices - 2):
            cell = pruned(edges, operations)
            if cell is not None and cell.output == vertices - 1 and len(edges) <= MOST_EDGES:
                cells.add(cell)
    assert len({canonical(cell) for cell in cells}) == len({published_hash(cell) for cell in cells}) == count


def test_the_order_of_vertices_plays_no_part() -> None:
    fork = "110000.00001.0001.000.00.0"
    a = SPACE.decode(f"{fork}:conv1x1,conv3x3,maxpool3x3,conv3x3,conv1x1")
    b = SPACE.decode(f"{fork}:conv3x3,conv1x1,conv1x1,conv1x1,conv1x1")
    assert SPACE.canonical(a) == SPACE.canonical(b)
    assert SPACE.published_class(a) == SPACE.published_class(b)


def test_vertices_share_the_channels_of_the_output() -> None:
    cell = Cell(((0, 1), (0, 2), (0, 3), (1, 4), (2, 4), (3, 4)), ("conv1x1",) * 3)
    assert vertex_channels(cell, 128, 128) == [128, 43, 43, 42, 128]
    chain = Cell(((0, 1), (1, 2), (2, 3)), ("conv1x1",) * 2)
    assert vertex_channels(chain, 128, 256) == [128, 256, 256, 256]


def test_architectures_are_read_and_written() -> None:
    rng = np.random.default_rng(0)
    for _ in range(50):
        arch = SPACE.sample(rng)
        form = SPACE.canonical(arch)
        assert SPACE.decode(SPACE.encode(form)) == form
        assert SPACE.published_class(form) == SPACE.published_class(arch)
        assert len(SPACE.cell(form).edges) <= 9


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("100000", "a nasbench101 architecture is ROW.ROW"),
        (GOOD.replace(",conv3x3", "", 1), "has 4 operations; a cell has 5"),
        (GOOD.replace("conv3x3", "conv5x5", 1), "unknown operation 'conv5x5'"),
        (GOOD.replace("100000", "000000"), "leads from input to output over no path, or over more than 9 edges"),
        (GOOD.replace("100000.10000.1000", "111111.11111.1111"), "over no path, or over more than 9 edges"),
    ],
)
def test_what_is_no_cell_is_refused(text: str, message: str) -> None:
    with pytest.raises(InvalidArchitecture) as caught:
        get_space("nasbench101").decode(text)
    assert message in str(caught.value)
