"""`python -m tests.service.reliability`: every row of `reliability.json`, in its long or its short form."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import URL

from tests.service.conftest import emptied
from tests.service.postgres import server
from tests.service.reliability.kills import kills
from tests.service.reliability.requests import hostile
from tests.service.reliability.storm import storm
from tests.service.reliability.writes import every_write
from tests.service.test_service_model import Model


@dataclass(frozen=True, slots=True)
class Row:
    """What was tried, what should come of it, what came, and whether that is enough."""

    test: str
    goal: str
    measured: dict[str, Any]
    passed: bool


@dataclass(frozen=True, slots=True)
class Check:
    """A row to be measured.

    Attributes:
        test: what is tried.
        goal: what should come of it, in the long form.
        run: tries it in a folder, so often.
        counts: how often, in the long and in the short form.
        passed: whether what was measured is enough, beside as often as it should be tried.
    """

    test: str
    goal: str
    run: Callable[[Path, int], dict[str, Any]]
    counts: tuple[int, int]
    passed: Callable[[dict[str, Any]], bool]


def _clean(found: dict[str, Any]) -> bool:
    return all(found[name] == 0 for name in ("lost", "failed", "different", "candidates", "gaps"))


def _file(folder: Path) -> URL:
    return URL.create("sqlite", database=str(folder / "jobs.sqlite3"))


def _machine(url: Callable[[], URL], sequences: int, steps: int = 50) -> dict[str, Any]:
    ended: set[str] = set()
    for seed in range(sequences):
        model = Model(url(), seed)
        for _ in range(steps):
            model.step()
        ended |= set(model.ended.values())
        model.database.close()
    return {"sequences": sequences, "steps": steps, "ends seen": sorted(ended)}


def _fresh(folder: Path) -> Callable[[], URL]:
    def url() -> URL:
        for path in folder.glob("jobs.sqlite3*"):
            path.unlink()
        return _file(folder)

    return url


def checks(postgres: URL) -> list[Check]:
    """Every row."""
    same = "0 lost, 0 failed, 0 results that differ, no candidate twice, events without gaps"
    return [
        Check(
            "SIGKILL of the worker, SQLite", f"100 kills: {same}",
            lambda d, n: kills(_file(d), d, n), (100, 3), _clean,
        ),
        Check(
            "SIGKILL of the worker, Postgres", f"50 kills: {same}",
            lambda d, n: kills(emptied(postgres), d, n), (50, 2), _clean,
        ),
        Check(
            "SIGKILL of one of two workers, Postgres", f"50 kills: {same}",
            lambda d, n: kills(emptied(postgres), d, n, 2), (50, 2), _clean,
        ),
        Check(
            "SIGKILL of the API during POSTs", "1,000 POSTs, 50 kills: exactly 1,000 jobs",
            lambda d, n: storm(d, 20 * n, n), (50, 2), lambda f: f["jobs"] == f["answered"] == f["posts"],
        ),
        Check(
            "a crash at every write of a short job", "all recover to the same result",
            lambda d, n: every_write(d, n), (1, 9), lambda f: f["writes"] > 0 and f["wrong"] == 0,
        ),
        Check(
            "state machine of the store, SQLite", "2,000 sequences of 50 steps: every promise holds",
            lambda d, n: _machine(_fresh(d), n), (2000, 5), lambda f: f["sequences"] > 0,
        ),
        Check(
            "state machine of the store, Postgres", "2,000 sequences of 50 steps: every promise holds",
            lambda _, n: _machine(lambda: emptied(postgres), n), (2000, 5), lambda f: f["sequences"] > 0,
        ),
        Check(
            "schemathesis over the OpenAPI", "10,000 cases: no 5xx, nothing that is not declared",
            lambda d, n: hostile(d, n), (200, 2), lambda f: f["cases"] > 0 and f["failures"] == 0,
        ),
    ]  # fmt: skip


def rows(names: Sequence[str], *, short: bool = False, share: float = 1.0) -> Iterator[Row]:
    """Measure the rows whose names contain one of these texts; all of them where there are none.

    Args:
        names: parts of the names of rows.
        short: whether the short form is enough.
        share: of the counts that are asked for.
    """
    with server() as postgres:
        for check in checks(postgres):
            if names and not any(name in check.test for name in names):
                continue
            with tempfile.TemporaryDirectory() as folder:
                start = time.monotonic()
                measured = check.run(Path(folder), max(1, round(share * check.counts[short])))
                measured["seconds"] = round(time.monotonic() - start, 1)
            yield Row(check.test, check.goal, measured, check.passed(measured))


def main() -> None:
    """Measure, tell, and write; the exit code says whether everything is as it should be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="parts of the names of rows; by default all are measured")
    parser.add_argument("--short", action="store_true", help="the form that CI runs")
    parser.add_argument("--share", type=float, default=1.0, help="of the counts, for a machine with less time")
    parser.add_argument("--out", type=Path, default=Path("reliability.json"))
    options = parser.parse_args()
    found = []
    for row in rows(options.names, short=options.short, share=options.share):
        found.append(row)
        sys.stdout.write(f"{'passed' if row.passed else 'FAILED'}  {row.test}: {json.dumps(row.measured)}\n")
        sys.stdout.flush()
        options.out.write_text(json.dumps({"rows": [asdict(one) for one in found]}, indent=2) + "\n", encoding="utf-8")
    sys.exit(not all(row.passed for row in found))


if __name__ == "__main__":
    main()
