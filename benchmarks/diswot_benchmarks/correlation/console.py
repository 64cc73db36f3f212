"""The correlation table as a person reads it in a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.console import Console
from rich.table import Table

from diswot_benchmarks.runs.console import number, plain_table, teacher_words
from diswot_benchmarks.statistics.bootstrap import STATISTICS
from diswot_benchmarks.statistics.intervals import FEWEST

CORRELATIONS = ("tau", "spearman", "pearson")
DECISIONS = ("tau_top10", "tau_budget", "tau_budget_macs", "precision10", "regret")


def show_table(console: Console, payload: dict[str, Any]) -> None:
    """Print the protocol, and for each column what ranks how well, with 95% intervals."""
    for line in header(payload):
        console.print(line, markup=False, soft_wrap=True)
    for column in payload["columns"]:
        rows = [row for row in payload["rows"] if row["column"] == column]
        console.print()
        console.print(f"Against {column}, n = {rows[0]['n']:,}", style="bold", markup=False)
        console.print(_table(rows, CORRELATIONS, payload))
        console.print(_table(rows, DECISIONS, payload))
    for line in footer(payload):
        console.print(line, markup=False, soft_wrap=True)
    console.print(f"Raw scores, protocol and timings: {payload['out']}", markup=False, soft_wrap=True)


def show_ablation(console: Console, payload: dict[str, Any]) -> None:
    """Print the variants of a score, one table a label column."""
    for column in dict.fromkeys(row["column"] for row in payload["rows"]):
        console.print(f"{payload['score']} against {column}, from {payload['from']}", markup=False, soft_wrap=True)
        cells = [
            (row["variant"], number(row["tau"]), f"{number(row['difference'])}  {interval(row, 'difference')}")
            for row in payload["rows"]
            if row["column"] == column
        ]
        whole, *others = cells  # The difference of the whole to itself is left out.
        console.print(plain_table(["variant"], ["tau-b", "against the whole"], [(*whole[:2], ""), *others]))
    if any(row["too_few"] for row in payload["rows"]):
        console.print(f"too few: fewer than {FEWEST} architectures; a difference has no interval.", markup=False)


def header(payload: dict[str, Any]) -> Iterator[str]:
    """The protocol in a few sentences: what a number of this table depends on."""
    p = payload
    drawn = "the whole table" if p["sample"] is None else f"a sample drawn by seed {p['seed']}"
    yield f"{p['space']}: {p['architectures']:,} architectures, {drawn}; {p['statistics']['duplicates']}"
    yield teacher_words(p)
    yield f"probe {p['probe']}, {p['probe_size']} images in {p['dtype']}, fingerprint {p['probe_fingerprint'][:12]}"
    yield f"initializations of each student: {p['student_inits']}, from seed {p['seed']}; {p['initialization']}"
    versions = ", ".join(f"{name} {number}" for name, number in p["versions"].items())
    yield f"labels {p['labels']} (sha256 {p['labels_sha256'][:12]}){fractions(p['fractions'])}; {versions}"
    resamples = p["statistics"]["resamples"]
    why = ", fewer than 1,000 because the table is large" if p["statistics"]["resamples_reduced_for_size"] else ""
    yield f"signed correlations; {p['statistics']['interval']}, {resamples:,} resamples{why}"
    yield f"seconds/arch: {p['timings']['seconds_per_arch_is']}"
    if p["failed"]:
        arch, error = next(iter(p["failures"].items()))
        yield f"{p['failed']} architectures failed and are left out; the first is {arch}: {error}"


def fractions(columns: list[str]) -> str:
    """What a table says about columns that were written as fractions."""
    return f", {', '.join(columns)} as fractions of 1, read as percent" if columns else ""


def footer(payload: dict[str, Any]) -> Iterator[str]:
    """What the cells of a table mean, where intervals are missing, and how many resamples were left out."""
    yield "low..high are 95% bootstrap intervals; * marks the baselines of every table."
    if any(row["too_few"] for row in payload["rows"]):
        yield f"too few: fewer than {FEWEST} architectures decide the value, which has no interval."
    most: dict[str, int] = {}
    for row in payload["rows"]:
        most |= {name: max(count, most.get(name, 0)) for name, count in row["undefined"].items()}
    if most:
        counts = ", ".join(f"{STATISTICS[name].title} {count:,}" for name, count in most.items())
        resamples = payload["statistics"]["resamples"]
        yield f"Of {resamples:,} resamples those are left out in which a statistic is not defined, at most: {counts}."


def interval(row: dict[str, Any], name: str, joint: str = "..") -> str:
    """The interval of a statistic as `0.54..0.83`; empty where there is none, or why there is none."""
    if name in row["too_few"]:
        return "too few"
    low, high = row[f"{name}_low"], row[f"{name}_high"]
    return "" if low is None else f"{low:.2f}{joint}{high:.2f}"


def _table(rows: list[dict[str, Any]], names: tuple[str, ...], payload: dict[str, Any]) -> Table:
    last = names is DECISIONS
    heads = [STATISTICS[name].title for name in names]
    joint = "\n" if last else " "
    cells = [
        (
            row["proxy"] + ("*" if row["proxy"] in payload["baselines"] else ""),
            *(f"{number(row[name])}{joint}{interval(row, name)}" for name in names),
            *([number(row["seconds_per_arch"])] if last else []),
        )
        for row in rows
    ]
    if last:
        return plain_table(["proxy"], [*heads, "seconds"], cells, gap=1, widest=12)
    return plain_table(["proxy"], heads, cells)
