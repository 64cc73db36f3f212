"""Mathematics of activation patterns, by hand and by brute force."""

import math
from itertools import combinations

import pytest
import torch
from torch import Tensor

from diswot.observation.kernels import (
    agreement,
    depth_groups,
    smallest_correlation,
    spectral_entropy,
    switching_patterns,
)


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def count_agreements(values: Tensor) -> list[list[float]]:
    """Unit by unit, pair by pair."""
    rows = [[value > 0 for value in row] for row in values.flatten(1).tolist()]
    return [[float(sum(a == b for a, b in zip(x, y, strict=True))) for y in rows] for x in rows]


def test_agreement_by_hand() -> None:
    values = torch.tensor([[1.0, -1.0, 0.5], [2.0, 3.0, 0.0], [-1.0, 0.0, 1.0]])  # Zero counts as off.
    assert agreement(values).tolist() == [[3.0, 1.0, 2.0], [1.0, 3.0, 0.0], [2.0, 0.0, 3.0]]


@pytest.mark.parametrize("shape", [(5, 7), (4, 3, 2, 6), (3, 5, 4), (2, 1, 1, 1)])
def test_agreement_is_the_brute_force_count(shape: tuple[int, ...]) -> None:
    values = normal(*shape)
    assert agreement(values).tolist() == count_agreements(values)


def test_agreement_does_not_depend_on_the_layout_in_memory() -> None:
    values = normal(6, 5, 4, 3)
    expected = agreement(values)
    assert torch.equal(agreement(values.contiguous(memory_format=torch.channels_last)), expected)
    assert torch.equal(agreement(values.transpose(2, 3)), expected)
    assert torch.equal(agreement(values.double()), expected)


def test_agreement_leaves_its_input_alone() -> None:
    values = normal(3, 4)
    before = values.clone()
    agreement(values)
    assert torch.equal(values, before)


def rows(*channels: list[float]) -> Tensor:
    """Observations `(N, C)` out of one list for each channel."""
    return torch.tensor(channels).T


def test_entropy_of_constant_features_is_zero() -> None:
    assert spectral_entropy(rows([2.0] * 4, [3.0] * 4)) == 0.0


def test_entropy_of_one_direction_is_zero() -> None:
    assert spectral_entropy(rows([1.0, 2.0, 3.0], [2.0, 4.0, 6.0])) == pytest.approx(0.0, abs=1e-6)


def test_entropy_of_equal_independent_channels_is_the_logarithm_of_their_number() -> None:
    values = rows([1.0, 1.0, -1.0, -1.0], [1.0, -1.0, 1.0, -1.0])
    assert spectral_entropy(values) == pytest.approx(math.log(2))
    assert spectral_entropy(3 * values + 5) == pytest.approx(math.log(2))


def test_entropy_of_independent_channels_of_variances_three_and_one() -> None:
    """Eigenvalues 3 and 1: -(3/4 ln 3/4 + 1/4 ln 1/4) = 0.5623."""
    root = math.sqrt(3.0)
    values = rows([root, root, -root, -root], [1.0, -1.0, 1.0, -1.0])
    assert spectral_entropy(values) == pytest.approx(0.5623, abs=5e-5)


def test_entropy_of_correlated_channels() -> None:
    """Covariance (1, 1/2; 1/2, 1) has eigenvalues 3/2 and 1/2, in the same proportion."""
    values = rows([1.0, 1.0, -1.0, -1.0, 1.0, 1.0, -1.0, -1.0], [1.0, 1.0, 1.0, -1.0, 1.0, -1.0, -1.0, -1.0])
    assert spectral_entropy(values) == pytest.approx(0.5623, abs=5e-5)


def test_entropy_of_maps_takes_positions_of_all_images_as_observations() -> None:
    maps = normal(3, 4, 2, 5)
    assert spectral_entropy(maps) == pytest.approx(spectral_entropy(maps.permute(0, 2, 3, 1).reshape(-1, 4)))
    assert 0.0 < spectral_entropy(maps) < math.log(4)


def test_smallest_correlation_by_hand() -> None:
    """Channels that correlate by r give 1 - |r|: here 1/2, 1 and 0."""
    first = [1.0, 1.0, -1.0, -1.0, 1.0, 1.0, -1.0, -1.0]
    half = [1.0, 1.0, 1.0, -1.0, 1.0, -1.0, -1.0, -1.0]
    none = [1.0, -1.0, 1.0, -1.0, 1.0, -1.0, 1.0, -1.0]
    for other, expected in ((half, 0.5), (none, 1.0), (first, 0.0)):
        assert smallest_correlation(torch.tensor([first, other]).reshape(2, 2, 4)) == pytest.approx(expected)


def test_switching_patterns_are_the_distinct_columns() -> None:
    """Three images of four units: on-off columns 101, 011, 101, 000; image i is bit i."""
    values = torch.tensor([[1.0, -1.0, 1.0, 0.0], [-1.0, 1.0, -1.0, 0.0], [1.0, 1.0, 1.0, 0.0]])
    assert sorted(switching_patterns(values).flatten().tolist()) == [0, 0b101, 0b110]


def test_switching_patterns_of_many_images_take_several_words() -> None:
    values = normal(130, 20)
    patterns = switching_patterns(torch.cat([values, values], 1))
    assert patterns.shape == (20, 3)
    columns = [[(int(row[i // 62]) >> (i % 62)) & 1 for i in range(130)] for row in patterns]
    assert sorted(columns) == sorted((values > 0).int().T.tolist())


@pytest.mark.parametrize(("count", "expected"), [(0, []), (1, [0]), (3, [0, 1, 2]), (5, [0, 0, 1, 1, 2])])
def test_depth_groups_by_hand(count: int, expected: list[int]) -> None:
    assert depth_groups(count, 3) == expected


@pytest.mark.parametrize("count", range(3, 20))
def test_depth_groups_are_equal_parts_in_order(count: int) -> None:
    groups = depth_groups(count, 3)
    assert groups == sorted(groups)
    sizes = [groups.count(group) for group in range(3)]
    assert all(abs(a - b) <= 1 for a, b in combinations(sizes, 2))
