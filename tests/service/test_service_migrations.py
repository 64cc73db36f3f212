"""Databases of earlier versions: their jobs finish."""

import io
import json
import sqlite3
import threading
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from alembic import op
from alembic.autogenerate import compare_metadata
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy import URL

from diswot.errors import InputError
from diswot.spec.constraints import Constraints
from diswot.spec.document import from_json
from diswot.spec.latency import LatencySetup
from diswot.spec.probe import ProbeSpec
from diswot.spec.search import SearchSpec
from diswot.spec.teacher import TeacherSpec
from diswot_service.jobs import KINDS
from diswot_service.settings import Settings
from diswot_service.store import LOCAL, Database, Key, Leases, Store, open_database
from diswot_service.store.tables import Base
from diswot_service.worker import Worker
from tests.service.harness import without_timings

BEFORE = Path(__file__).parent / "data" / "before.sql"
"""A database that the service wrote before there were migrations."""
JOBS = {
    "succeeded": "019ac879-8ee8-7000-8fd4-1cd724cc8ca4",
    "running, with a checkpoint": "019ac879-92d0-7000-9773-7c3f53a75557",
    "running, without one": "019ac879-96b8-7000-9950-978d09c3fd23",
    "cancelling": "019ac879-9aa0-7000-bec6-09baa7d0132c",
    "queued": "019ac879-9e88-7000-bbcd-a2737b7623b7",
}
"""Its jobs, by what their labels say they were."""


def url(path: Path) -> URL:
    return URL.create("sqlite", database=str(path))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "jobs.sqlite3"
    connection = sqlite3.connect(path)
    connection.executescript(BEFORE.read_text())
    connection.close()
    return path


def differences(database: Database) -> list[Any]:
    with database.engine.connect() as connection:
        return list(compare_metadata(MigrationContext.configure(connection), Base.metadata))


def states(store: Store) -> dict[str, str]:
    return {name: store.get(LOCAL, "search", job_id).state for name, job_id in JOBS.items()}


def test_the_migrations_make_the_tables(tmp_path: Path) -> None:
    database = open_database(url(tmp_path / "fresh.sqlite3"))
    assert differences(database) == []
    database.close()


def test_a_database_of_before_gets_the_tables_of_now_and_keeps_its_jobs(path: Path) -> None:
    database = open_database(url(path))
    assert differences(database) == []
    store = Store(database)
    assert states(store) == {
        "succeeded": "succeeded",
        "running, with a checkpoint": "running",
        "running, without one": "running",
        "cancelling": "cancelling",
        "queued": "queued",
    }
    assert store.get(LOCAL, "search", JOBS["succeeded"]).result == {"schema": 1}
    database.clock = lambda: 1_764_300_100.0
    again, replayed = store.create(LOCAL, "search", {}, {}, {}, Key("POST /v1/searches", "before", "f"))
    assert (again.id, replayed) == (JOBS["queued"], True), "keys are still known"
    database.close()
    again_open = open_database(url(path))
    assert len(Store(again_open).page(LOCAL, "search", 9)) == len(JOBS)
    again_open.close()


def test_specs_of_before_are_those_of_now(path: Path) -> None:
    database = open_database(url(path))
    spec = Store(database).get(LOCAL, "search", JOBS["queued"]).spec
    database.close()
    assert from_json(SearchSpec, spec) == SearchSpec(
        TeacherSpec("resnet20", 10, (3, 16, 16)),
        "cifar-resnet",
        score="nwot",
        probe=ProbeSpec("noise", 8),
        evaluations=40,
        population=10,
        tournament=3,
        student_inits=1,
        teacher_inits=1,
        proposals_per_batch=20,
        relaxation=0.0,
    )


def test_limits_of_before_are_constraints_of_now() -> None:
    ends: dict[str, Any] = {"min": None, "max": None}
    latency = {"device": "cpu", "threads": 2, "batch": 3}
    old = {
        "teacher": {"name": "resnet20", "num_classes": 10, "in_shape": [3, 16, 16]},
        "search_space": "cifar-resnet",
        "constraints": {
            "params": ends | {"max": 5},
            "macs": ends,
            "memory": {"min": 6, "max": 7},
            "latency": ends | {"max": 0.5} | latency,
        },
        "budget": {"evaluations": 9},
        "algorithm": {"name": "random", "population": 50, "tournament": None},
        "score": "nwot",
        "probe": {"source": "noise", "size": 8},
        "seeds": 2,
        "finalists": 4,
        "initialisations": 3,
        "seed": 1,
    }
    spec = from_json(SearchSpec, import_module("diswot_service.store.migrations.versions.v3_specs").translated(old))
    setup = LatencySetup("cpu", 2, 3)
    assert spec.constraints == Constraints(max_params=5, min_memory=6, max_memory=7, max_latency=0.5, latency=setup)
    assert (spec.algorithm, spec.population, spec.tournament) == ("random", 50, 25)
    assert (spec.student_inits, spec.teacher_inits, spec.finalists, spec.seed) == (2, 3, 4, 1)


