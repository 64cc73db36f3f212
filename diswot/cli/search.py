"""`diswot search`: from a teacher to a recommended student."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from diswot.cache import cache_folder
from diswot.cli import options as o
from diswot.cli.console import STDERR
from diswot.cli.present import show_result
from diswot.executors import DEADLINE
from diswot.latency import LatencySetup
from diswot.probes.spec import SEEDED, ProbeSpec
from diswot.search.budget import Budget
from diswot.search.quantities import parse_bytes, parse_count, parse_seconds
from diswot.search.spec import SearchSpec


def search(
    teacher: o.TeacherOption,
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
    cache: o.CacheOption = True,
    ray_address: o.AddressOption = None,
    deadline: o.DeadlineOption = DEADLINE,
    out: Annotated[Path | None, typer.Option(help="Folder for result.json, candidates.csv and search.png.")] = None,
    json: o.JsonOption = False,
) -> None:
    """Search a space for the student that will distil best under a budget."""
    spec = SearchSpec(
        teacher=o.teacher_spec(teacher, classes, in_shape, weights),
        space=space,
        score=score,
        probe=ProbeSpec(probe, probe_size),
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

    compute, work = (
        Compute(executor, workers, device, cache_folder() if cache else None, ray_address, deadline),
        Search(spec),
    )
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
