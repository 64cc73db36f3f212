"""The terms of the recommendation score, by hand."""

import math
from functools import partial
from types import SimpleNamespace
from typing import cast

import pytest
import torch
from cachetools import LRUCache
from torch import Tensor, nn

from diswot.losses import alignment, centred
from diswot.networks import build_random
from diswot.observation import Activation, Observation
from diswot.observation.capture import Capture
from diswot.observation.kernels import sampled_covariance, spectral_entropies, spectral_entropy
from diswot.probes.noise import white_noise
from diswot.proxies.base import MOST_NOISE_IMAGES, NOISE_BYTES, TWINS, NoiseView, ProxyInput, _white_noise
from diswot.proxies.input_stability import input_stability
from diswot.proxies.layer_capacity import layer_capacity
from diswot.proxies.min_path_depth import min_path_depth
from diswot.proxies.saturating_capacity import ENOUGH, saturating_capacity
from diswot.proxies.spectral_capacity import spectral_capacity
from diswot.proxies.teacher_cka import teacher_cka
from diswot.proxies.trainability import TOLERATED, trainability
from diswot.teachers.teacher import TeacherView
from diswot_spaces import Costs, get_space

N = 8


def observed(*kernels: Tensor, units: int = 1) -> Observation:
    n = len(kernels[0])
    activations = tuple(Activation(units, kernel) for kernel in kernels)
    return Observation(torch.zeros(n, 2), torch.zeros(n, 3), torch.zeros(n, dtype=torch.long), activations=activations)


def inputs(student: Observation, teacher: Observation) -> ProxyInput:
    return cast("ProxyInput", SimpleNamespace(student=student, teachers=TeacherView((teacher,))))


def seen_by(network: nn.Module, side: int = 32) -> ProxyInput:
    probe = white_noise(8, 4, (3, side, side), 0)
    return ProxyInput(lambda: network, Capture.NOTHING, Costs(1, 1, 1, 1), None, probe)


def seen_by_a_resnet(side: int) -> ProxyInput:
    space = get_space("cifar-resnet")
    return seen_by(build_random(partial(space.build, space.smallest, 4, (3, side, side)), 0), side)


def plain(depth: int) -> nn.Module:
    def build() -> nn.Module:
        layers: list[nn.Module] = []
        for i in range(depth):
            layers += [nn.Conv2d(16 if i else 3, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU()]
        return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 4))

    return build_random(build, 0)


def smooth(seed: int) -> Tensor:
    """A kernel of full rank over images that lie on a line, nearer ones more alike."""
    points = torch.rand(N, generator=torch.Generator().manual_seed(seed)) * 4
    return torch.exp(-((points[:, None] - points[None]) ** 2))


def on_noise(observation: Observation, twins: int = 1, step: float = 0.1) -> ProxyInput:
    return cast("ProxyInput", SimpleNamespace(on_noise=NoiseView(observation, twins, step)))


def pooled(*rows: list[float]) -> Observation:
    return Observation(torch.zeros(len(rows), 2), torch.tensor(rows), torch.zeros(len(rows), dtype=torch.long))


def test_capacity_by_hand() -> None:
    # Two channels filled at 16 places and one at 4: ln(2^2 * 4 + 1^2 * 2).
    two, one = torch.eye(2), torch.diag(torch.tensor([3.0, 0.0]))  # channels that the signal fills
    seen = (Activation(32, covariance=two, positions=16), Activation(4, covariance=one, positions=4))
    nothing = torch.zeros(2, 2)
    given = Observation(nothing, nothing, torch.zeros(2, dtype=torch.long), activations=seen)
    assert spectral_capacity(on_noise(given)) == pytest.approx(math.log(18))


def filled(channels: int, positions: int) -> Activation:
    return Activation(channels * positions, covariance=torch.eye(channels), positions=positions)


def on_layers(*layers: Activation) -> ProxyInput:
    nothing = torch.zeros(2, 2)
    return on_noise(Observation(nothing, nothing, torch.zeros(2, dtype=torch.long), activations=layers))


