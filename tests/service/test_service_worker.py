import threading
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import event, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from diswot.errors import DiswotError, ExecutorError
from diswot.evaluation import EvalTask, Evaluation
from diswot.proxies import AGGREGATES, Aggregate
from diswot.scoring import reference_sample
from diswot.search.run import run_phases
from diswot.search.search import VERSION, Search
from diswot.search.state import Progress
from diswot_service.errors import StorageLow
from diswot_service.jobs import KINDS, search_work
from diswot_service.jobs.search import accept
from diswot_service.jobs.search_work import SearchWork
from diswot_service.requests import SearchRequest
from diswot_service.settings import Settings
from diswot_service.store import LOCAL, Database, Job, Lease, Leases, Snapshot, Store, WorkerBeat, open_database
from diswot_service.store.leases import ATTEMPTS
from diswot_service.worker import Worker
from diswot_spaces import SearchSpace
from tests.service.harness import TINY, wait_for, without_timings

SCALED = TINY | {"score": "scaled", "evaluations": 20}
"""With a reference sample before the search."""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    database = open_database(Settings(tmp_path).database)
    yield Store(database)
    database.close()


@pytest.fixture
def worker(store: Store, tmp_path: Path) -> Worker:
    settings = Settings(tmp_path, "serial", keeps_evaluations=False)
    return Worker(Leases(store.database, "worker-1", "x"), settings, threading.Event())


