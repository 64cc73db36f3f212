"""Graphs of tokens."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from diswot.distillation.distillers.base import Distiller, Outputs, Pair, Targets
from diswot.losses import contextual_similarity, graph_divergence, same_size, token_contrast


class TRG(Distiller):
    """Relations of patches, of the last maps: near ones in a graph, each with its own by contrast, all within an image.

    `alpha inner + beta local + gamma global`, each the mean over patches. Patches are drawn from the whole batch, the
    same of both networks; the student's go through a linear layer for the contrast.

    Source: after Zhang et al., "Knowledge Distillation via Token-level Relationship Graph", 2023. Its code is not
    public: weights, number of patches, neighbors and kernel are choices, and the temperature of the contrast is
    constant.

    Args:
        pair: student and teacher.
        alpha: weight of the relations within an image.
        beta: weight of the graph.
        gamma: weight of the contrast.
        patches: that are drawn.
        neighbors: in the graph.
        temperature: of the contrast.
    """

    def __init__(
        self,
        pair: Pair,
        *,
        alpha: float = 1.0,
        beta: float = 1.0,
        gamma: float = 0.1,
        patches: int = 128,
        neighbors: int = 8,
        temperature: float = 0.1,
    ) -> None:
        super().__init__()
        self.alpha, self.beta, self.gamma = alpha, beta, gamma
        self.patches, self.neighbors, self.temperature = patches, neighbors, temperature
        own, other = pair.maps[-1]
        self.projection = nn.Linear(own.shape[1], other.shape[1])

    def forward(self, student: Outputs, teacher: Outputs, targets: Targets) -> Tensor:  # noqa: ARG002
        """The three parts."""
        own, other = (one.flatten(2).transpose(1, 2) for one in same_size(student.maps[-1], teacher.maps[-1]))
        inner = contextual_similarity(own, other)
        drawn = torch.randperm(own.shape[0] * own.shape[1])[: self.patches].to(own.device)
        a, b = own.flatten(0, 1)[drawn], other.flatten(0, 1)[drawn]
        near = min(self.neighbors, len(drawn) - 1)
        local = graph_divergence(_scaled(a), _scaled(b), near, 1.0) / len(drawn)
        contrast = token_contrast(self.projection(a), b, self.temperature) / len(drawn)
        return self.alpha * inner + self.beta * local + self.gamma * contrast


def _scaled(tokens: Tensor) -> Tensor:
    """Tokens `(M, D)` in units of their mean length, so that the kernel fits networks of any scale and width."""
    unit: Tensor = tokens.detach().norm(dim=1).mean().clamp_min(1e-6)
    return tokens / unit
