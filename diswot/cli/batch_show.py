"""How a batch is shown to a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.table import Table

from diswot.cli.console import STDOUT, si

if TYPE_CHECKING:
    from diswot.batch.price import Price


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


def show_prices(prices: Sequence[Price], workers: int) -> None:
    """Print what would run, how many architectures that measures, and about how long it takes."""
    shown = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("teacher", "space", "budget", "seed", "state"):
        shown.add_column(name)
    for name in ("evals", "to look at", "cached", "about"):
        shown.add_column(name, justify="right")
    for one in prices:
        counts = (f"{one.evaluations:,}", f"{one.left:,}", f"{one.cached:,}")
        job = one.job
        head = (job.teacher, job.spec.space, job.budget, str(job.spec.seed), one.state)
        shown.add_row(*head, *counts, say_duration(one.seconds))
    STDOUT.print(shown)
    done = sum(one.state == "done" for one in prices)
    left, seconds = sum(one.left - one.cached for one in prices), sum(one.seconds for one in prices)
    STDOUT.print(
        f"{len(prices)} searches, {done} of them done; about {left:,} architectures to measure, "
        f"about {say_duration(seconds)} on {workers} {'worker' if workers == 1 else 'workers'}.",
        soft_wrap=True,
    )


def say_duration(seconds: float) -> str:
    """`48 s`, `12 min`, `3 h 20 min`.

    Example:
        >>> say_duration(12000)
        '3 h 20 min'
    """
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60} min"
