"""The store against a model of it: clients, workers, crashes and the clock, in any order."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import URL, event

from diswot_service.errors import JobFinished, LeaseLost
from diswot_service.jobs import KINDS
from diswot_service.problems import problem
from diswot_service.store import LOCAL, Lease, Leases, Snapshot, Store, open_database
from diswot_service.store.growth import changes, take_out
from diswot_service.store.leases import LEASE
from diswot_service.store.tables import FINISHED
from tests.service.conftest import MakeUrl

STEPS = 250


@dataclass
class Worker:
    """What a worker holds, or believes to hold, and the numbers that its job has counted."""

    leases: Leases
    lease: Lease | None = None
    counted: tuple[int, ...] = ()


class Model:
    """Jobs that count upwards, with all numbers so far in their checkpoints; three workers.

    Args:
        url: of the database, which is empty.
        seed: of what happens.
    """

    def __init__(self, url: URL, seed: int) -> None:
        self.now = 1_700_000_000.0
        self.database = open_database(url, lambda: self.now)
        if self.database.file is not None:  # No power cut is part of this, so connections may be quick.
            event.listen(self.database.engine, "connect", lambda link, _: link.execute("PRAGMA synchronous=OFF"))
            self.database.engine.dispose()
        self.store = Store(self.database)
        self.random = random.Random(seed)
        self.boots = 0
        self.workers = [self.boot(name) for name in "abc"]
        self.holders: dict[str, Worker] = {}
        """For each job, who may write."""
        self.until: dict[str, float] = {}
        """For each job, when another worker may have it."""
        self.kept: dict[str, tuple[int, ...]] = {}
        """For each job, what its last checkpoint holds."""
        self.ended: dict[str, str] = {}

    def step(self) -> None:
        """Let one thing happen."""
        acts = [self.create, self.cancel, self.crash, self.pass_time, *[self.claim] * 3, *[self.write] * 9]
        self.random.choice(acts)()
        self.check()

    def boot(self, name: str) -> Worker:
        self.boots += 1
        return Worker(Leases(self.database, name, str(self.boots)))

    def create(self) -> None:
        self.now += 1
        self.kept[self.store.create(LOCAL, "search", {}, {}, {"done": 0})[0].id] = ()

    def cancel(self) -> None:
        if not self.kept:
            return
        job_id = self.random.choice(sorted(self.kept))
        before = self.store.get(LOCAL, "search", job_id).state
        try:
            after = self.store.cancel(LOCAL, "search", job_id).state
        except JobFinished:
            after = before
        assert after == {"queued": "cancelled", "running": "cancelling"}.get(before, before)

    def crash(self) -> None:
        """A worker's process dies; its successor takes over at once what it held."""
        place = self.random.randrange(len(self.workers))
        dead = self.workers[place]
        self.workers[place] = self.boot(dead.leases.name)
        self.workers[place].leases.void_stale_leases()
        self.holders = {job_id: worker for job_id, worker in self.holders.items() if worker is not dead}

    def pass_time(self) -> None:
        self.now += self.random.choice([1.0, LEASE + 1, 3600.0])

    def claim(self) -> None:
        worker = self.random.choice(self.workers)
        worker.lease = worker.leases.claim(KINDS)
        if worker.lease is not None:
            job_id = worker.lease.job.id
            assert job_id not in self.holders or self.until[job_id] < self.now, "a job on lease is not given away"
            snapshot = worker.leases.latest(worker.lease)
            worker.counted = () if snapshot is None else tuple(snapshot.state["list"])
            assert worker.counted == self.kept[job_id], "the next worker has what the last one kept"
            self.holders[job_id] = worker
            self.until[job_id] = self.now + LEASE

    def write(self) -> None:
        """A worker writes, which succeeds exactly if nobody has taken its job over."""
        worker = self.random.choice(self.workers)
        lease = worker.lease
        if lease is None:
            return
        how = self.random.choice(["checkpoint"] * 9 + ["beat", "release", "fail", "succeed"])
        may = self.holders.get(lease.job.id) is worker
        try:
            getattr(self, f"_{how}")(worker, lease)
        except LeaseLost:
            assert not may
            worker.lease = None
            return
        assert may
        self.until[lease.job.id] = self.now + LEASE
        if how not in ("checkpoint", "beat"):
            del self.holders[lease.job.id]
            worker.lease = None

    def _checkpoint(self, worker: Worker, lease: Lease) -> None:
        before = worker.counted
        after = (*before, *range(len(before), len(before) + self.random.randint(1, 3)))
        _, known = take_out({"list": list(before)}, ["list"])
        rest, lists = take_out({"list": list(after)}, ["list"])
        rows = [{"number": n, "arch": str(n), "score": 1.0, "details": {}} for n in after[len(before) :]]
        worker.leases.checkpoint(lease, {"done": len(after)}, Snapshot(len(after), rest, changes(known, lists)), rows)
        worker.counted = self.kept[lease.job.id] = after

    def _beat(self, worker: Worker, lease: Lease) -> None:
        worker.leases.beat(lease)

    def _release(self, worker: Worker, lease: Lease) -> None:
        worker.leases.release(lease)

    def _fail(self, worker: Worker, lease: Lease) -> None:
        worker.leases.fail(lease, problem(500, "search-failed", "x"))

    def _succeed(self, worker: Worker, lease: Lease) -> None:
        worker.leases.succeed(lease, {"done": len(worker.counted)}, {})

    def check(self) -> None:
        """No job is lost, none that has ended changes, events have no gaps, candidates are those that were kept."""
        jobs = self.store.page(LOCAL, "search", 1000)
        assert {job.id for job in jobs} == self.kept.keys()
        for job in jobs:
            assert self.ended.get(job.id, job.state) == job.state
            if job.state in FINISHED:
                self.ended[job.id] = job.state
                self.holders.pop(job.id, None)
        job_id = self.random.choice([job.id for job in jobs]) if jobs else None
        if job_id is not None:
            events = self.store.events(LOCAL, "search", job_id, 1000)
            assert [event.seq for event in events] == list(range(1, len(events) + 1))
            found = self.store.candidates(LOCAL, "search", job_id, 1000)
            assert tuple(candidate.number for candidate in found) == self.kept[job_id]


@pytest.fixture
def start(tmp_path: Path, url_in: MakeUrl) -> Iterator[Callable[[int], Model]]:
    started: list[Model] = []

    def start(seed: int) -> Model:
        started.append(Model(url_in(tmp_path), seed))
        return started[-1]

    yield start
    for model in started:
        model.database.close()


@pytest.mark.parametrize("seed", range(2))
def test_the_promises_hold_in_any_order_of_events(start: Callable[[int], Model], seed: int) -> None:
    model = start(seed)
    for _ in range(STEPS):
        model.step()
    assert {"succeeded", "failed", "cancelled"} <= set(model.ended.values())
    assert max(map(len, model.kept.values())) > 3
