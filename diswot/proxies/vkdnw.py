"""VKDNW: how evenly the Fisher information is spread over the weights."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from diswot.observation.watch import Watcher
from diswot.proxies.base import ProxyInput
from diswot.proxies.passes import differentiable

SMOOTHING = 0.05
"""Share of the uniform distribution in the class probabilities, as in the authors' code."""


def vkdnw(inputs: ProxyInput) -> float:
    """Number of weight tensors, plus the entropy of the spectrum of the Fisher information of their first entries.

    Source: Tybl and Neumann, "Training-free Neural Architecture Search through Variance of Knowledge of Deep Network
    Weights", CVPR 2025. The paper's text was not at hand; read from the authors' code
    (github.com/ondratybl/VKDNW): one entry of each tensor, batch norms on their running statistics, nine deciles of the
    spectrum. The code multiplies the Jacobian by the Cholesky factor of the classes' covariance where Fisher
    information needs its transpose; here it is the latter.
    """
    logits, jacobian = first_entry_jacobian(inputs.network, inputs.probe.images)
    probabilities = logits.double().softmax(1)
    smooth = probabilities * (1 - SMOOTHING) + SMOOTHING / probabilities.shape[1]
    spectrum = torch.linalg.eigvalsh(fisher_information(jacobian.double(), smooth))
    return len(spectrum) + decile_entropy(spectrum)


def first_entry_jacobian(network: nn.Module, images: Tensor) -> tuple[Tensor, Tensor]:
    """Logits, and their derivatives by the first entry of every tensor of weights, image by image.

    Args:
        network: of convolutions, linear layers and batch norms; the norms use their running statistics.
        images: `(N, C, H, W)`.

    Returns:
        `(N, K)` logits and `(K, P, N)` derivatives for P tensors, in K backward passes.
    """
    with differentiable(network), _FirstEntries(len(images)) as entries:
        logits = network(images.detach())
    rows = [
        torch.autograd.grad(column.sum(), entries.shifts, retain_graph=True, materialize_grads=True)
        for column in logits.unbind(1)
    ]
    return logits.detach(), torch.stack([torch.stack(row) for row in rows])


def fisher_information(jacobian: Tensor, probabilities: Tensor) -> Tensor:
    """`E_n [J_n^T (diag(p_n) - p_n p_n^T) J_n]`.

    Args:
        jacobian: `(K, P, N)` derivatives of K logits by P parameters for N images.
        probabilities: `(N, K)`.

    Returns:
        `(P, P)`.
    """
    share = probabilities.T[:, None, :]
    centred = (jacobian - (share * jacobian).sum(0)) * share.sqrt()
    rows = centred.transpose(1, 2).flatten(0, 1)
    return rows.T @ rows / len(probabilities)


def decile_entropy(spectrum: Tensor) -> float:
    """Entropy, in nats, of the nine deciles of a spectrum `(P,)`, normalised to one; between 0 and ln 9."""
    levels = torch.arange(1, 10, dtype=spectrum.dtype, device=spectrum.device) / 10
    deciles = spectrum.clamp_min(0.0).quantile(levels)
    share = deciles / (deciles.sum() + 1e-10)
    return -float((share * (share + 1e-10).log()).sum())


class _FirstEntries(Watcher):
    """Adds, for each image, a shift of zero to the first entry of every tensor of weights.

    The tensors are those of convolutions, linear layers and batch norms. The gradient of a logit with respect to a
    shift `(N,)` is its derivative by that entry, image by image, in one backward pass.
    """

    def __init__(self, batch: int) -> None:
        super().__init__()
        self.batch = batch
        self.shifts: list[Tensor] = []

    def operate(self, func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        out = func(*args, **kwargs)
        if func is F.conv2d:
            return self._shifted(out, *_convolution(*args, **kwargs))
        if func is F.linear:
            return self._shifted(out.movedim(-1, 1), *_linear(*args, **kwargs)).movedim(1, -1)
        if func is F.batch_norm:
            return self._shifted(out, *_batch_norm(*args, **kwargs))
        return out

    def _shifted(self, out: Tensor, *directions: Tensor | None) -> Tensor:
        """`out` `(N, C, ...)`, whose first channel moves by a shift times each direction `(N or 1, 1, ...)`."""
        for direction in directions:
            if direction is not None:
                shift = out.new_zeros(self.batch, requires_grad=True)
                self.shifts.append(shift)
                out[:, :1] += shift.view(-1, *[1] * (out.ndim - 1)) * direction.detach()
        return out


def _bias(values: Tensor, bias: Tensor | None) -> Tensor | None:
    """Direction of a bias, if there is one."""
    return None if bias is None else values.new_ones((1,) * values.ndim)


def _convolution(
    values: Tensor, weight: Tensor, bias: Tensor | None = None, *geometry: Any, groups: int = 1, **named: Any
) -> tuple[Tensor, Tensor | None]:
    """Directions of a convolution's first weight and first bias; the first output reads the first input channel."""
    del groups
    kernel = weight.new_zeros(1, 1, *weight.shape[2:])
    kernel.view(-1)[0] = 1.0
    return F.conv2d(values.detach()[:, :1], kernel, None, *geometry[:3], **named), _bias(values, bias)


def _linear(values: Tensor, weight: Tensor, bias: Tensor | None = None) -> tuple[Tensor, Tensor | None]:  # noqa: ARG001
    """Directions of a linear layer's first weight and first bias."""
    return values.movedim(-1, 1)[:, :1], _bias(values, bias)


def _batch_norm(*args: Any, **kwargs: Any) -> tuple[Tensor | None, Tensor | None]:
    """Directions of a batch norm's first scale and first offset."""
    bound = inspect.signature(F.batch_norm).bind(*args, **kwargs)
    bound.apply_defaults()
    given = bound.arguments
    first = {name: given[name][:1] for name in ("running_mean", "running_var")}
    values = F.batch_norm(given["input"].detach()[:, :1], **first, eps=given["eps"])
    return (None if given["weight"] is None else values), _bias(values, given["bias"])
