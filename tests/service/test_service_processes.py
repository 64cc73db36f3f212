from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from diswot.search.search import Search
from diswot.spec.compute import ComputeSpec
from diswot.workflow import run_search
from diswot_service.jobs.search import accept
from diswot_service.requests import SearchRequest
from diswot_service.settings import Settings
from diswot_service.store import LOCAL, Database, Store, open_database
from tests.service.harness import TINY, Service, alive, descendants, midway, wait_for, without_timings


@pytest.fixture(scope="module")
def uninterrupted() -> dict[str, Any]:
    result = run_search(Search(SearchRequest.model_validate(TINY).search_spec()), ComputeSpec("serial"), lambda _: None)
    assert result is not None
    return without_timings(result.model_dump(mode="json"))


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with Service(tmp_path_factory.mktemp("shared") / "data") as service:
        yield service


def test_a_search_goes_from_its_teacher_to_its_student(running: Service, uninterrupted: dict[str, Any]) -> None:
    job = running.post(labels={"team": "a"})
    assert (job["kind"], job["state"], job["labels"]) == ("search", "queued", {"team": "a"})
    assert job["spec"]["seed"] == 0
    assert job["links"]["self"] == f"/v1/searches/{job['id']}"
    under_way = running.until(job["id"], lambda job: job["progress"]["done"] > 0)["progress"]
    assert under_way["total"] == 60
    assert under_way["phase"] == "exploring"
    done = running.finished(job["id"])
    assert done["state"] == "succeeded"
    assert done["error"] is None
    assert done["progress"]["percent"] == 100
    assert done["progress"]["best_score"] == done["result"]["recommended"]["score"]
    assert without_timings(done["result"]) == uninterrupted
    assert done["created_at"] <= done["started_at"] <= done["finished_at"]
    assert running.client.get("/readyz").json() == {"status": "ok", "reasons": []}


def test_a_search_outlives_its_worker(running: Service, uninterrupted: dict[str, Any]) -> None:
    job = running.post()
    running.until(job["id"], midway)
    os.kill(running.worker(), signal.SIGKILL)
    done = running.finished(job["id"])
    assert without_timings(done["result"]) == uninterrupted
    assert done["attempt"] == 1, "progress makes the count begin anew"


def test_a_running_search_is_cancelled(running: Service) -> None:
    job = running.post()
    waiting = running.post()
    running.until(job["id"], lambda job: job["state"] == "running")
    answer = running.client.post(f"/v1/searches/{job['id']}:cancel")
    assert (answer.status_code, answer.json()["state"]) == (202, "cancelling")
    answer = running.client.post(f"/v1/searches/{waiting['id']}:cancel")
    assert (answer.status_code, answer.json()["state"]) == (200, "cancelled")
    done = running.finished(job["id"])
    assert done["state"] == "cancelled"
    assert done["result"] is None
    assert running.client.post(f"/v1/searches/{job['id']}:cancel").status_code == 200


def test_what_only_the_worker_can_find_out_fails_the_job_with_a_problem(running: Service) -> None:
    job = running.post(teacher={**TINY["teacher"], "name": "timm:no-such-model"}, score="relation")
    done = running.finished(job["id"])
    assert done["state"] == "failed"
    assert done["error"]["type"].endswith("/invalid-request")
    assert done["error"]["detail"].startswith("unknown timm model 'no-such-model'")


def test_the_api_process_loads_neither_torch_nor_ray(running: Service) -> None:
    def loaded(pid: int) -> str:
        return " ".join(entry.path for entry in psutil.Process(pid).memory_maps())

    wait_for(lambda: "libtorch" in loaded(running.worker()) or None)
    assert "libtorch" not in loaded(running.process.pid)
    assert "_raylet" not in loaded(running.process.pid)


def test_candidates_and_events_of_a_finished_search_stay(running: Service) -> None:
    links = running.post()["links"]
    running.finished(links["self"].rpartition("/")[2])
    candidates = running.client.get(links["candidates"], params={"page_size": 100}).json()["items"]
    assert [candidate["number"] for candidate in candidates] == list(range(60))
    best = running.client.get(links["candidates"], params={"order": "score", "page_size": 1}).json()["items"][0]
    result = running.client.get(links["self"]).json()["result"]
    assert (best["arch"], best["score"]) == (result["recommended"]["arch"], result["recommended"]["score"])
    events = running.client.get(links["events"], params={"page_size": 100}).json()["items"]
    states = [event["data"]["state"] for event in events if event["type"] == "state"]
    assert states == ["queued", "running", "succeeded"]
    done = [event["data"]["done"] for event in events if event["type"] == "progress"]
    assert done == sorted(set(done))
    assert done[-1] == 60


def test_only_the_owner_reads_the_data_folder(running: Service) -> None:
    data = running.log.with_suffix("")
    assert data.stat().st_mode & 0o777 == 0o700
    assert (data / "jobs.sqlite3").stat().st_mode & 0o777 == 0o600


