"""`diswot serve`: the API and its worker, on this machine."""

from __future__ import annotations

import math
import os
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from diswot.errors import InputError
from diswot_service.settings import LOOPBACK, Settings

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False)


@app.callback(invoke_without_command=True)
def serve(
    host: Annotated[str, typer.Option(help="Address of this machine to listen on; only loopback for now.")] = LOOPBACK[
        0
    ],
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")] = 8080,
    data: Annotated[Path, typer.Option(help="Folder of the job database.")] = Path(".diswot"),
    executor: Annotated[str, typer.Option(help="Where the worker measures: serial, processes or ray.")] = "processes",
    workers: Annotated[int | None, typer.Option(help="Workers of the executor; by default one for each core.")] = None,
    cache: Annotated[bool, typer.Option("--cache/--no-cache", help="Keep evaluations for later searches.")] = True,
    keep_days: Annotated[
        float | None, typer.Option(help="Days for which a finished job is kept; by default until it is deleted.")
    ] = None,
) -> None:
    """Serve searches over HTTP until interrupted."""
    try:
        _serve(host, port, Settings(data, executor, workers, keeps_measurements=cache, keep_days=keep_days))
    except InputError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(2) from error


def _serve(host: str, port: int, settings: Settings) -> None:
    _check(host, settings)
    import uvicorn  # Only here, so that the other commands of `diswot` start without it.

    from diswot_service.app import create_app
    from diswot_service.protocol import Impatient
    from diswot_service.supervisor import Supervisor

    with _listen(host, port) as listener, _folder(settings.data):
        # Opened under the lock: a second service, perhaps a newer one, must not touch the tables of a running one.
        server = uvicorn.Server(uvicorn.Config(create_app(settings), http=Impatient, timeout_graceful_shutdown=5))
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: sys.exit(0))  # uvicorn hands the signal on after it has closed down.
        place = f"[{host}]" if ":" in host else host
        typer.echo(f"serving http://{place}:{listener.getsockname()[1]}, data in {settings.data}", err=True)
        with Supervisor(settings):
            server.run(sockets=[listener])


def _check(host: str, settings: Settings) -> None:
    if host not in LOOPBACK:
        raise InputError(f"host must be one of {', '.join(LOOPBACK)} while there is no authentication, not {host!r}")
    _ = settings.compute  # Checks what it is made of.
    if settings.keep_days is not None and not 0 < settings.keep_days < math.inf:
        raise InputError(f"keep-days must be a number of days above 0, not {settings.keep_days:g}")


@contextmanager
def _folder(data: Path) -> Iterator[None]:
    """Make the data folder, and keep other services out of it inside the block."""
    from diswot.storage.lock import hold

    try:
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise InputError(f"data folder {str(data)!r} cannot be made: {error.strerror}") from error
    with hold(data / "diswot_service.lock") as held:
        if not held:
            raise InputError(f"data folder {str(data)!r} is in use by another service")
        yield


def _listen(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server(
            (host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET, backlog=2048
        )
    except OSError as error:
        raise InputError(f"cannot listen on port {port} of {host}: {os.strerror(error.errno or 0)}") from error
