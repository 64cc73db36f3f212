"""What the command line writes where a terminal does not have every character."""

from __future__ import annotations

import errno
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from diswot.cli.console import speak_plainly, speaking
from diswot.errors import StorageError


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("score 12.3 ± 0.1", "score 12.3 +/- 0.1"),
        ("1 – 2 −3", "1 - 2 -3"),
        ("café 😀", "caf\\u00e9 \\ud83d\\ude00"),
        ("plain", "plain"),
    ],
)
def test_what_an_encoding_lacks_is_said_otherwise(text: str, written: str, monkeypatch: pytest.MonkeyPatch) -> None:
    stdout = io.TextIOWrapper(io.BytesIO(), encoding="ascii", newline="\n")
    monkeypatch.setattr(sys, "stdout", stdout)
    speak_plainly()
    print(text, flush=True)  # noqa: T201
    assert stdout.buffer.getvalue().decode("ascii") == f"{written}\n"


def test_json_stays_json(monkeypatch: pytest.MonkeyPatch) -> None:
    stdout = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", stdout)
    speak_plainly()
    print(json.dumps({"weights": "é😀.pt"}, ensure_ascii=False), flush=True)  # noqa: T201
    assert json.loads(stdout.buffer.getvalue()) == {"weights": "é😀.pt"}


PROGRAM = [sys.executable, "-c", "from diswot.cli import main; main()"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_output_that_cannot_be_written_is_said_in_one_sentence() -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        done = subprocess.run([*PROGRAM, "spaces"], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == "failed: the output cannot be written: no space is left\n"


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EDQUOT])
def test_a_file_that_cannot_be_written_is_named(code: int) -> None:
    with pytest.raises(StorageError, match=r"^'raw.csv' cannot be written: (no|the) "), speaking():
        raise OSError(code, "as the system says it", "raw.csv")


def test_other_errors_of_the_system_are_left_as_they_are() -> None:
    with pytest.raises(FileNotFoundError), speaking():
        raise FileNotFoundError(errno.ENOENT, "No such file or directory", "labels.csv")


def test_a_table_goes_to_an_ascii_terminal() -> None:
    program = (
        "from diswot.cli.batch_show import show_comparison; from diswot.cli.console import speak_plainly;"
        "speak_plainly(); show_comparison([])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, env={"PYTHONIOENCODING": "ascii"}, check=False
    )
    assert done.returncode == 0, done.stderr
    assert b"+/-" in done.stdout
