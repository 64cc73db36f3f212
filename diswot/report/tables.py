"""Tables for notebooks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from diswot.report.html import render


def html_table(caption: str, rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows of equal columns as an HTML table; what is `None` in every row is left out."""
    columns = [name for name in rows[0] if any(row[name] is not None for row in rows)]
    cells = [[_said(row[name]) for name in columns] for row in rows]
    return render("diswot.report", "table.html", caption=caption, columns=columns, rows=cells)


def _said(value: object) -> str:
    match value:
        case None:
            return ""
        case float():
            return f"{value:.4g}"
        case int():
            return f"{value:,}"
        case _:
            return str(value)
