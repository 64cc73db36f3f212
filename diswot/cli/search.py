"""`diswot search`: from a teacher to a recommended student."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from diswot.cli import options as o
from diswot.cli.console import STDERR
from diswot.cli.present import show_result
from diswot.cli.resume import check_options
from diswot.errors import InputError
from diswot.executors import get_ready
from diswot.spec.compute import ComputeSpec
from diswot.spec.search import SearchSpec

if TYPE_CHECKING:
    from diswot.report.result import Result
    from diswot.search.run import Progress, Search

PHASES = {
    "reference": "measuring the reference sample",
    "evolving": "searching",
    "finalists": "making sure of the finalists",
    "beyond": "looking beyond the budget",
}


@o.takes(*o.of(SearchSpec, ComputeSpec))
def search(
    context: typer.Context,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder for result.json, candidates.csv and search.png, and for checkpoints until then."),
    ] = None,
    resume: Annotated[
        Path | None,
        typer.Option(help="Folder of an interrupted search, which goes on with the settings that it began with."),
    ] = None,
    json: o.JsonOption = False,
    **options: Any,
) -> None:
    """Search a space for the student that will distil best under a budget."""
    if resume is not None:
        check_options(context)
        get_ready(options["executor"] or "processes")
        from diswot.cli.resume import continued

        _finish(*continued(context, resume), resume, json)
        return
    if options["teacher"] is None:
        raise InputError("say who teaches: --teacher NAME; `diswot teachers` lists the names")
    from diswot.spec.document import from_flags

    spec = from_flags(SearchSpec, options)
    spec.check()
    get_ready(options["executor"] or "processes")
    compute = from_flags(ComputeSpec, options)
    from diswot.report.files import check_folder
    from diswot.search.run import Search

    work = Search(spec)
    if out is not None:
        check_folder(out, work)
    _finish(work, compute, out, json)


def _finish(work: Search, compute: ComputeSpec, folder: Path | None, json: bool) -> None:
    """Search, leave checkpoints and then the result in the folder, if there is one, and show it."""
    result = _run(work, compute, None) if folder is None else _run_in(folder, work, compute)
    if json:
        typer.echo(result.model_dump_json())
    else:
        show_result(result, folder, compute)


def _run_in(folder: Path, work: Search, compute: ComputeSpec) -> Result:
    from diswot.report.files import write_files
    from diswot.search.checkpoint import checkpoints

    try:
        with checkpoints(folder, work, compute) as keep:
            result = _run(work, compute, keep)
            write_files(folder, work, result)
    except KeyboardInterrupt:
        STDERR.print(f"interrupted; go on with: diswot search --resume {shlex.quote(str(folder))}", soft_wrap=True)
        raise
    return result


def _run(work: Search, compute: ComputeSpec, keep: Callable[[], bool] | None) -> Result:
    """The search to its end, its progress on stderr."""
    from diswot.recommend import run_search

    with _bar() as bar:
        task = bar.add_task(f"observing the teacher {work.spec.teacher.name}", total=None)

        def show(progress: Progress) -> None:
            best = "" if progress.best_score is None else f", best score {progress.best_score:.3f}"
            bar.update(task, description=PHASES[progress.phase] + best, completed=progress.done, total=progress.total)

        result = run_search(work, compute, show, keep or (lambda: True))
    assert result is not None, "no checkpoint ends the search"
    return result


def _bar() -> Bar:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    return Bar(*columns, console=STDERR)
