"""One forward pass, watched."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from diswot.errors import NotAClassifier
from diswot.observation.capture import Want
from diswot.observation.paths import ShortestPaths
from diswot.observation.record import Observation
from diswot.observation.taps import Taps
from diswot.probes.batch import ProbeBatch


def observe(
    module: nn.Module, probe: ProbeBatch, want: Want = Want.MAPS | Want.KERNELS, *, batch_statistics: bool = True
) -> Observation:
    """Run the probe batch through a classifier once and record what it shows.

    Dropout and other training-time noise are off. The network is left as it was: mode, weights, running statistics.

    Args:
        module: a classifier of images `(N, C, H, W)` that ends in a linear layer.
        probe: the batch, on the module's device.
        want: what to keep beside pooled features and logits.
        batch_statistics: normalise with the batch's own statistics, as at the first training step (networks with random
            weights); `False` for the running statistics of trained weights.

    Raises:
        NotAClassifier: the network fails on this input, does not end in a linear layer, or has too few classes.
    """
    training = [layer for layer in module.modules() if layer.training]
    paths = ShortestPaths(probe.images) if Want.SHORTEST_PATH in want else None
    taps = Taps(len(probe.labels), want, batch_statistics=batch_statistics, paths=paths)
    for layer in training:
        layer.training = False
    try:
        with torch.inference_mode(), taps:
            logits = module(probe.images)
    except (ArithmeticError, AssertionError, LookupError, RuntimeError, TypeError, ValueError) as error:
        shape = tuple(probe.images.shape[1:])
        raise NotAClassifier(f"{type(module).__name__} cannot take images of shape {shape}: {error}") from error
    finally:
        for layer in training:
            layer.training = True
    pooled = _pooled(module, logits, taps, probe)
    maps = [_channels_first(out, pooled.shape[1]) for out in taps.maps.values()]
    return Observation(
        logits=logits.float(),
        pooled=pooled.float(),
        labels=probe.labels,
        stages=_stages(maps),
        last_map=taps.pooled_map if taps.pooled_map is not None else _last_map(maps, pooled.shape[1]),
        activations=taps.watched,
        correlations=tuple(taps.correlations),
        shortest_path=paths.to(logits) if paths is not None else None,
    )


def _pooled(module: nn.Module, logits: Tensor, taps: Taps, probe: ProbeBatch) -> Tensor:
    """The input of the classifier: of the linear layer whose output is the network's own."""
    name = type(module).__name__
    if not isinstance(logits, Tensor) or logits.ndim != 2 or len(logits) != len(probe.labels):
        found = tuple(logits.shape) if isinstance(logits, Tensor) else type(logits).__name__
        raise NotAClassifier(f"{name} must give logits (images, classes) for {len(probe.labels)} images, not {found}")
    for pooled, out in reversed(taps.linears):
        if out.data_ptr() == logits.data_ptr() and out.shape == logits.shape:
            if int(probe.labels.max()) >= logits.shape[1]:
                raise NotAClassifier(
                    f"{name} has {logits.shape[1]} classes, too few for label {int(probe.labels.max())}"
                )
            return pooled
    raise NotAClassifier(
        f"{name} has no linear classifier head: its logits {tuple(logits.shape)} do not come from a linear layer"
    )


def _channels_first(out: Tensor, width: int) -> Tensor:
    """A feature map as `(N, C, H, W)`: tokens `(N, T, C)` become `(N, C, T, 1)`, maps that end in channels are turned.

    A map ends in channels where only that reading makes it square, or as wide as the pooled features.
    """
    if out.ndim == 3:
        return out.transpose(1, 2).unsqueeze(3)
    if out.shape[1] == out.shape[2] != out.shape[3] or out.shape[3] == width != out.shape[1]:
        return out.permute(0, 3, 1, 2)
    return out


def _stages(maps: list[Tensor]) -> tuple[Tensor, ...]:
    """The last map of each resolution, largest resolution first; maps of one pixel are pooled vectors, not stages."""
    last = {tuple(m.shape[2:]): m for m in maps if m.shape[2] * m.shape[3] > 1}
    return tuple(sorted(last.values(), key=lambda m: -m.shape[2] * m.shape[3]))


def _last_map(maps: list[Tensor], width: int) -> Tensor | None:
    """The last map of a network that does not pool: as wide as the features of its head, where there is one."""
    wide = [m for m in maps if m.shape[1] == width and m.shape[2] * m.shape[3] > 1]
    return (wide or maps)[-1] if maps else None
