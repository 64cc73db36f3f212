"""Losses against numbers worked out by hand or in float64, and what all of them keep."""

from collections.abc import Callable
from functools import partial

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from diswot import losses

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
    assert float(losses.similarity_preserving(student, teacher)) == pytest.approx(value, rel=1e-6)


def test_row_normalised_gram_by_hand() -> None:
    # Rows (1, 0), (1, 1): Gram [[1, 1], [1, 2]], rows of length sqrt 2 and sqrt 5.
    expected = torch.tensor([[0.5**0.5, 0.5**0.5], [0.2**0.5, 2 * 0.2**0.5]])
    torch.testing.assert_close(losses.row_normalised_gram(torch.tensor([[1.0, 0.0], [1.0, 1.0]])), expected)


def test_similarity_preserving_by_hand() -> None:
    # The identity against a matrix of 1/sqrt 2: (2 (1 - .7071)^2 + 2 / 2) / 4.
    assert float(losses.similarity_preserving(torch.eye(2), torch.ones(2, 1))) == pytest.approx(
        (2 * (1 - 0.5**0.5) ** 2 + 1) / 4
    )


def test_channel_distance_by_hand() -> None:
    # Class 0: rows agree, distance 0. Class 1: (3, 4) against (4, -3), cosine 0, distance 2.
    a, b = torch.tensor([[1.0, 2.0], [3.0, 4.0]]), torch.tensor([[2.0, 4.0], [4.0, -3.0]])
    assert float(losses.channel_distance(a, b)) == pytest.approx(1.0)
    # (1, 1) against (1, -1/3): half the signs agree less half that do not, 2 - 0.
    assert float(losses.channel_distance(torch.tensor([[1.0, 1.0]]), torch.tensor([[1.0, -1 / 3]]))) == pytest.approx(
        2.0
    )


def test_channel_distance_is_the_closed_form_of_the_inter_channel_loss() -> None:
    generator = torch.Generator().manual_seed(0)
    a, b = (torch.randn(5, 7, generator=generator) for _ in range(2))

    def correlation(gradient: Tensor) -> Tensor:
        return F.normalize(gradient[:, :, None] * gradient[:, None, :], dim=2)

    loss = (correlation(a) - correlation(b)).square().sum() / (5 * 7)
    assert float(losses.channel_distance(a, b)) == pytest.approx(float(loss), rel=1e-5)


def test_a_channel_that_is_never_on_is_unlike_every_other() -> None:
    one, blank = torch.tensor([[1.0, 0.0]]), torch.zeros(1, 2)
    assert float(losses.channel_distance(one, one)) == 1.0
    assert float(losses.channel_distance(blank, one)) == 2.0


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


def test_channels_of_other_shapes_are_never_folded() -> None:
    with pytest.raises(ValueError, match=r"gradients \(10, 64\) and \(20, 32\) cannot be compared one by one"):
        losses.channel_distance(torch.ones(10, 64), torch.ones(20, 32))


ALL: list[tuple[Loss, Tensor, Tensor]] = [
    (losses.logits_kl, ZS, ZT),
    (losses.hint, MS, MT),
    (losses.attention, MS, MT),
    (losses.selectivity, MS, MT),
    (losses.channel_correlation, MS, MT),
    (losses.relational, FS, FT),
    (losses.congruence, FS, FT),
    (losses.probabilistic, FS, FT),
    (losses.kernel_distance, FS, FT),
    (losses.similarity_preserving, FS, FT),
    (losses.channel_distance, FS + 0.5, FT - 0.5),
]


def value_and_gradient(loss: Loss, student: Tensor, teacher: Tensor) -> tuple[float, Tensor]:
    leaf = student.clone().requires_grad_()
    value = loss(leaf, teacher)
    assert value.shape == ()
    (gradient,) = torch.autograd.grad(value, leaf)
    return float(value.detach()), gradient


@pytest.mark.parametrize(("loss", "student", "teacher"), ALL)
def test_a_step_down_the_gradient_brings_the_student_nearer(loss: Loss, student: Tensor, teacher: Tensor) -> None:
    value, gradient = value_and_gradient(loss, student, teacher)
    assert value_and_gradient(loss, student - 1e-3 * gradient, teacher)[0] < value


@pytest.mark.parametrize(("loss", "student", "teacher"), ALL)
def test_a_student_who_shows_all_that_the_teacher_shows_is_left_alone(
    loss: Loss, student: Tensor, teacher: Tensor
) -> None:
    value, gradient = value_and_gradient(loss, student, student.clone())
    assert value == pytest.approx(0.0, abs=1e-6)
    torch.testing.assert_close(gradient, torch.zeros_like(student), atol=1e-6, rtol=0)
