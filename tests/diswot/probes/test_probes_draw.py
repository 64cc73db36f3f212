"""The balanced draw that noise and images share."""

from collections import Counter

import pytest
import torch

from diswot.probes.draw import balanced_labels


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize(("size", "classes"), [(32, 10), (10, 10), (7, 100), (64, 3), (2, 1), (199, 100)])
def test_counts_of_classes_differ_by_at_most_one(size: int, classes: int) -> None:
    labels = balanced_labels(size, classes, generator())
    assert labels.shape == (size,)
    assert labels.dtype == torch.int64
    counts = Counter(labels.tolist())
    assert set(counts) <= set(range(classes))
    assert len(counts) == min(size, classes)
    assert max(counts.values()) - min(counts.values()) <= 1


def test_the_generator_decides_which_classes_come_once_more() -> None:
    drawn = {frozenset(balanced_labels(2, 5, generator(seed)).tolist()) for seed in range(100)}
    assert len(drawn) == 10  # Every pair of five classes.
    assert torch.equal(balanced_labels(9, 5, generator(3)), balanced_labels(9, 5, generator(3)))


@pytest.mark.parametrize("seed", range(20))
def test_a_scarce_class_never_gives_more_than_it_has(seed: int) -> None:
    labels = balanced_labels(8, 3, generator(seed), available=[2, 50, 3])
    assert Counter(labels.tolist()) == {0: 2, 1: 3, 2: 3}


def test_enough_of_every_class_is_as_without_end() -> None:
    assert torch.equal(balanced_labels(11, 4, generator(), [3] * 4), balanced_labels(11, 4, generator()))
