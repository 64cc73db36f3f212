"""`diswot serve`: the API and its worker, on this machine."""

from __future__ import annotations

import os
import signal
import socket
import sys
from pathlib import Path
from typing import Annotated

import typer

from diswot.errors import InputError, UnknownName
from diswot.executors import EXECUTORS
from service.settings import LOOPBACK, Settings

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
    cache: Annotated[bool, typer.Option("--cache/--no-cache", help="Keep measurements for later searches.")] = True,
) -> None:
    """Serve searches over HTTP until interrupted."""
    try:
        _serve(host, port, Settings(data, executor, workers, keeps_measurements=cache))
    except InputError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(2) from error


def _serve(host: str, port: int, settings: Settings) -> None:
    if host not in LOOPBACK:
        raise InputError(f"host must be one of {', '.join(LOOPBACK)} while there is no authentication, not {host!r}")
    if settings.executor not in EXECUTORS:
        raise UnknownName("executor", settings.executor, EXECUTORS)
    if settings.workers is not None and settings.workers < 1:
        raise InputError(f"workers must be at least 1, not {settings.workers}")
    import uvicorn  # Only here, so that the other commands of `diswot` start without it.

    from service.app import create_app
    from service.locks import hold
    from service.supervisor import Supervisor

    with _listen(host, port) as listener:
        server = uvicorn.Server(uvicorn.Config(create_app(settings), timeout_graceful_shutdown=5))
        with hold(settings.data / "service.lock") as held:
            if not held:
                raise InputError(f"data folder {str(settings.data)!r} is in use by another service")
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, lambda *_: sys.exit(0))  # uvicorn hands the signal on after it has closed down.
            place = f"[{host}]" if ":" in host else host
            typer.echo(f"serving http://{place}:{listener.getsockname()[1]}, data in {settings.data}", err=True)
            with Supervisor(settings):
                server.run(sockets=[listener])


def _listen(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server(
            (host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET, backlog=2048
        )
    except OSError as error:
        raise InputError(f"cannot listen on port {port} of {host}: {os.strerror(error.errno or 0)}") from error
