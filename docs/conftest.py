"""The tutorials' commands and programs are run as tests, each page from top to bottom in a folder of its own."""

import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import chdir
from pathlib import Path
from typing import Any

from sybil import Sybil
from sybil.example import Example
from sybil.parsers.markdown import CodeBlockParser, PythonCodeBlockParser


def run(example: Example) -> None:
    """Run a block of shell commands with this environment's `diswot` and `python`; the first failure fails the test."""
    bash = shutil.which("bash")
    assert bash is not None, "the tutorials are written for bash"
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    command = [bash, "-euo", "pipefail", "-c", example.parsed]
    subprocess.run(command, check=True, timeout=240, env=os.environ | {"PATH": path})


def begin(namespace: dict[str, Any]) -> None:
    """Enter an empty folder."""
    namespace["_folder"] = tempfile.TemporaryDirectory()
    namespace["_inside"] = chdir(namespace["_folder"].name)
    namespace["_inside"].__enter__()


def end(namespace: dict[str, Any]) -> None:
    """Leave it, and remove it."""
    namespace["_inside"].__exit__(None, None, None)
    namespace["_folder"].cleanup()


pytest_collect_file = Sybil(
    parsers=[CodeBlockParser("bash", run), PythonCodeBlockParser()],
    patterns=["tutorial/*.md"],
    setup=begin,
    teardown=end,
).pytest()
