"""The classes of a written module: one for all parts that compute alike, with what tells them apart as arguments."""

from __future__ import annotations

import keyword
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from torch import nn

from diswot.export.layout import written
from diswot.export.recipe import Argument, Call, Instance, Recipe


@dataclass(eq=False)
class Class:
    """Instances that differ in plain arguments alone.

    Attributes:
        name: unique in the module that is written.
        instances: at least one.
        parameters: of the constructor: a name, and the value for each of the instances.
    """

    name: str
    instances: list[Instance] = field(default_factory=list)
    parameters: dict[str, tuple[Any, ...]] = field(default_factory=dict)

    @property
    def kind(self) -> type[nn.Module]:
        """The class of the modules that it is written after."""
        return self.instances[0].kind


class Classes:
    """The classes that a module needs, those of parts before those that have them.

    Args:
        root: how the module is made.
    """

    def __init__(self, root: Recipe) -> None:
        self._found: dict[tuple[Any, ...], Class] = {}
        self._of: dict[int, Class] = {}
        self._key(root)
        for one in self._found.values():
            one.parameters.update(self._parameters(one))

    def __iter__(self) -> Iterator[Class]:
        return iter(self._found.values())

    def expression(self, recipe: Recipe) -> Any:
        """How a part is made where no class is around it."""
        return self._expression(recipe, iter(()), {})

    def members(self, one: Class) -> list[tuple[str, Any]]:
        """The attributes that the constructor of a class sets, each with the expression that makes it."""
        rows = list(zip(*(self._leaves(instance) for instance in one.instances), strict=True))
        names = {values: name for name, values in one.parameters.items()}
        columns = iter(rows)
        return [(name, self._expression(member, columns, names)) for name, member in one.instances[0].members]

    def _key(self, recipe: Recipe) -> tuple[Any, ...]:
        """What two parts share that one expression can make, but for plain arguments."""
        if isinstance(recipe, Call):
            arguments = (
                (one.name, self._key(one.value) if isinstance(one.value, Call | Instance) else None)
                for one in recipe.arguments
            )
            return (recipe.name, *arguments)
        members = tuple((name, self._key(member)) for name, member in recipe.members)
        key = (recipe.kind, recipe.forward, members)
        if key not in self._found:
            self._found[key] = Class(self._free_name(recipe.kind.__name__.lstrip("_")))
        self._found[key].instances.append(recipe)
        self._of[id(recipe)] = self._found[key]
        return ("instance", key)

    def _free_name(self, name: str) -> str:
        taken = {one.name for one in self._found.values()}
        return next(one for one in (name, *(f"{name}{i}" for i in range(2, len(taken) + 3))) if one not in taken)

    def _parameters(self, one: Class) -> dict[str, tuple[Any, ...]]:
        """What its instances differ in; what always goes together is one parameter."""
        found: dict[tuple[Any, ...], str] = {}
        for row in zip(*(self._leaves(instance) for instance in one.instances), strict=True):
            values = tuple(argument.value for argument in row)
            if not _is_constant(values) and values not in found:
                found[values] = _unused(row[0].name or "value", found.values())
        return {name: values for values, name in found.items()}

    def _leaves(self, instance: Instance) -> Iterator[Argument]:
        for _, member in instance.members:
            yield from self._plain(member)

    def _plain(self, recipe: Recipe) -> Iterator[Argument]:
        """The plain arguments in a recipe, in order; of an instance, those of its class."""
        if isinstance(recipe, Instance):
            one = self._of[id(recipe)]
            place = next(i for i, other in enumerate(one.instances) if other is recipe)
            yield from (Argument(name, values[place]) for name, values in one.parameters.items())
            return
        for argument in recipe.arguments:
            if isinstance(argument.value, Call | Instance):
                yield from self._plain(argument.value)
            else:
                yield Argument(argument.name, _frozen(argument.value), argument.default)

    def _expression(self, recipe: Recipe, columns: Iterator[Sequence[Argument]], names: dict[Any, str]) -> Any:
        """A call to be written; plain arguments come from the columns, where there are any."""
        if isinstance(recipe, Instance):
            one = self._of[id(recipe)]
            arguments = [("", _said(next(columns, (given,)), names)) for given in self._plain(recipe)]
            return written(one.name, arguments)
        arguments = []
        for argument in recipe.arguments:
            if isinstance(argument.value, Call | Instance):
                arguments.append((argument.name, self._expression(argument.value, columns, names)))
                continue
            own = Argument(argument.name, _frozen(argument.value), argument.default)
            column = next(columns, (own,))
            if any(one.value != one.default for one in column):
                required = argument.default is argument.__dataclass_fields__["default"].default
                arguments.append(("" if required else argument.name, _said(column, names)))
        return written(recipe.name, arguments)


def _said(column: Sequence[Argument], names: dict[Any, str]) -> str:
    values = tuple(argument.value for argument in column)
    return repr(values[0]) if _is_constant(values) else names[values]


def _is_constant(values: Sequence[Any]) -> bool:
    return all(type(value) is type(values[0]) and value == values[0] for value in values)


def _frozen(value: Any) -> Any:
    """A list as a tuple, so that it can be told from others."""
    return tuple(map(_frozen, value)) if isinstance(value, list | tuple) else value


def _unused(name: str, taken: Any) -> str:
    name = f"{name}_" if keyword.iskeyword(name) else name
    return next(one for one in (name, *(f"{name}_{i}" for i in range(2, len(taken) + 3))) if one not in taken)