@pytest.mark.parametrize(("old", "new"), [("leaves", "dead-leaves"), ("folder:leaves", "folder:leaves")])
def test_names_of_before_are_names_of_now(old: str, new: str) -> None:
    renamed = import_module("diswot_service.store.migrations.versions.v4_names").renamed
    spec = {"space": "cifar-resnet", "score": "retention", "probe": {"source": old, "size": 8}}
    assert renamed(spec) == {**spec, "score": "teacher-cka", "probe": {"source": new, "size": 8}}


def test_the_jobs_of_before_finish(path: Path, tmp_path: Path) -> None:
    database = open_database(url(path))
    leases = Leases(database, "worker-2", "now")
    worker = Worker(leases, Settings(tmp_path, "serial", keeps_evaluations=False), threading.Event())
    while (lease := leases.claim(KINDS)) is not None:
        worker.work(lease)
    store = Store(database)
    assert states(store) == {**dict.fromkeys(JOBS, "succeeded"), "cancelling": "cancelled"}
    results = [store.get(LOCAL, "search", JOBS[name]).result for name in ("queued", "running, without one")]
    assert without_timings(results[0] or {}) == without_timings(results[1] or {})
    continued = JOBS["running, with a checkpoint"]
    events = store.events(LOCAL, "search", continued, 99)
    found = [candidate.arch for candidate in store.candidates(LOCAL, "search", continued, 99)]
    assert len(found) == 40
    if not any(event.type == "restarted" for event in events):  # Else it has begun anew, and says so.
        assert min(event.data["done"] for event in events if event.type == "progress") > 20
        assert found[:20] == measured_before()
    database.close()


def measured_before() -> list[str]:
    """What the checkpoint of before holds."""
    copy = sqlite3.connect(":memory:")
    copy.executescript(BEFORE.read_text())
    state = json.loads(copy.execute("SELECT state FROM checkpoints").fetchone()[0])
    copy.close()
    return [one["arch"] for one in state["measurements"]]


def test_a_migration_that_fails_leaves_everything_as_it_was(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def dump() -> list[str]:
        connection = sqlite3.connect(path)
        found = list(connection.iterdump())
        connection.close()
        return found

    before = dump()
    make = op.create_table

    def fail(name: str, *columns: Any) -> Any:
        if name == "events":
            raise RuntimeError("power cut")
        return make(name, *columns)

    monkeypatch.setattr(op, "create_table", fail)
    with pytest.raises(RuntimeError, match="power cut"):
        open_database(url(path))
    assert dump() == before
    monkeypatch.undo()
    open_database(url(path)).close()


def test_a_worker_does_not_change_the_tables(path: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="has tables of version 0, and this worker needs version 5; start the service"):
        open_database(url(path), upgrade=False)
    with pytest.raises(InputError, match="cannot be opened: No such file or directory"):
        open_database(url(tmp_path / "none"), upgrade=False)
    assert not (tmp_path / "none").exists()
    open_database(url(path)).close()
    open_database(url(path), upgrade=False).close()


@pytest.mark.parametrize(
    ("mark", "sentence"),
    [
        (
            "UPDATE alembic_version SET version_num = '7'",
            "has tables of version 7; this service reads versions up to 5",
        ),
        ("PRAGMA user_version=7", "was made by a later service or another program: its user_version is 7"),
    ],
)
def test_a_database_of_a_later_version_is_refused(path: Path, mark: str, sentence: str) -> None:
    open_database(url(path)).close()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute(mark)
    other.close()
    with pytest.raises(InputError, match=sentence):
        open_database(url(path))


def test_services_from_before_migrations_refuse_what_has_them(path: Path) -> None:
    open_database(url(path)).close()
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA user_version").fetchone() == (2,), "they take no version but 1"
    connection.close()


def test_the_tables_are_not_those_of_sqlite_alone() -> None:
    sql = io.StringIO()
    context = MigrationContext.configure(dialect_name="postgresql", opts={"as_sql": True, "output_buffer": sql})
    with Operations.context(context):
        for name in ("v1_jobs", "v2_principals_and_rows", "v5_api_keys"):
            import_module(f"diswot_service.store.migrations.versions.{name}").upgrade()
    assert sql.getvalue().count("CREATE TABLE") == len(Base.metadata.tables)
    assert "DOUBLE PRECISION" in sql.getvalue()
