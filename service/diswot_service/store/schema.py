"""Brings the tables of a database to the version of this service, by Alembic."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from diswot.errors import InputError

FIRST = "1"
"""Revision of the tables that were made before there were migrations."""


def upgrade(connection: Connection) -> None:
    """Make the tables, or bring those of an earlier version up to date, in the transaction of the connection.

    Raises:
        InputError: they are of a later version.
    """
    config = _config(connection)
    tables = inspect(connection)
    if tables.has_table("jobs") and not tables.has_table("alembic_version"):
        command.stamp(config, FIRST)
    _check_known(_revision(connection), config)
    command.upgrade(config, "head")


def check(connection: Connection) -> None:
    """Raise `InputError` for tables that are missing or of another version."""
    revision, config = _revision(connection), _config(connection)
    _check_known(revision, config)
    head = ScriptDirectory.from_config(config).get_current_head()
    if revision != head:
        raise InputError(
            f"the job database has tables of version {revision or 0}, and this worker needs version {head}; "
            "start the service, which brings them up to date"
        )


def _check_known(revision: str | None, config: Config) -> None:
    known = [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()]
    if revision not in (None, *known):
        raise InputError(
            f"the job database has tables of version {revision}; this service reads versions up to {known[0]}"
        )


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
