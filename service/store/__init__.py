"""The job store: jobs with their queue, leases, checkpoints, candidates and events, in one SQL database."""

from service.store.checkpoints import Snapshot
from service.store.database import Database, open_database
from service.store.jobs import Key, Store
from service.store.leases import Lease, Leases
from service.store.tables import LOCAL, Candidate, Event, Job, WorkerBeat

__all__ = [
    "LOCAL",
    "Candidate",
    "Database",
    "Event",
    "Job",
    "Key",
    "Lease",
    "Leases",
    "Snapshot",
    "Store",
    "WorkerBeat",
    "open_database",
]
