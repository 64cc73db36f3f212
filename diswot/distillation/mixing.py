"""Mixed images: mixup and CutMix over a batch."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor
from torchvision.transforms import v2

from diswot.data.training import Batch
from diswot.spec.recipe import RecipeSpec


def mix(batch: Batch, recipe: RecipeSpec, num_classes: int) -> tuple[Tensor, Tensor]:
    """Images `(N, C, H, W)` with pixels from 0 to 1, and the probabilities `(N, K)` of their classes.

    Each image is mixed with its neighbor in the batch, whose order is random; global random numbers decide how.

    Source: Zhang et al., "mixup: Beyond Empirical Risk Minimization", ICLR 2018; Yun et al., "CutMix", ICCV 2019.
    """
    images = batch.images.float() / 255
    if recipe.mixup or recipe.cutmix:
        kind, alpha = (v2.MixUp, recipe.mixup) if recipe.mixup else (v2.CutMix, recipe.cutmix)
        mixed, probabilities = kind(alpha=alpha, num_classes=num_classes)(images, batch.labels)
        return mixed, probabilities
    return images, F.one_hot(batch.labels, num_classes).to(torch.float32)
