"""What the taps see of a pass, and that they leave no trace."""

import copy
import math
import random
from collections.abc import Callable

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from diswot.networks import build_random
from diswot.observation import observe
from diswot.observation.capture import Capture
from diswot.probes.batch import ProbeBatch
from diswot_spaces import get_space

EVERYTHING = ~Capture.NOTHING


def count_agreements(values: Tensor) -> list[list[float]]:
    """Unit by unit, pair by pair."""
    rows = [[value > 0 for value in row] for row in values.flatten(1).tolist()]
    return [[float(sum(a == b for a, b in zip(x, y, strict=True))) for y in rows] for x in rows]


@pytest.mark.parametrize("channels_last", [False, True])
def test_every_way_to_call_an_activation_is_seen_once(
    every_way: nn.Module, probe: ProbeBatch, channels_last: bool
) -> None:
    observation = observe(every_way, probe.to("cpu") if channels_last else probe, Capture.KERNELS)
    inputs = every_way.seen
    assert isinstance(inputs, list)
    assert [activation.units for activation in observation.activations] == [256, 320, 384, 384, 7]
    for activation, values in zip(observation.activations, inputs, strict=True):
        assert activation.kernel is not None
        assert activation.kernel.tolist() == count_agreements(values)
    total = observation.kernels().sum(0)
    assert total.diagonal().tolist() == [256 + 320 + 384 + 384 + 7] * 6


