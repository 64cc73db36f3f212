"""Keeps one worker process running, and leaves none behind."""

from __future__ import annotations

import logging
import os
import socket
import subprocess
import sys
import threading
import time
import zlib
from types import TracebackType

from diswot_service.processes import end_session, wait_unreaped
from diswot_service.settings import DATABASE_URL, Settings

FIRST_DELAY = 0.25
LONGEST_DELAY = 30.0
"""Seconds before a worker that died is started again: doubled with each death, up to this."""
STEADY = 60.0
"""Seconds of life after which a death counts as the first again."""
GRACE = 10.0
"""Seconds that the worker has to give its job back when the service stops."""

_LOG = logging.getLogger("uvicorn.error")


class Supervisor:
    """A worker process inside the block, started again whenever it dies.

    The worker leads a session of its own. When it is gone, whatever is left of that session is killed: the processes of
    its pool, or of its Ray cluster.

    Args:
        settings: passed on to the worker.
        number: of the worker among those of this data folder.
    """

    def __init__(self, settings: Settings, number: int = 0) -> None:
        self._command = [
            sys.executable,
            "-P",
            "-m",
            "diswot_service.worker",
            "--supervised",
            "--data",
            str(settings.data),
        ]
        self._command += ["--name", _name(settings, number), "--executor", settings.executor]
        self._command += [] if settings.workers is None else ["--workers", str(settings.workers)]
        self._command += [] if settings.keeps_evaluations else ["--no-cache"]
        url = {} if settings.database_url is None else {DATABASE_URL: settings.database_url}
        self._environment = os.environ | url  # Not on the command line, which everybody on the machine can read.
        self._stopping = threading.Event()
        self._starting = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._keep, name="supervisor", daemon=True)

    def __enter__(self) -> Supervisor:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._starting:
            self._stopping.set()
        process = self._process
        if process is not None and self._thread.is_alive():
            process.terminate()
            self._thread.join(GRACE)
            if self._thread.is_alive():
                end_session(process.pid)
        self._thread.join()

    def _keep(self) -> None:
        delay = FIRST_DELAY
        while True:
            with self._starting:
                if self._stopping.is_set():
                    return
                self._process = process = subprocess.Popen(  # noqa: S603 - our own module
                    self._command, stdin=subprocess.PIPE, start_new_session=True, env=self._environment
                )
            started = time.monotonic()
            wait_unreaped(process.pid)
            end_session(process.pid)
            code = process.wait()
            if process.stdin is not None:
                process.stdin.close()
            if self._stopping.is_set():
                return
            delay = FIRST_DELAY if time.monotonic() - started >= STEADY else delay
            _LOG.warning("the worker ended with code %d; the next one starts in %.2g s", code, delay)
            self._stopping.wait(delay)
            delay = min(2 * delay, LONGEST_DELAY)


def _name(settings: Settings, number: int) -> str:
    """A name that the workers of this place on this machine have, one after the other, and no others."""
    return f"{socket.gethostname()}-{zlib.crc32(str(settings.data.resolve()).encode()):08x}-{number}"
