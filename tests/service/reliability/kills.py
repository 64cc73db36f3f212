"""SIGKILL of workers at random moments: nothing is lost, nothing comes twice, and results are those of quiet runs."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import URL, func, select

from diswot.search.search import Search
from diswot.spec.compute import ComputeSpec
from diswot.workflow import run_search
from diswot_service.jobs.search import accept
from diswot_service.requests import SearchRequest
from diswot_service.settings import DATABASE_URL
from diswot_service.store import LOCAL, Candidate, Database, Event, Job, Store, open_database
from tests.service.harness import TINY, without_timings

SEEDS = 3
"""Different searches: each is run once without a disturbance, to compare with."""
LONGEST = 2.0
"""Seconds that a worker has at most, from when one has claimed a job after the last kill."""


SPARED = 3
"""Of so many lives one lasts until a checkpoint: a job that gets no further in five is given up, as it should be."""


class Workers:
    """Worker processes that are killed and started again.

    Args:
        url: of the database.
        data: folder for what they keep.
        count: of workers at once.
    """

    def __init__(self, url: URL, data: Path, count: int) -> None:
        self.environment = os.environ | {DATABASE_URL: url.render_as_string(hide_password=False)}
        module = [sys.executable, "-P", "-m", "diswot_service.worker"]
        self.command = [*module, "--data", str(data), "--executor", "serial", "--no-cache"]
        self.processes = [self._start(number) for number in range(count)]
        self.kills = 0

    def kill(self, number: int) -> None:
        """Kill one, and start its successor, which takes over at once."""
        self.processes[number].kill()
        self.processes[number].wait()
        self.kills += 1
        self.processes[number] = self._start(number)

    def end(self) -> None:
        """End all of them."""
        for process in self.processes:
            process.kill()
            process.wait()

    def _start(self, number: int) -> subprocess.Popen[bytes]:
        command = [*self.command, "--name", f"killed-{number}"]
        return subprocess.Popen(command, env=self.environment, stderr=subprocess.DEVNULL)


def kills(url: URL, data: Path, count: int, workers: int = 1) -> dict[str, Any]:
    """Kill workers `count` times while searches run, then let all finish; what was wrong afterwards."""
    rng, database = random.Random(count), open_database(url)
    store, killed = Store(database), Workers(url, data, workers)
    made: list[str] = []
    try:
        while killed.kills < count:
            while len(unfinished(database)) < workers + 1:
                made.append(create(store, len(made) % SEEDS))
            wait_for_more(claims, database)
            if killed.kills % SPARED == 0:
                wait_for_more(checkpoints, database)
            time.sleep(rng.uniform(0, LONGEST))
            killed.kill(rng.randrange(workers))
        while unfinished(database):
            time.sleep(0.5)
    finally:
        killed.end()
    found = {"kills": killed.kills, "jobs": len(made), **wrong(database, made)}
    database.close()
    return found


def create(store: Store, seed: int) -> str:
    """A search of that seed in the queue."""
    accepted = accept(SearchRequest.model_validate(TINY | {"seed": seed}))
    progress = accepted.progress.model_dump()
    return store.create(LOCAL, "search", accepted.spec, {"seed": str(seed)}, progress)[0].id


def wait_for_more(count: Callable[[Database], int], database: Database) -> None:
    """Wait until there is more of something."""
    before = count(database)
    while count(database) == before:
        time.sleep(0.02)


def checkpoints(database: Database) -> int:
    """How often jobs have come further."""
    with database.read() as session:
        return session.scalar(select(func.count()).where(Event.type == "progress")) or 0


def claims(database: Database) -> int:
    """How often jobs have been claimed."""
    with database.read() as session:
        return session.scalar(select(func.sum(Job.epoch))) or 0


def unfinished(database: Database) -> list[str]:
    """Jobs that are still to be worked on."""
    with database.read() as session:
        return list(session.scalars(select(Job.id).where(Job.finished_at.is_(None))))


def wrong(database: Database, made: list[str]) -> dict[str, int]:
    """How many jobs are lost, failed, have another result, candidates missing or twice, or gaps in their events."""
    counts = dict.fromkeys(("lost", "failed", "different", "candidates", "gaps"), 0)
    with database.read() as session:
        for job_id in made:
            job = session.get(Job, job_id)
            if job is None or job.result is None:
                counts["lost" if job is None else "failed"] += 1
                continue
            counts["different"] += without_timings(job.result) != quiet(int(job.labels["seed"]))
            archs = session.scalars(select(Candidate.arch).where(Candidate.job_id == job_id)).all()
            counts["candidates"] += len(archs) != TINY["evaluations"] or len(set(archs)) != len(archs)
            first, last, number = session.execute(
                select(func.min(Event.seq), func.max(Event.seq), func.count()).where(Event.job_id == job_id)
            ).one()
            counts["gaps"] += (first, last) != (1, number)
    return counts


@cache
def quiet(seed: int) -> dict[str, Any]:
    """The result of that search where nothing happens on the way."""
    spec = SearchRequest.model_validate(TINY | {"seed": seed}).search_spec()
    result = run_search(Search(spec), ComputeSpec("serial", cache=None), lambda _: None)
    assert result is not None
    return without_timings(result.model_dump(mode="json"))