class Layer(nn.Module):
    """One nonlinearity between a convolution and a linear head."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.conv, self.layer, self.head = nn.Conv2d(3, 4, 1), layer, nn.Linear(4, 5)

    def forward(self, images: Tensor) -> Tensor:
        out: Tensor = self.head(self.layer(self.conv(images)).mean((2, 3)))
        return out


MODULES = [
    nn.ReLU(), nn.ReLU(inplace=True), nn.ReLU6(), nn.Hardtanh(), nn.LeakyReLU(), nn.PReLU(), nn.RReLU(), nn.ELU(),
    nn.ELU(inplace=True), nn.SELU(), nn.CELU(), nn.SiLU(), nn.SiLU(inplace=True), nn.GELU(), nn.GELU("tanh"), nn.Mish(),
    nn.Hardswish(), nn.Softplus(),
]  # fmt: skip


@pytest.mark.parametrize("layer", MODULES, ids=str)
def test_nonlinear_modules_are_seen_by_the_sign_of_their_input(layer: nn.Module, probe: ProbeBatch) -> None:
    module = Layer(layer)
    observation = observe(module, probe, Capture.KERNELS)
    with torch.no_grad():
        expected = count_agreements(module.conv(probe.images))
    (activation,) = observation.activations
    assert activation.kernel is not None
    assert activation.kernel.tolist() == expected


class Overwriting(nn.Module):
    """What the last nonlinearity read, or wrote, is changed in place behind it."""

    def __init__(self, last: nn.Module) -> None:
        super().__init__()
        self.conv, self.last, self.head = nn.Conv2d(3, 4, 1), last, nn.Linear(4, 5)

    def forward(self, images: Tensor) -> Tensor:
        values = self.conv(images)
        seen = self.last(values)
        values += 3.0
        values.mul_(-1.0)
        out: Tensor = self.head((seen + values).mean((2, 3)))
        return out


@pytest.mark.parametrize(
    "make", [*(lambda m=m: Layer(m) for m in MODULES), *(lambda m=m: Overwriting(m) for m in MODULES)]
)
def test_the_last_kernel_alone_is_that_of_all(make: Callable[[], nn.Module], probe: ProbeBatch) -> None:
    network = build_random(make, 0)
    alone, all_of_them = (observe(network, probe, capture) for capture in (Capture.LAST_KERNEL, Capture.KERNELS))
    assert torch.equal(alone.last_kernel, all_of_them.last_kernel)
    assert float(alone.last_kernel.min()) < float(alone.last_kernel.max())


def test_only_the_last_kernel_is_there_where_no_other_is_wanted(every_way: nn.Module, probe: ProbeBatch) -> None:
    alone = observe(every_way, probe, Capture.LAST_KERNEL)
    assert [activation.kernel is None for activation in alone.activations] == [True] * 4 + [False]
    assert torch.equal(alone.last_kernel, observe(every_way, probe, Capture.KERNELS).last_kernel)


@pytest.mark.parametrize("gate", [nn.Sigmoid(), nn.Hardsigmoid(), nn.Softmax(1), nn.Identity(), nn.Tanh()], ids=str)
def test_gates_are_no_activations(gate: nn.Module, probe: ProbeBatch) -> None:
    assert observe(Layer(gate), probe, Capture.KERNELS).activations == ()


class Written(nn.Module):
    """A nonlinearity that a network writes out."""

    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: Tensor) -> Tensor:
        return self.function(x)


WRITTEN: list[Callable[[Tensor], Tensor]] = [
    lambda x: x * torch.sigmoid(1.702 * x),
    lambda x: torch.sigmoid(x * 1.702) * x,
    lambda x: x.mul(x.sigmoid()),
    lambda x: x.mul_(x.sigmoid()),
    lambda x: x * 0.5 * (1.0 + torch.erf(x / math.sqrt(2.0))),
    lambda x: 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * torch.pow(x, 3)))),
    lambda x: x * F.hardsigmoid(x),
    lambda x: x * torch.tanh(F.softplus(x)),
    lambda x: x.clamp(min=0),
    lambda x: torch.clamp_min(x, 0.0),
    lambda x: x.clamp_(0, 6),
    lambda x: F.threshold(x, 0.0, 0.0),
    lambda x: torch.maximum(x, nn.Parameter(torch.zeros(1, 4, 1, 1))),
    lambda x: x * (x * torch.tensor([1.0, -2.0, 3.0, 0.5]).view(1, 4, 1, 1)).sigmoid() / x.std((2, 3), keepdim=True),
]


def test_the_input_of_a_written_nonlinearity_may_be_a_function_itself(probe: ProbeBatch) -> None:
    module = Layer(Written(lambda x: (x + 0.1) * torch.sigmoid(x + 0.1)))
    shifted = Layer(Written(lambda x: (y := x + 0.1) * torch.sigmoid(y)))
    shifted.load_state_dict(module.state_dict())
    with torch.no_grad():
        expected = count_agreements(module.conv(probe.images) + 0.1)
    assert observe(module, probe, Capture.KERNELS).activations == ()  # Two tensors, which only happen to be equal.
    assert observe(shifted, probe, Capture.KERNELS).last_kernel.tolist() == expected


@pytest.mark.parametrize("function", WRITTEN)
@pytest.mark.parametrize("capture", [Capture.KERNELS, Capture.LAST_KERNEL])
def test_products_with_a_gate_of_their_own_are_seen(
    function: Callable[[Tensor], Tensor], capture: Capture, probe: ProbeBatch
) -> None:
    module = Layer(Written(function))
    with torch.no_grad():
        expected = count_agreements(module.conv(probe.images))
    observation = observe(module, probe, capture)
    assert len(observation.activations) == 1
    assert observation.last_kernel.tolist() == expected


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x * torch.sigmoid(x.mean((2, 3), keepdim=True)),
        lambda x: x * torch.sigmoid(x.roll(1, 1)),
        lambda x: x.chunk(2, 1)[0].repeat(1, 2, 1, 1) * x.chunk(2, 1)[1].repeat(1, 2, 1, 1).sigmoid(),
        lambda x: x * 2.0 + x,
        lambda x: x * (x + 1.0),
        lambda x: x * x,
        lambda x: torch.sigmoid(x) * torch.tanh(x),
        lambda x: x.clamp(max=0),
        lambda x: x / x.abs().clamp(min=1e-6),
        lambda x: torch.maximum(x, x.roll(1, 1)),
        lambda x: x + x.max() + x.max(0).values,
    ],
)
def test_other_products_are_none(function: Callable[[Tensor], Tensor], probe: ProbeBatch) -> None:
    assert observe(Layer(Written(function)), probe, Capture.KERNELS).activations == ()


class Windows(nn.Module):
    """Works on the four quarters of each image, one after another, and on a table of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.head = nn.Conv2d(3, 4, 1), nn.Linear(4, 5)
        self.table = nn.Parameter(torch.randn(1, 9, generator=torch.Generator().manual_seed(0)))

    def forward(self, images: Tensor) -> Tensor:
        values = self.conv(images)
        n, c, h, w = values.shape
        quarters = values.view(n, c, 2, h // 2, 2, w // 2).permute(0, 2, 4, 1, 3, 5).reshape(4 * n, c, h // 2, w // 2)
        bias = F.relu(self.table).sum()
        out: Tensor = self.head(F.relu(quarters).reshape(n, 4, c, -1).mean((1, 3)) + bias)
        return out


@pytest.mark.parametrize("capture", [Capture.KERNELS, Capture.LAST_KERNEL])
def test_windows_count_with_their_image_and_tables_with_none(capture: Capture, probe: ProbeBatch) -> None:
    """As in Swin, whose position biases are made by a network of their own."""
    module = build_random(Windows, 0)
    (activation,) = observe(module, probe, capture).activations
    with torch.no_grad():
        values = module.get_submodule("conv")(probe.images)
    assert activation.kernel is not None
    assert activation.kernel.tolist() == count_agreements(values)
    assert (activation.units, activation.positions) == (values[0].numel(), 64)


def test_what_is_not_wanted_is_not_computed(every_way: nn.Module, probe: ProbeBatch) -> None:
    observation = observe(every_way, probe, Capture.NOTHING)
    assert all((seen.kernel, seen.covariance, seen.patterns) == (None, None, None) for seen in observation.activations)
    assert observation.stages == ()
    assert observation.last_map is None


def random_states() -> list[object]:
    return [torch.random.get_rng_state().tolist(), random.getstate(), str(np.random.get_state())]


@pytest.mark.parametrize("capture", [Capture.NOTHING, EVERYTHING])
@pytest.mark.parametrize("batch_statistics", [True, False])
def test_the_network_is_left_as_it_was(capture: Capture, batch_statistics: bool, probe: ProbeBatch) -> None:
    space = get_space("cifar-resnet")
    module = build_random(lambda: nn.Sequential(space.build(space.smallest, 10), nn.Dropout(0.5), nn.Linear(10, 5)), 0)
    module.train()
    module.get_submodule("0.stem").eval()
    before, modes = copy.deepcopy(module.state_dict()), [layer.training for layer in module.modules()]
    states = random_states()
    observe(module, probe, capture, batch_statistics=batch_statistics)
    assert random_states() == states
    assert [layer.training for layer in module.modules()] == modes
    assert len(set(modes)) == 2
    after = module.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert not any(parameter.grad is not None for parameter in module.parameters())
    assert not any(layer._forward_hooks or layer._forward_pre_hooks for layer in module.modules())


def test_the_modes_come_back_when_the_network_fails(probe: ProbeBatch) -> None:
    module = nn.Sequential(nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(4, 2)).train()
    with pytest.raises(ValueError, match="cannot take images"):
        observe(module, probe)
    assert all(layer.training for layer in module.modules())


def test_dropout_is_off(every_way: nn.Module, probe: ProbeBatch) -> None:
    expected = every_way(probe.images)
    observation = observe(every_way.train(), probe)
    torch.testing.assert_close(observation.logits, expected.detach())
    assert torch.equal(observation.logits, observe(every_way, probe).logits)


def test_batch_statistics_are_those_of_the_first_training_step(probe: ProbeBatch) -> None:
    space = get_space("nasbench201")
    module = build_random(lambda: space.build(space.arch([4, 1, 3, 2, 4, 4]), 5), 0)
    expected = copy.deepcopy(module).train()(probe.images)
    torch.testing.assert_close(observe(module, probe).logits, expected.detach(), rtol=1e-4, atol=1e-5)


def test_running_statistics_are_used_when_asked_for(probe: ProbeBatch) -> None:
    module = nn.Sequential(nn.BatchNorm2d(3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, 5)).eval()
    norm = module[0]
    assert isinstance(norm, nn.BatchNorm2d)
    norm.running_mean = torch.tensor([1.0, 2.0, 3.0])
    observation = observe(module, probe, batch_statistics=False)
    torch.testing.assert_close(observation.logits, module(probe.images).detach())
    expected = (probe.images - norm.running_mean[:, None, None]).mean((2, 3)) / (1 + 1e-5) ** 0.5
    torch.testing.assert_close(observation.pooled, expected)
    torch.testing.assert_close(observe(module, probe).pooled.mean(0), torch.zeros(3), atol=1e-6, rtol=0)
