"""Principals; increments, candidates and events as rows."""

import sqlalchemy as sa
from alembic import op

revision = "2"
down_revision = "1"


def upgrade() -> None:
    """Add them; what was there belongs to the one principal that there was."""
    op.add_column("jobs", sa.Column("principal", sa.String(), nullable=False, server_default="local"))
    op.create_index("jobs_by_principal", "jobs", ["principal", "kind", "id"])
    op.execute("UPDATE idempotency SET principal = 'local' WHERE principal = ''")
    op.create_table(
        "increments",
        sa.Column("job_id", sa.String(), sa.ForeignKey("jobs.id"), primary_key=True),
        sa.Column("seq", sa.Integer(), primary_key=True),
        sa.Column("changes", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
    )
    op.create_table(
        "candidates",
        sa.Column("job_id", sa.String(), sa.ForeignKey("jobs.id"), primary_key=True),
        sa.Column("number", sa.Integer(), primary_key=True),
        sa.Column("arch", sa.String(), nullable=False),
        sa.Column("score", sa.Double()),
        sa.Column("details", sa.JSON(), nullable=False),
    )
    op.create_table(
        "events",
        sa.Column("job_id", sa.String(), sa.ForeignKey("jobs.id"), primary_key=True),
        sa.Column("seq", sa.Integer(), primary_key=True),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
    )
