"""A service as users have it: the API process and its worker, from the command line, over HTTP."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

import httpx2
import psutil

PATIENCE = 60.0
Found = TypeVar("Found")

TINY: dict[str, Any] = {
    "teacher": {"name": "resnet20", "num_classes": 10, "in_shape": [3, 16, 16]},
    "space": "cifar-resnet",
    "evaluations": 60,
    "proposals_per_batch": 20,
    "population": 10,
    "tournament": 3,
    "score": "nwot",
    "probe": {"source": "noise", "size": 8},
    "student_inits": 1,
    "teacher_inits": 1,
}
"""A search of seconds, with a checkpoint after each 20 of its 60 evaluations."""


def wait_for(look: Callable[[], Found | None], patience: float = PATIENCE) -> Found:
    """What `look` finds, as soon as it finds something."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        found = look()
        if found is not None:
            return found
        time.sleep(0.1)
    raise AssertionError(f"nothing for {patience} s")


def alive(pid: int) -> bool:
    """Whether that process runs."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def children(pid: int, *, recursive: bool = False) -> list[int]:
    """Living processes that that process, or one of those, has started."""
    return [child.pid for child in psutil.Process(pid).children(recursive) if alive(child.pid)]


def descendants(pid: int) -> list[int]:
    """All that came of that process and still runs."""
    return children(pid, recursive=True)


class Service:
    """A running service.

    Args:
        data: its folder.
        options: further ones of `diswot up`; by default it measures every search anew, so that each takes its time.
    """

    def __init__(self, data: Path, *options: str) -> None:
        self.log = data.with_suffix(".log")
        with self.log.open("a") as log:
            already = log.tell()
            command = [
                sys.executable,
                "-c",
                "from diswot_service.cli import app; app()",
                "--port",
                "0",
                "--data",
                str(data),
            ]
            self.process = subprocess.Popen(
                [*command, *(options or ("--executor", "serial", "--no-cache"))], stderr=log, stdout=log
            )
        self.url = wait_for(lambda: self._url(already))
        self.client = httpx2.Client(base_url=self.url, timeout=PATIENCE)
        wait_for(self._answers)

    def __enter__(self) -> Service:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.client.close()
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(PATIENCE)

    def worker(self) -> int:
        """The worker process."""
        return wait_for(lambda: next(iter(children(self.process.pid)), None))

    def post(self, **changes: Any) -> dict[str, Any]:
        """Start the tiny search, with some fields changed."""
        answer = self.client.post("/v1/searches", json=TINY | changes)
        assert answer.status_code == 202, answer.text
        document: dict[str, Any] = answer.json()
        return document

    def get(self, job_id: str) -> dict[str, Any]:
        """A search."""
        document: dict[str, Any] = self.client.get(f"/v1/searches/{job_id}").json()
        return document

    def until(self, job_id: str, reached: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The search as soon as it has reached something."""

        def look() -> dict[str, Any] | None:
            job = self.get(job_id)
            return job if reached(job) else None

        return wait_for(look)

    def finished(self, job_id: str) -> dict[str, Any]:
        """The search at its end."""
        return self.until(job_id, lambda job: job["state"] in ("succeeded", "failed", "cancelled"))

    def _url(self, already: int) -> str | None:
        assert self.process.poll() is None, self.log.read_text()
        found = re.search(r"serving (http://\S+),", self.log.read_text()[already:])
        return found and found[1]

    def _answers(self) -> bool | None:
        try:
            return self.client.get("/livez").status_code == 200 or None
        except httpx2.TransportError:
            return None


def midway(job: dict[str, Any]) -> bool:
    """Whether a search has a checkpoint behind it and work before it."""
    assert job["state"] in ("queued", "running"), job
    return bool(20 <= job["progress"]["done"] < 60)


def without_timings(result: dict[str, Any]) -> dict[str, Any]:
    """What two runs of one search share."""
    return {name: part for name, part in result.items() if name not in ("timings", "cache")}
