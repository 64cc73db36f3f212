import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm.exc import DetachedInstanceError

from diswot.errors import UnreadableData
from diswot_service.errors import JobActive, JobFinished, KeyReused, LeaseLost, NotFound, PreconditionFailed, QueueFull
from diswot_service.jobs import KINDS
from diswot_service.problems import problem
from diswot_service.store import LOCAL, Database, Job, Key, Lease, Leases, Snapshot, Store, open_database
from diswot_service.store.growth import Lists, changes, take_out
from diswot_service.store.ids import uuid7
from diswot_service.store.jobs import KEY_LIFETIME
from diswot_service.store.leases import ATTEMPTS, FORGOTTEN, LEASE
from diswot_service.store.tables import Base, Checkpoint, Increment, WorkerBeat
from tests.service.conftest import MakeUrl

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
def database(tmp_path: Path, clock: Clock, url_in: MakeUrl) -> Iterator[Database]:
    database = open_database(url_in(tmp_path), clock)
    yield database
    database.close()


@pytest.fixture
def store(database: Database) -> Store:
    return Store(database)


@pytest.fixture
def leases(database: Database) -> Leases:
    return Leases(database, "worker-1", "first")


def new(store: Store, principal: str = LOCAL, key: Key | None = None) -> Job:
    store.database.clock.now += 1  # type: ignore[attr-defined]
    return store.create(principal, "search", {"a": 1}, {}, {"done": 0, "total": 2, "percent": 0.0}, key)[0]


def claim(leases: Leases) -> Lease:
    lease = leases.claim(KINDS)
    assert lease is not None
    return lease


def test_ids_are_uuids_of_version_7_that_sort_by_time() -> None:
    ids = [uuid7(1_700_000_000 + i / 1000) for i in range(100)] + [uuid7(1_700_000_001), uuid7(1_700_000_001.0005)]
    assert ids == sorted(ids)
    assert {uuid.UUID(text).version for text in ids} == {7}
    assert uuid.UUID(ids[0]).int >> 80 == 1_700_000_000_000
    assert uuid.UUID(ids[0]).variant == uuid.RFC_4122


def test_a_job_waits_in_the_queue(store: Store) -> None:
    job = store.get(LOCAL, "search", new(store).id)
    assert (job.state, job.version, job.attempt, job.epoch, job.spec) == ("queued", 1, 0, 0, {"a": 1})
    with pytest.raises(NotFound, match="there is no search 1234"):
        store.get(LOCAL, "search", "1234")
    with pytest.raises(NotFound):
        store.get(LOCAL, "distillation", job.id)


def test_pages_go_from_the_newest_back(store: Store, leases: Leases) -> None:
    jobs = [new(store).id for _ in range(5)]
    first = store.page(LOCAL, "search", 3)
    assert [job.id for job in first] == jobs[:1:-1]
    assert [job.id for job in store.page(LOCAL, "search", 3, before=first[-1].id)] == jobs[1::-1]
    leases.claim(KINDS)
    assert [job.id for job in store.page(LOCAL, "search", 3, "running")] == jobs[:1]
    assert store.page(LOCAL, "distillation", 3) == []


def test_a_key_starts_one_job(store: Store, clock: Clock) -> None:
    key = Key("POST /v1/searches", "k", "f")
    job = new(store, key=key)
    again, replayed = store.create(LOCAL, "search", {}, {}, {}, key)
    assert (again.id, replayed) == (job.id, True)
    with pytest.raises(KeyReused, match="Idempotency-Key 'k' came with another body before"):
        store.create(LOCAL, "search", {}, {}, {}, Key(key.route, "k", "g"))
    clock.now += KEY_LIFETIME + 1
    assert new(store, key=key).id != job.id


def test_the_queue_is_bounded(database: Database, leases: Leases) -> None:
    store = Store(database, queue=1)
    new(store)
    with pytest.raises(QueueFull, match="1 jobs are waiting"):
        new(store)
    leases.succeed(claim(leases), HALF, {})
    new(store)


def test_the_oldest_job_is_claimed_once(store: Store, leases: Leases) -> None:
    first, second = new(store), new(store)
    assert [claim(leases).job.id, claim(leases).job.id] == [first.id, second.id]
    assert leases.claim(KINDS) is None
    job = store.get(LOCAL, "search", first.id)
    assert (job.state, job.epoch, job.attempt, job.version, job.owner) == ("running", 1, 1, 2, "worker-1/first")
    assert job.started_at == store.database.clock()


