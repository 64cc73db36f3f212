import sqlite3
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, update

from diswot.errors import InputError, UnreadableData
from service.database import open_database
from service.errors import JobFinished, KeyReused, LeaseLost, NotFound, QueueFull
from service.ids import uuid7
from service.leases import ATTEMPTS, LEASE, Lease, Leases
from service.problems import problem
from service.store import KEY_LIFETIME, Key, Store
from service.tables import Checkpoint, Job

HALF = {"done": 1, "total": 2, "percent": 50.0}


class Clock:
    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Iterator[Store]:
    store = Store(open_database(tmp_path / "jobs.sqlite3"), clock)
    yield store
    store.engine.dispose()


@pytest.fixture
def leases(store: Store) -> Leases:
    return Leases(store, "worker-1", "first")


def new(store: Store, **options: Any) -> Job:
    store.clock.now += 1  # type: ignore[attr-defined]
    return store.create("search", {"a": 1}, {}, {"done": 0, "total": 2, "percent": 0.0}, **options)[0]


def claim(leases: Leases) -> Lease:
    lease = leases.claim()
    assert lease is not None
    return lease


def test_ids_are_uuids_of_version_7_that_sort_by_time() -> None:
    ids = [uuid7(1_700_000_000 + i / 1000) for i in range(100)] + [uuid7(1_700_000_001), uuid7(1_700_000_001.0005)]
    assert ids == sorted(ids)
    assert {uuid.UUID(text).version for text in ids} == {7}
    assert uuid.UUID(ids[0]).int >> 80 == 1_700_000_000_000
    assert uuid.UUID(ids[0]).variant == uuid.RFC_4122


def test_a_job_waits_in_the_queue(store: Store) -> None:
    job = store.get("search", new(store).id)
    assert (job.state, job.version, job.attempt, job.epoch, job.spec) == ("queued", 1, 0, 0, {"a": 1})
    with pytest.raises(NotFound, match="there is no search 1234"):
        store.get("search", "1234")
    with pytest.raises(NotFound):
        store.get("distillation", job.id)


def test_pages_go_from_the_newest_back(store: Store, leases: Leases) -> None:
    jobs = [new(store).id for _ in range(5)]
    first = store.page("search", 3)
    assert [job.id for job in first] == jobs[:1:-1]
    assert [job.id for job in store.page("search", 3, before=first[-1].id)] == jobs[1::-1]
    leases.claim()
    assert [job.id for job in store.page("search", 3, "running")] == jobs[:1]
    assert store.page("distillation", 3) == []


def test_a_key_starts_one_job(store: Store, clock: Clock) -> None:
    key = Key("POST /v1/searches", "k", "f")
    job = new(store, key=key)
    again, replayed = store.create("search", {}, {}, {}, key=key)
    assert (again.id, replayed) == (job.id, True)
    with pytest.raises(KeyReused, match="Idempotency-Key 'k' came with another body before"):
        store.create("search", {}, {}, {}, key=Key(key.route, "k", "g"))
    clock.now += KEY_LIFETIME + 1
    assert new(store, key=key).id != job.id


def test_the_queue_is_bounded(store: Store, leases: Leases) -> None:
    new(store, queue=1)
    with pytest.raises(QueueFull, match="1 jobs are waiting"):
        new(store, queue=1)
    leases.succeed(claim(leases), HALF, {})
    new(store, queue=1)


def test_the_oldest_job_is_claimed_once(store: Store, leases: Leases) -> None:
    first, second = new(store), new(store)
    assert [claim(leases).job.id, claim(leases).job.id] == [first.id, second.id]
    assert leases.claim() is None
    job = store.get("search", first.id)
    assert (job.state, job.epoch, job.attempt, job.version, job.owner) == ("running", 1, 1, 2, "worker-1/first")
    assert job.started_at == store.clock()


def test_a_silent_worker_loses_its_job_and_can_write_nothing_more(store: Store, leases: Leases, clock: Clock) -> None:
    new(store)
    lost = claim(leases)
    other = Leases(store, "worker-2", "x")
    clock.now += LEASE - 1
    leases.beat(lost)
    clock.now += LEASE - 1
    assert other.claim() is None, "a beat extends the lease"
    clock.now += 2
    lease = claim(other)
    assert (lease.epoch, lease.job.attempt) == (2, 2)
    for write in (
        lambda: leases.beat(lost),
        lambda: leases.progress(lost, HALF),
        lambda: leases.checkpoint(lost, HALF, 1, {}),
        lambda: leases.succeed(lost, HALF, {}),
        lambda: leases.fail(lost, problem(500, "internal", None)),
        lambda: leases.cancelled(lost),
        lambda: leases.release(lost),
    ):
        with pytest.raises(LeaseLost, match="worker-1/first no longer holds job"):
            write()
    assert other.progress(lease, HALF) == "running"
    assert other.latest(lease) is None


def test_a_clock_that_jumps_gives_a_job_to_one_worker_only(store: Store, leases: Leases, clock: Clock) -> None:
    new(store)
    first = claim(leases)
    other = Leases(store, "worker-2", "x")
    clock.now += 3600
    second = claim(other)
    clock.now -= 7200
    assert leases.claim() is None
    with pytest.raises(LeaseLost):
        leases.progress(first, HALF)
    assert other.progress(second, HALF) == "running"


