"""A search under the eyes of a person: its progress, its recommendation, its files, and what to do when one fails."""

from __future__ import annotations

import json as json_module
import shlex
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from diswot.cli.console import STDERR, STDOUT
from diswot.cli.interrupt import saying
from diswot.cli.render import show_result
from diswot.errors import StorageError
from diswot.progress import SearchDisplay, search_bar
from diswot.quantities import say_duration
from diswot.storage.refusal import reason

if TYPE_CHECKING:
    from diswot.report.finished import FinishedSearch
    from diswot.report.result import Result
    from diswot.search.search import Search
    from diswot.spec.compute import ComputeSpec
    from diswot.storage.checkpoint import CheckpointWriter


def conduct(search: Search, compute: ComputeSpec, folder: Path | None, *, json: bool) -> None:
    """Search, show what came out, and leave it in the folder, if there is one; until then, checkpoints.

    What came out is shown before it is written: a full disk costs nobody the recommendation.

    Raises:
        StorageError: the result cannot be written; the message says how to go on.
    """
    if folder is None:
        _show(_searched(search, compute, lambda: True)[1], compute, json=json)
        return
    with saying(f"interrupted; go on with: {_resume(folder)}"):
        drawn = _conduct_in(folder, search, compute, json=json)
    for name, missing in drawn.items():
        if missing is not None:
            STDERR.print(f"{name} was left out: {missing}", markup=False, soft_wrap=True)
    if not json:
        files = ["result.json", "candidates.csv", *(name for name, missing in drawn.items() if missing is None)]
        STDOUT.print(f"Files: {folder}/{', '.join(files)}.", markup=False, soft_wrap=True)


def _conduct_in(folder: Path, search: Search, compute: ComputeSpec, *, json: bool) -> dict[str, str | None]:
    """The same with a folder; returns for the picture and the page why there is none, if there is none."""
    from diswot.report.files import PAGE, PLOT, write_files, write_page
    from diswot.search.checkpoint import checkpoints

    with checkpoints(folder, search, compute) as writer:
        finished, result = _searched(search, compute, _telling(writer))
        unshown = _attempt_to_show(result, compute, json=json)
        try:
            drawn = {PLOT: write_files(folder, finished, result)}
        except StorageError as error:
            raise StorageError(f"{error}; when there is room, write it with: {_resume(folder)}") from error
        drawn[PAGE] = write_page(folder, finished, result)
    if unshown is not None:
        raise StorageError(f"the result is in {str(folder)!r}, but cannot be shown: {reason(unshown)}") from unshown
    return drawn


def _attempt_to_show(result: Result, compute: ComputeSpec, *, json: bool) -> OSError | None:
    """Show the result; returns why that failed, so that it is written all the same."""
    try:
        _show(result, compute, json=json)
        sys.stdout.flush()
    except OSError as error:
        return error
    return None


def _resume(folder: Path) -> str:
    return f"diswot search --resume {shlex.quote(str(folder))}"


def _show(result: Result, compute: ComputeSpec, *, json: bool) -> None:
    if json:
        typer.echo(result.model_dump_json())
    else:
        show_result(result, compute)


def _telling(writer: CheckpointWriter) -> Callable[[], bool]:
    """Keeps checkpoints, and says once if one could not be written."""

    def keep() -> bool:
        told = writer.missed is not None
        go_on = writer()
        if writer.missed is not None and not told:
            STDERR.print(f"no checkpoint could be written, the search goes on: {reason(writer.missed)}", soft_wrap=True)
        return go_on

    return keep


def _searched(search: Search, compute: ComputeSpec, keep: Callable[[], bool]) -> tuple[FinishedSearch, Result]:
    """The search to its end, its progress on stderr."""
    from diswot.workflow import finish_search

    with search_bar(STDERR) as bar:
        display = SearchDisplay(bar, compute.count)
        found = finish_search(search, compute, display.progress, keep, display.prepare)
    assert found is not None, "no checkpoint ends the search"
    return found


def estimate(search: Search, compute: ComputeSpec, *, json: bool) -> None:
    """Say what a search would evaluate, and how long that would take."""
    from diswot.estimate import Estimator

    with STDERR.status("timing the teacher and one network"):
        found = Estimator(compute).estimate(search)
    if json:
        typer.echo(json_module.dumps({**asdict(found), "workers": compute.count}))
        return
    workers = f"{compute.count} {'worker' if compute.count == 1 else 'workers'}"
    STDOUT.print(
        f"Up to {found.evaluations:,} evaluations, and {found.networks:,} networks to build for what is left of them: "
        f"about {say_duration(found.seconds)} on {workers}, where the cache holds nothing of it.",
        soft_wrap=True,
    )
