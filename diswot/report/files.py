"""The files of a finished search."""

from __future__ import annotations

import csv
import json
from io import StringIO
from pathlib import Path

from diswot.errors import InputError, UnreadableData
from diswot.report.result import SCHEMA, Result
from diswot.search.checkpoint import CHECKPOINT, RESULT
from diswot.search.run import Search
from diswot.storage.atomic import atomic_write
from diswot.storage.refusal import obstacle

CANDIDATES = "candidates.csv"
PLOT = "search.png"
COSTS = ("params", "macs", "depth", "memory", "latency")
"""Columns of `candidates.csv`."""


def check_folder(folder: Path, search: Search) -> None:
    """Refuse, before any work, a folder that cannot take the files or holds the result of another search.

    Raises:
        InputError: with what stands in the way.
        UnreadableData: the result that it holds is damaged, or of another schema.
    """
    if found := obstacle(folder):
        raise InputError(f"--out {str(folder)!r} cannot be written: {found}")
    if (folder / RESULT).exists() and read_result(folder / RESULT).search != search.spec:
        raise InputError(f"{str(folder)!r} holds the result of another search; choose another folder")
    if (folder / CHECKPOINT).exists() and not (folder / RESULT).exists():
        raise InputError(
            f"{str(folder)!r} holds a search that is not finished; go on with --resume {str(folder)!r}, "
            "or choose another folder"
        )


def write_files(folder: Path, search: Search, result: Result) -> None:
    """Write `result.json`, `candidates.csv` and `search.png`, each whole or not at all."""
    from diswot.report.plots import plot_search

    folder.mkdir(parents=True, exist_ok=True)
    atomic_write(folder / CANDIDATES, _candidates(search))
    plot_search(search, result, folder / PLOT)
    atomic_write(folder / RESULT, result.model_dump_json(indent=2) + "\n")


def read_result(path: Path) -> Result:
    """The result of a search from its file.

    Raises:
        UnreadableData: it is damaged, or of another schema.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        schema = content["schema"]
        if schema == SCHEMA:
            return Result.model_validate(content, by_alias=True)
    except (KeyError, TypeError, ValueError):
        raise UnreadableData(f"{str(path)!r} is damaged; delete its folder to search again") from None
    raise UnreadableData(
        f"{str(path)!r} has schema {schema!r}, and this diswot reads schema {SCHEMA}; choose another folder"
    )


def _candidates(search: Search) -> str:
    order = {m.arch: i for i, m in enumerate(search.measurements, 1)}
    candidates = search.candidates()
    terms = list(next((c.score.components for c in candidates if c.score), {}))
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    raw = [f"raw_{term}" for term in terms]
    writer.writerow(["rank", "evaluation", "arch", "score", "stderr", "seeds", "first", *COSTS, *terms, *raw, "error"])
    for rank, candidate in enumerate(candidates, 1):
        m, score = candidate.measurement, candidate.score
        head = [
            rank if score else "",
            order[m.arch],
            m.arch,
            score.value if score else "",
            score.stderr if score else "",
            m.draws if score else "",
            candidate.first if score else "",
        ]
        parts = [score.components[term] for term in terms] if score else [""] * len(terms)
        means = [sum(m.values[term]) / len(m.values[term]) for term in terms] if score else [""] * len(terms)
        seconds = search.latency(m.arch)
        costs = [m.costs.params, m.costs.macs, m.costs.depth, m.costs.memory, seconds.median if seconds else ""]
        writer.writerow([*head, *costs, *parts, *means, m.error or ""])
    return text.getvalue()
