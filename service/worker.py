"""The worker process, `python -m service.worker`: claims jobs, one after the other, and works on them.

It stops by itself when its standard input ends: the supervisor holds the other end, and however that process dies, the
pipe breaks.
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from diswot.errors import DiswotError, ExecutorError
from diswot.spec.compute import ComputeSpec
from service.database import open_database
from service.errors import LeaseLost
from service.leases import Lease, Leases
from service.locks import hold
from service.problems import problem_of
from service.processes import end_session
from service.settings import Settings
from service.store import Store
from service.work import Cancelled, SearchWork, Stopped

NAME = "worker-1"
BEAT = 5.0
"""Seconds between two signs of life; six may be missed before the lease ends."""
POLL = 0.5
"""Seconds between two looks for a job."""
GRACE = 5.0
"""Seconds to give the job back in after the supervisor has died."""

_LOG = logging.getLogger("service.worker")


class Worker:
    """Works on jobs until told to stop.

    Args:
        leases: the store.
        compute: where searches measure.
        stopping: set to stop it.
    """

    def __init__(self, leases: Leases, compute: ComputeSpec, stopping: threading.Event) -> None:
        self.leases = leases
        self.compute = compute
        self.stopping = stopping
        self._lease: Lease | None = None

    def run(self) -> None:
        """Claim and work; an error that nobody foresaw ends the process, and the next one tries the job again."""
        self.leases.take_over()
        with self._heart():
            while not self.stopping.is_set():
                self._lease = self.leases.claim()
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
            self._work(lease)
        except LeaseLost as error:
            _LOG.warning("%s", error)

    def _work(self, lease: Lease) -> None:
        try:
            work = SearchWork(self.leases, lease, self.compute, self.stopping)
            result = work.run()
        except (LeaseLost, ExecutorError):
            raise
        except Cancelled:
            self.leases.cancelled(lease)
        except Stopped:
            self.leases.release(lease)
        except DiswotError as error:
            _LOG.warning("%s %s failed: %s", lease.job.kind, lease.job.id, error)
            self.leases.fail(lease, problem_of(error))
        else:
            self.leases.succeed(lease, work.progress, result.model_dump(mode="json"))

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
            except (LeaseLost, SQLAlchemyError) as error:  # The work itself finds out at its next write.
                _LOG.debug("beat: %s", error)
            if still.wait(BEAT):
                return


def main() -> None:
    """Work until told to stop or left alone."""
    options = _options()
    logging.basicConfig(level=logging.INFO, format="%(levelname)s:     %(name)s %(message)s", stream=sys.stderr)
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    threading.Thread(target=_watch_supervisor, args=(stopping,), name="watch-supervisor", daemon=True).start()
    settings = Settings(options.data, options.executor, options.workers, keeps_measurements=options.cache)
    with _alone(settings.data / f"{NAME}.lock", stopping):
        if not stopping.is_set():
            store = Store(open_database(settings.database))
            leases = Leases(store, NAME, str(uuid.uuid4()))
            compute = ComputeSpec(settings.executor, settings.workers, cache=settings.cache)
            Worker(leases, compute, stopping).run()
            store.engine.dispose()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="The worker process of `diswot serve`.")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--executor", default="processes")
    parser.add_argument("--workers", type=int)
    parser.add_argument("--no-cache", dest="cache", action="store_false")
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
    while os.read(
        sys.stdin.fileno(), 1
    ):  # Nothing is ever sent; and no lock is held, as reading from `sys.stdin` would.
        pass
    stopping.set()
    time.sleep(GRACE)
    end_session(os.getsid(0))
    os._exit(1)


if __name__ == "__main__":
    main()
