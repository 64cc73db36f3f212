"""`diswot search`: from a teacher to a recommended student."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from diswot.cli import options as o
from diswot.cli.console import STDERR
from diswot.cli.present import show_result
from diswot.probes.spec import SEEDED, ProbeSpec
from diswot.search.budget import Budget, parse_count
from diswot.search.spec import SearchSpec


def search(
    teacher: o.TeacherOption,
    space: o.SpaceOption = "nasbench201",
    classes: o.ClassesOption = 100,
    max_params: Annotated[str | None, typer.Option(help="Most parameters, such as 0.5M.")] = None,
    max_macs: Annotated[str | None, typer.Option(help="Most multiply-accumulates an image, such as 80M.")] = None,
    evaluations: Annotated[int, typer.Option(help="Architectures to measure.")] = 300,
    score: o.ScoreOption = "default",
    probe: o.ProbeOption = SEEDED[0],
    probe_size: o.ProbeSizeOption = 32,
    in_shape: o.InputOption = "3x32x32",
    weights: o.WeightsOption = None,
    seed: o.SeedOption = 0,
    seeds: o.SeedsOption = 2,
    initialisations: o.InitialisationsOption = 8,
    population: Annotated[int, typer.Option(help="Members of the evolution.")] = 50,
    tournament: Annotated[int, typer.Option(help="Members of which the best becomes a parent.")] = 10,
    executor: o.ExecutorOption = "processes",
    workers: o.WorkersOption = None,
    device: o.DeviceOption = "cpu",
    out: Annotated[Path | None, typer.Option(help="Folder for result.json, candidates.csv and search.png.")] = None,
    json: o.JsonOption = False,
) -> None:
    """Search a space for the student that will distil best under a budget."""
    spec = SearchSpec(
        teacher=o.teacher_spec(teacher, classes, in_shape, weights),
        space=space,
        score=score,
        probe=ProbeSpec(probe, probe_size),
        budget=Budget(*(None if limit is None else parse_count(limit) for limit in (max_params, max_macs))),
        evaluations=evaluations,
        seed=seed,
        seeds=seeds,
        initialisations=initialisations,
        population=population,
        tournament=tournament,
    )
    from diswot.recommend import Compute, run_search
    from diswot.report.files import check_folder, write_files
    from diswot.report.result import Result
    from diswot.search.run import Progress, Search

    compute, work = Compute(executor, workers, device), Search(spec)
    if out is not None:
        check_folder(out, work)
    with _bar() as bar:
        task = bar.add_task(f"observing the teacher {teacher}", total=None)

        def show(progress: Progress) -> None:
            best = "" if progress.best_score is None else f", best score {progress.best_score:.3f}"
            what = "measuring the reference sample" if progress.phase == "reference" else "searching"
            bar.update(task, description=what + best, completed=progress.done, total=progress.total)

        result = run_search(work, compute, show)
    assert isinstance(result, Result), "a search without checkpoints runs to its end"
    if out is not None:
        write_files(out, work, result)
    if json:
        typer.echo(result.model_dump_json())
    else:
        show_result(result, out)


def _bar() -> Bar:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    return Bar(*columns, console=STDERR)
