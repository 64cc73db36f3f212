"""The job store: jobs with their queue, leases, checkpoints, candidates and events, in one SQL database."""

from diswot_service.store.checkpoints import Snapshot
from diswot_service.store.database import Database, open_database
from diswot_service.store.jobs import Key, Store
from diswot_service.store.leases import Lease, Leases
from diswot_service.store.tables import LOCAL, Candidate, Event, Job, WorkerBeat

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
