"""`diswot search --resume`: what may be said, and what its checkpoint says."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from diswot.errors import InputError
from diswot.spec.compute import ComputeSpec
from diswot.spec.option import declared

if TYPE_CHECKING:
    from diswot.search.search import Search

ELSEWHERE = [one for one in declared(ComputeSpec) if one.name != "device"]
"""Options that say where to compute. Not the device: scores of another one differ in their last digits."""


def check_options(context: typer.Context) -> None:
    """Refuse options that say what to search, whatever they say.

    Raises:
        InputError: names them.
    """
    refuse_given(context, {*(one.name for one in ELSEWHERE), "json", "resume", "dry_run"}, "search")


def refuse_given(context: typer.Context, allowed: Collection[str], what: str = "distillation") -> None:
    """Refuse options beside `--resume` that are not among those allowed, whatever they say.

    Raises:
        InputError: names them.
    """
    names = {parameter.name: parameter.opts[0] for parameter in context.command.params}
    refused = [names[name] for name in context.params if _is_given(context, name) and name not in allowed]
    if refused:
        raise InputError(
            f"--resume goes on with the settings that the {what} began with; leave out {', '.join(refused)}"
        )


def continued(context: typer.Context, folder: Path) -> tuple[Search, ComputeSpec]:
    """The interrupted search, and where to go on: as before, unless the options say otherwise.

    Raises:
        UnreadableData: there is nothing to resume.
        InputError: it cannot compute there.
    """
    from diswot.search.checkpoint import read_checkpoint
    from diswot.spec.document import from_json, nested, to_json

    search, compute = read_checkpoint(folder)
    return search, from_json(ComputeSpec, to_json(compute) | nested(context.params, ELSEWHERE))


def _is_given(context: typer.Context, name: str) -> bool:
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"
