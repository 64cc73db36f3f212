"""Both databases that the job store runs on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import URL, create_engine

from diswot_service.store.tables import Base
from tests.service.postgres import server

MakeUrl = Callable[[Path], URL]


@pytest.fixture(scope="session")
def postgres() -> Iterator[URL]:
    with server() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgres"])
def url_in(request: pytest.FixtureRequest) -> MakeUrl:
    """Makes the URL of an empty database: of a file in a folder, or of a server that forgets what was there before."""
    if request.param == "sqlite":
        return lambda folder: URL.create("sqlite", database=str(folder / "jobs.sqlite3"))
    url: URL = request.getfixturevalue("postgres")
    return lambda _folder: emptied(url)


def emptied(url: URL) -> URL:
    """A database without rows."""
    engine = create_engine(url)
    with engine.begin() as connection:
        for table in reversed(Base.metadata.sorted_tables):
            connection.exec_driver_sql(
                f"DO $$ BEGIN IF to_regclass('{table.name}') IS NOT NULL THEN DELETE FROM {table.name}; END IF; END $$"
            )
    engine.dispose()
    return url
