"""How a batch is shown to a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.table import Table

from diswot.cli.console import STDOUT, si
from diswot.quantities import say_duration
from diswot_spaces import title_of

if TYPE_CHECKING:
    from diswot.batch.estimate import SearchEstimate


def show_comparison(table: Sequence[Mapping[str, Any]]) -> None:
    """Print the recommended student for each teacher, space and budget; strings of architectures stay in the files."""
    shown = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("teacher", "space", "budget"):
        shown.add_column(name)
    for name in ("score", "±", "params", "MACs", "agreeing"):
        shown.add_column(name, justify="right")
    for row in table:
        shown.add_row(row["teacher"], row["space"], row["budget"], *_figures(row))
    STDOUT.print(shown)


def _figures(row: Mapping[str, Any]) -> list[str]:
    if row["arch"] is None:
        return ["failed", "", "", "", f"0/{row['seeds']}"]
    error = "" if row["stderr"] is None else f"{row['stderr']:.3f}"
    agreeing = f"{row['seeds_that_recommend']}/{row['seeds']}"
    return [f"{row['score']:.3f}", error, si(row["params"]), si(row["macs"]), agreeing]


def show_estimates(estimates: Sequence[SearchEstimate], workers: int) -> None:
    """Print what would run, how many networks that evaluates, and about how long it takes."""
    shown = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("teacher", "space", "budget", "seed", "state"):
        shown.add_column(name)
    for name in ("evaluations", "networks", "about"):
        shown.add_column(name, justify="right")
    for one in estimates:
        counts = (f"{one.estimate.evaluations:,}", f"{one.estimate.networks:,}")
        job = one.job
        head = (job.teacher, title_of(job.spec.space), job.budget, str(job.spec.seed), one.state)
        shown.add_row(*head, *counts, say_duration(one.estimate.seconds))
    STDOUT.print(shown)
    done = sum(one.state == "done" for one in estimates)
    networks, seconds = sum(one.estimate.networks for one in estimates), sum(one.estimate.seconds for one in estimates)
    STDOUT.print(
        f"{len(estimates)} searches, {done} of them done; up to {networks:,} networks to evaluate, "
        f"about {say_duration(seconds)} on {workers} {'worker' if workers == 1 else 'workers'}.",
        soft_wrap=True,
    )
