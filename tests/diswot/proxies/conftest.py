"""Small inputs, made by hand or by a pass."""

from collections.abc import Callable, Iterator

import pytest
import torch
from torch import Tensor, nn

from diswot.observation import Observation
from diswot.observation.capture import Capture
from diswot.probes.batch import ProbeBatch
from diswot.proxies.base import ProxyInput
from diswot.runtime.threads import one_thread
from diswot.teachers.teacher import TeacherView
from diswot_spaces import Costs

Toy = Callable[[nn.Module, Tensor, Tensor], ProxyInput]


def seen(pooled: Tensor, logits: Tensor | None = None, labels: Tensor | None = None, *maps: Tensor) -> Observation:
    """An observation of these tensors; the maps are the stages, the last of them the one before pooling."""
    logits = torch.zeros(len(pooled), 2) if logits is None else logits
    labels = torch.zeros(len(pooled), dtype=torch.int64) if labels is None else labels
    return Observation(logits, pooled, labels, stages=maps, last_map=maps[-1] if maps else None)


def showing(
    student: Observation, probe: ProbeBatch, teacher: TeacherView | None = None, network: nn.Module | None = None
) -> ProxyInput:
    """ProxyInput of a student whose observation is known."""
    found = ProxyInput(lambda: network or nn.Identity(), Capture.NOTHING, Costs(1, 1, 1, 1), teacher, probe)
    vars(found)["student"] = student
    return found


@pytest.fixture(autouse=True, scope="session")
def single_thread() -> Iterator[None]:
    """On small tensors threads only wait for each other."""
    with one_thread():
        yield


@pytest.fixture
def toy() -> Toy:
    """ProxyInput on a network small enough for a pencil, its images and labels."""

    def build(network: nn.Module, images: Tensor, labels: Tensor) -> ProxyInput:
        probe = ProbeBatch(images, labels, "by hand")
        return showing(seen(torch.zeros(len(labels), 1)), probe, network=network)

    return build


@pytest.fixture
def observed() -> Callable[..., Observation]:
    return seen


@pytest.fixture
def compared() -> Callable[[Observation, Observation], ProxyInput]:
    """ProxyInput of a student's observation against a teacher's."""

    def build(student: Observation, teacher: Observation) -> ProxyInput:
        probe = ProbeBatch(torch.zeros(len(student.labels), 3, 4, 4), student.labels, "by hand")
        return showing(student, probe, TeacherView((teacher,)))

    return build


@pytest.fixture
def linear_toy(toy: Toy) -> ProxyInput:
    """Logits W x for W = [[ln 3, 0], [0, 0]], images (1, 0) and (0, 2) of classes 0 and 1.

    Probabilities are (3/4, 1/4) and (1/2, 1/2); the gradient of the mean cross-entropy is [[-1/8, 1/2], [1/8, -1/2]].
    """
    layer = nn.Linear(2, 2, bias=False)
    with torch.no_grad():
        layer.weight.copy_(torch.tensor([[3.0, 1.0], [1.0, 1.0]]).log())
    images = torch.tensor([[1.0, 0.0], [0.0, 2.0]]).view(2, 2, 1, 1)
    return toy(nn.Sequential(nn.Flatten(), layer.requires_grad_(False)), images, torch.tensor([0, 1]))
