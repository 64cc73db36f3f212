"""`diswot batch`: many searches from one plan."""

from __future__ import annotations

import json as json_module
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from diswot.cli import options as o
from diswot.cli.batch_show import show_comparison, show_estimates
from diswot.cli.console import STDERR, STDOUT
from diswot.cli.interrupt import saying
from diswot.errors import InputError, StorageError
from diswot.executors import warm_up
from diswot.spec.compute import ComputeSpec

if TYPE_CHECKING:
    from diswot.batch.folder import BatchFolder
    from diswot.batch.plan import Plan, PlannedSearch
    from diswot.batch.report import Report
    from diswot.batch.run import Outcome


@o.takes(*o.of(ComputeSpec))
def batch(
    plan: Annotated[Path | None, typer.Argument(help="The plan, a YAML file; docs/guide/batch.md has one.")] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder of the batch; by default runs/ and the name of the plan.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="List the searches and estimate them, and run none.")
    ] = False,
    schema: Annotated[bool, typer.Option("--schema", help="Print the JSON Schema of a plan, and stop.")] = False,
    json: o.JsonOption = False,
    **options: Any,
) -> None:
    """Run every search of a plan and compare what they recommend; the same command goes on after a crash."""
    from diswot.batch.plan import Plan, check_feasible, jobs_of
    from diswot.batch.read import read_plan

    if schema:
        typer.echo(json_module.dumps(Plan.model_json_schema(), indent=None if json else 2))
        return
    if plan is None:
        raise InputError("say what to search: diswot batch PLAN.yaml; --schema prints what a plan may hold")
    content = read_plan(plan)
    jobs = jobs_of(content)
    check_feasible(jobs)
    if not dry_run:
        warm_up(options["executor"] or "processes")
    from diswot.batch.folder import BatchFolder
    from diswot.batch.inputs import check_inputs
    from diswot.spec.document import from_flags

    compute = from_flags(ComputeSpec, options)
    home = Path("runs") / plan.stem if out is None else out
    folder = BatchFolder(home)
    folder.check(content)
    check_inputs(jobs)
    if dry_run:
        _estimate(jobs, folder, compute, json)
    else:
        _run(content, jobs, folder, compute, json)


def _run(plan: Plan, jobs: tuple[PlannedSearch, ...], folder: BatchFolder, compute: ComputeSpec, json: bool) -> None:
    """Run what is left, compare, and say what came out; exit code 1 if a search failed."""
    from diswot.batch.report import make_report
    from diswot.batch.run import run_batch
    from diswot.cli.batch_progress import watching

    with folder.held(plan):
        with saying("interrupted; the same command goes on"), watching(jobs) as watch:
            outcomes = run_batch(jobs, folder, compute, watch)
        report = make_report(jobs, folder, outcomes)
        _show(report, outcomes, json=json)
        try:
            missing = report.write()
        except StorageError as error:
            raise StorageError(f"{error}; when there is room, the same command goes on") from error
    for reason in missing:
        STDERR.print(f"a figure was left out of report.html: {reason}", markup=False, soft_wrap=True)
    if not json:
        STDOUT.print(f"Files: {folder.path}/report.html, comparison.csv, and a folder for each search.", soft_wrap=True)
    failed = [outcome for outcome in outcomes if outcome.status == "failed"]
    if failed:
        STDERR.print(
            f"{len(failed)} of {len(outcomes)} searches failed; the same command tries them again",
            style="red",
            soft_wrap=True,
        )
        raise typer.Exit(1)


def _show(report: Report, outcomes: Sequence[Outcome], *, json: bool) -> None:
    if not json:
        show_comparison(report.table)
        return
    searches = [
        {"name": one.job.name, "status": one.status, "seconds": round(one.seconds, 3), "reason": one.reason}
        for one in outcomes
    ]
    typer.echo(json_module.dumps({"folder": str(report.folder), "searches": searches, "comparison": report.table}))


def _estimate(jobs: tuple[PlannedSearch, ...], folder: BatchFolder, compute: ComputeSpec, json: bool) -> None:
    """Say what would run, and how long that would take."""
    from diswot.batch.estimate import estimate

    with STDERR.status("reading") as status:
        estimates, workers = estimate(jobs, folder, compute, status.update)
    if json:
        searches = [
            {
                "name": one.job.name,
                "status": one.state,
                "evaluations": one.estimate.evaluations,
                "networks": one.estimate.networks,
                "seconds": round(one.estimate.seconds, 3),
            }
            for one in estimates
        ]
        total = {"workers": workers, "networks": sum(one.estimate.networks for one in estimates)}
        seconds = round(sum(one.estimate.seconds for one in estimates), 3)
        typer.echo(json_module.dumps({"folder": str(folder.path), **total, "seconds": seconds, "searches": searches}))
    else:
        show_estimates(estimates, workers)
