"""Distillations: how a request becomes a job, and a job work."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

from diswot.spec.distillation import DistillSpec
from diswot.spec.document import from_json, to_json
from diswot_service.distillation_requests import DistillationRequest
from diswot_service.estimate import Estimate
from diswot_service.jobs.kind import Accepted, JobKind, Work
from diswot_service.progress import Progress
from diswot_service.routes.shared import TheService
from diswot_service.settings import Settings
from diswot_service.store import Job, Lease, Leases

BESIDE = {"none": 0, "alone": 1, "plain": 1, "both": 2}
"""Further trainings for each seed, by what a student is compared with."""


def accept(body: DistillationRequest, service: TheService) -> Accepted:
    """Check what can be checked without torch.

    Raises:
        InputError: the distillation cannot be done as asked.
    """
    spec = body.distill_spec(service.settings.datasets)
    return Accepted(to_json(spec), body.labels, Progress(done=0, total=_trainings(spec)))


def estimate(spec: dict[str, Any], known: Sequence[Job]) -> Estimate:  # noqa: ARG001
    """How many networks a distillation trains; how long that takes depends on its data, which nobody has looked at."""
    count = _trainings(from_json(DistillSpec, spec))
    return Estimate(evaluations=count, networks=count, seconds=None, based_on=0)


def _trainings(spec: DistillSpec) -> int:
    return spec.train_teacher + spec.seeds * (1 + BESIDE[spec.compare])


def start(leases: Leases, lease: Lease, settings: Settings, stopping: threading.Event) -> Work:
    """The distillation of a lease; imports torch, which the API does without."""
    from diswot_service.jobs.distillation_work import DistillationWork

    return DistillationWork(leases, lease, settings, stopping)


DISTILLATION = JobKind("distillation", "/v1/distillations", ("events", "artifacts"), accept, estimate, start)
