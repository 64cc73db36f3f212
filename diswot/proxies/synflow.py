"""SynFlow: the flow through a network of absolute weights."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch.func import functional_call

from diswot.observation.watch import Watcher
from diswot.proxies.base import ProxyInput
from diswot.proxies.passes import differentiable, layer_weights

NORMS: frozenset[Callable[..., Any]] = frozenset({F.batch_norm, F.group_norm, F.layer_norm, F.instance_norm})

SCALE = 1e-120
"""Of input and output: without norms and biases the flow is proportional to both, so that deep networks stay within
float64 and units that saturate, such as ReLU6, do not."""


def synflow(inputs: ProxyInput) -> float:
    """`ln sum |w dR/dw|` over the weights, with R the sum of the logits of |w| on an image of ones.

    Norms are left out; all is float64. Source: Tanaka et al., "Pruning neural networks without any data by iteratively
    conserving synaptic flow", NeurIPS 2020, summed as by Abdelfattah et al., ICLR 2021. The logarithm keeps
    the order and deep networks finite.
    """
    network, image = inputs.network, inputs.probe.images[:1]
    with differentiable(network), _WithoutNorms():
        positive = {name: p.detach().double().abs() for name, p in network.named_parameters()}
        weights = [positive[name].requires_grad_() for name in layer_weights(network)]
        flow = functional_call(network, positive, (torch.full_like(image, SCALE, dtype=torch.float64),)).sum()
        gradients = torch.autograd.grad(flow * SCALE, weights, materialize_grads=True)
    total = sum(float((weight.detach() * g).abs().sum()) for weight, g in zip(weights, gradients, strict=True))
    return math.log(max(total, sys.float_info.min)) - 2 * math.log(SCALE)


class _WithoutNorms(Watcher):
    """Lets every normalisation pass its input on."""

    def operate(self, func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if func in NORMS:
            return args[0] if args else kwargs["input"]
        return func(*args, **kwargs)
