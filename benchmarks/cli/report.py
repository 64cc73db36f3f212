"""`diswot benchmark report`: a finished correlation run as one HTML page, without scoring again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from benchmarks.cli.correlation import show_correlation
from benchmarks.cli.progress import progress
from diswot.cli import options as o
from diswot.cli.console import STDERR


def report(
    source: Annotated[Path, typer.Option("--from", help="Folder of a finished run.")],
    html: Annotated[Path | None, typer.Option(help="Where the page goes. [default: report.html in the folder]")] = None,
    json: o.JsonOption = False,
) -> None:
    """Compute the tables of a run again from its raw scores, and write them with figures into one HTML file."""
    from benchmarks.correlation.page import write_page
    from benchmarks.correlation.tables import correlation_table

    with progress("reading the raw scores") as update:
        payload = correlation_table(source, update)
    page = source / "report.html" if html is None else html
    write_page(page, source, payload)
    STDERR.print(f"wrote {page}", markup=False, soft_wrap=True)
    show_correlation(payload, json)