def test_a_silent_worker_loses_its_job_and_can_write_nothing_more(store: Store, leases: Leases, clock: Clock) -> None:
    new(store)
    lost = claim(leases)
    other = Leases(store.database, "worker-2", "x")
    clock.now += LEASE - 1
    leases.beat(lost)
    clock.now += LEASE - 1
    assert other.claim(KINDS) is None, "a beat extends the lease"
    clock.now += 2
    lease = claim(other)
    assert (lease.epoch, lease.job.attempt) == (2, 2)
    for write in (
        lambda: leases.beat(lost),
        lambda: leases.progress(lost, HALF),
        lambda: leases.checkpoint(lost, HALF, Snapshot(1, {})),
        lambda: leases.latest(lost),
        lambda: leases.restart(lost, "x"),
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
    other = Leases(store.database, "worker-2", "x")
    clock.now += 3600
    second = claim(other)
    clock.now -= 7200
    assert leases.claim(KINDS) is None
    with pytest.raises(LeaseLost):
        leases.progress(first, HALF)
    assert other.progress(second, HALF) == "running"


def test_a_new_process_of_a_worker_need_not_wait_for_the_old_lease(store: Store, leases: Leases) -> None:
    new(store)
    old = claim(leases)
    Leases(store.database, "worker-11", "x").void_stale_leases()
    assert leases.progress(old, HALF) == "running", "another worker's name is no part of this one's"
    restarted = Leases(store.database, "worker-1", "second")
    assert restarted.claim(KINDS) is None
    restarted.void_stale_leases()
    assert claim(restarted).job.id == old.job.id
    with pytest.raises(LeaseLost):
        leases.progress(old, HALF)


def test_a_job_that_kills_its_worker_every_time_fails(store: Store, leases: Leases, clock: Clock) -> None:
    job = new(store)
    for attempt in range(1, ATTEMPTS + 1):
        assert claim(leases).job.attempt == attempt
        clock.now += LEASE + 1
    assert leases.claim(KINDS) is None
    job = store.get(LOCAL, "search", job.id)
    assert (job.state, job.owner, job.finished_at) == ("failed", None, clock.now)
    assert job.error is not None
    assert job.error["type"].endswith("/crash-loop")
    assert job.error["detail"] == "the worker died 5 times in a row without getting further with this job"


def test_a_job_that_gets_further_may_crash_for_ever(store: Store, leases: Leases, clock: Clock) -> None:
    new(store)
    for done in range(1, 30):
        leases.checkpoint(claim(leases), HALF, Snapshot(done, {"done": done}))
        clock.now += LEASE + 1
    assert claim(leases).job.attempt == 2
    with store.database.read() as session:
        assert session.scalars(select(Checkpoint.seq)).all() == [28, 29]


def test_a_checkpoint_without_progress_does_not_count(store: Store, leases: Leases, clock: Clock) -> None:
    new(store)
    for _ in range(ATTEMPTS):
        leases.checkpoint(claim(leases), HALF, Snapshot(0, {}))
        clock.now += LEASE + 1
    assert leases.claim(KINDS) is None


def grown(leases: Leases, lease: Lease) -> None:
    """Three checkpoints of a list that grows by one, of which the last also changes the first entry."""
    entries: Lists = {}
    for now in ([1], [1, 2], [9, 2, 3]):
        rest, lists = take_out({"done": len(now), "rng": 2**127 + 1, "list": now}, ["list"])
        assert leases.checkpoint(lease, HALF, Snapshot(len(now), rest, changes(entries, lists))) == "running"
        entries = lists


def state(leases: Leases, lease: Lease) -> dict[str, Any]:
    snapshot = leases.latest(lease)
    assert snapshot is not None
    return snapshot.state


def damage(store: Store, table: type[Checkpoint | Increment], seq: int) -> None:
    column = "state" if table is Checkpoint else "changes"
    with store.database.write() as session:
        session.execute(update(table).where(table.seq == seq).values({column: "{}"}))


def test_the_newest_checkpoint_is_read(store: Store, leases: Leases) -> None:
    new(store)
    lease = claim(leases)
    assert leases.latest(lease) is None
    leases.checkpoint(lease, HALF, Snapshot(1, {"done": 1, "score": 0.1 + 0.2}))
    assert state(leases, lease) == {"done": 1, "score": 0.1 + 0.2}
    leases.restart(lease, "x")
    grown(leases, lease)
    snapshot = leases.latest(lease)
    assert snapshot is not None
    assert snapshot.state == {"done": 3, "rng": 2**127 + 1, "list": [9, 2, 3]}
    assert (snapshot.done, snapshot.lists) == (3, {"list": [9, 2, 3]})


@pytest.mark.parametrize("table", [Checkpoint, Increment])
def test_a_damaged_checkpoint_is_passed_over_for_the_one_before(
    store: Store, leases: Leases, table: type[Checkpoint | Increment]
) -> None:
    new(store)
    lease = claim(leases)
    grown(leases, lease)
    damage(store, table, 3)
    assert state(leases, lease) == {"done": 2, "rng": 2**127 + 1, "list": [1, 2]}
    with store.database.read() as session:
        assert session.scalars(select(Checkpoint.seq)).all() == [2], "what is damaged can do no more harm"
        assert session.scalars(select(Increment.seq)).all() == [1, 2]
    damage(store, table, 2)
    with pytest.raises(UnreadableData, match="every checkpoint of the job is damaged"):
        leases.latest(lease)


def test_an_increment_that_is_missing_is_noticed(store: Store, leases: Leases) -> None:
    new(store)
    lease = claim(leases)
    grown(leases, lease)
    with store.database.write() as session:
        session.execute(delete(Increment).where(Increment.seq == 1))
    with pytest.raises(UnreadableData):
        leases.latest(lease)


def test_work_that_begins_anew_says_so(store: Store, leases: Leases) -> None:
    job = new(store)
    lease = claim(leases)
    grown(leases, lease)
    leases.checkpoint(lease, HALF, Snapshot(4, {}), [{"number": 0, "arch": "a", "score": 1.0, "details": {}}])
    leases.restart(lease, "the state has version 2")
    assert leases.latest(lease) is None
    assert store.candidates(LOCAL, "search", job.id, 9) == []
    event = store.events(LOCAL, "search", job.id, 9)[-1]
    assert (event.type, event.data) == ("restarted", {"detail": "the state has version 2"})


def test_a_job_that_succeeds_keeps_no_checkpoints(store: Store, leases: Leases) -> None:
    new(store)
    lease = claim(leases)
    grown(leases, lease)
    leases.succeed(lease, HALF, {"x": 1})
    with store.database.read() as session:
        assert [session.scalars(select(table.seq)).all() for table in (Checkpoint, Increment)] == [[], []]


def test_what_happens_to_a_job_is_recorded_without_gaps(store: Store, leases: Leases) -> None:
    job = new(store)
    lease = claim(leases)
    leases.progress(lease, HALF)
    leases.checkpoint(lease, HALF, Snapshot(1, {}))
    store.cancel(LOCAL, "search", job.id)
    leases.cancelled(lease)
    new(store)
    events = store.events(LOCAL, "search", job.id, 9)
    assert [event.seq for event in events] == [1, 2, 3, 4, 5]
    assert [(event.type, event.data) for event in events] == [
        ("state", {"state": "queued"}),
        ("state", {"state": "running", "attempt": 1}),
        ("progress", HALF),
        ("state", {"state": "cancelling"}),
        ("state", {"state": "cancelled"}),
    ]
    assert [event.seq for event in store.events(LOCAL, "search", job.id, 2, after=2)] == [3, 4]


def test_the_events_of_a_failure_say_why(store: Store, leases: Leases) -> None:
    job = new(store)
    leases.fail(claim(leases), problem(500, "search-failed", "no luck"))
    assert store.events(LOCAL, "search", job.id, 9)[-1].data == {"state": "failed", "detail": "no luck"}


def test_candidates_are_rows_that_can_change(store: Store, leases: Leases) -> None:
    job = new(store)
    lease = claim(leases)
    rows: list[dict[str, Any]] = [
        {"number": i, "arch": f"a{i}", "score": score, "details": {}} for i, score in enumerate([1.0, None, 3.0])
    ]
    leases.checkpoint(lease, HALF, Snapshot(3, {}), rows)
    leases.checkpoint(lease, HALF, Snapshot(4, {}), [{**rows[0], "score": 5.0}])

    def names(**options: Any) -> list[str]:
        return [c.arch for c in store.candidates(LOCAL, "search", job.id, 2, **options)]

    assert names() == ["a0", "a1"]
    assert names(start=2) == ["a2"]
    assert names(best_first=True) == ["a0", "a2"]
    assert names(best_first=True, start=2) == ["a1"], "what has no score comes last"


def test_nobody_sees_or_touches_another_principals_jobs(store: Store, leases: Leases) -> None:
    mine, key = new(store), Key("POST /v1/searches", "k", "f")
    theirs = new(store, "other", key)
    assert [job.id for job in store.page("other", "search", 9)] == [theirs.id]
    assert [job.id for job in store.page(LOCAL, "search", 9)] == [mine.id]
    assert new(store, key=key).id != theirs.id, "keys of two principals are two keys"
    for ask in (store.get, store.cancel, store.delete):
        with pytest.raises(NotFound, match=f"there is no search {mine.id}"):
            ask("other", "search", mine.id)
    for listed in (store.events, store.candidates):
        with pytest.raises(NotFound):
            listed("other", "search", mine.id, 9)
    assert claim(leases).job.id == mine.id, "a worker works for all"


def test_a_finished_job_is_deleted_with_all_that_belongs_to_it(store: Store, leases: Leases) -> None:
    job = new(store, key=Key("POST /v1/searches", "k", "f"))
    with pytest.raises(JobActive, match=f"search {job.id} is queued and cannot be deleted; cancel it first"):
        store.delete(LOCAL, "search", job.id)
    lease = claim(leases)
    leases.checkpoint(lease, HALF, Snapshot(1, {}), [{"number": 0, "arch": "a", "score": 1.0, "details": {}}])
    leases.fail(lease, problem(500, "search-failed", "x"))
    with pytest.raises(PreconditionFailed):
        store.delete(LOCAL, "search", job.id, lambda job: job.version == 1)
    store.delete(LOCAL, "search", job.id, lambda job: job.version == 4)
    assert rows(store.database) == {}
    with pytest.raises(NotFound):
        store.get(LOCAL, "search", job.id)


def rows(database: Database) -> dict[str, int]:
    """Tables that hold something, and how much."""
    with database.read() as session:
        counts = {name: session.scalar(select(func.count()).select_from(t)) for name, t in Base.metadata.tables.items()}
    return {name: count for name, count in counts.items() if count}


def test_finished_jobs_are_kept_for_as_long_as_asked(database: Database, leases: Leases, clock: Clock) -> None:
    store = Store(database, lifetime=100.0)
    old, young = new(store), new(store)
    leases.succeed(claim(leases), HALF, {})
    clock.now += 60
    leases.succeed(claim(leases), HALF, {})
    running = new(store)
    claim(leases)
    clock.now += 50
    new(store)
    with pytest.raises(NotFound):
        store.get(LOCAL, "search", old.id)
    assert [store.get(LOCAL, "search", job.id).state for job in (young, running)] == ["succeeded", "running"]


def test_pages_leave_results_out(store: Store, leases: Leases) -> None:
    new(store)
    leases.succeed(claim(leases), HALF, {"large": 1})
    with pytest.raises(DetachedInstanceError):
        _ = store.page(LOCAL, "search", 1)[0].result


def test_a_waiting_job_is_cancelled_at_once(store: Store, leases: Leases) -> None:
    job = store.cancel(LOCAL, "search", new(store).id)
    assert (job.state, job.finished_at) == ("cancelled", store.database.clock())
    assert store.cancel(LOCAL, "search", job.id).version == job.version, "asking twice changes nothing"
    assert leases.claim(KINDS) is None


def test_a_running_job_is_cancelled_by_its_worker(store: Store, leases: Leases) -> None:
    job = new(store)
    lease = claim(leases)
    assert store.cancel(LOCAL, "search", job.id).state == "cancelling"
    assert leases.progress(lease, HALF) == "cancelling"
    leases.cancelled(lease)
    assert store.get(LOCAL, "search", job.id).state == "cancelled"


def test_a_cancelled_job_whose_worker_died_ends(store: Store, leases: Leases, clock: Clock) -> None:
    job = new(store)
    leases.claim(KINDS)
    store.cancel(LOCAL, "search", job.id)
    clock.now += LEASE + 1
    assert leases.claim(KINDS) is None
    assert store.get(LOCAL, "search", job.id).state == "cancelled"


@pytest.mark.parametrize("state", ["succeeded", "failed"])
def test_a_finished_job_is_not_cancelled(store: Store, leases: Leases, state: str) -> None:
    job = new(store)
    if state == "failed":
        leases.fail(claim(leases), problem(500, "search-failed", "x"))
    else:
        leases.succeed(claim(leases), HALF, {"x": 1})
    with pytest.raises(JobFinished, match=f"has {state} and cannot be cancelled"):
        store.cancel(LOCAL, "search", job.id)


def test_a_worker_that_stops_gives_its_job_back(store: Store, leases: Leases) -> None:
    job = new(store)
    leases.release(claim(leases))
    assert claim(leases).job.attempt == 1, "stopping is no crash"
    store.cancel(LOCAL, "search", job.id)
    leases.release(Lease(job, 2))
    assert store.get(LOCAL, "search", job.id).state == "cancelled"


def test_a_beat_shows_that_a_worker_lives(database: Database, leases: Leases, clock: Clock) -> None:
    def beats() -> dict[str, float]:
        with database.read() as session:
            return {beat.name: beat.heartbeat_at for beat in session.scalars(select(WorkerBeat))}

    leases.beat()
    first = clock.now
    clock.now += 7
    Leases(database, "worker-2", "x").beat()
    assert beats() == {"worker-1": first, "worker-2": clock.now}
    clock.now += FORGOTTEN - 6
    leases.beat()
    assert beats() == {"worker-1": clock.now, "worker-2": first + 7}
    clock.now += 7
    leases.beat()
    assert beats() == {"worker-1": clock.now}, "workers that are silent for a day are forgotten"


def test_a_worker_claims_only_what_it_can_do(store: Store, leases: Leases) -> None:
    new(store)
    assert leases.claim(["distillation"]) is None
    assert leases.claim(["distillation", "search"]) is not None
