"""The worker process, `python -m diswot_service.worker`: claims jobs, one after the other, and works on them.

Started by a supervisor, it stops by itself when its standard input ends: the supervisor holds the other end, and
however that process dies, the pipe breaks. Started otherwise, it stops when it is told to by a signal.
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import socket
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from diswot.errors import DiswotError, ExecutorError, InputError
from diswot.storage.lock import hold
from diswot_service.errors import LeaseLost, StorageFault
from diswot_service.jobs import KINDS, Cancelled, Stopped
from diswot_service.problems import problem_of
from diswot_service.processes import end_own
from diswot_service.settings import DATABASE_URL, Settings
from diswot_service.store import Lease, Leases, open_database

BEAT = 5.0
"""Seconds between two signs of life; six may be missed before the lease ends."""
POLL = 0.5
"""Seconds between two looks for a job."""
PATIENCE = 2.0
"""Seconds between two attempts to reach a store that cannot be relied on."""
GRACE = 5.0
"""Seconds to give the job back in after the supervisor has died."""

_LOG = logging.getLogger("diswot_service.worker")


class Worker:
    """Works on jobs until told to stop.

    Args:
        leases: the store.
        settings: where to compute.
        stopping: set to stop it.
    """

    def __init__(self, leases: Leases, settings: Settings, stopping: threading.Event) -> None:
        self.leases = leases
        self.settings = settings
        self.stopping = stopping
        self._lease: Lease | None = None

    def run(self) -> None:
        """Claim and work; an error that nobody foresaw ends the process, and the next one tries the job again."""
        with self._heart():
            self._insist(self.leases.void_stale_leases)
            while not self.stopping.is_set():
                self._insist(self._claim)
                if self._lease is None:
                    self.stopping.wait(POLL)
                else:
                    self.work(self._lease)

    def work(self, lease: Lease) -> None:
        """Bring one job to an end, or give it back.

        Raises:
            ExecutorError: workers were lost, perhaps for lack of memory; counts as a death of this one.
        """
        job = lease.job
        _LOG.info("%s %s: attempt %d", job.kind, job.id, job.attempt)
        try:
            end = self._work(lease)
            self._insist(end)
        except (LeaseLost, StorageFault) as error:
            _LOG.warning("%s", error)

    def _work(self, lease: Lease) -> Callable[[], None]:
        """Work on a job; returns how to end it in the store."""
        try:
            work = KINDS[lease.job.kind].start(self.leases, lease, self.settings, self.stopping)
            result = work.run()
        except (LeaseLost, StorageFault, ExecutorError):
            raise
        except Cancelled:
            return lambda: self.leases.cancelled(lease)
        except Stopped:
            return lambda: self.leases.release(lease)
        except DiswotError as error:
            _LOG.warning("%s %s failed: %s", lease.job.kind, lease.job.id, error)
            problem = problem_of(error)
            return lambda: self.leases.fail(lease, problem)
        return lambda: self.leases.succeed(lease, work.progress.model_dump(), result)

    def _claim(self) -> None:
        self._lease = self.leases.claim(KINDS)

    def _insist(self, write: Callable[[], None]) -> None:
        """Write to the store; where it cannot be relied on, try again until it can, or until told to stop."""
        told = ""
        while True:
            try:
                write()
            except StorageFault as fault:
                if str(fault) != told:
                    told = str(fault)
                    _LOG.warning("waiting for the store: %s", told)
                if self.stopping.wait(PATIENCE):
                    return
            else:
                return

    @contextmanager
    def _heart(self) -> Iterator[None]:
        still = threading.Event()
        thread = threading.Thread(target=self._beat, args=(still,), name="heart", daemon=True)
        thread.start()
        try:
            yield
        finally:
            still.set()
            thread.join()

    def _beat(self, still: threading.Event) -> None:
        while True:
            try:
                self.leases.beat(self._lease)
            except (LeaseLost, StorageFault, SQLAlchemyError) as error:  # The work finds out at its next write.
                _LOG.debug("beat: %s", error)
            if still.wait(BEAT):
                return


def main() -> None:
    """Work for a supervisor, until told to stop or left alone."""
    options = _options()
    settings = Settings(
        options.data,
        options.executor,
        options.workers,
        keeps_evaluations=options.cache,
        database_url=os.environ.get(DATABASE_URL),
    )
    try:
        work(settings, options.name, supervised=options.supervised)
    except InputError as error:
        sys.exit(f"error: {error}")


def work(settings: Settings, name: str | None = None, *, supervised: bool = False) -> None:
    """Work until told to stop.

    Args:
        settings: of the service.
        name: one process at a time has it, and takes over what the last one left; by default it has one of its own.
        supervised: whether to stop when standard input ends, too.

    Raises:
        InputError: the database cannot be used.
    """
    logging.basicConfig(level=logging.INFO, format="%(levelname)s:     %(name)s %(message)s", stream=sys.stderr)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    if supervised:
        threading.Thread(target=_watch_supervisor, args=(stopping,), name="watch-supervisor", daemon=True).start()
    _run(settings, name, stopping)


def _run(settings: Settings, name: str | None, stopping: threading.Event) -> None:
    boot = str(uuid.uuid4())
    with nullcontext() if name is None else _alone(settings.data / f"{name}.lock", stopping):
        if stopping.is_set():
            return
        database = open_database(settings.database, upgrade=False)
        try:
            import diswot.workflow  # noqa: F401 - Takes seconds, which the first job need not wait for.

            Worker(Leases(database, name or f"{socket.gethostname()}-{boot[:8]}", boot), settings, stopping).run()
        finally:
            database.close()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="A worker process of `diswot serve`.")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--name", help="one process at a time has it, and takes over what the last one left")
    parser.add_argument("--executor", default="processes")
    parser.add_argument("--workers", type=int)
    parser.add_argument("--no-cache", dest="cache", action="store_false")
    parser.add_argument("--supervised", action="store_true", help="stop when standard input ends")
    return parser.parse_args()


@contextmanager
def _alone(path: Path, stopping: threading.Event) -> Iterator[None]:
    """Wait until the worker that went by this name before is gone."""
    while not stopping.is_set():
        with hold(path) as held:
            if held:
                yield
                return
        stopping.wait(0.1)
    yield


def _watch_supervisor(stopping: threading.Event) -> None:
    # Nothing is ever sent. Reading from `sys.stdin` would hold a lock that the end of the process needs.
    while os.read(sys.stdin.fileno(), 1):
        pass
    stopping.set()
    time.sleep(GRACE)
    end_own()
    os._exit(1)


if __name__ == "__main__":
    main()
