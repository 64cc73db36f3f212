"""What the commands of benchmarks share: reading their options, a progress bar, and what they print."""

from __future__ import annotations

import json as json_module
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from diswot.cli import options as o
from diswot.cli.console import STDERR, STDOUT
from diswot.cli.interrupt import saying
from diswot.spec.compute import ComputeSpec
from diswot.spec.document import from_flags
from diswot.spec.score import ScoreSpec
from diswot_benchmarks.runs.progress import Report


def read(options: Mapping[str, Any], **defaults: Any) -> tuple[ScoreSpec, ComputeSpec]:
    """What scores depend on, and where to compute, as a command was given them.

    Raises:
        InputError: one of the options is wrong, or the machine lacks what it names.
    """
    scored = from_flags(ScoreSpec, o.given(options, **defaults))
    scored.check()
    return scored, from_flags(ComputeSpec, options)


def deliver(
    first: str,
    work: Callable[[Report], dict[str, Any]],
    show: Callable[[Console, dict[str, Any]], None],
    json: bool,
) -> None:
    """Do the work of a command under a progress bar, and print its document: as JSON, or for people.

    Args:
        first: what is done until the work reports.
        work: makes the document.
        show: prints it for people.
        json: whether it is printed as JSON.
    """
    with saying("interrupted; the same command goes on from what has been measured"), progress(first) as report:
        document = work(report)
    if json:
        typer.echo(json_module.dumps(document, allow_nan=False))
    else:
        show(STDOUT, document)


@contextmanager
def progress(first: str) -> Iterator[Report]:
    """A bar on stderr: what is being done, and how far it is."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeElapsedColumn(), TimeRemainingColumn(), console=STDERR) as bar:
        task = bar.add_task(first, total=None)

        def update(what: str, done: int, total: int) -> None:
            if bar.tasks[0].description != what:
                bar.reset(task, description=what)
            bar.update(task, completed=done, total=total)

        yield update
