"""Distillation losses as proxies: the negative loss between the untrained student and the untrained teacher.

Each looks where its method looks when it trains: at logits, at the stages' maps, at the last map, or at the pooled
features. Where a method trains an adapter because widths differ, a fixed random projection stands in (`match_width`).
"""

from __future__ import annotations

import torch
from torch import Tensor

from diswot import losses
from diswot.errors import NotAClassifier
from diswot.proxies.base import ProxyInput
from diswot.seeds import derive_seed


def kd(inputs: ProxyInput) -> float:
    """Logits at temperature 4; needs teacher and student of the same classes."""
    return -float(losses.logits_kl(inputs.student.logits, inputs.teachers.first.logits))


def fitnet(inputs: ProxyInput) -> float:
    """The map in the middle: the second of the stages, as RepDistiller's hint layer."""
    pairs = stage_pairs(inputs)
    student, teacher = pairs[min(1, len(pairs) - 1)]
    return -float(losses.hint(match_width(student, teacher.shape[1]), teacher))


def at(inputs: ProxyInput) -> float:
    """Attention maps, summed over the stages."""
    return -sum(float(losses.attention(student, teacher)) for student, teacher in stage_pairs(inputs))


def sp(inputs: ProxyInput) -> float:
    """Similarities between images in the last maps: the loss that DisWOT's relation term is."""
    return -float(
        losses.similarity_preserving(inputs.student.map_before_pooling, inputs.teachers.first.map_before_pooling)
    )


def rkd(inputs: ProxyInput) -> float:
    """Distances and angles between images in the pooled features."""
    return -float(losses.relational(*_pooled(inputs)))


def pkt(inputs: ProxyInput) -> float:
    """Neighbourhoods of images in the pooled features."""
    return -float(losses.probabilistic(*_pooled(inputs)))


def cc(inputs: ProxyInput) -> float:
    """Correlations between images in the pooled features; the paper's form, which needs no embedding."""
    return -float(losses.congruence(*_pooled(inputs)))


def nst(inputs: ProxyInput) -> float:
    """Distributions of channels over positions, summed over the stages."""
    return -sum(float(losses.selectivity(student, teacher)) for student, teacher in stage_pairs(inputs))


def ickd(inputs: ProxyInput) -> float:
    """Correlations between channels of the last maps."""
    teacher = inputs.teachers.first.map_before_pooling
    return -float(losses.channel_correlation(match_width(inputs.student.map_before_pooling, len(teacher[0])), teacher))


def cka(inputs: ProxyInput) -> float:
    """Alignment of the relations between images in the last maps, less one."""
    return -float(losses.kernel_distance(inputs.student.map_before_pooling, inputs.teachers.first.map_before_pooling))


def _pooled(inputs: ProxyInput) -> tuple[Tensor, Tensor]:
    """Pooled features of student and teacher in float64: their relations differ by little."""
    return inputs.student.pooled.double(), inputs.teachers.first.pooled.double()


def stage_pairs(inputs: ProxyInput) -> list[tuple[Tensor, Tensor]]:
    """Maps of student and teacher, stage by stage.

    Of the network with more stages, as many are taken as the other has, evenly spread, the last with the last.

    Raises:
        NotAClassifier: one of the two has no feature map of more than one pixel.
    """
    student, teacher = inputs.student.stages, inputs.teachers.first.stages
    for name, stages in (("student", student), ("teacher", teacher)):
        if not stages:
            raise NotAClassifier(f"the {name} computes no feature map (N, C, H, W) of more than one pixel")
    count = min(len(student), len(teacher))
    return [
        (student[(i + 1) * len(student) // count - 1], teacher[(i + 1) * len(teacher) // count - 1])
        for i in range(count)
    ]


def match_width(maps: Tensor, width: int) -> Tensor:
    """Maps `(N, C, H, W)` with `width` channels: as they are, or through a fixed random 1 x 1 convolution.

    Weights are normal with variance 1 / C, drawn by a seed that depends on the two widths only, so that every student
    of a width meets the same projection.
    """
    channels = maps.shape[1]
    if channels == width:
        return maps
    generator = torch.Generator().manual_seed(derive_seed(0, "match-width", channels, width))
    projection = torch.randn(width, channels, generator=generator) / channels**0.5
    return torch.einsum("nchw,dc->ndhw", maps.float(), projection.to(maps.device))
