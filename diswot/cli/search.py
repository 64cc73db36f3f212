"""`diswot search`: from a teacher to a recommended student."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from diswot.cli import options as o
from diswot.cli.conduct import conduct, estimate
from diswot.cli.resume import check_options
from diswot.errors import InputError
from diswot.executors import warm_up
from diswot.spec.compute import ComputeSpec
from diswot.spec.search import SearchSpec
from diswot.storage.refusal import obstacle


@o.takes(*o.of(SearchSpec, ComputeSpec))
def search(
    context: typer.Context,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder for result.json, report.html, candidates.csv and search.png, and for checkpoints."),
    ] = None,
    resume: Annotated[
        Path | None,
        typer.Option(help="Folder of an interrupted search, which goes on with the settings that it began with."),
    ] = None,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Whether the search is only estimated: what it would evaluate, and how long."),
    ] = False,
    server: Annotated[
        str | None,
        typer.Option(
            envvar="DISWOT_SERVER",
            show_default=False,
            help="Address of a service that searches instead, http://HOST:PORT; its key is in DISWOT_API_KEY.",
        ),
    ] = None,
    json: o.JsonOption = False,
    **options: Any,
) -> None:
    """Search a space for the student that will distil best under a budget."""
    if resume is not None:
        check_options(context)
        if not dry_run:
            warm_up(options["executor"] or ComputeSpec().executor)
        from diswot.cli.resume import continued

        work, compute = continued(context, resume)
        if dry_run:
            estimate(work, compute, json=json)
        else:
            conduct(work, compute, resume, json=json)
        return
    from diswot.spec.document import from_flags

    spec = from_flags(SearchSpec, options)
    if server is not None:
        from diswot.cli.remote import estimate_at, search_at

        if out is not None and (found := obstacle(out)):
            raise InputError(f"--out {str(out)!r} cannot be written: {found}")
        if dry_run:
            estimate_at(server, spec, json=json)
        else:
            search_at(server, spec, out, json=json)
        return
    spec.check()
    compute = from_flags(ComputeSpec, options)
    if not dry_run:
        warm_up(compute.executor)
    from diswot.report.files import check_folder
    from diswot.search.search import Search

    work = Search(spec)
    if out is not None:
        check_folder(out, spec)
    if dry_run:
        estimate(work, compute, json=json)
    else:
        conduct(work, compute, out, json=json)
