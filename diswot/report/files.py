"""The files of a finished search."""

from __future__ import annotations

import csv
import json
from dataclasses import asdict
from io import StringIO
from pathlib import Path

from diswot.errors import InputError, StorageError, UnreadableData
from diswot.report.attempt import attempt
from diswot.report.document import RESULT_SCHEMA
from diswot.report.finished import FinishedSearch
from diswot.report.result import Result
from diswot.search.checkpoint import CHECKPOINT, RESULT
from diswot.spec.search import SearchSpec
from diswot.storage.atomic import atomic_write
from diswot.storage.refusal import obstacle, reason

CANDIDATES = "candidates.csv"
PLOT = "search.png"
PAGE = "report.html"
COSTS = ("params", "macs", "depth", "memory", "latency")
"""Columns of `candidates.csv`."""
DROPPED = "measured again, its latency is outside the budget"
"""What `candidates.csv` says of a candidate that has a score and no rank."""


def check_folder(folder: Path, spec: SearchSpec) -> None:
    """Refuse, before any work, a folder that cannot take the files or holds the result of another search.

    Raises:
        InputError: with what stands in the way.
        UnreadableData: the result that it holds is damaged, or of another schema.
    """
    if found := obstacle(folder):
        raise InputError(f"--out {str(folder)!r} cannot be written: {found}")
    if (folder / RESULT).exists() and read_result(folder / RESULT).search != spec:
        raise InputError(f"{str(folder)!r} holds the result of another search; choose another folder")
    if (folder / CHECKPOINT).exists() and not (folder / RESULT).exists():
        raise InputError(
            f"{str(folder)!r} holds a search that is not finished; go on with --resume {str(folder)!r}, "
            "or choose another folder"
        )


def write_files(folder: Path, finished: FinishedSearch, result: Result) -> str | None:
    """Write `candidates.csv` and `result.json`, each whole or not at all, and after them the picture `search.png`.

    Returns:
        Why there is no picture, or `None` where it was drawn: a result does not depend on it.

    Raises:
        StorageError: the result cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        atomic_write(folder / CANDIDATES, _candidates(finished))
        atomic_write(folder / RESULT, result.model_dump_json(indent=2) + "\n")
    except OSError as error:
        raise StorageError(f"the result cannot be written to {str(folder)!r}: {reason(error)}") from error
    return attempt(lambda: _draw(folder / PLOT, finished, result))[1]


def write_page(folder: Path, finished: FinishedSearch, result: Result) -> str | None:
    """Write the page `report.html`; returns why that failed, or `None`: a result does not depend on it."""

    def write() -> None:
        from diswot.report.page import search_page

        atomic_write(folder / PAGE, search_page(finished, result))

    return attempt(write)[1]


def _draw(path: Path, finished: FinishedSearch, result: Result) -> None:
    from diswot.report.plots import plot_search

    atomic_write(path, plot_search(finished, result))


def read_result(path: Path) -> Result:
    """The result of a search from its file.

    Raises:
        UnreadableData: it is damaged, or of another schema.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        schema = content["schema"]
        if schema == RESULT_SCHEMA:
            return Result.model_validate(content, by_alias=True)
    except (KeyError, TypeError, ValueError):
        raise UnreadableData(f"{str(path)!r} is damaged; delete its folder to search again") from None
    raise UnreadableData(
        f"{str(path)!r} has schema {schema!r}, and this diswot reads schema {RESULT_SCHEMA}; choose another folder"
    )


def _candidates(finished: FinishedSearch) -> str:
    """A line for each candidate: those that may be recommended by rank, then those with a score, then the failed."""
    scored = [*finished.students, *finished.dropped]
    terms = list(scored[0].components) if scored else []
    text = StringIO()
    writer = csv.DictWriter(
        text,
        [
            "rank",
            "evaluation",
            "arch",
            "score",
            "stderr",
            "student_inits",
            "single_init_score",
            *COSTS,
            *terms,
            *map(_raw, terms),
            "error",
        ],
        lineterminator="\n",
    )
    writer.writeheader()
    for one in scored:
        row = one.model_dump(exclude={"components", "raw", "latency_spread"})
        parts = one.components | {_raw(name): value for name, value in one.raw.items()}
        error = None if one.rank is not None else DROPPED
        writer.writerow({**row, **parts, "evaluation": finished.evaluations[one.arch], "error": error})
    for failed in finished.failed:
        evaluation = finished.evaluations[failed.arch]
        writer.writerow({"evaluation": evaluation, "arch": failed.arch, **asdict(failed.costs), "error": failed.error})
    return text.getvalue()


def _raw(term: str) -> str:
    return f"raw_{term}"
