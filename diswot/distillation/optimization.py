"""Optimizer and learning rate of a recipe, and the moving average of weights."""

from __future__ import annotations

import math
from collections.abc import Iterable

import torch
from torch import Tensor, nn

from diswot.spec.recipe import RecipeSpec

STEPS = (0.625, 0.75, 0.875)
"""Shares of the training after which the step schedule divides the rate by ten: epochs 150, 180 and 210 of 240."""


def make_optimizer(parameters: Iterable[nn.Parameter], recipe: RecipeSpec) -> torch.optim.Optimizer:
    """The optimizer of a recipe; its rate is set before each step."""
    if recipe.optimizer == "adamw":
        return torch.optim.AdamW(parameters, recipe.learning_rate, weight_decay=recipe.weight_decay)
    return torch.optim.SGD(
        parameters,
        recipe.learning_rate,
        momentum=recipe.momentum,
        weight_decay=recipe.weight_decay,
        nesterov=recipe.momentum > 0,
    )


def learning_rate(recipe: RecipeSpec, epoch: float) -> float:
    """The learning rate after so many epochs, with parts of one.

    Cosine: `rate (1 + cos(pi e / E)) / 2` (Loshchilov and Hutter, "SGDR", ICLR 2017, equation 5, without restarts).

    Example:
        >>> learning_rate(RecipeSpec(epochs=10, learning_rate=0.1, warmup=2), 1.0)
        0.05
    """
    if epoch < recipe.warmup:
        return recipe.learning_rate * epoch / recipe.warmup
    share = epoch / recipe.epochs
    if recipe.schedule == "cosine":
        past = (epoch - recipe.warmup) / max(recipe.epochs - recipe.warmup, 1e-9)
        return recipe.learning_rate * (1 + math.cos(math.pi * past)) / 2
    if recipe.schedule == "step":
        return recipe.learning_rate * 0.1 ** sum(share >= step for step in STEPS)
    return recipe.learning_rate


class AveragedWeights:
    """A network whose weights are the exponential moving average of another's.

    Running statistics of batch norm are averaged as the weights are, with the same decay: they belong to the averaged
    weights more nearly than the latest ones do. Counters, which are whole numbers, are taken over. The decay begins
    small, `min(d, (1 + n) / (10 + n))` after n updates, so that the random weights of the start are soon forgotten.

    Source: Polyak and Juditsky, "Acceleration of Stochastic Approximation by Averaging", 1992; the course of the decay
    is that of TensorFlow's ExponentialMovingAverage.

    Args:
        network: to keep the average in, equal to the other at the start.
        decay: d.
    """

    def __init__(self, network: nn.Module, decay: float) -> None:
        self.network = network.requires_grad_(False)
        self.decay = decay
        self.updates = 0

    @torch.no_grad()
    def update(self, network: nn.Module) -> None:
        """Take in the present weights."""
        decay = min(self.decay, (1 + self.updates) / (10 + self.updates))
        self.updates += 1
        fresh = network.state_dict()
        for name, kept in self.network.state_dict().items():
            _follow(kept, fresh[name], decay)


def _follow(kept: Tensor, fresh: Tensor, decay: float) -> None:
    if kept.is_floating_point():
        kept.lerp_(fresh, 1 - decay)
    else:
        kept.copy_(fresh)
