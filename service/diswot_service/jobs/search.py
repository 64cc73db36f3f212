"""Searches: how a request becomes a job, and a job work."""

from __future__ import annotations

import threading

from diswot.spec.document import to_json
from diswot_service.jobs.kind import Accepted, JobKind, Work
from diswot_service.progress import Progress
from diswot_service.requests import SearchRequest, check_feasible
from diswot_service.settings import Settings
from diswot_service.store import Lease, Leases


def accept(body: SearchRequest) -> Accepted:
    """Check what can be checked without torch.

    Raises:
        InputError: the search cannot be done as asked.
    """
    spec = body.search_spec()
    check_feasible(spec)
    return Accepted(to_json(spec), body.labels, Progress(done=0, total=spec.evaluations))


def start(leases: Leases, lease: Lease, settings: Settings, stopping: threading.Event) -> Work:
    """The search of a lease; imports torch, which the API does without."""
    from diswot_service.jobs.search_work import SearchWork

    return SearchWork(leases, lease, settings.compute, stopping)


SEARCH = JobKind("search", "/v1/searches", ("events", "candidates"), accept, start)
