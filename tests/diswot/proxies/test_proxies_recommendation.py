"""The terms of the recommendation score, by hand."""

import math
from functools import partial
from types import SimpleNamespace
from typing import cast

import pytest
import torch
from torch import Tensor

from diswot.networks import build_random
from diswot.observation import Activation, Observation, observe
from diswot.observation.kernels import sampled_entropy, spectral_entropy
from diswot.probes.noise import white_noise
from diswot.proxies.base import Evidence
from diswot.proxies.capacity import capacity, diversity
from diswot.proxies.imitation import prediction, resemblance
from diswot.proxies.kernel_regression import alignment, centred, held_out_r2, principal_targets
from diswot.teachers.teacher import TeacherView
from search_spaces import get_space

N = 8


def observed(*kernels: Tensor, units: int = 1) -> Observation:
    n = len(kernels[0])
    activations = tuple(Activation(units, kernel) for kernel in kernels)
    return Observation(torch.zeros(n, 2), torch.zeros(n, 3), torch.zeros(n, dtype=torch.long), activations=activations)


def evidence(student: Observation, teacher: Observation) -> Evidence:
    return cast("Evidence", SimpleNamespace(student=student, teachers=TeacherView((teacher,))))


def smooth(seed: int) -> Tensor:
    """A kernel of full rank over images that lie on a line, nearer ones more alike."""
    points = torch.rand(N, generator=torch.Generator().manual_seed(seed)) * 4
    return torch.exp(-((points[:, None] - points[None]) ** 2))


def test_capacity_and_diversity_by_hand() -> None:
    # Two channels filled at 16 places and one at 4: ln(2^2 * 4 + 1^2 * 2); mean of ln 2 and 0.
    seen = (Activation(32, entropy=math.log(2), positions=16), Activation(4, entropy=0.0, positions=4))
    given = cast("Evidence", SimpleNamespace(on_noise=SimpleNamespace(activations=seen)))
    assert capacity(given) == pytest.approx(math.log(18))
    assert diversity(given) == pytest.approx(math.log(2) / 2)


def test_sampled_entropy_by_hand() -> None:
    independent = torch.tensor([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]])
    assert sampled_entropy(independent) == pytest.approx(math.log(2), abs=1e-6)
    assert sampled_entropy(independent[:, :1].expand(-1, 5)) == pytest.approx(0.0, abs=1e-6)
    assert sampled_entropy(torch.ones(4, 3, 2, 2)) == 0.0
    # Variances 3 to 1: -(3/4 ln 3/4 + 1/4 ln 1/4).
    assert sampled_entropy(independent * torch.tensor([3.0**0.5, 1.0])) == pytest.approx(0.5623351, abs=1e-6)


@pytest.mark.parametrize("shape", [(4, 6, 5, 5), (2, 40, 3, 3)])
def test_sampled_entropy_is_the_spectral_entropy_where_all_positions_fit(shape: tuple[int, int, int, int]) -> None:
    values = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    expected = spectral_entropy(values)
    assert sampled_entropy(values) == pytest.approx(expected, abs=1e-4)
    assert sampled_entropy(values.permute(0, 2, 3, 1), channels_last=True) == pytest.approx(expected, abs=1e-4)
    many = torch.randn(32, 6, 20, 20, generator=torch.Generator().manual_seed(0))
    assert sampled_entropy(many) == pytest.approx(spectral_entropy(many), abs=0.01)


def test_centring_takes_means_out() -> None:
    kernel = centred(smooth(0))
    torch.testing.assert_close(kernel.sum(0), torch.zeros(N), atol=1e-5, rtol=0)
    torch.testing.assert_close(kernel.sum(1), torch.zeros(N), atol=1e-5, rtol=0)


def test_alignment_by_hand() -> None:
    # Four images in two pairs, paired otherwise in the second kernel: no alignment; with itself, scaled and shifted: 1.
    pairs = torch.kron(torch.eye(2), torch.ones(2, 2))
    crossed = pairs[[0, 2, 1, 3]][:, [0, 2, 1, 3]]
    table = alignment(torch.stack([pairs, 3 * pairs + 2]), torch.stack([pairs, crossed, torch.ones(4, 4)]))
    torch.testing.assert_close(table, torch.tensor([[1.0, 0.0, 0.0]] * 2).double())


