"""The table of a search benchmark as a person reads it in a terminal."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table

from diswot_benchmarks.correlation.console import fractions
from diswot_benchmarks.runs.console import plain_table, teacher_words


def show_search(console: Console, document: dict[str, Any]) -> None:
    """Print, for each budget, what every algorithm finds by every proxy, beside the best and the mean of the budget."""
    d = document
    for line in (
        f"{d['space']}: {d['column']} of {d['labels']}{fractions(d['fractions'])}, looked up after each search",
        f"{teacher_words(d)}; "
        f"probe {d['probe']}, {d['probe_size']} images; initializations of each student: {d['student_inits']}",
        f"search seeds {d['search_seeds'][0]} to {d['search_seeds'][1]}; {d['interval']}",
    ):
        console.print(line, markup=False, soft_wrap=True)
    for budget in dict.fromkeys(row["budget"] for row in d["rows"]):
        rows = [row for row in d["rows"] if row["budget"] == budget]
        name = "No limit" if budget is None else f"At most {budget:,} parameters"
        console.print()
        console.print(
            f"{name}: {rows[0]['architectures']:,} architectures, best {rows[0]['best_in_budget']:.2f}, "
            f"mean {rows[0]['mean_in_budget']:.2f}",
            style="bold",
            markup=False,
        )
        console.print(_table(rows))
    explained = "Accuracy of the architecture found, percent, mean over the runs, and its interval."
    if any(row["runs_that_found_nothing"] for row in d["rows"]):
        explained += " (n none): n runs had found nothing yet and are left out."
    console.print(explained, markup=False, soft_wrap=True)
    console.print(f"Raw scores, table and figure: {d['out']}", markup=False, soft_wrap=True)


def _table(rows: list[dict[str, Any]]) -> Table:
    evaluations = sorted({row["evaluations"] for row in rows})
    found = {(row["proxy"], row["algorithm"], row["evaluations"]): row for row in rows}
    cells: list[list[str]] = []
    for proxy in dict.fromkeys(row["proxy"] for row in rows):
        cells.append([proxy])
        for algorithm in dict.fromkeys(row["algorithm"] for row in rows):
            line = [found.get((proxy, algorithm, count)) for count in evaluations]
            if any(line):
                cells.append([f" {algorithm}", *("" if row is None else _cell(row) for row in line)])
    return plain_table(["evaluations"], [f"{count:,}" for count in evaluations], cells, gap=1)


def _cell(row: dict[str, Any]) -> str:
    if row["accuracy_mean"] is None:
        return "–"
    mean = f"{row['accuracy_mean']:.2f}"
    if row["runs_that_found_nothing"]:
        mean += f" ({row['runs_that_found_nothing']} none)"
    return mean if row["accuracy_low"] is None else f"{mean}\n{row['accuracy_low']:.2f}–{row['accuracy_high']:.2f}"
