"""What there is: proxies and distillers."""

from __future__ import annotations

import json as json_module
from typing import Any

import typer
from rich.table import Table

from diswot.cli.console import STDOUT
from diswot.cli.options import JsonOption
from diswot.distillation.distillers import DISTILLERS
from diswot.distillation.methods import Method
from diswot.proxies import SCORES, Aggregate, Proxy


def proxies() -> None:
    """List the proxies with what they need and cost, and the scores made of them."""
    scores = SCORES.values()
    rows = [[p.name, _needs(p), p.passes, p.summary] for p in scores if isinstance(p, Proxy)]
    print_table(["proxy", "needs", "passes", "what it is"], rows)
    STDOUT.print()
    aggregates = (score for score in scores if isinstance(score, Aggregate))
    terms = [[a.name, a.scale, " + ".join(f"{w:g} {t}" for t, w in a.terms.items())] for a in aggregates]
    print_table(["score", "scale", "sum of"], terms)
    STDOUT.print("\nDefinitions and references: docs/reference/proxies.md", soft_wrap=True)


def distillers(json: JsonOption = False) -> None:
    """List the distillers with what they need, and the weights that they have where none are said."""
    rows = dict(DISTILLERS)
    if json:
        typer.echo(json_module.dumps([_told(name, method) for name, method in rows.items()]))
        return
    print_table(
        ["distiller", "weight", "with cross-entropy", "needs beside logits", "what it is"],
        [[name, f"{m.weight:g}", f"{m.hard_weight:g}", ", ".join(_wants(m)), m.summary] for name, m in rows.items()],
    )
    STDOUT.print("\nFormulas, settings and references: docs/guide/distillation.md", soft_wrap=True)


def _told(name: str, method: Method) -> dict[str, Any]:
    """A distiller as JSON values."""
    return {
        "name": name,
        "summary": method.summary,
        "source": method.source,
        "weight": method.weight,
        "hard_weight": method.hard_weight,
        "needs": _wants(method),
        "settings": method.settings,
    }


def _wants(method: Method) -> list[str]:
    return [*(["teacher"] if method.teacher else []), *method.needs]


def _needs(proxy: Proxy) -> str:
    needs = {"teacher": proxy.teacher, "labels": proxy.labels, "gradient": proxy.gradient}
    return ", ".join(name for name, needed in needs.items() if needed)


def print_table(header: list[str], rows: list[list[str]]) -> None:
    """Print rows below their header."""
    table = Table(*header, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        table.add_row(*row)
    STDOUT.print(table)