def test_saturating_capacity_by_hand() -> None:
    # 60 channels where 80 are enough: 1/3600 + 1/6400 = 1/2304, at 512 places to the power 1/3.
    assert saturating_capacity(on_layers(filled(60, 512))) == pytest.approx(math.log(8 * 2304), rel=1e-5)
    both = on_layers(filled(60, 512), filled(80, 1))
    assert saturating_capacity(both) == pytest.approx(math.log(8 * 2304 + 3200), rel=1e-5)


def test_width_saturates_and_depth_does_not() -> None:
    narrow, wide, deep = (on_layers(*layers) for layers in ([filled(8, 4)], [filled(16, 4)], [filled(8, 4)] * 4))
    assert saturating_capacity(wide) == pytest.approx(saturating_capacity(deep), abs=0.05)  # As MACs have it.
    narrow, wide, deep = (on_layers(*layers) for layers in ([filled(300, 4)], [filled(600, 4)], [filled(300, 4)] * 4))
    assert saturating_capacity(wide) - saturating_capacity(narrow) < 0.12
    assert saturating_capacity(deep) - saturating_capacity(narrow) == pytest.approx(math.log(4))
    assert saturating_capacity(wide) < math.log(4 ** (1 / 3) * ENOUGH**2)


def test_layer_capacity_by_hand() -> None:
    # Three channels on a side of 4 and twelve at one place: 12 each; a further layer of one: a third of ln 144.
    layers = filled(3, 16), filled(12, 1)
    assert layer_capacity(on_layers(*layers)) == pytest.approx(math.log(12), rel=1e-5)
    assert layer_capacity(on_layers(*layers, filled(1, 1))) == pytest.approx(math.log(144) / 3, rel=1e-5)


def test_depth_alone_adds_nothing_to_a_typical_layer() -> None:
    assert layer_capacity(on_layers(*[filled(8, 4)] * 5)) == pytest.approx(layer_capacity(on_layers(filled(8, 4))))


@pytest.mark.parametrize("growth", [0.5, TOLERATED, 100 * TOLERATED])
def test_trainability_by_hand(growth: float) -> None:
    grown = on_noise(pooled([1.0, 0.0], [-1.0, 0.0], [1.0, 0.1 * growth]))
    expected = -math.log(1 + (growth / TOLERATED) ** 2) / 2
    assert trainability(grown) == pytest.approx(expected, rel=1e-4)


def test_trainability_at_its_ends() -> None:
    # Features that say nothing are no better than those that a small change turns into any other.
    assert trainability(on_noise(pooled([1.0], [1.0], [1.0]), step=1e-4)) == pytest.approx(
        -math.log(1e4 / TOLERATED), rel=1e-4
    )
    assert trainability(on_noise(pooled([1.0], [-1.0], [1.0]))) == pytest.approx(0.0)


def test_stability_by_hand() -> None:
    # Images at 1 and -1 spread by 1; the twin of the first is 0.3 off after a step of 0.1: it grew three times.
    assert input_stability(on_noise(pooled([1.0, 0.0], [-1.0, 0.0], [1.0, 0.3]))) == pytest.approx(
        -math.log(3), rel=1e-5
    )
    # Four times the scale of the features is the same growth; two twins are averaged in squares.
    assert input_stability(on_noise(pooled([4.0, 0.0], [-4.0, 0.0], [4.0, 1.2]))) == pytest.approx(
        -math.log(3), rel=1e-5
    )
    both = pooled([1.0, 0.0], [-1.0, 0.0], [1.0, 0.3], [-1.0, 0.1])
    assert input_stability(on_noise(both, twins=2)) == pytest.approx(-math.log(5) / 2, rel=1e-5)


def test_stability_at_its_ends() -> None:
    # Features that say nothing are no better than those that a small change turns into any other.
    assert input_stability(on_noise(pooled([1.0], [1.0], [1.0]))) == pytest.approx(math.log(0.1))
    assert input_stability(on_noise(pooled([1.0], [-1.0], [-1.0]))) == pytest.approx(math.log(0.1 / 2))
    # What does not move at all, though images differ, is calm beyond measure, but finite.
    assert input_stability(on_noise(pooled([1.0], [-1.0], [1.0]))) == pytest.approx(6 * math.log(10))


def sampled_entropy(values: torch.Tensor, *, channels_last: bool = False) -> float:
    (entropy,) = spectral_entropies([sampled_covariance(values, channels_last=channels_last)])
    return entropy