def test_a_data_folder_has_one_service(running: Service) -> None:
    data = running.log.with_suffix("")
    done = subprocess.run(
        [sys.executable, "-c", "from diswot_service.cli import app; app()", "--port", "0", "--data", str(data)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.splitlines() == [f"error: data folder {str(data)!r} is in use by another service"]


def test_sigterm_ends_everything_and_gives_the_job_back(running: Service) -> None:
    job = running.post()
    running.until(job["id"], midway)
    everything = descendants(running.process.pid)
    running.process.terminate()
    assert running.process.wait(30) == 0
    assert not any(map(alive, everything))
    database = open_database(Settings(running.log.with_suffix("")).database)
    row = Store(database).get(LOCAL, "search", job["id"])
    database.close()
    assert (row.state, row.owner, row.lease_until, row.attempt) == ("queued", None, None, 0)


def test_a_search_outlives_sigkill_of_the_service_and_no_process_does(
    tmp_path: Path, uninterrupted: dict[str, Any]
) -> None:
    with Service(tmp_path / "data") as service:
        job = service.post()
        service.until(job["id"], midway)
        everything = descendants(service.process.pid)
        service.process.kill()
        wait_for(lambda: not any(map(alive, everything)) or None, 20)
    with Service(tmp_path / "data", "--executor", "processes", "--workers", "1") as service:
        assert 20 <= service.get(job["id"])["progress"]["done"] < 60
        worker = service.worker()
        # What multiprocessing tracks resources with, what it forks workers from, and the one worker.
        pool_of_one = wait_for(lambda: found if len(found := descendants(worker)) == 3 else None)
        service.process.kill()
        os.kill(worker, signal.SIGKILL)
        wait_for(lambda: not any(map(alive, (worker, *pool_of_one))) or None, 20)
    with Service(tmp_path / "data") as service:
        done = service.finished(job["id"])
    assert done["state"] == "succeeded"
    assert without_timings(done["result"]) == uninterrupted


class Worker:
    """A worker started by hand, in the session of its caller, beside another process of that session.

    Args:
        data: folder with a database.
        options: further ones of the worker.
    """

    SCRIPT = """
import subprocess, sys
beside = subprocess.Popen(["sleep", "600"])
worker = subprocess.Popen([sys.executable, "-m", "diswot_service.worker", *sys.argv[1:]], stdin=subprocess.DEVNULL)
print(beside.pid, worker.pid, flush=True)
worker.wait()
print("the worker has ended", flush=True)
beside.wait()
"""

    def __init__(self, data: Path, *options: str) -> None:
        command = [sys.executable, "-c", self.SCRIPT, "--data", str(data), "--executor", "serial", "--no-cache"]
        self.shell = subprocess.Popen(
            [*command, *options], start_new_session=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert self.shell.stdout is not None
        self.beside, self.pid = map(int, self.shell.stdout.readline().split())

    def ended(self) -> None:
        """Wait until the worker has ended, and see that it has ended nothing else."""
        assert self.shell.stdout is not None
        assert self.shell.stdout.readline() == "the worker has ended\n"
        assert alive(self.shell.pid)
        assert alive(self.beside)

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        os.killpg(self.shell.pid, signal.SIGKILL)
        self.shell.communicate()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = open_database(Settings(tmp_path).database)
    yield database
    database.close()


def test_a_worker_that_was_started_by_hand_works_until_it_is_told_to_stop(database: Database, tmp_path: Path) -> None:
    store = Store(database)
    accepted = accept(SearchRequest.model_validate(TINY | {"evaluations": 5}))
    jobs = [store.create(LOCAL, "search", accepted.spec, {}, accepted.progress.model_dump())[0] for _ in range(2)]
    with Worker(tmp_path) as worker:
        wait_for(lambda: all(store.get(LOCAL, "search", job.id).state == "succeeded" for job in jobs) or None)
        assert alive(worker.pid), "nothing on standard input is no reason to end"
        os.kill(worker.pid, signal.SIGTERM)
        worker.ended()


def test_a_worker_that_does_not_lead_its_session_ends_nothing_but_itself(database: Database, tmp_path: Path) -> None:
    """Its standard input ends at once, and what it computes takes longer than it has to give the job back."""
    accepted = accept(SearchRequest.model_validate(TINY | {"evaluations": 10_000}))
    Store(database).create(LOCAL, "search", accepted.spec, {}, accepted.progress.model_dump())
    with Worker(tmp_path, "--supervised") as worker:
        worker.ended()


def test_a_worker_without_a_database_says_so_in_one_sentence(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "diswot_service.worker", "--data", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    file = str(tmp_path / "jobs.sqlite3")
    assert done.stderr == f"error: job database {file!r} cannot be opened: No such file or directory\n"
    assert done.returncode == 1
