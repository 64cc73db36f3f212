"""Proxies made of spectra: Jacobian covariance, MeCo, NWOT, SWAP, VKDNW."""

import math

import pytest
import torch
from torch import Tensor, nn

from diswot.observation import Activation, Observation
from diswot.observation.kernels import agreement, smallest_correlation, switching_patterns
from diswot.probes.batch import ProbeBatch
from diswot.proxies.activations import meco, nwot, swap
from diswot.proxies.base import ProxyInput
from diswot.proxies.jacobian import correlation_score, jacob_cov
from diswot.proxies.vkdnw import decile_entropy, first_entry_jacobian, fisher_information, vkdnw
from tests.diswot.proxies.conftest import showing

K = 1e-5


def inputs(activations: tuple[Activation, ...] = (), correlations: tuple[float, ...] = (), n: int = 2) -> ProxyInput:
    labels = torch.zeros(n, dtype=torch.int64)
    record = Observation(
        torch.zeros(n, 2), torch.zeros(n, 2), labels, activations=activations, correlations=correlations
    )
    return showing(record, ProbeBatch(torch.zeros(n, 1, 1, 1), labels, ""))


def term(eigenvalue: float) -> float:
    return math.log(eigenvalue + K) + 1 / (eigenvalue + K)


def test_correlation_score_by_hand() -> None:
    # Uncorrelated rows: eigenvalues 1 and 1. The same row twice: 2 and 0.
    apart, alike = torch.tensor([[1.0, -1, 0, 0], [0, 0, 1, -1]]), torch.tensor([[1.0, 2, 4], [2, 4, 8]])
    assert correlation_score(apart) == pytest.approx(-2 * term(1))
    assert correlation_score(alike) == pytest.approx(-term(2) - term(0), rel=1e-6)
    assert correlation_score(torch.zeros(2, 3)) == correlation_score(torch.ones(2, 3))
    assert correlation_score(torch.zeros(2, 3)) == pytest.approx(-term(2) - term(0), rel=1e-6)


def test_a_linear_network_pulls_alike_at_all_images(linear_toy: ProxyInput) -> None:
    # Its Jacobian is the sum of the rows of W, (ln 3, 0), for either image.
    assert jacob_cov(linear_toy) == pytest.approx(correlation_score(torch.tensor([[1.0, 0], [1, 0]])), rel=1e-6)


def test_smallest_correlation_by_hand() -> None:
    # Channels (1, 0, 0, 0) and (0, 1, 0, 0) correlate by -1/3: eigenvalues 2/3 and 4/3.
    maps = torch.eye(4)[:2].view(2, 2, 2)
    assert smallest_correlation(maps) == pytest.approx(2 / 3)
    assert smallest_correlation(torch.stack([maps[0], maps[0] * 2 + 1])) == pytest.approx(0.0, abs=1e-12)
    assert smallest_correlation(torch.stack([maps[0], torch.ones(2, 2)])) == pytest.approx(0.0, abs=1e-12)
    assert smallest_correlation(torch.randn(4, 2, 2)) == 0.0


def test_meco_adds_the_layers() -> None:
    assert meco(inputs(correlations=(0.5, 0.25))) == 0.75


def test_nwot_by_hand() -> None:
    # Patterns (1, 0) and (1, 1): K = [[2, 1], [1, 2]], determinant 3.
    activation = Activation(2, kernel=agreement(torch.tensor([[1.0, -1], [2, 3]])))
    assert nwot(inputs((activation,))) == pytest.approx(math.log(3), abs=1e-5)
    # Two layers: the kernels add up.
    assert nwot(inputs((activation, activation))) == pytest.approx(math.log(12), abs=1e-5)


def test_switching_patterns_by_hand() -> None:
    # Units over two images: on-off, off-on, on-on, on-off.
    rows = switching_patterns(torch.tensor([[1.0, -1, 1, 2], [-1, 1, 1, 0]]))
    assert rows.tolist() == [[1], [2], [3]]


@pytest.mark.parametrize("images", [62, 63, 130])
def test_switching_patterns_of_many_images(images: int) -> None:
    values = torch.randn(images, 3, 4, generator=torch.Generator().manual_seed(0))
    values[:, 1] = values[:, 0]
    values[:, 2] = -values[:, 0].abs()
    assert len(switching_patterns(values)) == 5


def test_swap_counts_a_pattern_once_over_the_layers() -> None:
    first, second = torch.tensor([[1.0, -1], [-1, 1]]), torch.tensor([[1.0, 1], [-1, 1]])
    layers = tuple(Activation(2, patterns=switching_patterns(values)) for values in (first, second))
    assert swap(inputs(layers)) == 3
    assert swap(inputs()) == 0


def test_fisher_information_by_hand() -> None:
    # One parameter moves the first of two logits by 1; the class is a coin: variance 1/4. Images average.
    jacobian = torch.tensor([[[1.0, 3.0]], [[0.0, 3.0]]])
    torch.testing.assert_close(
        fisher_information(jacobian[:, :, :1], torch.tensor([[0.5, 0.5]])), torch.tensor([[0.25]])
    )
    both = fisher_information(jacobian, torch.tensor([[0.5, 0.5], [0.9, 0.1]]))
    torch.testing.assert_close(both, torch.tensor([[0.125]]))


def test_decile_entropy_by_hand() -> None:
    assert decile_entropy(torch.ones(5, dtype=torch.float64)) == pytest.approx(math.log(9))
    # Deciles of (0, 0, ..., 0, 1): the ninth alone is above zero only where the top tenth begins.
    assert decile_entropy(torch.tensor([0.0] * 9 + [1.0], dtype=torch.float64)) == pytest.approx(0.0, abs=1e-6)


class Small(nn.Module):
    """Grouped and strided convolution with bias, norm with running statistics, head."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(2, 4, 3, stride=2, padding=1, groups=2)
        self.norm = nn.BatchNorm2d(4)
        self.head = nn.Linear(4, 3)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.head(self.norm(self.conv(x)).relu().mean((2, 3)))
        return out


def test_first_entry_jacobian_against_one_pass_for_each_image_and_class() -> None:
    generator = torch.Generator().manual_seed(3)
    network = Small().eval()
    for tensor in (*network.parameters(), network.norm.running_mean, network.norm.running_var):
        assert tensor is not None
        tensor.data.copy_(torch.rand(tensor.shape, generator=generator) + 0.2)
    images = torch.randn(3, 2, 5, 5, generator=generator)
    logits, jacobian = first_entry_jacobian(network, images)
    expected = [
        [
            [float(g.flatten()[0]) for g in torch.autograd.grad(network(image[None])[0, k], list(network.parameters()))]
            for image in images
        ]
        for k in range(3)
    ]
    torch.testing.assert_close(logits, network(images).detach())
    torch.testing.assert_close(jacobian.transpose(1, 2), torch.tensor(expected), rtol=1e-4, atol=1e-6)


def test_vkdnw_counts_tensors_before_it_looks_at_the_spectrum(linear_toy: ProxyInput) -> None:
    # One tensor of weights, one eigenvalue: nine equal deciles.
    assert vkdnw(linear_toy) == pytest.approx(1 + math.log(9))
