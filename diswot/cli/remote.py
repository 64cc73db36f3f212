"""A search on another machine, under the eyes of a person here."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from diswot.cli.console import STDERR, STDOUT
from diswot.cli.interrupt import saying
from diswot.client import Client, RemoteSearch
from diswot.progress import PHASES, STAGES, search_bar
from diswot.quantities import say_duration
from diswot.spec.compute import ComputeSpec
from diswot.spec.search import SearchSpec

if TYPE_CHECKING:
    from diswot.report.result import Result

WORDS = {**STAGES, **PHASES, "preparing": STAGES["observing"]}


def search_at(server: str, spec: SearchSpec, out: Path | None, *, json: bool) -> None:
    """Let a service search, and show what comes out as if it had been found here.

    Raises:
        InputError: the service refuses the search.
        ServerError: it does not answer.
        DiswotError: the search has failed or was cancelled.
    """
    job = Client(server).submit(spec)
    address = f"{job.client.server}/searches/{job.id}"
    STDERR.print(f"follow it at {address}", markup=False, soft_wrap=True)
    with saying(f"interrupted; the search goes on at {address}"):
        _watch(job)
        result = job.result()
    _show(result, json=json)
    if out is not None:
        _write(out, result)


def estimate_at(server: str, spec: SearchSpec, *, json: bool) -> None:
    """Say what a search would take there."""
    found = Client(server).estimate(spec)
    if json:
        import json as json_module

        typer.echo(json_module.dumps(found))
        return
    seconds = found["seconds"]
    last = f"the last {found['based_on']} searches like it"
    unknown = "how long that takes is not known there yet"
    time = unknown if seconds is None else f"about {say_duration(seconds)} by {last}"
    STDOUT.print(f"Up to {found['evaluations']:,} evaluations, {found['networks']:,} networks: {time}.", soft_wrap=True)


def _watch(job: RemoteSearch) -> None:
    with search_bar(STDERR) as bar:
        task = bar.add_task("waiting for a worker", total=None, left="")

        def tell(job: RemoteSearch) -> None:
            progress = job.progress
            phase, eta = progress["phase"], progress["eta_s"]
            left = "" if not eta else f"about {say_duration(eta)} left"
            said = "waiting for a worker" if job.state == "queued" else WORDS.get(phase, str(phase))
            bar.update(task, description=said, completed=progress["done"], total=progress["total"], left=left)

        job.wait(tell)


def _show(result: Result, *, json: bool) -> None:
    from diswot.cli.render import show_result

    if json:
        typer.echo(result.model_dump_json())
    else:
        show_result(result, ComputeSpec())


def _write(out: Path, result: Result) -> None:
    from diswot.search.checkpoint import RESULT
    from diswot.storage.atomic import atomic_write

    out.mkdir(parents=True, exist_ok=True)
    atomic_write(out / RESULT, result.model_dump_json(indent=2) + "\n")
    STDERR.print(f"written: {out / RESULT}", markup=False, soft_wrap=True)
