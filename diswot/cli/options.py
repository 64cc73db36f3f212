"""Options of the commands: those of specs, made from their declarations, and some that several commands share."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping
from dataclasses import MISSING
from typing import Annotated, Any, TypeVar

import typer

from diswot.spec.compute import ComputeSpec
from diswot.spec.option import Declared, declared
from diswot.spec.score import ScoreSpec

Function = TypeVar("Function", bound=Callable[..., None])

JsonOption = Annotated[bool, typer.Option("--json", help="Print exactly one JSON object on stdout.")]


def of(*kinds: type, without: Collection[str] = ()) -> list[Declared]:
    """The options of these kinds of spec, but for some that are named."""
    return [one for kind in kinds for one in declared(kind) if one.name not in without]


def help_of(kind: type, name: str) -> Any:
    """What typer is told of one option of a kind of spec, for a command that takes it beside its own."""
    (one,) = (one for one in declared(kind) if one.name == name)
    return typer.Option(one.flag, help=f"{one.option.help}{_choices(one)}")


def takes(*options: Declared, **defaults: object) -> Callable[[Function], Function]:
    """Let a command take options of specs: they come in its keyword arguments by their names, `None` if left out.

    Args:
        options: as `of` gives them.
        defaults: values that the command fills in itself, by the names of the options; they are shown as defaults.
    """

    def decorate(function: Function) -> Function:
        signature = inspect.signature(function, eval_str=True)
        own = [p.replace(kind=p.KEYWORD_ONLY) for p in signature.parameters.values() if p.kind is not p.VAR_KEYWORD]
        every = [*(_parameter(one, defaults.get(one.name, one.default)) for one in options), *own]
        function.__signature__ = signature.replace(parameters=every)  # type: ignore[attr-defined]
        function.__annotations__ = {p.name: p.annotation for p in every}
        return function

    return decorate


def given(values: Mapping[str, Any], **defaults: object) -> dict[str, Any]:
    """What a command was given, with its own defaults for what was left out."""
    return {**defaults, **{name: value for name, value in values.items() if value is not None}}


def _parameter(one: Declared, default: Any) -> inspect.Parameter:
    """The parameter that typer makes an option of; left out it is `None`, for the spec alone knows its default."""
    text = f"{one.option.help}{_choices(one)}{_default(one, default)}"
    if one.option.switch:
        kind: Any = bool
        text = f"{one.option.help} [default: on]"
        info = typer.Option(f"{one.flag}/--no-{one.flag[2:]}", help=text, show_default=False)
    else:
        kind = str if one.option.quantity else one.type
        info = typer.Option(one.flag, help=text, show_default=False)
    annotation = Annotated[kind | None, info]
    return inspect.Parameter(one.name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)


def _choices(one: Declared) -> str:
    return f" One of {', '.join(one.option.choices)}." if one.option.choices else ""


def _default(one: Declared, default: Any) -> str:
    if default is MISSING or one.type is bool:
        return ""
    text = one.option.default or ("" if default is None else one.write(default))
    return f" [default: {text}]" if text else ""


ScoreOption = Annotated[str, help_of(ScoreSpec, "score")]
SeedOption = Annotated[int, help_of(ScoreSpec, "seed")]
DeviceOption = Annotated[str, help_of(ComputeSpec, "device")]
