"""Operations of a forward pass in the form that runs fastest on a CPU: torch's own results, to rounding.

Networks would spend as long on normalising and pooling as on convolutions, because torch's kernels for maps that end
in channels go through memory in strides of one pixel: 16 numbers in a narrow network. Nothing here knows about proxies.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

ROW = 256
"""Numbers of a row into which neighbouring pixels are put together."""

NARROW = 16
"""Channels up to which that pays; torch's own batch norm is faster on wider maps."""


def normalised(
    values: Tensor,
    running_mean: Tensor | None = None,  # noqa: ARG001
    running_var: Tensor | None = None,  # noqa: ARG001
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = True,  # noqa: ARG001
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Batch norm with the batch's own mean and variance; running statistics are neither read nor written.

    The signature is that of `F.batch_norm`. Narrow maps are read as rows of several pixels: each column is normalised
    on its own first, by one pass of a fast kernel, and the columns of a channel are put together by the law of total
    variance.

    Takes any shape that `F.batch_norm` takes and returns the same.
    """
    channels = values.shape[1]
    pixels = ROW // channels
    if not _is_narrow(values) or channels > NARROW or values.numel() % (pixels * channels):
        return F.batch_norm(values, None, None, weight, bias, True, momentum, eps)
    rows = values.permute(0, 2, 3, 1).reshape(-1, pixels * channels)
    means, variances = torch.batch_norm_update_stats(rows, None, None, momentum)
    means, variances = means.float().view(pixels, channels), variances.float().view(pixels, channels)
    mean = means.mean(0)
    apart = means - mean
    scale = torch.addcmul(variances, apart, apart).mean(0).add_(eps).rsqrt_()
    if weight is not None:
        scale *= weight
    shift = (-mean).mul_(scale)
    if bias is not None:
        shift += bias
    wide = torch.stack((shift, scale)).to(values.dtype)[:, None].expand(2, pixels, channels).reshape(2, -1)
    out = torch.addcmul(wide[0], rows, wide[1])
    return out.view(values.shape[0], *values.shape[2:], channels).permute(0, 3, 1, 2)


def mean_pool(values: Tensor, *args: Any, **kwargs: Any) -> Tensor:
    """`F.avg_pool2d`; the 3 x 3 window of stride 1 that leaves padding out is a convolution of each channel."""
    if not _is_narrow(values) or min(values.shape[2:]) < 2 or not _is_same_window(*args, **kwargs):
        return F.avg_pool2d(values, *args, **kwargs)
    channels = values.shape[1]
    window = torch.full((channels, 1, 3, 3), 1 / 9, dtype=values.dtype, device=values.device)
    out = F.conv2d(values, window, padding=1, groups=channels)
    for dim, edge in ((2, 0), (2, -1), (3, 0), (3, -1)):
        out.select(dim, edge).mul_(1.5)  # a border pixel has six neighbours of nine, a corner four
    return out


def _is_narrow(values: Tensor) -> bool:
    """Whether these are maps in the layout and on the device for which the substitutes are faster."""
    return (
        values.device.type == "cpu"
        and values.ndim == 4
        and values.is_contiguous(memory_format=torch.channels_last)
        and not (values.requires_grad and torch.is_grad_enabled())
    )


def _is_same_window(
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,  # noqa: ARG001  (makes no difference at stride 1)
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> bool:
    sizes = [(size, size) if isinstance(size, int) else tuple(size or ()) for size in (kernel_size, stride, padding)]
    return sizes == [(3, 3), (1, 1), (1, 1)] and not count_include_pad and divisor_override is None
