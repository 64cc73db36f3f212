"""Norms and saliencies of the weights of convolutions and linear layers.

Definitions are those of Abdelfattah et al., "Zero-Cost Proxies for Lightweight NAS", ICLR 2021, section 3: the pruning
criteria of the papers named below, summed over all weights. Gradients are those of the mean cross-entropy on the probe
batch; one backward pass serves `grad_norm`, `snip` and `fisher`.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from diswot.proxies.base import ProxyInput
from diswot.proxies.passes import layer_weights, trace


def l2_norm(inputs: ProxyInput) -> float:
    """Sum of the layers' Euclidean weight norms: `sum_l |w_l|`."""
    return sum(float(weight.float().norm()) for weight in layer_weights(inputs.network).values())


def grad_norm(inputs: ProxyInput) -> float:
    """Sum of the layers' Euclidean gradient norms: `sum_l |dL/dw_l|`."""
    return sum(float(gradient.float().norm()) for gradient in inputs.gradients.weights)


def snip(inputs: ProxyInput) -> float:
    """`sum |w dL/dw|` over the weights.

    Source: Lee, Ajanthan and Torr, "SNIP: Single-shot Network Pruning based on Connection Sensitivity", ICLR 2019.
    """
    pairs = zip(inputs.trace.weights, inputs.gradients.weights, strict=True)
    return sum(float((weight.detach() * gradient).float().abs().sum()) for weight, gradient in pairs)


def grasp(inputs: ProxyInput) -> float:
    """`-sum w (H g)` over the weights, for the Hessian H and the gradient g of the cross-entropy.

    Source: Wang, Zhang and Grosse, "Picking Winning Tickets Before Training by Preserving Gradient Flow", ICLR 2020;
    temperature 1, and the sign of Abdelfattah et al.
    """
    weights = inputs.trace.weights
    loss = inputs.trace.loss(inputs.probe.labels)
    gradients = torch.autograd.grad(loss, weights, create_graph=True, materialize_grads=True)
    flow = torch.stack([(g.detach() * g).sum() for g in gradients]).sum()
    products = torch.autograd.grad(flow, weights, retain_graph=True, materialize_grads=True)
    return -sum(float((w.detach() * product).float().sum()) for w, product in zip(weights, products, strict=True))


def fisher(inputs: ProxyInput) -> float:
    """`sum_c 1/2 mean_n (sum_position a_nc dL/da_nc)^2` over the channels c of all layers' outputs a.

    Source: Theis et al., "Faster Gaze Prediction with Dense Networks and Fisher Pruning", 2018, on
    activations as in Turner et al., "BlockSwap", ICLR 2020.
    """
    pairs = zip(inputs.trace.products, inputs.gradients.products, strict=True)
    return sum(_channel_fisher(output.detach().float(), gradient.float()) for output, gradient in pairs)


def _channel_fisher(output: Tensor, gradient: Tensor) -> float:
    """The term of one layer, for `(N, C, ...)` outputs and gradients."""
    saliency = (output * gradient).flatten(2).sum(2) if output.ndim > 2 else output * gradient
    return float(saliency.square().mean(0).sum()) / 2


def zico(inputs: ProxyInput) -> float:
    """`sum_l ln sum_w mean|g_w| / std(g_w)`, over the layers l, with mean and standard deviation over two half batches.

    Source: Li et al., "ZiCo: Zero-shot NAS via Inverse Coefficient of Variation on Gradients", ICLR 2023.
    Each half has its own gradient, as in the paper; the authors' code lets the second accumulate on the first.
    """
    half = len(inputs.probe.labels) // 2
    batches = zip(inputs.probe.images.tensor_split([half]), inputs.probe.labels.tensor_split([half]), strict=True)
    first, second = (_weight_gradients(inputs.network, images, labels) for images, labels in batches)
    return math.fsum(inverse_variation(torch.stack(pair).float()) for pair in zip(first, second, strict=True))


def _weight_gradients(network: nn.Module, images: Tensor, labels: Tensor) -> tuple[Tensor, ...]:
    passed = trace(network, images)
    return torch.autograd.grad(passed.loss(labels), passed.weights, materialize_grads=True)


def inverse_variation(gradients: Tensor) -> float:
    """`ln sum mean|g| / std(g)` over the weights of a layer; those whose gradient does not vary are left out.

    Args:
        gradients: `(2, ...)` of the weights on the two half batches.

    Example:
        >>> inverse_variation(torch.tensor([[1.0, 2.0], [3.0, 2.0]]))  # 2 / 1, and a weight that does not vary
        0.6931471805599453
    """
    mean = gradients.abs().mean(0, dtype=torch.float64)
    spread = (gradients[0] - gradients[1]).abs() / 2
    total = float((mean / spread).masked_fill(spread == 0, 0.0).sum())
    return math.log(total) if total > 0 else 0.0
