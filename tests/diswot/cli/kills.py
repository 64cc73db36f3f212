"""A search that is killed at random moments and resumed, as a program of its own: `python -m tests.diswot.cli.kills`.

Each round starts or resumes a real `diswot search` and kills its driver with SIGKILL after a random time. When one is
through, its files are compared with those of the uninterrupted search, and the next one begins in a new folder.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.diswot.executors.processes import MARK, wait_until_gone

PROGRAM = """
import signal
from diswot.cli import main

# Children of a shell's background jobs are born deaf to Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)
main()
"""
DISWOT = (sys.executable, "-c", PROGRAM)
SEARCH = (
    *("--teacher", "resnet20", "--space", "cifar-resnet", "--probe-size", "8", "--input", "3x16x16"),
    *("--max-params", "0.6M", "--relaxation", "0.3", "--population", "20", "--teacher-inits", "1", "--no-cache"),
)


@dataclass
class Tally:
    """What happened.

    Attributes:
        kills: of a driver that was alive.
        early: of them, before there was a checkpoint.
        resumed: starts that went on from a checkpoint.
        finished: searches that came to their end, all of them as if never interrupted.
        left: processes that outlived a driver.
    """

    kills: int = 0
    early: int = 0
    resumed: int = 0
    finished: int = 0
    left: int = 0


def start(*words: str, mark: str = "") -> subprocess.Popen[str]:
    """Start a `diswot search` whose processes carry a mark."""
    return subprocess.Popen(
        [*DISWOT, "search", *words],
        env=os.environ | {MARK: mark},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def outcome(folder: Path) -> tuple[dict[str, Any], bytes]:
    """The result without its timings, and the table of candidates."""
    result: dict[str, Any] = json.loads((folder / "result.json").read_text())
    del result["timings"]
    return result, (folder / "candidates.csv").read_bytes()


def interrupt(
    scratch: Path,
    kills: int,
    words: Sequence[str] = SEARCH,
    seed: int = 0,
    patience: float = 15.0,
    tell: Callable[[str], object] = lambda _: None,
) -> Tally:
    """Kill so many drivers, and compare each search that gets through with the uninterrupted one.

    Args:
        scratch: an empty folder.
        kills: of drivers that are alive.
        words: of the command line.
        seed: of the moments.
        patience: seconds within which what a driver had started must be gone.
        tell: called with what happens.

    Raises:
        AssertionError: a search could not go on, or came to another end.
    """
    rng, tally = random.Random(seed), Tally()
    began = time.monotonic()
    with start(*words, "--out", str(scratch / "whole")) as whole:
        _, said = whole.communicate()
    assert whole.returncode == 0, said
    length = time.monotonic() - began
    expected = outcome(scratch / "whole")
    tell(f"the whole search takes {length:.1f} s")
    while True:
        folder = scratch / f"killed-{tally.finished}"
        goes_on = (folder / "checkpoint.json").exists()
        mark = uuid.uuid4().hex
        tally.resumed += goes_on
        with start(*(("--resume", str(folder)) if goes_on else (*words, "--out", str(folder))), mark=mark) as process:
            try:
                process.wait(rng.uniform(0, length) if tally.kills < kills else None)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                tally.kills += 1
                tally.early += not any(folder.glob("*.json"))
            tally.left += len(wait_until_gone(mark, patience))
            assert process.stderr is not None
            assert process.returncode in (0, -signal.SIGKILL), process.stderr.read()
        if (folder / "result.json").exists():  # a driver may be killed on its way out
            found = outcome(folder)
            differing = [field for field in expected[0] if found[0].get(field) != expected[0][field]]
            assert found == expected, f"another result: {', '.join(differing) or 'candidates.csv'}"
            tally.finished += 1
        if process.returncode == 0:
            assert sorted(path.name for path in folder.iterdir()) == [
                "candidates.csv",
                "report.html",
                "result.json",
                "search.png",
            ]
            if tally.kills >= kills:
                return tally
        tell(str(tally))


def main() -> None:
    """Kill, and print the tally."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--evaluations", default="60")
    parser.add_argument("--executor", default="processes")
    parser.add_argument("--algorithm", default="aging-evolution")
    parser.add_argument("--patience", type=float, default=15.0)
    options = parser.parse_args()
    words = (*SEARCH, "--evaluations", options.evaluations, "--algorithm", options.algorithm)
    with tempfile.TemporaryDirectory() as scratch:
        tally = interrupt(
            Path(scratch),
            options.kills,
            (*words, "--executor", options.executor),
            patience=options.patience,
            tell=lambda line: print(line, file=sys.stderr),  # noqa: T201
        )
    print(tally)  # noqa: T201


if __name__ == "__main__":
    main()
