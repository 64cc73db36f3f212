"""What holds for every proxy, as tests to subclass."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache, partial
from unittest.mock import patch

import torch
from torch import Tensor, nn

from diswot.errors import NotAClassifier
from diswot.evaluation import capture_of
from diswot.networks import build_random
from diswot.observation.capture import Capture
from diswot.probes.batch import ProbeBatch
from diswot.probes.noise import white_noise
from diswot.proxies import PROXIES, SCORES
from diswot.proxies.base import Proxy, ProxyInput
from diswot.runtime.threads import one_thread
from diswot.spec.teacher import TeacherSpec
from diswot.teachers.teacher import TeacherView, observe_teacher
from diswot_spaces import Architecture, Shape, get_space

SHAPE: Shape = (3, 16, 16)
CLASSES, IMAGES = 12, 8
SMALLEST = "smallest"
"""What stands for the architecture that takes the first option everywhere."""
CELL = "|{}~0|+|none~0|none~1|+|{}~0|none~1|none~2|"


class ProxyConformance:
    """Tests of a proxy that pytest runs where a subclass, whose name begins with `Test`, says which.

    Attributes:
        proxy: a proxy, its name, or its import path.
        networks: students that it must give a number for, as space and architecture; among them are one whose cells
            give nothing, one without a nonlinearity in its cells, and one that is not as wide as the teacher. The
            first is what the other properties are tried on.
    """

    proxy: Proxy | str
    networks: Sequence[tuple[str, str]] = (
        ("nasbench201", CELL.format("none", "nor_conv_1x1")),
        ("nasbench201", CELL.format("none", "none")),
        ("nasbench201", CELL.format("skip_connect", "skip_connect")),
        ("cifar-resnet", "1-3-1"),
        ("mobilenetv2", SMALLEST),
    )

    def test_the_row_is_complete(self) -> None:
        """What lists and references show of it."""
        proxy = self._row()
        assert proxy.name, "a proxy needs a name"
        assert proxy.summary, f"{proxy.name} needs a summary"
        assert proxy.reference, f"{proxy.name} needs a reference"
        assert (proxy.compute.__doc__ or "").strip(), f"the function of {proxy.name} needs a docstring"

    def test_it_is_finite_on_every_network(self) -> None:
        """Constant outputs, no nonlinearity and unequal widths included."""
        for network in self.networks:
            value = self._value(self._inputs(network))
            assert isinstance(value, float), f"{value!r} on {network} is no float"
            assert math.isfinite(value), f"{value} on {network} is not finite"

    def test_equal_inputs_give_equal_values(self) -> None:
        """Whatever was computed in between, and by another forward pass."""
        first, *others = self.networks
        value = self._value(self._inputs(first))
        for network in others[:2]:
            self._value(self._inputs(network))
        assert self._value(replace(self._inputs(first))) == value, "the same inputs gave two values"

    def test_the_network_and_the_generator_are_left_as_they_were(self) -> None:
        """Mode, weights, gradients, hooks, and the global random numbers."""
        module = _network(*self.networks[0]).train().requires_grad_(True)
        inputs = replace(self._inputs(self.networks[0]), build=lambda: module)
        state = {name: tensor.clone() for name, tensor in module.state_dict().items()}
        generator = torch.get_rng_state()
        self._value(inputs)
        assert torch.equal(torch.get_rng_state(), generator), "it drew from the global generator"
        changed = [name for name, tensor in module.state_dict().items() if not torch.equal(tensor, state[name])]
        assert not changed, f"it wrote to {', '.join(changed)}"
        assert all(p.grad is None and p.requires_grad for p in module.parameters()), "it touched gradients"
        assert all(layer.training and not layer._forward_hooks for layer in module.modules()), "it left modes or hooks"
        assert not inputs.probe.images.requires_grad, "it left the images with a gradient"

    def test_the_teacher_matters_where_the_row_says_so(self) -> None:
        """A proxy that does not say so is never shown one."""
        inputs = self._inputs(self.networks[0])
        if self._row().teacher:
            own = replace(inputs, teacher=TeacherView((inputs.student,)))
            assert self._value(own) != self._value(inputs), "it says that it looks at the teacher, and does not"
        else:
            assert self._value(replace(inputs, teacher=None)) == self._value(inputs), "it looks at the teacher"

    def test_labels_matter_where_the_row_says_so(self) -> None:
        """And nowhere else."""
        inputs = self._inputs(self.networks[0])
        labels = inputs.probe.labels.roll(1)
        shuffled = replace(inputs, probe=replace(inputs.probe, labels=labels))
        vars(shuffled)["student"] = replace(inputs.student, labels=labels)
        matter = self._value(shuffled) != self._value(inputs)
        assert matter == self._row().labels, f"labels matter: {matter}, and the row says otherwise"

    def test_it_runs_what_the_row_says(self) -> None:
        """Passes through the candidate, and whether one of them goes backward."""
        proxy, inputs = self._row(), self._inputs(self.networks[0])
        still = replace(inputs, build=lambda: Untouchable(inputs.network))
        if proxy.passes != "none":
            vars(still)["student"] = inputs.student
        if proxy.passes in ("none", "forward"):
            assert self._value(still) == self._value(inputs), "it is another value without a pass of its own"
        else:
            assert _runs(partial(self._value, still)), f"it says that it runs {proxy.passes}, and runs nothing"
        with patch.object(torch.autograd, "grad", wraps=torch.autograd.grad) as backward:
            self._value(replace(inputs))
        assert backward.called == proxy.gradient, f"a backward pass: {backward.called}, and the row says otherwise"

    def test_what_it_captures_is_enough(self) -> None:
        """It asks for all that it reads."""
        inputs = self._inputs(self.networks[0])
        lean = replace(inputs, capture=self._row().capture)
        assert self._value(lean) == self._value(inputs), "it reads more than its row captures"

    def _row(self) -> Proxy:
        row = SCORES.find(self.proxy)
        assert isinstance(row, Proxy), f"{self.proxy} is no proxy"
        return row

    def _inputs(self, network: tuple[str, str]) -> ProxyInput:
        """What proxies may look at of a network; of what they compute nothing is kept but the observation."""
        known = _observed(network, capture_of([*PROXIES.values(), self._row()]))
        inputs = replace(known)
        vars(inputs)["student"] = known.student
        return inputs

    def _value(self, inputs: ProxyInput) -> float:
        with one_thread():
            return self._row().compute(inputs)


@cache
def _probe() -> ProbeBatch:
    """Eight images of ten of the twelve classes."""
    return white_noise(IMAGES, CLASSES - 2, SHAPE, 0).to("cpu")


@cache
def _teacher(capture: Capture) -> TeacherView:
    with one_thread():
        return observe_teacher(TeacherSpec("resnet20", CLASSES, SHAPE), _probe(), capture, seed=0, inits=1)


def _network(name: str, text: str) -> nn.Module:
    space = get_space(name)
    build = partial(space.build, _arch(name, text), CLASSES, SHAPE)
    return build_random(build, 0).to(memory_format=torch.channels_last)


def _arch(name: str, text: str) -> Architecture:
    space = get_space(name)
    return space.smallest if text == SMALLEST else space.decode(text)


@cache
def _observed(network: tuple[str, str], capture: Capture) -> ProxyInput:
    """What proxies may look at of a network, with its observation."""
    module, costs = _network(*network), get_space(network[0]).costs(_arch(*network), CLASSES, SHAPE)
    inputs = ProxyInput(lambda: module, capture, costs, _teacher(capture), _probe())
    with one_thread():
        _ = inputs.student
    return inputs


def _runs(compute: Callable[[], object]) -> bool:
    """Whether something runs the network that must not be run."""
    try:
        compute()
    except (Ran, NotAClassifier):  # what watches a pass says in its own words that it failed
        return True
    return False


class Untouchable(nn.Module):
    """Has the weights of a network, and does not run."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module

    def forward(self, images: Tensor) -> Tensor:
        """Raise `Ran`."""
        raise Ran(f"the network was run on {len(images)} images")


class Ran(AssertionError):
    """A network was run that should not be."""
