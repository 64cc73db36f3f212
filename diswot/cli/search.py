"""`diswot search`: from a teacher to a recommended student."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from diswot.cli import options as o
from diswot.cli.console import STDERR
from diswot.cli.present import show_result
from diswot.cli.resume import check_options
from diswot.errors import InputError
from diswot.executors import DEADLINE, get_ready
from diswot.latency import LatencySetup
from diswot.probes.spec import DTYPES, PROBE_SIZE, SEEDED, ProbeSpec
from diswot.search.algorithms import ALGORITHMS
from diswot.search.budget import Budget
from diswot.search.exhaustive import Exhaustive
from diswot.search.feasible import ENUMERABLE
from diswot.search.quantities import parse_bytes, parse_count, parse_seconds
from diswot.search.spec import AGAINST, SearchSpec
from diswot.storage.folders import cache_folder

if TYPE_CHECKING:
    from diswot.executors.compute import Compute
    from diswot.report.result import Result
    from diswot.search.run import Progress, Search

EVALUATIONS = 300
PHASES = {
    "reference": "measuring the reference sample",
    "evolving": "searching",
    "finalists": "making sure of the finalists",
    "beyond": "looking beyond the budget",
}


def search(
    context: typer.Context,
    teacher: Annotated[
        str | None, typer.Option("--teacher", help="Who teaches; `diswot teachers` lists the names.")
    ] = None,
    space: o.SpaceOption = "nasbench201",
    classes: o.ClassesOption = 100,
    min_params: o.MinParamsOption = None,
    max_params: o.MaxParamsOption = None,
    min_macs: o.MinMacsOption = None,
    max_macs: o.MaxMacsOption = None,
    min_memory: o.MinMemoryOption = None,
    max_memory: o.MaxMemoryOption = None,
    min_latency: o.MinLatencyOption = None,
    max_latency: o.MaxLatencyOption = None,
    latency_device: o.LatencyDeviceOption = "cpu",
    latency_threads: o.LatencyThreadsOption = 1,
    latency_batch: o.LatencyBatchOption = 1,
    algorithm: Annotated[str, typer.Option(help=f"{', '.join(ALGORITHMS.builtin)}.")] = "aging-evolution",
    against: Annotated[
        str, typer.Option(help=f"Cost that nsga2 plays off against the score: {', '.join(AGAINST)}.")
    ] = "macs",
    evaluations: Annotated[
        int | None,
        typer.Option(help="Architectures to measure, at most; by default 300, or all for exhaustive search."),
    ] = None,
    seconds: Annotated[float | None, typer.Option(help="Time after which no further batch begins.")] = None,
    plateau: Annotated[
        int | None, typer.Option(help="End after so many evaluations in a row without a better score.")
    ] = None,
    beyond: Annotated[
        float, typer.Option(help="How far beyond the upper limits to take a look at the end; 0 for not at all.")
    ] = 0.2,
    score: o.ScoreOption = "default",
    probe: o.ProbeOption = SEEDED[0],
    probe_size: o.ProbeSizeOption = PROBE_SIZE,
    dtype: o.DtypeOption = DTYPES[0],
    in_shape: o.InputOption = "3x32x32",
    weights: o.WeightsOption = None,
    seed: o.SeedOption = 0,
    seeds: Annotated[
        int, typer.Option(help="Random initialisations of each finalist; the search steers by the first one.")
    ] = 3,
    finalists: Annotated[
        int, typer.Option(help="Best candidates that get all initialisations, beside those on the fronts.")
    ] = 20,
    initialisations: o.InitialisationsOption = 8,
    population: Annotated[int, typer.Option(help="Members of the evolution.")] = 50,
    tournament: Annotated[
        int | None, typer.Option(help="Members of which the best becomes a parent. [default: half of them]")
    ] = None,
    executor: o.ExecutorOption = "processes",
    workers: o.WorkersOption = None,
    device: o.DeviceOption = "cpu",
    cache: o.CacheOption = True,
    ray_address: o.AddressOption = None,
    deadline: o.DeadlineOption = DEADLINE,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder for result.json, candidates.csv and search.png, and for checkpoints until then."),
    ] = None,
    resume: Annotated[
        Path | None, typer.Option(help="Go on with the search in this folder, with the settings that it began with.")
    ] = None,
    json: o.JsonOption = False,
) -> None:
    """Search a space for the student that will distil best under a budget."""
    if resume is not None:
        check_options(context)
        get_ready(executor)
        from diswot.cli.resume import continued

        _finish(*continued(context, resume), resume, json)
        return
    if teacher is None:
        raise InputError("say who teaches: --teacher NAME; `diswot teachers` lists the names")
    spec = SearchSpec(
        teacher=o.teacher_spec(teacher, classes, in_shape, weights),
        space=space,
        score=score,
        probe=ProbeSpec(probe, probe_size, dtype),
        budget=Budget(
            min_params=o.limit(min_params, parse_count),
            max_params=o.limit(max_params, parse_count),
            min_macs=o.limit(min_macs, parse_count),
            max_macs=o.limit(max_macs, parse_count),
            min_memory=o.limit(min_memory, parse_bytes),
            max_memory=o.limit(max_memory, parse_bytes),
            min_latency=o.limit(min_latency, parse_seconds),
            max_latency=o.limit(max_latency, parse_seconds),
            latency=LatencySetup(latency_device, latency_threads, latency_batch),
        ),
        evaluations=_by_default(algorithm) if evaluations is None else evaluations,
        seed=seed,
        seeds=seeds,
        finalists=finalists,
        initialisations=initialisations,
        population=population,
        tournament=tournament,
        algorithm=algorithm,
        against=against,
        seconds=seconds,
        plateau=plateau,
        beyond=beyond,
    )
    get_ready(executor)
    from diswot.executors.compute import Compute
    from diswot.report.files import check_folder
    from diswot.search.run import Search

    compute = Compute(executor, workers, device, cache_folder() if cache else None, ray_address, deadline)
    work = Search(spec)
    if out is not None:
        check_folder(out, work)
    _finish(work, compute, out, json)


def _finish(work: Search, compute: Compute, folder: Path | None, json: bool) -> None:
    """Search, leave checkpoints and then the result in the folder, if there is one, and show it."""
    result = _run(work, compute, None) if folder is None else _run_in(folder, work, compute)
    if json:
        typer.echo(result.model_dump_json())
    else:
        show_result(result, folder)


def _run_in(folder: Path, work: Search, compute: Compute) -> Result:
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


def _run(work: Search, compute: Compute, keep: Callable[[], bool] | None) -> Result:
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


def _by_default(algorithm: str) -> int:
    return ENUMERABLE if algorithm == Exhaustive.name else EVALUATIONS


def _bar() -> Bar:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    return Bar(*columns, console=STDERR)
