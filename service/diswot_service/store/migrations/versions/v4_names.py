"""Specs of searches with the names of probes and proxies that there are now."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "4"
down_revision = "3"

JOBS = sa.table("jobs", sa.column("id", sa.String()), sa.column("kind", sa.String()), sa.column("spec", sa.JSON()))
PROBES = {"leaves": "dead-leaves"}
SCORES = {
    "capacity": "spectral-capacity",
    "stability": "input-stability",
    "retention": "teacher-cka",
    "directness": "min-path-depth",
}


def upgrade() -> None:
    """Write every spec anew."""
    connection = op.get_bind()
    for job_id, spec in connection.execute(sa.select(JOBS.c.id, JOBS.c.spec).where(JOBS.c.kind == "search")).all():
        connection.execute(sa.update(JOBS).where(JOBS.c.id == job_id).values(spec=renamed(spec)))


def renamed(spec: dict[str, Any]) -> dict[str, Any]:
    """A spec with the names of now."""
    source = spec["probe"]["source"]
    return {
        **spec,
        "probe": {**spec["probe"], "source": PROBES.get(source, source)},
        "score": SCORES.get(spec["score"], spec["score"]),
    }
