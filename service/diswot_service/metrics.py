"""Figures for Prometheus: jobs, workers and requests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from prometheus_client import CollectorRegistry, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import func, select

from diswot_service.store import Database, Job, WorkerBeat
from diswot_service.store.tables import STATES

SILENCE = 20.0
"""Seconds without a sign of life after which a worker is taken to be down."""
BUCKETS = (0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 30.0)


class JobsCollector(Collector):
    """Figures that are read from the store when they are asked for.

    Args:
        database: of the jobs.
    """

    def __init__(self, database: Database) -> None:
        self.database = database

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The figures of now."""
        counted = GaugeMetricFamily("diswot_jobs", "Jobs by kind and state.", labels=["kind", "state"])
        with self.database.read() as session:
            rows = session.execute(select(Job.kind, Job.state, func.count()).group_by(Job.kind, Job.state)).all()
            oldest = session.scalar(select(func.min(Job.updated_at)).where(Job.state == "queued"))
            now = self.database.clock()
            fresh = select(func.count()).select_from(WorkerBeat).where(WorkerBeat.heartbeat_at > now - SILENCE)
            workers = session.scalar(fresh) or 0
        found = {(kind, state): count for kind, state, count in rows}
        for kind in dict.fromkeys(kind for kind, _ in found):
            for state in STATES:
                counted.add_metric([kind, state], found.get((kind, state), 0))
        yield counted
        yield GaugeMetricFamily("diswot_workers_alive", "Workers with a sign of life of late.", workers)
        waited = 0.0 if oldest is None else max(0.0, now - oldest)
        yield GaugeMetricFamily("diswot_queue_oldest_seconds", "Seconds that the oldest queued job has waited.", waited)

    def describe(self) -> Iterable[GaugeMetricFamily]:
        """Nothing: what there is follows from the store."""
        return []


class Metrics:
    """The figures of one service.

    Args:
        database: of its jobs.
    """

    def __init__(self, database: Database) -> None:
        self.registry = CollectorRegistry()
        self.registry.register(JobsCollector(database))
        self.requests = Histogram(
            "diswot_http_request_seconds",
            "Seconds until the answer to a request began.",
            ["method", "route", "status"],
            registry=self.registry,
            buckets=BUCKETS,
        )