def test_entropies_of_many_sizes_come_in_order_and_each_is_that_of_its_own() -> None:
    generator = torch.Generator().manual_seed(0)
    factors = [torch.randn(size, size, generator=generator) for size in (3, 7, 3, 1, 7)]
    covariances = [one @ one.T for one in factors]
    covariances[2] = torch.full((3, 3), math.nan)
    covariances.append(torch.zeros(3, 3))
    together = spectral_entropies([*covariances, covariances[0]])
    alone = [spectral_entropies([one])[0] for one in covariances]
    assert together == pytest.approx([*alone, alone[0]], nan_ok=True)
    assert [math.isnan(one) for one in alone] == [False, False, True, False, False, False]
    assert (alone[3], alone[5]) == (0.0, 0.0)
    assert spectral_entropies([]) == []


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


def test_retention_by_hand() -> None:
    pairs = torch.kron(torch.eye(2), torch.ones(2, 2))
    crossed = pairs[[0, 2, 1, 3]][:, [0, 2, 1, 3]]
    # The teacher's first third is one layer of three; of the student the last layer counts.
    teacher = observed(pairs, crossed, crossed)
    assert teacher_cka(inputs(observed(crossed, 5 * pairs), teacher)) == pytest.approx(1.0)
    assert teacher_cka(inputs(observed(pairs, crossed), teacher)) == pytest.approx(0.0, abs=1e-6)
    assert teacher_cka(inputs(observed(torch.ones(4, 4)), teacher)) == 0.0


def test_features_that_are_not_finite_have_no_entropy() -> None:
    values = torch.ones(4, 3, 2, 2)
    values[0, 0, 0, 0] = math.nan
    assert math.isnan(sampled_entropy(values))


@pytest.mark.parametrize(("side", "expected"), [(32, 16), (24, 29), (12, 32), (8, 32)])
def test_white_noise_has_as_many_images_as_the_smallest_map_needs(side: int, expected: int) -> None:
    # The last stage has (side / 4)^2 positions: 1,024 of them are 16 images of 8 x 8, 29 of 6 x 6, too many of 3 x 3.
    given = seen_by_a_resnet(side)
    assert len(given.on_noise.observation.logits) == expected + TWINS


def test_stability_is_the_growth_of_the_jacobian() -> None:
    features = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Flatten())
    network = build_random(lambda: nn.Sequential(features, nn.Linear(8 * 4 * 4, 4)), 0)
    given = seen_by(network, side=6)
    images = white_noise(MOST_NOISE_IMAGES, 4, (3, 6, 6), 0).images
    seen = features(images)
    jacobians = [torch.func.jacrev(features)(image[None]) for image in images[:TWINS]]
    growth = sum(float(jacobian.square().sum()) for jacobian in jacobians) / TWINS
    spread = float((seen - seen.mean(0)).square().sum(1).mean())
    assert input_stability(given) == pytest.approx(-0.5 * math.log(growth / spread), abs=0.1)


def test_stability_falls_with_depth_where_nothing_bounds_the_growth() -> None:
    """Plain stacks of convolution, norm and ReLU: gradients explode under batch norm (Yang et al., 2019)."""
    shallow, deep = (input_stability(seen_by(plain(depth))) for depth in (2, 12))
    assert deep < shallow - 1.0


def test_directness_by_hand() -> None:
    nothing = torch.zeros(2, 2)

    def through(length: int | None) -> ProxyInput:
        student = Observation(nothing, nothing, torch.zeros(2, dtype=torch.long), shortest_path=length)
        return cast("ProxyInput", SimpleNamespace(student=student))

    assert min_path_depth(through(1)) == 0.0
    assert min_path_depth(through(19)) == pytest.approx(-math.log(19))
    with pytest.raises(ValueError, match=r"^the logits do not depend on the images$"):
        min_path_depth(through(None))


def test_white_noise_is_kept_within_a_bound() -> None:
    kept = _white_noise.cache
    assert isinstance(kept, LRUCache)
    before = kept.currsize
    batch = _white_noise(2, 5, (1, 7, 7))
    assert _white_noise(2, 5, (1, 7, 7)) is batch
    assert (kept.currsize, kept.maxsize) == (before + 2 * 7 * 7 * 4, NOISE_BYTES)
