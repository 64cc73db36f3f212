"""Teachers from torchvision, with the random weights of their own recipes."""

from __future__ import annotations

import warnings
from difflib import get_close_matches

import torchvision.models as zoo
from torch import nn

from diswot.errors import InputError, UnknownName, reason_of
from diswot.probes.batch import Normalization
from diswot_spaces import Shape

TRANSFORMERS = ("vit_",)
"""How the names of networks begin whose images have one size, which they are told."""


def torchvision_model(name: str, num_classes: int, in_shape: Shape) -> nn.Module:
    """The torchvision classifier of that name, without downloading anything.

    Raises:
        UnknownName: names what comes closest.
        InputError: torchvision cannot build it for this input.
    """
    known = zoo.list_models(module=zoo)
    if name not in known:
        raise UnknownName("torchvision classifier", name, get_close_matches(name, known, 8, 0.5) or known)
    if in_shape[0] != 3:
        raise InputError(f"classifiers of torchvision take images of 3 channels, not {in_shape[0]}")
    options: dict[str, object] = {"num_classes": num_classes}
    if name.startswith(TRANSFORMERS):
        if in_shape[1] != in_shape[2]:
            raise InputError(f"torchvision's {name} takes square images, not {in_shape[1]} x {in_shape[2]}")
        options["image_size"] = in_shape[1]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # of two old families about how they draw weights
            module: nn.Module = zoo.get_model(name, weights=None, **options)
    except Exception as error:  # a model may fail at anything
        raise InputError(f"torchvision cannot build {name!r} for {num_classes} classes: {reason_of(error)}") from error
    return module


def native_input(name: str) -> Shape | None:
    """The images that a model's weights were trained on."""
    size = _preset(name).get("crop_size")
    return (3, int(size[0]), int(size[0])) if size else None


def normalization(name: str) -> Normalization | None:
    """How images are normalized for a model's weights."""
    preset = _preset(name)
    return Normalization(tuple(preset["mean"]), tuple(preset["std"])) if "mean" in preset else None


def _preset(name: str) -> dict[str, list[float]]:
    weights = next(iter(zoo.get_model_weights(name)), None) if name in zoo.list_models(module=zoo) else None
    return vars(weights.transforms()) if weights is not None else {}
