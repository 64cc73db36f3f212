"""The kinds of jobs, by name. A further kind is one file here, one for its work, and one row."""

from diswot_service.jobs.distillation import DISTILLATION
from diswot_service.jobs.kind import Accepted, Cancelled, JobKind, Stopped, Work
from diswot_service.jobs.score import SCORE
from diswot_service.jobs.search import SEARCH

KINDS: dict[str, JobKind] = {kind.name: kind for kind in (SEARCH, DISTILLATION, SCORE)}

__all__ = ["KINDS", "Accepted", "Cancelled", "JobKind", "Stopped", "Work"]
