"""The report: one HTML file with tables, figures and protocol, which opens without a network."""

from __future__ import annotations

import base64
import shlex
from collections.abc import Iterator
from html import escape
from pathlib import Path
from string import Template
from typing import Any

from benchmarks.correlation.console import header, interval, number
from benchmarks.correlation.tables import load_run
from benchmarks.runs.protocol import write_whole
from benchmarks.statistics.bootstrap import STATISTICS

_PAGE = Path(__file__).with_name("page.html")

_COLUMN = Template("""<h2>Against <code>$column</code>, n = $n</h2>
<div class="wide"><table>
<thead><tr><th>proxy</th>$heads<th>seconds / arch</th></tr></thead>
<tbody>
$rows
</tbody>
</table></div>
$figures
""")


def write_page(path: Path, folder: Path, payload: dict[str, Any]) -> None:
    """Write the report of a run, whole or not at all.

    Args:
        path: of the HTML file.
        folder: of the run.
        payload: its table.
    """
    _, raw, _ = load_run(folder)
    from benchmarks.correlation.figures import cost, forest, scatter

    sections = []
    for column in payload["columns"]:
        rows = [row for row in payload["rows"] if row["column"] == column]
        figures = [
            _figure(forest(rows, payload["baselines"]), f"Kendall tau-b of each proxy against {column}, best first."),
            _figure(cost(rows, payload["baselines"]), f"What a proxy costs, and how well it ranks {column}."),
            _figure(scatter(raw, rows), f"Each architecture once: its score, mean over the seeds, and {column}."),
        ]
        sections.append(_section(column, rows, payload, figures))
    page = Template(_PAGE.read_text(encoding="utf-8")).substitute(
        title=escape(f"Which proxy ranks {payload['space']}?"),
        protocol="\n".join(f"<li>{escape(line)}</li>" for line in header(payload)),
        columns="\n".join(sections),
        meanings="\n".join(f"<dt>{escape(s.title)}</dt><dd>{escape(s.meaning)}</dd>" for s in STATISTICS.values()),
        interval=escape(payload["statistics"]["interval"]),
        resamples=f"{payload['statistics']['resamples']:,}",
        command=escape(command(payload)),
        folder=escape(shlex.quote(str(folder))),
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, lambda file: file.write(page))


def command(payload: dict[str, Any]) -> str:
    """The command that makes this table; the folder of a label file or of weights is left for the reader to add."""
    p = payload
    options = {
        "space": p["space"],
        "labels": p["labels"],
        "sample": p["sample"],
        "duplicates": p["duplicates"],
        "teacher": p["teacher"],
        "classes": p["classes"],
        "input": "x".join(map(str, p["in_shape"])),
        "weights": p["weights"],
        "probe": p["probe"],
        "probe-size": p["probe_size"],
        "dtype": p["dtype"],
        "seed": p["seed"],
        "student_inits": p["student_inits"],
        "teacher_inits": p["teacher_inits"],
    }
    words = ["diswot benchmark correlation"]
    words += [f"--{name} {shlex.quote(str(value))}" for name, value in options.items() if value is not None]
    words += [f"--column {shlex.quote(column)}" for column in p["columns"]]
    words += [f"--proxy {shlex.quote(proxy)}" for proxy in p["asked"]]
    return " \\\n    ".join(words)


def _section(column: str, rows: list[dict[str, Any]], payload: dict[str, Any], figures: list[str]) -> str:
    return _COLUMN.substitute(
        column=escape(column),
        n=f"{rows[0]['n']:,}",
        heads="".join(f"<th>{escape(s.title)}</th>" for s in STATISTICS.values()),
        rows="\n".join(_row(row, rows, payload["baselines"]) for row in rows),
        figures="\n".join(figures),
    )


def _row(row: dict[str, Any], rows: list[dict[str, Any]], baselines: list[str]) -> str:
    cells = "".join(_cells(row, rows))
    kind = ' class="baseline"' if row["proxy"] in baselines else ""
    mark = " (baseline)" if kind else ""
    return f"<tr{kind}><td>{escape(row['proxy'])}{mark}</td>{cells}<td>{row['seconds_per_arch']:.3f}</td></tr>"


def _cells(row: dict[str, Any], rows: list[dict[str, Any]]) -> Iterator[str]:
    for name in STATISTICS:
        values = [other[name] for other in rows if other[name] is not None]
        best = min(values, default=None) if name == "regret" else max(values, default=None)
        kind = ' class="best"' if row[name] is not None and row[name] == best else ""
        yield f"<td{kind}>{number(row[name])}<small>{escape(interval(row, name, ' to '))}</small></td>"


def _figure(svg: str, caption: str) -> str:
    data = base64.b64encode(svg.encode()).decode()
    text = escape(caption)
    return f'<figure><img alt="{text}" src="data:image/svg+xml;base64,{data}"><figcaption>{text}</figcaption></figure>'
