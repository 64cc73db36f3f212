"""Search spaces derived from a teacher: its own family, with depth and width of each stage as choices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from diswot.errors import DiswotError, InputError, reason_of
from diswot_spaces import CIFAR, Architecture, SearchSpace, Shape
from diswot_spaces.layers import LayerFactory, fresh

if TYPE_CHECKING:
    from torch import nn

DEPTHS = ("layers", "depths", "depth", "num_blocks")
"""Arguments by which timm's models are told how many blocks each stage has."""
WIDTHS = ("channels", "dims", "embed_dims", "embed_dim")
"""Arguments by which they are told how wide each stage is."""
SHARES = (0.25, 0.5, 0.75, 1.0)
"""Of the teacher's depth and width, what students may have."""
STEP = 8
"""Widths are multiples of it, unless heads share them."""
TRIED = 4
"""Members that are laid out before a family is taken to be one."""


@dataclass(frozen=True)
class Argument:
    """An argument of a model's constructor, for one or for all stages.

    Attributes:
        name: of the argument.
        stage: which entry of a list it is; `None` where it is one number.
        options: that students may have, ascending; the last is the teacher's.
    """

    name: str
    stage: int | None
    options: tuple[int, ...]


class DerivedSpace(SearchSpace):
    """Students of the teacher's own class, of its depths and widths or smaller ones; costs are counted.

    An architecture is the JSON of depths, then widths. Where heads share a width, there are fewer heads of the
    teacher's size.

    Args:
        model: name of a model of timm.

    Raises:
        InputError: the model does not tell its stages, or they cannot be varied.
    """

    def __init__(self, model: str) -> None:
        from diswot.teachers.recorded import constructor_arguments
        from diswot.teachers.timm import native_input

        self._model = model
        native = native_input(model) or (3, 224, 224)
        kind, told = constructor_arguments(model, 10, native)
        depths, widths = _first(told, DEPTHS), _first(told, WIDTHS)
        if depths is None:
            raise InputError(
                f"no space can be derived from timm:{model}: its class {kind.__name__} is not told the depths of its "
                f"stages by {', '.join(DEPTHS)}"
            )
        self._told = {name: told[name] for name in (depths, widths, "num_heads") if name is not None and name in told}
        self._widths = widths
        self._arguments = [
            *_arguments(depths, told[depths]),
            *(_arguments(widths, told[widths], told) if widths else []),
        ]
        self.name = "from-timm-" + model.replace("/", "-")
        self.summary = f"students of the family of timm:{model}, with depths and widths as choices"
        self.options = tuple(argument.options for argument in self._arguments)
        self._check_members(native)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DerivedSpace) and self._model == other._model

    def __hash__(self) -> int:
        return hash(self._model)

    def __reduce__(self) -> tuple[Any, ...]:
        return _derived, (self._model,)

    @property
    def description(self) -> Any:
        """What the space is made of, for whoever must tell spaces apart."""
        return {"model": self._model, "told": repr(self._told)}

    @property
    def teacher(self) -> Architecture:
        """The architecture that is the teacher's own."""
        return Architecture(self.name, tuple(len(options) - 1 for options in self.options))

    def build(
        self,
        arch: Architecture,
        num_classes: int,
        in_shape: Shape = CIFAR,
        layers: LayerFactory = fresh,  # noqa: ARG002  (timm makes its layers itself)
    ) -> nn.Module:
        """The network of `arch`, as timm builds it."""
        from diswot.teachers.timm import timm_model

        return timm_model(self._model, num_classes, in_shape, **self._overrides(arch))

    def _overrides(self, arch: Architecture) -> dict[str, Any]:
        """Arguments of the constructor in place of the teacher's."""
        found = {name: list(value) if isinstance(value, Sequence) else value for name, value in self._told.items()}
        heads = found.get("num_heads")
        for argument, value in zip(self._arguments, self.values(arch), strict=True):
            if argument.stage is None:
                if argument.name == self._widths and heads is not None:
                    found["num_heads"] = _heads(heads, value, self._told[argument.name])
                found[argument.name] = value
            else:
                if argument.name == self._widths and isinstance(heads, list):
                    whole = self._told[argument.name][argument.stage]
                    heads[argument.stage] = _heads(heads[argument.stage], value, whole)
                found[argument.name][argument.stage] = value
        return {name: tuple(value) if isinstance(value, list) else value for name, value in found.items()}

    def _check_members(self, in_shape: Shape) -> None:
        """Refuse a family of which timm does not build other members than the teacher.

        Raises:
            InputError: says which, and why.
        """
        import torch

        rng = np.random.default_rng(0)
        least = Architecture(self.name, (0,) * len(self.options))
        for arch in (least, *(self.sample(rng) for _ in range(TRIED)), self.teacher):
            try:
                with torch.device("meta"):
                    self.build(arch, 10, in_shape)
            except Exception as error:  # a model may fail at anything
                reason = str(error) if isinstance(error, DiswotError) else reason_of(error)
                raise InputError(
                    f"no space can be derived from timm:{self._model}: its stages cannot be "
                    f"varied as {self.encode(arch)}; {reason}"
                ) from error


def derived_space(teacher: str) -> SearchSpace:
    """The space of a teacher's own family.

    Args:
        teacher: `timm:NAME`.

    Raises:
        InputError: none can be derived, in one sentence.
    """
    source, _, model = teacher.partition(":")
    if source != "timm" or not model:
        raise InputError(f"spaces are derived from teachers timm:NAME, not from {teacher!r}")
    return _derived(model.partition(".")[0])


@lru_cache(maxsize=16)
def _derived(model: str) -> DerivedSpace:
    return DerivedSpace(model)


def _first(told: dict[str, Any], names: Sequence[str]) -> str | None:
    """The first of these arguments that is a whole number, or some."""
    return next((name for name in names if name in told and _numbers(told[name])), None)


def _numbers(value: Any) -> tuple[int, ...]:
    """The whole numbers that an argument is; none where it is something else."""
    values = tuple(value) if isinstance(value, list | tuple) else (value,)
    return values if values and all(type(one) is int and one > 0 for one in values) else ()


def _arguments(name: str, value: Any, told: dict[str, Any] | None = None) -> list[Argument]:
    """The decisions that an argument makes: one for each stage, or one where it is a number."""
    stages = range(len(value)) if isinstance(value, list | tuple) else [None]
    heads = _numbers(told.get("num_heads")) if told is not None else ()
    found = []
    for stage, whole in zip(stages, _numbers(value), strict=True):
        shared = heads[stage if stage is not None and len(heads) > 1 else 0] if heads else 0
        if told is None:
            options = {max(1, round(whole * share)) for share in SHARES}
        elif shared and whole % shared == 0:
            options = {max(1, round(shared * share)) * (whole // shared) for share in SHARES}
        else:
            options = {max(STEP, round(whole * share / STEP) * STEP) for share in SHARES[:-1]} | {whole}
        found.append(Argument(name, stage, tuple(sorted(one for one in options if one <= whole))))
    return found


def _heads(heads: Any, width: int, whole: Any) -> Any:
    """As many heads of the teacher's size as share a width."""
    if isinstance(heads, list):
        return [max(1, one * width // whole) for one in heads]
    return max(1, heads * width // whole)
