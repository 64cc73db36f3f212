"""Searches: how a request becomes a job, and a job work."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

from diswot.scoring import REFERENCE_SIZE, needs_reference
from diswot.search.relaxation import MAX_RELAXED
from diswot.spec.document import from_json, to_json
from diswot.spec.search import PARETO_COSTS, SearchSpec
from diswot_service.estimate import Estimate, by_rates
from diswot_service.jobs.kind import Accepted, JobKind, Work
from diswot_service.progress import Progress
from diswot_service.requests import SearchRequest, check_feasible
from diswot_service.settings import Settings
from diswot_service.store import Job, Lease, Leases
from diswot_spaces import get_space


def accept(body: SearchRequest) -> Accepted:
    """Check what can be checked without torch.

    Raises:
        InputError: the search cannot be done as asked.
    """
    spec = body.search_spec()
    check_feasible(spec)
    return Accepted(to_json(spec), body.labels, Progress(done=0, total=spec.evaluations))


def estimate(spec: dict[str, Any], known: Sequence[Job]) -> Estimate:
    """What a search will take; those are alike that search the same space by the same score on probes of one size."""
    asked = from_json(SearchSpec, spec)
    alike = [job for job in known if all(job.spec.get(name) == spec[name] for name in ("space", "score", "probe"))]
    return by_rates(asked.evaluations, _networks(asked), alike, asked.max_seconds)


def _networks(asked: SearchSpec) -> int:
    """Networks that a search evaluates: reference sample, candidates, finalists again, and a look beyond the limits."""
    size = get_space(asked.space).size
    candidates = asked.evaluations if size is None else min(size, asked.evaluations)
    reference = min(REFERENCE_SIZE, size or REFERENCE_SIZE) if needs_reference(asked.score) else 0
    again = min(asked.finalists, candidates) * (asked.student_inits - 1)
    limited = any(asked.constraints.range(cost)[1] is not None for cost in PARETO_COSTS)
    return reference + candidates + again + (MAX_RELAXED if limited and asked.relaxation > 0 else 0)


def start(leases: Leases, lease: Lease, settings: Settings, stopping: threading.Event) -> Work:
    """The search of a lease; imports torch, which the API does without."""
    from diswot_service.jobs.search_work import SearchWork

    return SearchWork(leases, lease, settings.compute, stopping)


SEARCH = JobKind("search", "/v1/searches", ("events", "candidates", "recommendation"), accept, estimate, start)
