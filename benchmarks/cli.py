"""`diswot benchmark`: what the project claims, as commands."""

from __future__ import annotations

import json as json_module
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from benchmarks.labels import Duplicates
from diswot.cli import options as o
from diswot.cli.console import STDERR, STDOUT
from diswot.probes.spec import SEEDED, ProbeSpec

app = typer.Typer(
    help="How well proxies rank, measured.", no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None
)


@app.command()
def correlation(
    labels: Annotated[Path, typer.Option(help="The label table: CSV with `arch` and accuracies in percent.")],
    column: Annotated[list[str] | None, typer.Option(help="Accuracy column to rank against; repeatable.")] = None,
    space: o.SpaceOption = "nasbench201",
    proxy: Annotated[list[str] | None, typer.Option(help="Proxy or score; repeatable. [default: default]")] = None,
    sample: Annotated[int | None, typer.Option(help="Architectures to draw by seed; all if left out.")] = None,
    duplicates: Annotated[Duplicates, typer.Option(help="How isomorphic architectures count.")] = Duplicates.ONCE,
    teacher: o.TeacherOption = "resnet56",
    classes: o.ClassesOption = 100,
    in_shape: o.InputOption = "3x32x32",
    weights: o.WeightsOption = None,
    probe: o.ProbeOption = SEEDED[0],
    probe_size: o.ProbeSizeOption = 32,
    seed: o.SeedOption = 0,
    seeds: o.SeedsOption = 2,
    initialisations: o.InitialisationsOption = 8,
    executor: o.ExecutorOption = "processes",
    workers: o.WorkersOption = None,
    out: Annotated[Path | None, typer.Option(help="Folder of the run. [default: runs/correlation-...]")] = None,
    json: o.JsonOption = False,
) -> None:
    """Rank architectures by proxies and compare with what they really reach; continues a run that was stopped."""
    from benchmarks.protocol import CorrelationSpec

    spec = CorrelationSpec(
        labels=labels,
        columns=tuple(dict.fromkeys(column or ())),
        teacher=o.teacher_spec(teacher, classes, in_shape, weights),
        space=space,
        proxies=tuple(dict.fromkeys(proxy or ("default",))),
        probe=ProbeSpec(probe, probe_size),
        sample=sample,
        duplicates=duplicates,
        seed=seed,
        seeds=seeds,
        initialisations=initialisations,
    )
    from benchmarks.correlation import run_correlation
    from benchmarks.tables import correlation_table

    with _progress("reading the labels and observing the teacher") as report:
        try:
            folder = run_correlation(spec, out, executor, workers, report)
        except KeyboardInterrupt:
            STDERR.print("stopped; the same command continues from what has been measured")
            raise typer.Exit(130) from None
        payload = correlation_table(folder, report)
    _show(payload, json)


@app.command()
def report(
    source: Annotated[Path, typer.Option("--from", help="Folder of a finished run.")],
    html: Annotated[Path | None, typer.Option(help="Where the page goes. [default: report.html in the folder]")] = None,
    json: o.JsonOption = False,
) -> None:
    """Compute the tables of a run again from its raw scores, and write them with figures into one HTML file."""
    from benchmarks.page import write_page
    from benchmarks.tables import correlation_table

    with _progress("reading the raw scores") as progress:
        payload = correlation_table(source, progress)
    page = source / "report.html" if html is None else html
    write_page(page, source, payload)
    STDERR.print(f"wrote {page}", markup=False, soft_wrap=True)
    _show(payload, json)


@app.command()
def ablation(
    source: Annotated[Path, typer.Option("--from", help="Folder of a finished run that asked for the score.")],
    score: o.ScoreOption = "default",
    json: o.JsonOption = False,
) -> None:
    """Say what each term of a score is worth: alone, and left out."""
    from benchmarks.ablation import ablation_table
    from benchmarks.console import show_ablation

    payload = ablation_table(source, score)
    if json:
        typer.echo(json_module.dumps(payload, allow_nan=False))
    else:
        show_ablation(STDOUT, payload)


@contextmanager
def _progress(first: str) -> Iterator[Callable[[str, int, int], None]]:
    """A bar on stderr: what is being done, and how far it is."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeElapsedColumn(), TimeRemainingColumn(), console=STDERR) as bar:
        task = bar.add_task(first, total=None)

        def update(what: str, done: int, total: int) -> None:
            if bar.tasks[0].description != what:
                bar.reset(task, description=what)
            bar.update(task, completed=done, total=total)

        yield update


def _show(payload: dict[str, Any], json: bool) -> None:
    if json:
        typer.echo(json_module.dumps(payload, allow_nan=False))
        return
    from benchmarks.console import show_table

    show_table(STDOUT, payload)
