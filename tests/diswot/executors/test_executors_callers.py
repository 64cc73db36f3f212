"""From where worker processes can be started, and what is said where they cannot."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import tempfile
from multiprocessing import util
from pathlib import Path

import pytest

from diswot.errors import ExecutorError
from diswot.runtime import sockets

HEAD = """
import os, sys
from pathlib import Path

from diswot.executors import open_executor
from diswot.spec.compute import ComputeSpec
from tests.diswot.executors.workload import HARMLESS, Workload

def measure(workload=Workload({}, Path())):
    with open_executor(workload, ComputeSpec("processes", 1)) as executor:
        return len(list(executor.map([HARMLESS] * 3)))
"""
GUARDED = HEAD + "if __name__ == '__main__':\n    print(measure())\n"
OWN = HEAD + "class Own(Workload):\n    pass\n"
DAEMONIC = HEAD + (
    "import multiprocessing\n"
    "if __name__ == '__main__':\n"
    "    with multiprocessing.get_context('fork').Pool(1) as pool:\n"
    "        print(pool.apply(measure))\n"
)
FORKED = HEAD + (
    "if __name__ == '__main__':\n"
    "    assert measure() == 3\n"
    "    child = os.fork()\n"
    "    if child == 0:\n"
    "        print(measure(), flush=True)\n"
    "        os._exit(0)\n"
    "    os.waitpid(child, 0)\n"
)


def run(script: str, path: Path | None = None, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a script from a file, or from standard input where there is none."""
    if path is not None:
        path.write_text(script, encoding="utf-8")
    return subprocess.run(
        [sys.executable, "-" if path is None else str(path)],
        input=script if path is None else None,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])} | variables,
        timeout=250,
    )


def test_a_guarded_script_on_standard_input_has_workers() -> None:
    done = run(GUARDED)
    assert (done.returncode, done.stdout, done.stderr) == (0, "3\n", "")


def test_a_script_on_standard_input_cannot_have_its_own_classes_evaluated() -> None:
    done = run(f"{OWN}measure(Own({{}}, Path()))\n")
    assert done.returncode == 1
    assert done.stderr.count("Traceback") == 1
    assert done.stderr.splitlines()[-1] == (
        "diswot.errors.ExecutorError: workers cannot read what a notebook, a prompt or a script on standard input "
        "defines: move the classes that are evaluated into a module, or use the executor serial"
    )


def test_a_script_whose_own_classes_are_evaluated_needs_a_guard_and_is_told_so_once(tmp_path: Path) -> None:
    done = run(f"{OWN}print(measure(Own({{}}, Path())))\n", tmp_path / "script.py")
    assert done.returncode == 1
    assert done.stderr.count("Traceback") == 1
    assert done.stderr.splitlines()[-1] == (
        "diswot.errors.ExecutorError: a worker cannot be started: it came to search by itself when it read the script; "
        "a script whose own classes are evaluated searches under `if __name__ == '__main__':`, since workers read it"
    )
    guarded = f"{OWN}if __name__ == '__main__':\n    print(measure(Own({{}}, Path())))\n"
    assert run(guarded, tmp_path / "script.py").stdout == "3\n"


@pytest.mark.parametrize("script", [DAEMONIC, FORKED])
def test_a_process_that_others_have_forked_has_workers(script: str, tmp_path: Path) -> None:
    done = run(script, tmp_path / "script.py")
    assert (done.returncode, done.stdout, done.stderr) == (0, "3\n", "")


def test_a_folder_for_temporary_files_with_a_long_path_is_no_hindrance(tmp_path: Path) -> None:
    long = tmp_path / ("job_" + "1234567890" * 10)
    long.mkdir()
    done = run(GUARDED, tmp_path / "script.py", TMPDIR=str(long))
    assert (done.returncode, done.stdout, done.stderr) == (0, "3\n", "")
    assert list(long.glob("pymp-*")) == []


def test_where_no_folder_will_do_it_is_said_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> str:
        raise FileNotFoundError(2, "No usable temporary directory found")

    long = tmp_path / ("x" * 100)
    long.mkdir()
    monkeypatch.setattr(util, "get_temp_dir", none)
    monkeypatch.setattr(sockets, "SHORT", ("/nowhere", str(long)))
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    sentence = r"^worker processes need a folder for a socket, .* set TMPDIR to one, or use the executor serial$"
    with pytest.raises(ExecutorError, match=sentence):
        sockets.find_folder()
    assert list(long.iterdir()) == []


def test_a_short_folder_is_found_where_nothing_can_be_written_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none() -> str:
        raise FileNotFoundError(2, "No usable temporary directory found")

    config: dict[str, str] = {}
    monkeypatch.setattr(util, "get_temp_dir", none)
    monkeypatch.setattr(multiprocessing.current_process(), "_config", config)
    with tempfile.TemporaryDirectory(dir="/tmp") as short:
        monkeypatch.setenv("XDG_RUNTIME_DIR", short)
        sockets.find_folder()
        assert config["tempdir"].startswith(f"{short}/pymp-")
