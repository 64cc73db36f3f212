"""How documents of benchmarks are printed for people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.table import Table


def plain_table(
    texts: Sequence[str], numbers: Sequence[str], rows: Iterable[Sequence[str]], gap: int = 2, widest: int | None = None
) -> Table:
    """A table without lines.

    Args:
        texts: heads of the first columns, which are aligned to the left.
        numbers: heads of the others, aligned to the right.
        rows: cells, from left to right.
        gap: blanks between columns.
        widest: width from which heads of numbers are broken into lines.
    """
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, gap, 0, 0))
    for head in texts:
        table.add_column(head, no_wrap=True)
    for head in numbers:
        table.add_column(head, justify="right", max_width=widest)
    for row in rows:
        table.add_row(*row)
    return table


def teacher_words(record: Mapping[str, Any]) -> str:
    """The teacher of a run, as its record has it."""
    weights = "random weights" if record["weights"] is None else f"weights {record['weights']}"
    teacher = f"teacher {record['teacher']}, {record['classes']} classes"
    return f"{teacher}, {weights}, {record['teacher_inits']} initializations"


def number(value: float | None, signs: int = 3) -> str:
    """A figure with a fixed number of decimals, or a dash where there is none."""
    return "–" if value is None else f"{value:.{signs}f}"
