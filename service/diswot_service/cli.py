"""`diswot up`, `serve`, `worker` and `keys`: the service whole, or its processes one by one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from diswot.errors import InputError
from diswot_service.settings import LOOPBACK, Settings

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False)
serve = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False)
worker = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False)
keys = typer.Typer(
    rich_markup_mode=None, pretty_exceptions_enable=False, no_args_is_help=True, help="Keys that let somebody in."
)

Host = Annotated[str, typer.Option(help="Address of this machine to listen on; beyond loopback only with keys.")]
Port = Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")]
AllowHost = Annotated[
    list[str] | None, typer.Option(help="Name under which requests may come, beside those of loopback and --host.")
]
RootPath = Annotated[str, typer.Option(help="Prefix of all paths behind a proxy, such as /diswot.")]
Data = Annotated[Path, typer.Option(help="Folder of the job database and of what was measured.")]
DatabaseUrl = Annotated[
    str | None,
    typer.Option(
        "--database", envvar="DISWOT_DATABASE_URL", show_envvar=True, show_default=False,
        help="URL of a Postgres server for the jobs; by default they are in a file of the data folder.",
    ),
]  # fmt: skip
Executor = Annotated[str, typer.Option(help="Where jobs are computed: serial, processes or ray.")]
Workers = Annotated[int | None, typer.Option(help="Workers of the executor of a job; by default one for each core.")]
Cache = Annotated[bool, typer.Option("--cache/--no-cache", help="Keep evaluations for later searches.")]
KeepDays = Annotated[
    float | None, typer.Option(help="Days for which a finished job is kept; by default until it is deleted.")
]
Quota = Annotated[int | None, typer.Option(min=1, help="Unfinished jobs that the owner of a key may have.")]
FOLDER = Path(".diswot")


@app.callback(invoke_without_command=True)
def up_command(
    host: Host = LOOPBACK[0],
    port: Port = 8080,
    allow_host: AllowHost = None,
    root_path: RootPath = "",
    data: Data = FOLDER,
    database: DatabaseUrl = None,
    executor: Executor = "processes",
    workers: Workers = None,
    jobs: Annotated[int, typer.Option(min=1, max=256, help="Jobs that are worked on at once.")] = 1,
    cache: Cache = True,
    keep_days: KeepDays = None,
    quota: Quota = None,
) -> None:
    """Serve jobs over HTTP and work on them, until interrupted."""
    settings = _settings(
        host, allow_host, data=data, database_url=database, executor=executor, workers=workers,
        keeps_evaluations=cache, keep_days=keep_days, quota=quota, root_path=root_path,
    )  # fmt: skip
    _serve(host, port, settings, jobs)


@serve.callback(invoke_without_command=True)
def serve_command(
    host: Host = LOOPBACK[0],
    port: Port = 8080,
    allow_host: AllowHost = None,
    root_path: RootPath = "",
    data: Data = FOLDER,
    database: DatabaseUrl = None,
    keep_days: KeepDays = None,
    quota: Quota = None,
) -> None:
    """Serve jobs over HTTP until interrupted, and leave the work to `diswot worker`."""
    settings = _settings(
        host, allow_host, data=data, database_url=database, keep_days=keep_days, quota=quota, root_path=root_path
    )
    _serve(host, port, settings, 0)


@worker.callback(invoke_without_command=True)
def worker_command(
    data: Data = FOLDER,
    database: DatabaseUrl = None,
    executor: Executor = "processes",
    workers: Workers = None,
    cache: Cache = True,
) -> None:
    """Work on jobs, one after the other, until interrupted; any number of these share the jobs of a database."""
    from diswot_service.worker import work

    settings = Settings(data, executor, workers, keeps_evaluations=cache, database_url=database)
    with _saying():
        _ = settings.compute  # Checks what it is made of.
        work(settings)


@keys.command("add")
def add_key(
    name: Annotated[str, typer.Argument(help="Whose key it is; several keys of one name reach the same jobs.")],
    scope: Annotated[str, typer.Option(help="What it allows: read, write or admin.")] = "write",
    data: Data = FOLDER,
    database: DatabaseUrl = None,
) -> None:
    """Make a key and show it once; from the first one on, the service lets nobody in without."""
    from diswot_service.serving import folder, opened

    settings = Settings(data, database_url=database)
    with _saying():
        folder(data)
        with opened(settings) as found:
            key = found.add(name, scope)
    typer.echo(key)


@keys.command("list")
def list_keys(data: Data = FOLDER, database: DatabaseUrl = None) -> None:
    """Show whose keys there are."""
    from datetime import UTC, datetime

    from diswot_service.serving import opened

    with _saying(), opened(Settings(data, database_url=database), make=False) as found:
        for key in found.all():
            made = datetime.fromtimestamp(key.created_at, UTC).strftime("%Y-%m-%d %H:%M UTC")
            state = "" if key.revoked_at is None else ", revoked"
            typer.echo(f"{key.id}  {key.principal}  {key.scope}  made {made}{state}")


@keys.command("revoke")
def revoke_key(
    number: Annotated[str, typer.Argument(help="Id of the key, as `diswot keys list` shows it.")],
    data: Data = FOLDER,
    database: DatabaseUrl = None,
) -> None:
    """Let a key be one no more; whoever has signed in with it is signed out."""
    from diswot_service.serving import opened

    with _saying(), opened(Settings(data, database_url=database), make=False) as found:
        found.revoke(number)


def _settings(host: str, names: list[str] | None, **given: Any) -> Settings:
    unspecified = ("0.0.0.0", "::")  # noqa: S104 - nobody asks for these names
    own = () if host in (*LOOPBACK, *unspecified) else (host.lower(),)
    return Settings(hosts=(*LOOPBACK, *own, *(name.lower() for name in names or ())), **given)


def _serve(host: str, port: int, settings: Settings, jobs: int) -> None:
    from diswot_service.serving import serve

    with _saying():
        serve(host, port, settings, jobs)


@contextmanager
def _saying() -> Iterator[None]:
    """Turn wrong input into one sentence and exit code 2."""
    try:
        yield
    except InputError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(2) from error
