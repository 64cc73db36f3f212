"""The process that serves: what it holds, what it listens on, and the workers that it keeps."""

from __future__ import annotations

import math
import os
import re
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import typer

from diswot.errors import InputError
from diswot_service.settings import LOOPBACK, Settings
from diswot_service.store import Keys, open_database


def serve(host: str, port: int, settings: Settings, jobs: int) -> None:
    """Serve until interrupted.

    Args:
        host: address to listen on.
        port: to listen on; 0 takes a free one.
        settings: of the service.
        jobs: workers to keep running, each of which works on one job at a time.

    Raises:
        InputError: something is wrong, in one sentence, before anything is touched.
    """
    _check(settings)
    _check_reach(host, settings)
    import uvicorn

    from diswot_service.app import create_app
    from diswot_service.protocol import Impatient
    from diswot_service.supervisor import Supervisor

    with _listen(host, port) as listener, _held(settings):
        # Opened under the lock: a second service, perhaps a newer one, must not touch the tables of a running one.
        root = settings.root_path
        config = uvicorn.Config(create_app(settings), http=Impatient, timeout_graceful_shutdown=5, root_path=root)
        server = uvicorn.Server(config)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: sys.exit(0))  # uvicorn hands the signal on after it has closed down.
        place = f"[{host}]" if ":" in host else host
        where = settings.data if settings.database_url is None else "the database given"
        typer.echo(f"serving http://{place}:{listener.getsockname()[1]}{settings.root_path}, data in {where}", err=True)
        with ExitStack() as workers:
            for worker in range(jobs):
                workers.enter_context(Supervisor(settings, worker))
            server.run(sockets=[listener])


@contextmanager
def opened(settings: Settings, *, make: bool = True) -> Iterator[Keys]:
    """The keys of a service inside the block.

    Args:
        settings: of the service.
        make: whether to make the tables if there are none; a running service has made them.

    Raises:
        InputError: there is no such database, or none that this version reads.
    """
    database = open_database(settings.database, upgrade=make)
    try:
        yield Keys(database)
    finally:
        database.close()


def folder(data: Path) -> None:
    """Make the data folder.

    Raises:
        InputError: it cannot be made.
    """
    try:
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise InputError(f"data folder {str(data)!r} cannot be made: {error.strerror}") from error


def _check(settings: Settings) -> None:
    _ = settings.compute, settings.database  # Both check what they are made of.
    if settings.keep_days is not None and not 0 < settings.keep_days < math.inf:
        raise InputError(f"keep-days must be a number of days above 0, not {settings.keep_days:g}")
    if settings.root_path and not re.fullmatch(r"(/[A-Za-z0-9._~-]+)+", settings.root_path):
        raise InputError(f"root-path must be a path such as /diswot, not {settings.root_path!r}")


def _check_reach(host: str, settings: Settings) -> None:
    """Refuse an address that others can reach while there is no key: whoever reaches the service could use it."""
    if host in LOOPBACK:
        return
    with suppress(InputError), opened(settings, make=False) as found:
        if found.required():
            return
    raise InputError(
        f"others can reach {host!r}, and there is no key yet; make one with `diswot keys add NAME` for the same data, "
        f"or listen on one of {', '.join(LOOPBACK)}"
    )


@contextmanager
def _held(settings: Settings) -> Iterator[None]:
    """Make the data folder, and keep other services out of it inside the block; a database of its own can be shared."""
    from diswot.storage.lock import hold

    folder(settings.data)
    if settings.database_url is not None:
        yield
        return
    with hold(settings.data / "diswot_service.lock") as held:
        if not held:
            raise InputError(f"data folder {str(settings.data)!r} is in use by another service")
        yield


def _listen(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server(
            (host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET, backlog=2048
        )
    except OSError as error:
        raise InputError(f"cannot listen on port {port} of {host}: {os.strerror(error.errno or 0)}") from error
