"""One forward pass, watched."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from diswot.errors import NotAClassifier, UnfitInput, reason_of
from diswot.observation.capture import Capture
from diswot.observation.named import NamedTaps, tapped
from diswot.observation.paths import ShortestPaths
from diswot.observation.record import Observation
from diswot.observation.taps import Taps
from diswot.probes.batch import ProbeBatch


def observe(
    module: nn.Module,
    probe: ProbeBatch,
    capture: Capture = Capture.MAPS | Capture.KERNELS,
    *,
    batch_statistics: bool = True,
    title: str | None = None,
    named: NamedTaps | None = None,
) -> Observation:
    """Run the probe batch through a classifier once and record what it shows.

    Dropout and other training-time noise are off. The network is left as it was: mode, weights, running statistics.

    Args:
        module: a classifier of images `(N, C, H, W)`.
        probe: the batch, on the module's device.
        capture: what to keep beside the logits.
        batch_statistics: normalise with the batch's own statistics, as at the first training step (networks with random
            weights); `False` for the running statistics of trained weights.
        title: the network, for messages; by default its class.
        named: where the last map and the head are, if that shall not be found.

    Raises:
        InputError: a module that is named is not there, or shows no such thing.
        UnfitInput: the network fails on images of this shape.
        NotAClassifier: its output is no logits, of too few classes, or not those of a linear layer where that is
            wanted.
    """
    title = title or type(module).__name__
    paths = ShortestPaths(probe.images) if Capture.SHORTEST_PATH in capture else None
    taps = Taps(len(probe.labels), capture, batch_statistics=batch_statistics, paths=paths)
    with tapped(module, named, title) as told:
        logits = _logits(_run(module, probe, taps, title), probe, title)
    head_input = _head_input(logits, taps) if told.head_input is None else told.head_input
    if head_input is None and Capture.HEAD in capture:
        raise NotAClassifier(
            f"{title} has no linear classifier head: its logits {tuple(logits.shape)} do not come from a linear layer"
        )
    width = None if head_input is None else head_input.shape[1]
    maps = [_channels_first(out, width) for out in taps.maps.values()]
    return Observation(
        logits=logits.float(),
        head_input=None if head_input is None else head_input.float(),
        labels=probe.labels,
        stages=_stages(maps),
        last_map=_chosen_map(told.last_map, taps, maps, width) if Capture.MAPS in capture else None,
        activations=taps.watched,
        correlations=tuple(taps.correlations),
        shortest_path=paths.to(logits) if paths is not None else None,
    )


def _run(module: nn.Module, probe: ProbeBatch, taps: Taps, title: str) -> object:
    """What the network makes of the batch, with its dropout off for that time."""
    training = [layer for layer in module.modules() if layer.training]
    for layer in training:
        layer.training = False
    try:
        with torch.inference_mode(), taps:
            output: object = module(probe.images)
    except (ArithmeticError, AssertionError, LookupError, RuntimeError, TypeError, ValueError) as error:
        shape = " x ".join(map(str, probe.image_shape))
        raise UnfitInput(f"{title} cannot take images of {shape} ({reason_of(error)})") from error
    finally:
        for layer in training:
            layer.training = True
    return output


def _logits(output: object, probe: ProbeBatch, title: str) -> Tensor:
    """The output, if it is that of a classifier of the labels."""
    count, most = len(probe.labels), int(probe.labels.max())
    if not isinstance(output, Tensor) or output.ndim != 2 or len(output) != count:
        found = tuple(output.shape) if isinstance(output, Tensor) else f"a {type(output).__name__}"
        several = f" of {len(output)}; return one of them" if isinstance(output, tuple | list) else ""
        raise NotAClassifier(f"{title} must give logits (images, classes) for {count} images, not {found}{several}")
    if most >= output.shape[1]:
        raise NotAClassifier(f"{title} has {output.shape[1]} classes, too few for label {most}")
    return output


def _head_input(logits: Tensor, taps: Taps) -> Tensor | None:
    """The input of the linear layer whose output is the network's own."""
    for values, out in reversed(taps.linears):
        if out.data_ptr() == logits.data_ptr() and out.shape == logits.shape:
            return values
    return None


def _channels_first(out: Tensor, width: int | None) -> Tensor:
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


def _chosen_map(named: Tensor | None, taps: Taps, maps: list[Tensor], width: int | None) -> Tensor | None:
    """The map of the module that was named, or that which was pooled, or the last one."""
    if named is not None:
        return _channels_first(named, width)
    return taps.pooled_map if taps.pooled_map is not None else _last_map(maps, width)


def _last_map(maps: list[Tensor], width: int | None) -> Tensor | None:
    """The last map of a network that does not pool: as wide as the features of its head, where there is one."""
    wide = [m for m in maps if m.shape[1] == width and m.shape[2] * m.shape[3] > 1]
    return (wide or maps)[-1] if maps else None
