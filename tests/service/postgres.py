"""A real Postgres of Debian's package, for as long as some tests run."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import URL, create_engine, text

NOBODY = "postgres"
"""Postgres does not run as root."""


@contextmanager
def server() -> Iterator[URL]:
    """A server on a free port of this machine; skipped where it is not installed, unless this machine must have it."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found and not os.environ.get("CI"):
        pytest.skip("Debian's package postgresql is not installed")
    binaries = found[-1].parent
    root = Path(tempfile.mkdtemp(prefix="diswot-postgres-"))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    try:
        if os.getuid() == 0:
            user = pwd.getpwnam(NOBODY)
            os.chown(root, user.pw_uid, user.pw_gid)
        _run(binaries / "initdb", "-D", root / "data", "-A", "trust", "-U", "diswot", "--no-sync")
        options = f"-p {port} -k {root} -c listen_addresses=127.0.0.1 -c fsync=off"
        _run(binaries / "pg_ctl", "-D", root / "data", "-w", "-l", root / "log", "-o", options, "start")
        try:
            yield URL.create("postgresql+psycopg", "diswot", host="127.0.0.1", port=port, database="postgres")
        finally:
            _run(binaries / "pg_ctl", "-D", root / "data", "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(root, ignore_errors=True)


def fresh(server: URL, name: str) -> URL:
    """A new database on a server."""
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}"'))
    engine.dispose()
    return server.set(database=name)


def _run(*command: str | Path) -> None:
    user = NOBODY if os.getuid() == 0 else None
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, user=user, cwd="/", check=False)
    assert done.returncode == 0, done.stderr + done.stdout
