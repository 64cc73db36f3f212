"""What the service must know of a kind of job."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from diswot.errors import DiswotError
from diswot_service.estimate import Estimate
from diswot_service.progress import Progress
from diswot_service.settings import Settings
from diswot_service.store import Job, Lease, Leases


class Cancelled(DiswotError):
    """A client asked the job to stop."""


class Stopped(DiswotError):
    """The worker is told to stop."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """What a request for a job asks for, checked.

    Attributes:
        spec: with every default filled in.
        labels: for the client's own use.
        progress: before anything is done.
    """

    spec: dict[str, Any]
    labels: dict[str, str]
    progress: Progress


class Work(Protocol):
    """A job on lease."""

    @property
    def progress(self) -> Progress:
        """How far the work has come."""

    def run(self) -> dict[str, Any]:
        """Work until done; returns the result as JSON.

        Raises:
            Cancelled: a client asked for it.
            Stopped: the worker is told to stop.
            LeaseLost: another worker holds the job.
            ExecutorError: workers could not be started or were lost.
            DiswotError: the job cannot succeed.
        """


@dataclass(frozen=True, slots=True)
class JobKind:
    """A kind of job: one row of `diswot_service.jobs.KINDS`.

    Attributes:
        name: singular.
        collection: path of its jobs.
        parts: of a job, each a path below it.
        accept: a FastAPI dependency that reads and checks the body of a request; must not import torch.
        estimate: what a spec will take, by jobs that have succeeded, the newest first; must not import torch.
        start: what a worker works on, from the lease, the settings of the service and what tells it to stop.
    """

    name: str
    collection: str
    parts: tuple[str, ...]
    accept: Callable[..., Accepted]
    estimate: Callable[[dict[str, Any], Sequence[Job]], Estimate]
    start: Callable[[Leases, Lease, Settings, threading.Event], Work]
