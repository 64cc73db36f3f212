"""What a family of teachers is: a row of the table of teachers; free of torch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from diswot_spaces import Shape

if TYPE_CHECKING:
    from torch import nn

Builder = Callable[[str, int, Shape], "nn.Module"]
"""Makes the network of a teacher from what follows the colon of its name (or the whole name), the class count and the
input shape."""


@dataclass(frozen=True, slots=True)
class TeacherFamily:
    """A row of the table of teachers.

    Attributes:
        form: how the name is written, such as `"timm:NAME"`.
        summary: one line for lists.
        builder: of the networks, or where that is, as `module:function`.
        draws_own_weights: whether the builder's network comes with the random weights of its own recipe.
        of_space: whether its teachers are the architectures of a search space; the builder gets the whole name then.
        tags_weights: whether what follows a dot in the argument names trained weights.
        native_input: where the function is that knows for what images a teacher was made, as `module:function` of its
            argument.
        normalization: where the function is that knows how images were normalized for a teacher's trained weights, as
            `module:function` of its argument.
        costs: where the function is that tells what a teacher costs, as `module:function` of what the builder gets,
            free of torch; without one, the network is laid out to count them.
        public_names: where the function is that knows the parameters' names in other people's code, as
            `module:function` of the teacher's name.
        module: the one network of the family, which keeps the weights that it has; copies of it are observed.
    """

    form: str
    summary: str
    builder: str | Builder
    draws_own_weights: bool = False
    of_space: bool = False
    tags_weights: bool = False
    native_input: str | None = None
    normalization: str | None = None
    costs: str | None = None
    public_names: str | None = None
    module: nn.Module | None = None

    @property
    def name(self) -> str:
        """What comes before the colon."""
        return self.form.partition(":")[0]

    @property
    def modules(self) -> list[str]:
        """Names of the modules whose code makes its networks."""
        if self.module is not None:
            return sorted({type(layer).__module__ for layer in self.module.modules()})
        if isinstance(self.builder, str):
            return [self.builder.partition(":")[0]]
        return [getattr(self.builder, "__module__", type(self.builder).__module__)]

    @property
    def build(self) -> Builder:
        """The builder itself, imported at first use."""
        return cast("Builder", imported(self.builder)) if isinstance(self.builder, str) else self.builder


def imported(place: str) -> Any:
    """What `module:function` names, for places in our own tables."""
    module, name = place.split(":")
    return getattr(import_module(module), name)
