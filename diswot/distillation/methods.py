"""What there is to say of a distillation method beside its formula; free of torch."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from diswot.errors import InputError

if TYPE_CHECKING:
    from diswot.distillation.distillers.base import Distiller

NEEDS = {
    "labels": "labels of the images",
    "features": "a linear classifier head, whose input are the features",
    "maps": "feature maps (N, C, H, W)",
    "indices": "the number of each image in the training set",
}
"""What a method may need beside logits."""


@dataclass(frozen=True, slots=True)
class Method:
    """A row of the table of distillation methods.

    Attributes:
        make: the class of the distiller, or where that is, as `module:Class`.
        summary: one line for lists.
        source: the publication.
        weight: of its loss, where it is not said.
        hard_weight: weight of the cross-entropy that it goes with.
        needs: of `NEEDS`.
        teacher: whether it looks at a teacher.
    """

    make: str | Callable[..., Distiller]
    summary: str
    source: str = ""
    weight: float = 1.0
    hard_weight: float = 1.0
    needs: tuple[str, ...] = ()
    teacher: bool = True

    @property
    def distiller(self) -> Callable[..., Distiller]:
        """The class itself, imported at first use."""
        if not isinstance(self.make, str):
            return self.make
        module, name = self.make.split(":")
        found: Callable[..., Distiller] = getattr(import_module(module), name)
        return found

    @property
    def settings(self) -> dict[str, Any]:
        """What can be set of the distiller by name, with its defaults."""
        parameters = inspect.signature(self.distiller).parameters.values()
        return {one.name: one.default for one in parameters if one.kind is one.KEYWORD_ONLY}


def method_of(found: object) -> Method:
    """The method of an object that was given or imported: itself, or what makes a distiller of a pair of networks.

    What makes one may say as attributes what a row of the table says: `summary`, `weight`, `hard_weight`, `needs`.

    Raises:
        InputError: it is neither.
    """
    if isinstance(found, Method):
        return found
    if not callable(found):
        raise InputError(f"a distiller is a Method, or a class or function that makes a Distiller, not {found!r}")
    said = {
        name: getattr(found, name) for name in ("weight", "hard_weight", "needs", "teacher") if hasattr(found, name)
    }
    return Method(found, getattr(found, "summary", "a distiller of yours"), **said)
