import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from diswot.errors import DiswotError, ExecutorError
from diswot.proxies import AGGREGATES, Aggregate
from diswot.scoring import reference_sample
from diswot.search.search import Search
from diswot.search.state import Progress
from diswot.spec.compute import ComputeSpec
from diswot.spec.document import to_json
from service import work as work_module
from service.database import open_database
from service.leases import ATTEMPTS, Lease, Leases
from service.requests import SearchRequest
from service.store import Store
from service.tables import Checkpoint, Job
from service.work import SearchWork
from service.worker import Worker
from tests.service.harness import TINY, without_timings

SCALED = TINY | {"score": "scaled", "evaluations": 20}
"""With a reference sample before the search."""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(open_database(tmp_path / "jobs.sqlite3"))
    yield store
    store.engine.dispose()


@pytest.fixture
def worker(store: Store) -> Worker:
    return Worker(Leases(store, "worker-1", "x"), ComputeSpec("serial"), threading.Event())


@pytest.fixture
def _scaled_score(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(AGGREGATES, "scaled", Aggregate("scaled", "", "", {"nwot": 1.0, "macs": 1.0}, "standard"))
    monkeypatch.setattr("diswot.search.phases.reference_sample", lambda space, seed: reference_sample(space, seed, 12))


def post(store: Store, body: dict[str, Any]) -> str:
    spec = to_json(SearchRequest.model_validate(body).search_spec())
    return store.create("search", spec, {}, {"done": 0, "total": 0, "percent": 0.0})[0].id


def claim(worker: Worker) -> Lease:
    lease = worker.leases.claim()
    assert lease is not None
    return lease


def after(count: int, act: Callable[[], object], monkeypatch: pytest.MonkeyPatch) -> None:
    """Let `act` happen at that report of progress, and let every report reach the store."""
    seen = []
    report = SearchWork._report

    def counted(self: SearchWork, progress: Progress) -> None:
        seen.append(progress)
        if len(seen) == count:
            act()
        report(self, progress)

    monkeypatch.setattr(SearchWork, "_report", counted)
    monkeypatch.setattr(work_module, "TELL", 0.0)


def end(store: Store, job_id: str) -> Job:
    return store.get("search", job_id)


@pytest.mark.usefixtures("_scaled_score")
def test_progress_covers_the_reference_sample_and_only_grows(
    store: Store, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[dict[str, Any]] = []
    progress = Leases.progress

    def noted(self: Leases, lease: Lease, document: dict[str, Any]) -> str:
        told.append(document)
        return progress(self, lease, document)

    monkeypatch.setattr(Leases, "progress", noted)
    monkeypatch.setattr(work_module, "TELL", 0.0)
    monkeypatch.setattr(work_module, "SAVE", 5.0)
    # A second between two looks at the clock, however busy the machine: then every fifth report is a checkpoint.
    monkeypatch.setattr("service.worker.SearchWork", partial(SearchWork, clock=count().__next__))
    job_id = post(store, SCALED)
    worker.work(claim(worker))
    job = end(store, job_id)
    assert job.state == "succeeded", job.error
    assert [told[0]["phase"], told[1]["phase"], told[-1]["phase"]] == ["preparing", "reference", "evolving"]
    done = [document["done"] for document in told]
    assert done == sorted(done)
    assert len({document["total"] for document in told[1:]}) == 1
    assert told[-1]["best_score"] is not None
    assert told[-1]["rate_per_s"] > 0
    assert job.progress["done"] == job.progress["total"] == done[-1]
    with store.read() as session:
        assert len(session.scalars(select(Checkpoint.seq)).all()) == 2


@pytest.mark.usefixtures("_scaled_score")
def test_a_search_that_stops_in_its_reference_sample_goes_on_from_there(
    store: Store, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = post(store, SCALED)
    worker.work(claim(worker))
    stopped = post(store, SCALED)
    with monkeypatch.context() as patch:
        patch.setattr(work_module, "SAVE", 0.0)
        after(9, worker.stopping.set, patch)
        worker.work(claim(worker))
    assert end(store, stopped).state == "queued"
    worker.stopping.clear()
    with monkeypatch.context() as patch:
        restored: list[int] = []
        restore = Search.restore

        def noted(self: Search, state: dict[str, Any]) -> None:
            restored.append(len(state["reference"]))
            restore(self, state)

        patch.setattr(Search, "restore", noted)
        worker.work(claim(worker))
    assert restored == [8]
    first, second = end(store, whole).result, end(store, stopped).result
    assert first is not None
    assert second is not None
    assert without_timings(first) == without_timings(second)


def test_a_cancelled_search_ends_at_the_next_measurement(
    store: Store, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = post(store, TINY)
    after(3, lambda: store.cancel("search", job_id), monkeypatch)
    worker.work(claim(worker))
    job = end(store, job_id)
    assert (job.state, job.result, job.error, job.progress["done"]) == ("cancelled", None, None, 3)


def test_a_worker_that_lost_its_lease_drops_the_work(
    store: Store, worker: Worker, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    job_id = post(store, TINY)
    other = Leases(store, "worker-1", "y")

    def rob() -> None:
        other.take_over()
        other.claim()

    after(3, rob, monkeypatch)
    worker.work(claim(worker))
    assert (end(store, job_id).state, end(store, job_id).epoch) == ("running", 2)
    assert "no longer holds job" in caplog.text


def test_a_search_that_cannot_succeed_fails_with_a_problem(
    store: Store, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise DiswotError("all 60 candidates failed; the first: x")

    monkeypatch.setattr(work_module, "run_search", fail)
    job_id = post(store, TINY)
    worker.work(claim(worker))
    job = end(store, job_id)
    assert job.state == "failed"
    assert job.error == {
        "type": "https://diswot.dev/problems/search-failed",
        "title": "Internal Server Error",
        "status": 500,
        "detail": "all 60 candidates failed; the first: x",
    }


def test_lost_workers_of_the_executor_count_as_a_death(
    store: Store, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ExecutorError("a worker process died")

    monkeypatch.setattr(work_module, "run_search", fail)
    job_id = post(store, TINY)
    for attempt in range(1, ATTEMPTS + 1):
        with pytest.raises(ExecutorError):
            worker.work(claim(worker))
        assert (end(store, job_id).state, end(store, job_id).attempt) == ("running", attempt)
        worker.leases = Leases(store, "worker-1", str(attempt))
        worker.leases.take_over()
    assert worker.leases.claim() is None
    assert (end(store, job_id).error or {})["type"].endswith("/crash-loop")


def test_a_worker_runs_until_told_and_shows_that_it_lives(
    store: Store, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    beats: list[Lease | None] = []
    beat = Leases.beat

    def faltering(self: Leases, lease: Lease | None = None) -> None:
        beats.append(lease)
        if len(beats) == 1:
            raise OperationalError("x", None, Exception("database is locked"))
        beat(self, lease)

    monkeypatch.setattr(Leases, "beat", faltering)
    monkeypatch.setattr("service.worker.BEAT", 0.05)
    monkeypatch.setattr("service.worker.POLL", 0.05)
    job_id = post(store, TINY)
    thread = threading.Thread(target=worker.run)
    thread.start()
    deadline = time.monotonic() + 30
    while end(store, job_id).state != "succeeded" and time.monotonic() < deadline:
        time.sleep(0.05)
    worker.stopping.set()
    thread.join(30)
    assert end(store, job_id).state == "succeeded"
    assert store.heartbeat_age() is not None
    assert any(lease is not None and lease.job.id == job_id for lease in beats)
