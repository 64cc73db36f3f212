"""The tutorials' commands and programs are run as tests, each page from top to bottom in a folder of its own."""

import os
import subprocess
import tempfile
from typing import Any

from sybil import Sybil
from sybil.example import Example
from sybil.parsers.markdown import CodeBlockParser, PythonCodeBlockParser


def run(example: Example) -> None:
    """Run a block of shell commands; the first that fails fails the test."""
    subprocess.run(["bash", "-euo", "pipefail", "-c", example.parsed], check=True, timeout=240)


def begin(namespace: dict[str, Any]) -> None:
    """Enter an empty folder."""
    namespace["_before"] = os.getcwd()
    namespace["_folder"] = tempfile.TemporaryDirectory()
    os.chdir(namespace["_folder"].name)


def end(namespace: dict[str, Any]) -> None:
    """Leave it, and remove it."""
    os.chdir(namespace["_before"])
    namespace["_folder"].cleanup()


pytest_collect_file = Sybil(
    parsers=[CodeBlockParser("bash", run), PythonCodeBlockParser()],
    patterns=["tutorial/*.md"],
    setup=begin,
    teardown=end,
).pytest()
