"""The record of one forward pass."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from diswot.errors import NotAClassifier
from diswot.observation.kernels import depth_groups


@dataclass(frozen=True, slots=True)
class Activation:
    """What one nonlinearity saw.

    Attributes:
        units: number of its units for one image.
        kernel: `(N, N)` number of units on which two images agree in sign, if wanted.
        covariance: `(K, K)` of its input's channels, or the Gram matrix of its positions if that is smaller, if wanted.
        patterns: `(distinct, words)` int64, the distinct ways its units switch over the images, if wanted.
        positions: places of its map, such as height times width, or tokens; 1 behind the pooling.
    """

    units: int
    kernel: Tensor | None = None
    covariance: Tensor | None = None
    patterns: Tensor | None = None
    positions: int = 1


@dataclass(frozen=True)
class Observation:
    """What a classifier shows on a batch of N images.

    Attributes:
        logits: `(N, K)` float32.
        head_input: `(N, F)` float32, what the linear classifier head reads, if the network has such a head.
        labels: `(N,)` int64.
        stages: the last feature map `(N, C, H, W)` of each resolution, from large to small, if maps were wanted.
        last_map: `(N, C, H, W)` the last feature map before global pooling, if maps were wanted.
        activations: what each nonlinearity saw, in order of execution.
        correlations: smallest eigenvalue of the channel correlations behind each convolution, for the first image, if
            wanted.
        shortest_path: fewest weighted layers on any path from the images to the logits, if wanted.
    """

    logits: Tensor
    head_input: Tensor | None
    labels: Tensor
    stages: tuple[Tensor, ...] = ()
    last_map: Tensor | None = None
    activations: tuple[Activation, ...] = ()
    correlations: tuple[float, ...] = ()
    shortest_path: int | None = None

    @property
    def pooled(self) -> Tensor:
        """Pooled features `(N, F)` float32: the input of the linear classifier head.

        Raises:
            NotAClassifier: the network has no such head.
        """
        if self.head_input is None:
            raise NotAClassifier("the network has no linear classifier head")
        return self.head_input

    @cached_property
    def classifier_gradient(self) -> Tensor:
        """Gradient `(K, F)` of the mean cross-entropy with respect to the classifier's weight, in closed form.

        `(softmax(logits) - onehot(labels))^T pooled / N`: no backward pass.
        """
        residual = self.logits.softmax(1)
        residual[torch.arange(len(self.labels)), self.labels] -= 1.0
        return residual.T @ self.pooled / len(self.labels)

    @property
    def map_before_pooling(self) -> Tensor:
        """The last feature map `(N, C, H, W)` before global pooling.

        Raises:
            NotAClassifier: the network has no feature map.
        """
        if self.last_map is None:
            raise NotAClassifier("the network computes no feature map of images (N, C, H, W)")
        return self.last_map

    @cached_property
    def layer_kernels(self) -> Tensor:
        """Activation-pattern kernels `(A, N, N)` of each nonlinearity, in order of execution.

        Raises:
            ValueError: kernels were not wanted when the network was observed.
        """
        kernels = [activation.kernel for activation in self.activations if activation.kernel is not None]
        if len(kernels) < len(self.activations):
            raise ValueError("kernels were not wanted when the network was observed")
        n = len(self.labels)
        return torch.stack(kernels) if kernels else self.logits.new_zeros(0, n, n)

    @property
    def channel_covariances(self) -> list[Tensor]:
        """Of the input of each nonlinearity, in order of execution.

        Raises:
            ValueError: covariances were not wanted when the network was observed.
        """
        found = [activation.covariance for activation in self.activations if activation.covariance is not None]
        if len(found) < len(self.activations):
            raise ValueError("covariances were not wanted when the network was observed")
        return found

    @property
    def last_kernel(self) -> Tensor:
        """Activation-pattern kernel `(N, N)` of the last nonlinearity.

        Raises:
            NotAClassifier: the network has no nonlinearity.
            ValueError: kernels were not wanted when the network was observed.
        """
        if not self.activations:
            raise NotAClassifier("the network has no nonlinearity whose units could be watched")
        kernel = self.activations[-1].kernel
        if kernel is None:
            raise ValueError("kernels were not wanted when the network was observed")
        return kernel

    def kernels(self, groups: int = 3) -> Tensor:
        """Activation-pattern kernels `(groups, N, N)`, summed over equal parts of the depth.

        Entry `(i, j)` counts the units of the part on which images i and j agree in sign. A network with fewer
        nonlinearities than groups leaves some parts zero.

        Raises:
            ValueError: kernels were not wanted when the network was observed.
        """
        layers = self.layer_kernels
        part = torch.tensor(depth_groups(len(layers), groups), dtype=torch.long, device=layers.device)
        return layers.new_zeros(groups, *layers.shape[1:]).index_add_(0, part, layers)
