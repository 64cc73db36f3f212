"""What a teacher is and where it is looked at, as a document: `diswot teachers show`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from torch import Tensor, nn

from diswot.observation import Observation, observe
from diswot.observation.capture import Capture
from diswot.observation.named import NamedTaps
from diswot.probes.noise import white_noise
from diswot.report.document import Document
from diswot.report.teacher import weights_of
from diswot.spec.teacher import TeacherSpec
from diswot.teachers.costs import teacher_costs
from diswot.teachers.family import imported
from diswot.teachers.teacher import build_teacher, check_classes
from diswot_spaces import Shape

IMAGES = 4
"""That are run through it."""


class Tap(Document):
    """A place that is looked at.

    Attributes:
        path: of the module, as `--teacher-map` and `--teacher-head` take it; `null` where no single module makes it.
        module: its class.
        shape: for one image.
    """

    path: str | None
    module: str | None
    shape: tuple[int, ...]


class TeacherDescription(Document):
    """A teacher.

    Attributes:
        name, num_classes, in_shape: as asked for.
        params: trainable parameters.
        macs: multiply-accumulates for one image; `null` where they could not be counted.
        weights: `random`, `file` or `given`.
        made_for: images that its published weights were made for; `null` where that is not known.
        mean, std: by which those are normalized; `null` where that is not known.
        last_map: channels, height, width of the last feature map, tokens as height; `null` if there is none.
        pooled: the features that the head reads; `null` if it has no linear head.
        head: the layer that makes the logits; `null` if it has no linear head.
        nonlinearities: that are seen.
    """

    name: str
    num_classes: int
    in_shape: Shape
    params: int
    macs: int | None
    weights: str
    made_for: Shape | None
    mean: tuple[float, ...] | None
    std: tuple[float, ...] | None
    last_map: Tap | None
    pooled: Tap | None
    head: Tap | None
    nonlinearities: int


def describe_teacher(spec: TeacherSpec) -> TeacherDescription:
    """Build a teacher, run a few images of noise through it, and say what is seen where.

    Raises:
        InputError: it cannot be built.
        NotAClassifier: it cannot be observed.
    """
    module = build_teacher(spec, seed=0)
    probe = white_noise(IMAGES, spec.num_classes, spec.in_shape, 0)
    named = NamedTaps(spec.map_path, spec.head_path)
    with _outputs(module) as outputs:
        seen = observe(module, probe, Capture.MAPS, title=f"teacher {spec.name}", named=named)
    check_classes(spec, seen)
    costs, family = teacher_costs(spec), spec.family
    normalization = None if family.normalization is None else imported(family.normalization)(spec.argument)
    mean, std = (None, None) if normalization is None else normalization
    return TeacherDescription(
        name=spec.name,
        num_classes=spec.num_classes,
        in_shape=spec.in_shape,
        params=sum(parameter.numel() for parameter in module.parameters()),
        macs=None if costs is None else costs.macs,
        weights=weights_of(spec),
        made_for=None if family.native_input is None else imported(family.native_input)(spec.argument),
        mean=mean,
        std=std,
        last_map=_map(seen, outputs, module, spec.map_path),
        pooled=_tap(outputs, module, seen.head_input, None),
        head=None if seen.head_input is None else _tap(outputs, module, seen.logits, spec.head_path, first=True),
        nonlinearities=len(seen.activations),
    )


@contextmanager
def _outputs(module: nn.Module) -> Iterator[list[tuple[str, Tensor]]]:
    """What each module gives in the block, by its path, in order; kept, so that no memory is used twice."""
    found: list[tuple[str, Tensor]] = []
    hooks = []
    for path, layer in module.named_modules():

        def note(_: nn.Module, __: object, out: Any, path: str = path) -> None:
            if isinstance(out, Tensor):
                found.append((path, out))

        if path:
            hooks.append(layer.register_forward_hook(note))
    try:
        yield found
    finally:
        for hook in hooks:
            hook.remove()


def _map(seen: Observation, outputs: list[tuple[str, Tensor]], module: nn.Module, named: str | None) -> Tap | None:
    return None if seen.last_map is None else _tap(outputs, module, seen.last_map, named)


def _tap(
    outputs: list[tuple[str, Tensor]],
    module: nn.Module,
    value: Tensor | None,
    named: str | None,
    *,
    first: bool = False,
) -> Tap | None:
    """The module whose output a tensor is: the outermost, or the innermost of all."""
    if value is None:
        return None
    paths = [path for path, out in outputs if out.data_ptr() == value.data_ptr() and out.numel() == value.numel()]
    path = named or (paths[0 if first else -1] if paths else None)
    kind = None if path is None else type(module.get_submodule(path)).__name__
    return Tap(path=path, module=kind, shape=tuple(value.shape[1:]))
