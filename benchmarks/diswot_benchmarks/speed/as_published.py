"""DisWOT and other proxies as their papers compute them, at what that costs: what our speed is compared with.

Our own plain writing. Nothing is shared between candidates, nothing is skipped, and gradients come from autograd. Left
out are the defects of the published scripts that change values (docs/reference/proxies.md): gradients start from 0, the
relation is between all images, and the batch is the same for all candidates.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from diswot.evaluation import EvalTask
from diswot.probes.batch import ProbeBatch
from diswot_benchmarks.speed.published_networks import Norm, PublishedClassifier, published_student, published_teacher
from diswot_benchmarks.speed.spec import TRAINING
from diswot_spaces import get_space


@dataclass(frozen=True)
class AsPublished:
    """One published proxy, as a function of an architecture of NAS-Bench-201.

    Attributes:
        proxy: one of `PUBLISHED`.
        teacher: name of whoever is built again for every candidate, where the proxy has a teacher.
        num_classes: K.
        probe: the batch, in PyTorch's own layout.
    """

    proxy: str
    teacher: str
    num_classes: int
    probe: ProbeBatch

    def __call__(self, task: EvalTask) -> float:
        """The proxy of fresh networks with PyTorch's default weights; higher is better."""
        return PUBLISHED[self.proxy](self, get_space("nasbench201").values(task.arch))

    def student(self, operations: tuple[str, ...], norm: Norm = nn.BatchNorm2d) -> PublishedClassifier:
        """A fresh student on the probe's device."""
        return published_student(operations, self.num_classes, norm).to(self.probe.images.device)


def diswot_terms(
    teacher: PublishedClassifier, student: PublishedClassifier, images: Tensor, labels: Tensor
) -> tuple[float, float]:
    """The two distances of DisWOT (Dong et al., CVPR 2023), of the paper's equations 5 and 3.

    Args:
        teacher: in training mode, without gradients.
        student: likewise, as wide at its end.
        images: `(N, C, H, W)`.
        labels: `(N,)` int64.

    Returns:
        Sample relation, semantic similarity; lower is closer.
    """
    teacher_map, teacher_gradient = _forward_backward(teacher, images, labels)
    student_map, student_gradient = _forward_backward(student, images, labels)
    relation = _relation(teacher_map) - _relation(student_map)
    semantic = _inter_channel(teacher_gradient) - _inter_channel(student_gradient)
    return (
        float(relation.square().sum() / len(labels) ** 2),
        float(semantic.square().sum() / teacher_gradient.numel()),
    )


def nwot_value(network: nn.Module, images: Tensor) -> float:
    """NWOT by hooks on one forward pass (Mellor et al., ICML 2021, equation 2): agreement counted in two products."""
    kernels: list[Tensor] = []

    def count(_: nn.Module, inputs: tuple[Tensor, ...], __: Tensor) -> None:
        active = (inputs[0] > 0).flatten(1).float()
        kernels.append(active @ active.T + (1.0 - active) @ (1.0 - active).T)

    for module in network.modules():
        if isinstance(module, nn.ReLU):
            module.register_forward_hook(count)
    network(images)
    kernel = torch.stack(kernels).sum(0).double()
    return float(torch.linalg.slogdet(kernel + 1e-6 * torch.eye(len(kernel), device=kernel.device)).logabsdet)


def synflow_value(network: PublishedClassifier, images: Tensor) -> float:
    """`ln sum |w dR/dw|` in float64 on an image of ones (Tanaka et al., NeurIPS 2020).

    Args:
        network: without norms; its weights are overwritten with their absolute values.
        images: `(N, C, H, W)`, for the shape.
    """
    network.double()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.abs_()
    _backward(network(torch.ones_like(images[:1], dtype=torch.float64))[1].sum())
    flow = sum((weight.detach() * _gradient(weight)).abs().sum().item() for weight in _layer_weights(network))
    return math.log(flow)


def zico_value(network: PublishedClassifier, images: Tensor, labels: Tensor) -> float:
    """`sum_l ln sum_w mean|g_w| / std(g_w)` over the gradients of two half batches (Li et al., ICLR 2023)."""
    halves = []
    for half_images, half_labels in zip(images.chunk(2), labels.chunk(2), strict=True):
        network.zero_grad()
        _backward(F.cross_entropy(network(half_images)[1], half_labels))
        halves.append([_gradient(weight).clone() for weight in _layer_weights(network)])
    total = 0.0
    for pair in zip(*halves, strict=True):
        gradients = torch.stack(pair).double()
        spread = gradients.std(0, correction=0)
        layer = float((gradients.abs().mean(0) / spread)[spread > 0].sum())
        total += math.log(layer) if layer > 0 else 0.0
    return total


def _diswot(case: AsPublished, operations: tuple[str, ...]) -> float:
    teacher = published_teacher(case.teacher, case.num_classes).to(case.probe.images.device)
    student = case.student(operations)
    return -sum(diswot_terms(teacher, student, case.probe.images, case.probe.labels))


def _nwot(case: AsPublished, operations: tuple[str, ...]) -> float:
    with torch.no_grad():
        return nwot_value(case.student(operations), case.probe.images)


def _synflow(case: AsPublished, operations: tuple[str, ...]) -> float:
    return synflow_value(case.student(operations, nn.Identity), case.probe.images)


def _zico(case: AsPublished, operations: tuple[str, ...]) -> float:
    return zico_value(case.student(operations), case.probe.images, case.probe.labels)


def _params(case: AsPublished, operations: tuple[str, ...]) -> float:
    return float(sum(parameter.numel() for parameter in case.student(operations).parameters()))


def _training(case: AsPublished, operations: tuple[str, ...]) -> float:
    """Minus the loss of one step with momentum, with the settings of NAS-Bench-201."""
    student = case.student(operations)
    optimizer = torch.optim.SGD(student.parameters(), lr=0.1, momentum=0.9, nesterov=True, weight_decay=5e-4)
    loss = F.cross_entropy(student(case.probe.images)[1], case.probe.labels)
    _backward(loss)
    optimizer.step()
    return -loss.item()


PUBLISHED: dict[str, Callable[[AsPublished, tuple[str, ...]], float]] = {
    "diswot": _diswot,
    "nwot": _nwot,
    "synflow": _synflow,
    "zico": _zico,
    "params": _params,
    TRAINING: _training,
}
"""What can be measured as published."""


def _forward_backward(network: PublishedClassifier, images: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Last map `(N, F, H, W)`, and the gradient `(K, F)` of the classifier after a whole backward pass."""
    last, logits = network(images)
    _backward(F.cross_entropy(logits, labels))
    return last.detach(), _gradient(network.classifier.weight)


def _backward(loss: Tensor) -> None:
    loss.backward()  # type: ignore[no-untyped-call]


def _relation(features: Tensor) -> Tensor:
    """`(N, N)` relations between images, each row of length one."""
    rows = features.flatten(1)
    return F.normalize(rows @ rows.T, dim=1)


def _inter_channel(gradient: Tensor) -> Tensor:
    """`(K, F, F)` relations between the channels of each class's gradient, each row of length one."""
    return F.normalize(gradient.unsqueeze(2) @ gradient.unsqueeze(1), dim=2)


def _layer_weights(network: nn.Module) -> Iterator[Tensor]:
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            yield layer.weight


def _gradient(weight: Tensor) -> Tensor:
    """The gradient that a backward pass left; zero where the output does not depend on the weight."""
    return torch.zeros_like(weight) if weight.grad is None else weight.grad