@pytest.fixture
def _scaled_score(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(AGGREGATES, "scaled", Aggregate("scaled", "", "", {"nwot": 1.0, "macs": 1.0}, "standard"))
    monkeypatch.setattr("diswot.search.phases.reference_sample", lambda space, seed: reference_sample(space, seed, 12))


def post(store: Store, body: dict[str, Any]) -> str:
    accepted = accept(SearchRequest.model_validate(body))
    return store.create(LOCAL, "search", accepted.spec, {}, accepted.progress.model_dump())[0].id


def claim(worker: Worker) -> Lease:
    lease = worker.leases.claim(KINDS)
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
    monkeypatch.setattr(search_work, "TELL", 0.0)


def end(store: Store, job_id: str) -> Job:
    return store.get(LOCAL, "search", job_id)


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
    monkeypatch.setattr(search_work, "TELL", 0.0)
    monkeypatch.setattr(search_work, "SAVE", 5.0)
    monkeypatch.setattr(search_work, "SHARE", 1e9)
    # A second between two looks at the clock, however busy the machine: then every fifth report is a checkpoint.
    monkeypatch.setattr(search_work, "SearchWork", partial(SearchWork, clock=count().__next__))
    job_id = post(store, SCALED)
    worker.work(claim(worker))
    job = end(store, job_id)
    assert job.state == "succeeded", job.error
    assert [told[0]["phase"], told[1]["phase"], told[-1]["phase"]] == ["preparing", "reference", "exploring"]
    done = [document["done"] for document in told]
    assert done == sorted(done)
    assert len({document["total"] for document in told[1:]}) == 1
    assert told[-1]["best_score"] is not None
    assert told[-1]["rate_per_s"] > 0
    assert job.progress["done"] == job.progress["total"] == done[-1]
    events = [event.data for event in store.events(LOCAL, "search", job_id, 99) if event.type == "progress"]
    kept = [document["done"] for document in events]
    assert kept == sorted(set(kept))
    assert kept[-1] == done[-1], "the last batch ends with a checkpoint"
    assert len(kept) > 2, "and the reference sample has some"


@pytest.mark.usefixtures("_scaled_score")
def test_a_search_that_stops_in_its_reference_sample_goes_on_from_there(
    store: Store, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = post(store, SCALED)
    worker.work(claim(worker))
    stopped = post(store, SCALED)
    with monkeypatch.context() as patch:
        patch.setattr(search_work, "SAVE", 0.0)
        patch.setattr(search_work, "SHARE", 1e9)
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
    after(3, lambda: store.cancel(LOCAL, "search", job_id), monkeypatch)
    worker.work(claim(worker))
    job = end(store, job_id)
    assert (job.state, job.result, job.error, job.progress["done"]) == ("cancelled", None, None, 3)


def test_a_worker_that_lost_its_lease_drops_the_work(
    store: Store, worker: Worker, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    job_id = post(store, TINY)
    other = Leases(store.database, "worker-1", "y")

    def rob() -> None:
        other.void_stale_leases()
        other.claim(KINDS)

    after(3, rob, monkeypatch)
    worker.work(claim(worker))
    assert (end(store, job_id).state, end(store, job_id).epoch) == ("running", 2)
    assert "no longer holds job" in caplog.text


def test_a_search_that_cannot_succeed_fails_with_a_problem(
    store: Store, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise DiswotError("all 60 candidates failed; the first: x")

    monkeypatch.setattr(search_work, "run_search", fail)
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

    monkeypatch.setattr(search_work, "run_search", fail)
    job_id = post(store, TINY)
    for attempt in range(1, ATTEMPTS + 1):
        with pytest.raises(ExecutorError):
            worker.work(claim(worker))
        assert (end(store, job_id).state, end(store, job_id).attempt) == ("running", attempt)
        worker.leases = Leases(store.database, "worker-1", str(attempt))
        worker.leases.void_stale_leases()
    assert worker.leases.claim(KINDS) is None
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
    monkeypatch.setattr("diswot_service.worker.BEAT", 0.05)
    monkeypatch.setattr("diswot_service.worker.POLL", 0.05)
    job_id = post(store, TINY)
    thread = threading.Thread(target=worker.run)
    thread.start()
    deadline = time.monotonic() + 30
    while end(store, job_id).state != "succeeded" and time.monotonic() < deadline:
        time.sleep(0.05)
    worker.stopping.set()
    thread.join(30)
    assert end(store, job_id).state == "succeeded"
    with store.database.read() as session:
        assert session.scalars(select(WorkerBeat.name)).all() == ["worker-1"]
    assert any(lease is not None and lease.job.id == job_id for lease in beats)


class FakeExecutor:
    """Measures nothing: makes a value of the name of the architecture."""

    def __init__(self, space: SearchSpace) -> None:
        self.space = space

    def map(self, tasks: Iterable[EvalTask]) -> Iterator[Evaluation]:
        for task in tasks:
            name, costs = self.space.encode(task.arch), self.space.costs(task.arch, 10, (3, 16, 16))
            value = zlib.crc32(name.encode()) / 2**32
            yield Evaluation(name, costs, {"nwot": (value,) * len(task.inits)}, 0.0)


@pytest.fixture
def _fake_measurements(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(search: Search, _compute: object, report: Any, checkpoint: Any) -> SimpleNamespace:
        run_phases(search, FakeExecutor(search.space), report, checkpoint)
        return SimpleNamespace(model_dump=lambda mode: {"schema": mode})

    monkeypatch.setattr(search_work, "run_search", run)
    monkeypatch.setattr(search_work, "SHARE", 1e9)  # Else checkpoints would be rare, so quickly is nothing measured.


def long_search(evaluations: int, **changes: Any) -> dict[str, Any]:
    return TINY | {"space": "mobilenetv2", "evaluations": evaluations, "student_inits": 2} | changes


@pytest.mark.usefixtures("_fake_measurements")
@pytest.mark.parametrize("algorithm", ["aging-evolution", "random", "nsga2"])
def test_what_is_written_for_a_batch_does_not_grow_with_the_search(
    store: Store, worker: Worker, algorithm: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = [0]

    def count(_c: object, _cursor: object, _statement: str, values: Any, *_: object) -> None:
        rows = values if isinstance(values, list) else [values]
        written[-1] += sum(len(str(value)) for row in rows for value in row)

    event.listen(store.database.engine, "before_cursor_execute", count)
    checkpoint = Leases.checkpoint

    def measured(*arguments: Any) -> str:
        written.append(0)
        return checkpoint(*arguments)

    monkeypatch.setattr(Leases, "checkpoint", measured)
    monkeypatch.setattr(search_work, "TELL", 1e9)
    post(store, long_search(400, algorithm=algorithm))
    worker.work(claim(worker))
    batches = written[2:-1]  # The first wrote the initial population.
    assert len(batches) >= 18
    assert max(batches[-5:]) < 1.2 * max(batches[:5])


@pytest.mark.usefixtures("_fake_measurements")
def test_a_long_search_goes_on_from_its_rows(store: Store, worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, killed = (post(store, long_search(200)) for _ in range(2))
    worker.work(claim(worker))
    with monkeypatch.context() as patch:
        after(130, partial(exec, "raise MemoryError"), patch)
        with pytest.raises(MemoryError):
            worker.work(claim(worker))
    before = store.candidates(LOCAL, "search", killed, 999)
    assert len(before) == 120
    worker.leases = Leases(store.database, "worker-1", "next")
    worker.leases.void_stale_leases()
    worker.work(claim(worker))
    kinds = [e.type for e in store.events(LOCAL, "search", killed, 99)]
    assert "restarted" not in kinds
    found = [
        [(c.number, c.arch, c.score, c.details) for c in store.candidates(LOCAL, "search", job_id, 999)]
        for job_id in (whole, killed)
    ]
    assert found[0] == found[1]
    assert [number for number, *_ in found[0]] == list(range(200))
    finalists = [details for *_, details in found[0] if details["initializations"] == 2]
    assert len(finalists) >= 20, "they are rows that changed"
    best = store.candidates(LOCAL, "search", whole, 1, best_first=True)[0]
    assert best.details["params"] > 0
    assert best.score == max(score for _, _, score, _ in found[0] if score is not None)


@pytest.mark.usefixtures("_fake_measurements")
def test_a_search_that_goes_on_adds_only_what_is_new(
    store: Store, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    post(store, long_search(200))
    with monkeypatch.context() as patch:
        after(130, partial(exec, "raise MemoryError"), patch)
        with pytest.raises(MemoryError):
            worker.work(claim(worker))
    worker.leases = Leases(store.database, "worker-1", "next")
    worker.leases.void_stale_leases()
    added: list[int] = []
    checkpoint = Leases.checkpoint

    def counted(self: Leases, lease: Lease, progress: Any, snapshot: Snapshot, candidates: Any) -> str:
        added.append(sum(len(list(entries)) for entries in snapshot.added.values()))
        return checkpoint(self, lease, progress, snapshot, candidates)

    monkeypatch.setattr(Leases, "checkpoint", counted)
    worker.work(claim(worker))
    assert added[0] == 3 * 20, "an evaluation, a known architecture, and whether it was bred, for each of a batch"


@pytest.mark.usefixtures("_fake_measurements")
def test_checkpoints_take_a_twentieth_of_the_time_at_most(
    store: Store, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each evaluation takes a second, and each checkpoint five: so there is one after a hundred evaluations."""
    monkeypatch.setattr(search_work, "TELL", 1e9)
    monkeypatch.setattr(search_work, "SHARE", 0.05)
    now = iter(range(10**6))
    clock = {"now": 0.0}
    monkeypatch.setattr(
        search_work, "SearchWork", partial(SearchWork, clock=lambda: clock["now"], effort=lambda: 5.0 * next(now))
    )
    report = SearchWork._report

    def slowly(self: SearchWork, progress: Progress) -> None:
        clock["now"] += 1
        report(self, progress)

    monkeypatch.setattr(SearchWork, "_report", slowly)
    job_id = post(store, long_search(300, student_inits=1, proposals_per_batch=20))
    worker.work(claim(worker))
    done = [e.data["done"] for e in store.events(LOCAL, "search", job_id, 99) if e.type == "progress"]
    assert done == [20, 120, 220, 300], "and one at the end, so that every candidate is a row"


@pytest.mark.usefixtures("_fake_measurements")
def test_a_search_outlives_a_full_disk(store: Store, worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    job_id = post(store, long_search(60))
    monkeypatch.setattr("diswot_service.worker.PATIENCE", 0.01)
    monkeypatch.setattr(search_work, "TELL", 0.0)
    write = Database.write
    refused: list[int] = []

    @contextmanager
    def full(self: Database) -> Iterator[Session]:
        if 5 < len(refused) < 100:
            refused.append(1)
            raise StorageLow("the disk of the job database is full")
        refused.extend([1] if len(refused) <= 5 else [])
        with write(self) as session:
            yield session

    lease = claim(worker)
    monkeypatch.setattr(Database, "write", full)
    worker.work(lease)
    assert len(refused) == 100
    assert end(store, job_id).state == "succeeded"


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        ({"version": 1}, "the state of the search has version 1; this diswot continues version "),
        ({"version": VERSION, "algorithm": {}}, "the checkpoint does not fit this version: KeyError("),
    ],
)
def test_a_checkpoint_that_cannot_be_continued_lets_the_search_begin_anew_and_say_so(
    store: Store, worker: Worker, state: dict[str, Any], sentence: str
) -> None:
    job_id = post(store, TINY | {"evaluations": 20})
    lease = claim(worker)
    worker.leases.checkpoint(lease, lease.job.progress, Snapshot(7, state))
    worker.work(lease)
    assert end(store, job_id).state == "succeeded"
    said = [e.data["detail"] for e in store.events(LOCAL, "search", job_id, 99) if e.type == "restarted"]
    assert len(said) == 1
    assert said[0].startswith(sentence)


def test_a_spec_of_another_version_fails_the_job_and_not_the_worker(store: Store, worker: Worker) -> None:
    accepted = accept(SearchRequest.model_validate(TINY))
    spec = {**accepted.spec, "colour": "red"}
    job_id = store.create(LOCAL, "search", spec, {}, accepted.progress.model_dump())[0].id
    worker.work(claim(worker))
    job = end(store, job_id)
    assert job.state == "failed"
    assert (job.error or {})["detail"].startswith("the spec has no field 'colour'; its fields: ")


def test_two_workers_share_a_store(store: Store, tmp_path: Path) -> None:
    jobs = [post(store, TINY | {"evaluations": 2, "seed": seed}) for seed in range(4)]
    settings = Settings(tmp_path, "serial", keeps_evaluations=False)
    stopping = threading.Event()
    workers = [Worker(Leases(store.database, name, "x"), settings, stopping) for name in ("a", "b")]
    threads = [threading.Thread(target=worker.run) for worker in workers]
    for thread in threads:
        thread.start()
    wait_for(lambda: all(end(store, job_id).finished for job_id in jobs) or None)
    stopping.set()
    for thread in threads:
        thread.join()
    assert {(end(store, job_id).state, end(store, job_id).epoch) for job_id in jobs} == {("succeeded", 1)}
