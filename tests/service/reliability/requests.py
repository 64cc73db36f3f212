"""Requests that nobody thought of: schemathesis makes them from the OpenAPI document."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.service.reliability.storm import Api

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"


def found() -> str | None:
    """Where schemathesis is."""
    beside = Path(sys.executable).with_name("schemathesis")
    return str(beside) if beside.exists() else shutil.which("schemathesis")


def hostile(data: Path, examples: int) -> dict[str, Any]:
    """Ask what a schema allows and what it does not; what the service answered that it should not have."""
    command = found()
    if command is None:
        return {"cases": 0, "failures": "schemathesis is not installed"}
    api = Api(data)
    try:
        address = f"http://127.0.0.1:{api.port}/openapi.json"
        words = [command, "run", address, "--max-examples", str(examples), "--checks", CHECKS, "--seed", "1"]
        words += ["--exclude-path-regex", "/events$|/readyz$", "--wait-for-schema", "60", "--continue-on-failure"]
        done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=data)
    finally:
        api.process.kill()
        api.process.wait()
    (data / "schemathesis.log").write_text(done.stdout + done.stderr, encoding="utf-8")
    cases = re.search(r"([\d,]+) generated", done.stdout)
    failures = re.search(r"([\d,]+) (?:unique )?failures?", done.stdout)
    return {"cases": _number(cases), "failures": _number(failures), "code": done.returncode}


def _number(match: re.Match[str] | None) -> int:
    return 0 if match is None else int(match[1].replace(",", ""))
