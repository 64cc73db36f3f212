"""Losses against golden values worked out in float64."""

from collections.abc import Callable
from functools import partial

import pytest
import torch
from torch import Tensor

from diswot.proxies import distillation_losses as losses
from diswot.proxies.similarity import gram_similarity

ZS = torch.tensor([[2.0, 1, 0], [0, 1, 3]], dtype=torch.float64)
ZT = torch.tensor([[3.0, 1, -1], [1, 2, 2.5]], dtype=torch.float64)
FS = torch.tensor([[1.0, 0, 2], [0, 1, 1], [2, 1, 0]], dtype=torch.float64)
FT = torch.tensor([[2.0, 1, 1], [0, 2, 1], [1, 0, 3]], dtype=torch.float64)
K = torch.arange(16, dtype=torch.float64)
MS = (K / 8).view(2, 2, 2, 2)
MT = (7 * K % 16 / 8).view(2, 2, 2, 2)

Loss = Callable[[Tensor, Tensor], Tensor]

GOLDEN: list[tuple[Loss, Tensor, Tensor, float]] = [
    (partial(losses.logits_kl, temperature=1), ZS, ZT, 0.1807513807),
    (losses.logits_kl, ZS, ZT, 0.2895672985),
    (losses.hint, MS, MT, 0.59375),
    (losses.attention, MS, MT, 0.1269478868),
    (losses.selectivity, MS, MT, 0.4458782193),
    (losses.channel_correlation, MS, MT, 0.1933614603),
    (losses.relational, FS, FT, 0.5248981109),
    (losses.congruence, FS, FT, 0.0223370916),
    (losses.probabilistic, FS, FT, 0.0008321050),
]


@pytest.mark.parametrize(("loss", "student", "teacher", "value"), GOLDEN)
def test_golden_values(loss: Loss, student: Tensor, teacher: Tensor, value: float) -> None:
    assert float(loss(student, teacher)) == pytest.approx(value, abs=1e-9)


@pytest.mark.parametrize(("student", "teacher", "value"), [(MS, MT, 0.0920158222), (FS, FT, 0.0185447370)])
def test_golden_value_of_similarity_preserving(student: Tensor, teacher: Tensor, value: float) -> None:
    assert -gram_similarity(student, teacher) == pytest.approx(value, rel=1e-6)


def test_parts_of_the_relational_loss() -> None:
    smooth = torch.nn.functional.smooth_l1_loss
    distances = smooth(losses.pair_distances(FS), losses.pair_distances(FT))
    angles = smooth(losses.triple_angles(FS), losses.triple_angles(FT))
    assert (float(distances), float(angles)) == pytest.approx((0.0061653061, 0.0074153092), abs=1e-9)


def test_kernel_distance_by_hand() -> None:
    # Centred, the rows are -1, 1 and (-1, 0), (1, 0) or (1, 1), (-1, -1): their Grams are multiples of one another.
    one = torch.tensor([[0.0], [2.0]])
    assert float(losses.kernel_distance(one, torch.tensor([[5.0, 1.0], [3.0, -1.0]]))) == pytest.approx(0.0, abs=1e-6)
    # Grams of (1, 0, -1) and (1, -2, 1): orthogonal.
    a, b = torch.tensor([[1.0], [0.0], [-1.0]]), torch.tensor([[1.0], [-2.0], [1.0]])
    assert float(losses.kernel_distance(a, b)) == pytest.approx(1.0)
    assert float(losses.kernel_distance(a, torch.ones(3, 4))) == 1.0


@pytest.mark.parametrize(("loss", "student", "teacher", "value"), GOLDEN)
def test_nothing_is_lost_between_equals(loss: Loss, student: Tensor, teacher: Tensor, value: float) -> None:
    assert float(loss(student, student.clone())) == pytest.approx(0.0, abs=1e-12)
    assert float(loss(teacher, teacher.clone())) == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("loss", [losses.attention, losses.selectivity])
def test_maps_of_any_width_and_size_are_compared(loss: Loss) -> None:
    wide = MT.repeat(1, 3, 1, 1).repeat_interleave(2, 2).repeat_interleave(2, 3)
    # Repeated channels and pixels change neither attention nor the distribution of channels.
    assert float(loss(MS, wide)) == pytest.approx(float(loss(MS, MT)), abs=1e-9)


@pytest.mark.parametrize("loss", [losses.relational, losses.congruence, losses.probabilistic, losses.kernel_distance])
def test_features_of_any_width_are_compared(loss: Loss) -> None:
    padded = torch.cat([FT, torch.zeros(3, 4, dtype=torch.float64)], 1)
    assert float(loss(FS, padded)) == pytest.approx(float(loss(FS, FT)), abs=1e-12)


def test_shapes_that_cannot_be_compared_are_never_folded() -> None:
    with pytest.raises(ValueError, match=r"logits \(2, 3\) and \(2, 6\) are not of the same classes"):
        losses.logits_kl(ZS, ZT.repeat(1, 2))
    for loss in (losses.hint, losses.channel_correlation):
        with pytest.raises(ValueError, match="maps of 2 and of 4 channels cannot be compared one by one"):
            loss(MS, MT.repeat(1, 2, 1, 1))


@pytest.mark.parametrize(("loss", "student", "teacher", "value"), GOLDEN)
def test_blank_maps_and_features_give_finite_losses(loss: Loss, student: Tensor, teacher: Tensor, value: float) -> None:
    assert torch.isfinite(loss(torch.zeros_like(student), teacher))
