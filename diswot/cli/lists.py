"""What there is: spaces, teachers, proxies."""

from __future__ import annotations

from rich.table import Table

from diswot.cli.console import STDOUT
from diswot.proxies import AGGREGATES, PROXIES
from diswot.teachers.spec import TEACHERS
from search_spaces import SPACES


def spaces() -> None:
    """List the search spaces."""
    rows = [[s.name, s.summary, f"{s.size:.3g}" if s.size > 10**6 else f"{s.size:,}"] for s in SPACES.values()]
    _print(["space", "what it is", "architectures"], rows)


def teachers() -> None:
    """List the teachers."""
    _print(["teacher", "what it is"], [[family.form, family.summary] for family in TEACHERS.values()])


def proxies() -> None:
    """List the proxies and the scores made of them."""
    yes = {True: "yes", False: ""}
    rows = [[p.name, p.summary, yes[p.teacher], yes[p.labels], yes[p.gradient], p.reference] for p in PROXIES.values()]
    _print(["proxy", "what it is", "teacher", "labels", "gradient", "reference"], rows)
    terms = [
        [a.name, a.summary, a.scale, " + ".join(f"{w:g} {t}" for t, w in a.terms.items()), a.reference]
        for a in AGGREGATES.values()
    ]
    _print(["score", "what it is", "scale", "terms", "reference"], terms)


def _print(header: list[str], rows: list[list[str]]) -> None:
    table = Table(*header, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        table.add_row(*row)
    STDOUT.print(table)
