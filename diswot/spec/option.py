"""The declaration of an option: what stands beside a field of a spec, and what is derived from it.

A field is declared once, as `name: Annotated[type, Option(help, ...)] = default`. The checks of the library, the
options of the command line, the models of plans and of HTTP bodies, and the printed commands are all read from there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import KW_ONLY, MISSING, Field, dataclass, fields, is_dataclass, replace
from functools import cache, reduce
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from diswot.errors import InputError, UnknownName
from diswot.quantities import Quantity

AUTO: Any = None
"""Default of a field that `Option.derive` fills in."""

KINDS = {
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    str: "text",
    Path: "a path",
    tuple: "three whole numbers",
}


@dataclass(frozen=True, slots=True)
class Option:
    """What there is to say of a field beside its name, type and default.

    Attributes:
        help: a sentence or noun phrase that stands alone.
        minimum: least number that is allowed, or `None`.
        maximum: greatest number that is allowed; of a shape, for each of its numbers.
        flag: name on the command line without dashes in front; by default the name of the field.
        above: number that it must exceed.
        choices: texts that are allowed, where these are few; longer tables are looked up by the spec itself.
        quantity: how it is written with a unit.
        derive: computes the default from the other fields of the spec, where that depends on them.
        default: that default in words.
        switch: whether the command line turns it on, to its default, or off, to `None`, and takes no value.
        local: whether it names a file of the machine, which nobody may do over HTTP.
    """

    help: str
    minimum: int | None = None
    maximum: int | None = None
    _: KW_ONLY
    flag: str = ""
    above: int | None = None
    choices: tuple[str, ...] = ()
    quantity: Quantity | None = None
    derive: Callable[[Any], Any] | None = None
    default: str = ""
    switch: bool = False
    local: bool = False


@dataclass(frozen=True, slots=True)
class Declared:
    """An option and the field that it is declared beside.

    Attributes:
        path: attribute names from the spec to the field.
        type: `int`, `float`, `bool`, `str`, `Path` or `tuple`; one that is `bool` is turned on by its flag alone.
        default: of the field; `MISSING` where there is none, `None` where it is derived.
        option: of the field.
        optional: whether it may be `None`.
    """

    path: tuple[str, ...]
    type: type
    default: Any
    option: Option
    optional: bool

    @property
    def flag(self) -> str:
        """Name on the command line, such as `--probe-size`."""
        return f"--{self.option.flag or self.path[-1].replace('_', '-')}"

    @property
    def name(self) -> str:
        """The same as an identifier, such as `probe_size`: the parameter of a command, and the name in messages."""
        return self.flag[2:].replace("-", "_")

    def of(self, spec: object) -> Any:
        """The value of this option in a spec."""
        return reduce(getattr, self.path, spec)

    def check(self, value: Any) -> None:
        """Refuse a value of another type, outside the limits, or not among the choices.

        Raises:
            InputError: with one sentence.
        """
        if value is None and self.optional:
            return
        numbers = value if self.type is tuple and isinstance(value, tuple) else (value,)
        kinds = (float, int) if self.type is float else self.type
        if not isinstance(value, kinds) or isinstance(value, bool) is not (self.type is bool):
            raise InputError(f"{self.name} must be {KINDS[self.type]}, not {value!r}")
        if self.option.choices and value not in self.option.choices:
            raise UnknownName(self.name.replace("_", " "), str(value), self.option.choices)
        for number in numbers:
            self._check_limits(number, value)

    def _check_limits(self, number: Any, value: Any) -> None:
        low, high, above = self.option.minimum, self.option.maximum, self.option.above
        name = f"each number of {self.name}" if self.type is tuple else self.name
        if low is not None and not number >= low:
            raise InputError(f"{name} must be at least {low:,}, not {self._say(value)}")
        if above is not None and not number > above:
            raise InputError(f"{name} must be more than {above}, not {value}")
        if high is not None and not number <= high:
            most = f"{high:,}" if self.type is tuple else self._say(high)
            raise InputError(f"{name} must be at most {most}, not {self._say(value)}")

    def _say(self, number: Any) -> str:
        return f"{number:,}" if self.option.quantity is None else self.option.quantity.say(number)

    def write(self, value: Any) -> str:
        """A value as the command line takes it."""
        if self.option.quantity is not None:
            return self.option.quantity.write(value)
        return f"{value:g}" if isinstance(value, float) and float(f"{value:g}") == value else str(value)

    def read(self, given: Any) -> Any:
        """A value from what the command line was given: a text where it has a unit, on or off for a switch.

        Raises:
            InputError: the text is no such quantity.
        """
        if self.option.switch:
            return self.default if given else None
        return given if self.option.quantity is None else self.option.quantity.parse(given)


def declared(kind: Any) -> tuple[Declared, ...]:
    """Every option of a kind of spec, those of the specs inside it in their places."""
    return _options(kind)


@cache
def _options(kind: Any) -> tuple[Declared, ...]:
    hints = get_type_hints(kind, include_extras=True)
    return tuple(one for field in fields(kind) for one in _declared(field, hints[field.name]))


def _declared(field: Field[Any], hint: Any) -> Iterator[Declared]:
    if isinstance(hint, type) and is_dataclass(hint):
        for inner in declared(hint):
            yield replace(inner, path=(field.name, *inner.path))
    elif get_origin(hint) is Annotated:
        of, option = get_args(hint)
        optional = type(None) in get_args(of)
        plain = get_args(of)[0] if optional else of
        default = field.default if field.default_factory is MISSING else field.default_factory()
        yield Declared((field.name,), get_origin(plain) or plain, default, option, optional=optional)


def complete(spec: Any) -> None:
    """Fill in the defaults that follow from other fields, in their order, then check every field of its own.

    Raises:
        InputError: the first field that is wrong, in one sentence.
    """
    for one in declared(type(spec)):
        if len(one.path) == 1:
            if one.option.derive is not None and one.of(spec) is None:
                object.__setattr__(spec, one.path[0], one.option.derive(spec))
            one.check(one.of(spec))