def test_a_new_process_of_a_worker_need_not_wait_for_the_old_lease(store: Store, leases: Leases) -> None:
    new(store)
    old = claim(leases)
    Leases(store, "worker-11", "x").take_over()
    assert leases.progress(old, HALF) == "running", "another worker's name is no part of this one's"
    restarted = Leases(store, "worker-1", "second")
    assert restarted.claim() is None
    restarted.take_over()
    assert claim(restarted).job.id == old.job.id
    with pytest.raises(LeaseLost):
        leases.progress(old, HALF)


def test_a_job_that_kills_its_worker_every_time_fails(store: Store, leases: Leases, clock: Clock) -> None:
    job = new(store)
    for attempt in range(1, ATTEMPTS + 1):
        assert claim(leases).job.attempt == attempt
        clock.now += LEASE + 1
    assert leases.claim() is None
    job = store.get("search", job.id)
    assert (job.state, job.owner, job.finished_at) == ("failed", None, clock.now)
    assert job.error is not None
    assert job.error["type"].endswith("/crash-loop")
    assert job.error["detail"] == "the worker died 5 times in a row without getting further with this job"


def test_a_job_that_gets_further_may_crash_for_ever(store: Store, leases: Leases, clock: Clock) -> None:
    new(store)
    for done in range(1, 30):
        leases.checkpoint(claim(leases), HALF, done, {"done": done})
        clock.now += LEASE + 1
    assert claim(leases).job.attempt == 2
    with store.read() as session:
        assert session.scalars(select(Checkpoint.seq)).all() == [28, 29]


def test_a_checkpoint_without_progress_does_not_count(store: Store, leases: Leases, clock: Clock) -> None:
    new(store)
    for _ in range(ATTEMPTS):
        leases.checkpoint(claim(leases), HALF, 0, {})
        clock.now += LEASE + 1
    assert leases.claim() is None


def test_the_newest_sound_checkpoint_is_read(store: Store, leases: Leases) -> None:
    new(store)
    lease = claim(leases)
    assert leases.latest(lease) is None
    for done in (1, 2):
        assert leases.checkpoint(lease, HALF, done, {"done": done, "rng": 2**127 + 1, "score": 0.1 + 0.2}) == "running"
    assert leases.latest(lease) == {"done": 2, "rng": 2**127 + 1, "score": 0.1 + 0.2}
    with store.write() as session:
        session.execute(
            update(Checkpoint).where(Checkpoint.seq == 2).values(state=func.replace(Checkpoint.state, "2", "3"))
        )
    assert (leases.latest(lease) or {})["done"] == 1


def test_a_waiting_job_is_cancelled_at_once(store: Store, leases: Leases) -> None:
    job = store.cancel("search", new(store).id)
    assert (job.state, job.finished_at) == ("cancelled", store.clock())
    assert store.cancel("search", job.id).version == job.version, "asking twice changes nothing"
    assert leases.claim() is None


def test_a_running_job_is_cancelled_by_its_worker(store: Store, leases: Leases) -> None:
    job = new(store)
    lease = claim(leases)
    assert store.cancel("search", job.id).state == "cancelling"
    assert leases.progress(lease, HALF) == "cancelling"
    leases.cancelled(lease)
    assert store.get("search", job.id).state == "cancelled"


def test_a_cancelled_job_whose_worker_died_ends(store: Store, leases: Leases, clock: Clock) -> None:
    job = new(store)
    leases.claim()
    store.cancel("search", job.id)
    clock.now += LEASE + 1
    assert leases.claim() is None
    assert store.get("search", job.id).state == "cancelled"


@pytest.mark.parametrize("state", ["succeeded", "failed"])
def test_a_finished_job_is_not_cancelled(store: Store, leases: Leases, state: str) -> None:
    job = new(store)
    if state == "failed":
        leases.fail(claim(leases), problem(500, "search-failed", "x"))
    else:
        leases.succeed(claim(leases), HALF, {"x": 1})
    with pytest.raises(JobFinished, match=f"has {state} and cannot be cancelled"):
        store.cancel("search", job.id)


def test_a_worker_that_stops_gives_its_job_back(store: Store, leases: Leases) -> None:
    job = new(store)
    leases.release(claim(leases))
    assert claim(leases).job.attempt == 1, "stopping is no crash"
    store.cancel("search", job.id)
    leases.release(Lease(job, 2))
    assert store.get("search", job.id).state == "cancelled"


def test_a_beat_shows_that_a_worker_lives(store: Store, leases: Leases, clock: Clock) -> None:
    assert store.heartbeat_age() is None
    leases.beat()
    clock.now += 7
    assert store.heartbeat_age() == 7


def test_the_database_is_durable(store: Store) -> None:
    expected = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 30000}
    with store.engine.connect() as connection:
        assert {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in expected} == expected


def test_a_database_of_another_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "jobs.sqlite3"
    other = sqlite3.connect(path)
    other.execute("PRAGMA user_version=7")
    other.close()
    with pytest.raises(InputError, match="has tables of version 7; this service reads version 1"):
        open_database(path)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "jobs.sqlite3"
    path.write_bytes(b"no database " * 100)
    with pytest.raises(UnreadableData, match="is not a sound job database"):
        open_database(path)


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match=r"data folder .*file/data' cannot be made: Not a directory"):
        open_database(tmp_path / "file" / "data" / "jobs.sqlite3")
