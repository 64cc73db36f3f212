"""`diswot search --resume`: what may be said, and what its checkpoint says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from diswot.errors import InputError
from diswot.storage.folders import cache_folder

if TYPE_CHECKING:
    from diswot.executors.compute import Compute
    from diswot.search.run import Search

ELSEWHERE = {"executor": "executor", "workers": "workers", "ray_address": "address", "deadline": "deadline"}
"""Options that say where to compute, which does not change what comes out, and their fields of `Compute`."""


def check_options(context: typer.Context) -> None:
    """Refuse options that say what to search, whatever they say.

    Raises:
        InputError: names them.
    """
    allowed = {*ELSEWHERE, "cache", "json", "resume"}
    names = {parameter.name: parameter.opts[0] for parameter in context.command.params}
    refused = [names[name] for name in context.params if _is_given(context, name) and name not in allowed]
    if refused:
        raise InputError(
            f"--resume goes on with the settings that the search began with; leave out {', '.join(refused)}"
        )


def continued(context: typer.Context, folder: Path) -> tuple[Search, Compute]:
    """The interrupted search, and where to go on: as before, unless the options say otherwise.

    Raises:
        UnreadableData: there is nothing to resume.
        InputError: it cannot compute there.
    """
    from diswot.search.checkpoint import read_checkpoint

    search, compute = read_checkpoint(folder)
    changes: dict[str, Any] = {
        field: context.params[name] for name, field in ELSEWHERE.items() if _is_given(context, name)
    }
    if _is_given(context, "cache"):
        changes["cache"] = cache_folder() if context.params["cache"] else None
    return search, replace(compute, **changes)


def _is_given(context: typer.Context, name: str) -> bool:
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"
