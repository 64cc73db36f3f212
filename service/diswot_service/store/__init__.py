"""The job store: jobs with their queue, leases, checkpoints, candidates and events, in one SQL database."""

from diswot_service.store.checkpoints import Snapshot
from diswot_service.store.database import Database, open_database
from diswot_service.store.jobs import Key, Store
from diswot_service.store.keys import Keys
from diswot_service.store.leases import Lease, Leases
from diswot_service.store.tables import LOCAL, ApiKey, Candidate, Event, Job, WorkerBeat

__all__ = [
    "LOCAL",
    "ApiKey",
    "Candidate",
    "Database",
    "Event",
    "Job",
    "Key",
    "Keys",
    "Lease",
    "Leases",
    "Snapshot",
    "Store",
    "WorkerBeat",
    "open_database",
]
