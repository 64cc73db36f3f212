"""Specs of searches as the library writes them; before, they had the names of the HTTP body of then."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "3"
down_revision = "2"

JOBS = sa.table("jobs", sa.column("id", sa.String()), sa.column("kind", sa.String()), sa.column("spec", sa.JSON()))


def upgrade() -> None:
    """Write every spec anew."""
    connection = op.get_bind()
    for job_id, spec in connection.execute(sa.select(JOBS.c.id, JOBS.c.spec).where(JOBS.c.kind == "search")).all():
        connection.execute(sa.update(JOBS).where(JOBS.c.id == job_id).values(spec=translated(spec)))


def translated(old: dict[str, Any]) -> dict[str, Any]:
    """A spec in the names of now, with what was fixed then and is a setting now."""
    latency = {name: old["constraints"]["latency"][name] for name in ("device", "threads", "batch")}
    limits = {
        f"{end}_{cost}": value
        for cost, ends in old["constraints"].items()
        for end, value in ends.items()
        if end in ("min", "max") and value is not None
    }
    sizes = {name: old["algorithm"][name] for name in ("population", "tournament")}
    return {
        "teacher": old["teacher"],
        "space": old["search_space"],
        "score": old["score"],
        "probe": old["probe"],
        "constraints": {**limits, "latency": latency},
        "evaluations": old["budget"]["evaluations"],
        "seed": old["seed"],
        "student_inits": old["seeds"],
        "finalists": old["finalists"],
        "teacher_inits": old["initialisations"],
        "algorithm": old["algorithm"]["name"],
        **{name: size for name, size in sizes.items() if size is not None},
        "proposals_per_batch": 20,
        "relaxation": 0.0,
    }
