"""Teachers from timm, with the random weights of their own recipes."""

from __future__ import annotations

from difflib import get_close_matches
from functools import partial
from typing import Any

import timm
from torch import nn

from diswot.errors import InputError, NotAClassifier, UnknownName, reason_of
from diswot.probes.batch import Normalization
from diswot_spaces import Shape


def timm_model(name: str, num_classes: int, in_shape: Shape, **overrides: Any) -> nn.Module:
    """The timm model of that name, without downloading anything.

    Args:
        name: of the model.
        num_classes: of the task.
        in_shape: of the task.
        overrides: arguments of its constructor in place of those that its name stands for.

    Raises:
        UnknownName: names what comes closest.
        NotAClassifier: it has no classifier.
        InputError: timm cannot build it for this class count or input.
    """
    if not timm.is_model(name):
        raise UnknownName(
            "timm model", name, [*get_close_matches(name, timm.list_models(), 8, 0.5), "all of timm.list_models()"]
        )
    create = partial(
        timm.create_model, name, pretrained=False, num_classes=num_classes, in_chans=in_shape[0], **overrides
    )
    try:
        try:
            module: nn.Module = create(img_size=in_shape[1:])
        except TypeError:  # Convolutional models take any image size and know no such argument.
            module = create()
    except Exception as error:  # a model may fail at anything
        raise InputError(
            f"timm cannot build {name!r} for {num_classes} classes and images of {' x '.join(map(str, in_shape))}: "
            f"{reason_of(error)}{_hint(name, in_shape)}"
        ) from error
    if getattr(module, "num_classes", num_classes) != num_classes:
        raise NotAClassifier(f"timm model {name!r} is no classifier: it gives features")
    return module


def native_input(name: str) -> Shape | None:
    """The images that a model was made for, where timm knows."""
    config = timm.get_pretrained_cfg(name.partition(".")[0], allow_unregistered=True)  # Whatever the tag.
    return None if config is None else config.input_size


def normalization(name: str) -> Normalization | None:
    """How images are normalized for the weights that the name's tag says, or for the model's own."""
    config = timm.get_pretrained_cfg(name, allow_unregistered=True) or timm.get_pretrained_cfg(name.partition(".")[0])
    return None if config is None else Normalization(tuple(config.mean), tuple(config.std))


def _hint(name: str, in_shape: Shape) -> str:
    made_for = native_input(name)
    if made_for in (None, in_shape):
        return ""
    return f"; give an input that it takes, such as {'x'.join(map(str, made_for))}, which it was made for"