def test_principal_targets_by_hand() -> None:
    # Two pairs: the one direction that counts is (1, 1, -1, -1) / 2, scaled to unit mean square.
    pairs = torch.kron(torch.eye(2), torch.ones(2, 2))
    targets = principal_targets(pairs, 2)
    torch.testing.assert_close(targets[:, 0].abs(), torch.ones(4).double())
    assert float(targets[0, 0] * targets[2, 0]) == pytest.approx(-1.0)
    torch.testing.assert_close(targets[:, 1], torch.zeros(4).double())


def test_a_kernel_predicts_its_own_directions_and_an_uninformed_one_predicts_nothing() -> None:
    targets = principal_targets(smooth(0), N // 2)
    own = held_out_r2(smooth(0), targets)
    assert own > 0.5
    assert held_out_r2(5 * smooth(0) + 7, targets) == pytest.approx(own, abs=1e-4)
    assert held_out_r2(torch.ones(N, N), targets) == pytest.approx(0.0, abs=1e-6)
    assert held_out_r2(torch.eye(N), targets) < 0.05
    assert held_out_r2(smooth(0), torch.zeros(N, 2)) == 0.0


def test_prediction_is_highest_for_the_teacher_s_own_kernel() -> None:
    teacher = observed(smooth(0), smooth(1), smooth(2))
    own = prediction(evidence(observed(smooth(0)), teacher))
    other = prediction(evidence(observed(smooth(3)), teacher))
    blank = prediction(evidence(observed(torch.ones(N, N)), teacher))
    assert own > other > blank - 1e-9
    # One nonlinearity is its own first third: the last third of the depth is empty and adds ln(.05).
    assert blank == pytest.approx(math.log(0.05))


def test_resemblance_by_hand() -> None:
    pairs = torch.kron(torch.eye(2), torch.ones(2, 2))
    crossed = pairs[[0, 2, 1, 3]][:, [0, 2, 1, 3]]
    teacher = observed(pairs, pairs)
    # Aligned and orthogonal layers: -ln(1e-4) and -ln(1 - 0), averaged.
    assert resemblance(evidence(observed(pairs), teacher)) == pytest.approx(-math.log(1e-4), rel=1e-6)
    assert resemblance(evidence(observed(pairs, crossed), teacher)) == pytest.approx(-math.log(1e-4) / 2, rel=1e-6)


def test_a_teacher_s_profile_has_ten_depths_per_unit_averaged_over_initialisations() -> None:
    one, two = (observed(*(torch.full((2, 2), float(i * f)) for i in range(20)), units=2) for f in (1, 3))
    profile = TeacherView((one, two)).profile
    # Layer i has 2i on average over the two, i per unit; each depth is the mean of two neighbouring layers.
    assert profile.shape == (10, 2, 2)
    assert profile[:, 0, 0].tolist() == [0.5, 2.5, 4.5, 6.5, 8.5, 10.5, 12.5, 14.5, 16.5, 18.5]
    short = TeacherView((observed(torch.zeros(2, 2), torch.ones(2, 2)),)).profile
    assert short[:, 0, 0].tolist() == [0.0] * 5 + [1.0] * 5


def test_features_that_are_not_finite_have_no_entropy() -> None:
    values = torch.ones(4, 3, 2, 2)
    values[0, 0, 0, 0] = math.nan
    assert math.isnan(sampled_entropy(values))


@pytest.mark.parametrize(("side", "images", "expected"), [(32, 32, 16), (32, 8, 8), (12, 128, 114), (8, 64, 64)])
def test_white_noise_has_as_many_images_as_the_smallest_map_needs(side: int, images: int, expected: int) -> None:
    # The last stage has (side / 4)^2 positions: 1,024 of them are 16 images of 8 x 8, 114 of 3 x 3, 256 of 2 x 2.
    space = get_space("cifar-resnet")
    shape = (3, side, side)
    probe = white_noise(images, 4, shape, 0)
    network = build_random(partial(space.build, space.smallest, 4, shape), 0)
    given = Evidence(observe(network, probe), space.costs(space.smallest, 4, shape), None, network, probe)
    assert len(given.on_noise.logits) == expected
