"""Teachers from timm, with the random weights of their own recipes."""

from __future__ import annotations

from difflib import get_close_matches
from functools import partial

import timm
from torch import nn

from diswot.errors import InputError, UnknownName
from search_spaces import Shape


def timm_model(name: str, num_classes: int, in_shape: Shape) -> nn.Module:
    """The timm model of that name, without downloading anything.

    Raises:
        UnknownName: names what comes closest.
        InputError: timm cannot build it for this class count or input.
    """
    if not timm.is_model(name):
        raise UnknownName(
            "timm model", name, [*get_close_matches(name, timm.list_models(), 8, 0.5), "all of timm.list_models()"]
        )
    create = partial(timm.create_model, name, pretrained=False, num_classes=num_classes, in_chans=in_shape[0])
    try:
        try:
            return create(img_size=in_shape[1:])
        except TypeError:  # Convolutional models take any image size and know no such argument.
            return create()
    except (AssertionError, RuntimeError, TypeError, ValueError) as error:
        raise InputError(
            f"timm cannot build {name!r} for {num_classes} classes and input {in_shape}: {error}"
        ) from error
