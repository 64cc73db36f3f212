"""The connection to Ray: a cluster of this machine that lives as long as the connection, or one that is there already.

Ray is imported when a connection is opened. A Ray cluster runs any code that reaches its ports, so token authentication
is always on, and a cluster of this machine listens on the loopback device only.
"""

from __future__ import annotations

import logging
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Literal, TypeAlias

from diswot.errors import ExecutorError

CONNECT_SECONDS = 5.0
"""Time in which a cluster's port must open."""

ANSWER_SECONDS = 10.0
"""Time in which a cluster must then answer; Ray itself would go on trying for a quarter of an hour."""

STORE_BYTES = 256 * 2**20
"""Object store of a cluster of this machine; the evaluator is the only large object."""

TOKEN = secrets.token_hex(32)
"""Token of the clusters that this process starts; one for all of them, since Ray reads it once."""


@contextmanager
def connection(cpus: int | None = None, address: str | None = None) -> Iterator[None]:
    """Be connected to Ray inside the block; executors entered there share the connection.

    Args:
        cpus: of a cluster that is started for the block; by default those of the machine.
        address: `HOST:PORT` of a cluster that is there already.

    Raises:
        ExecutorError: the cluster does not start or does not answer.
    """
    with ExitStack() as stack:
        with _environment(address):
            import ray

            if not ray.is_initialized():
                stack.callback(_handle_sigterm, signal.getsignal(signal.SIGTERM))
                stack.callback(ray.shutdown, wait_for_processes=True)
                _connect(cpus, address)
        yield


def _connect(cpus: int | None, address: str | None) -> None:
    import ray

    handler = signal.getsignal(signal.SIGTERM)
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
    try:
        if address is None:
            ray.init("local", num_cpus=cpus, object_store_memory=STORE_BYTES, include_dashboard=False, **quiet)
        else:
            _check_answer(address)
            ray.init(address, **quiet)
    except ExecutorError:
        raise
    except Exception as error:  # Ray raises whatever it meets
        raise ExecutorError(
            f"Ray did not start: {first_line(error)}; the executor 'processes' does without it"
        ) from error
    if handler is not signal.SIG_DFL:
        _handle_sigterm(handler)


_CHECK = """
import os
import sys
from ray.scripts.scripts import cli
os.write(1, b"imported\\n")
cli(["health-check", "--address", sys.argv[1]])
"""

Answer: TypeAlias = Literal["open", "refused", "silent"]


def _check_answer(address: str) -> None:
    """Raise `ExecutorError` unless a cluster answers at the address, and both sides ask for a token or neither."""
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), CONNECT_SECONDS).close()
    except OSError as error:
        raise ExecutorError(f"no Ray cluster answers at {address!r}: {error.strerror or error}") from error
    asks = os.environ["RAY_AUTH_MODE"] == "token"
    if asks and not _has_token():
        raise ExecutorError(
            f"no token for the Ray cluster at {address!r}: put it into RAY_AUTH_TOKEN, or set RAY_AUTH_MODE=disabled "
            "for a cluster without tokens, which runs any code that reaches its ports"
        )
    with ThreadPoolExecutor(2) as both:
        ours = both.submit(_ask, address, {})
        without = both.submit(_ask, address, {"RAY_AUTH_MODE": "disabled"}) if asks else ours
    if ours.result() == "silent":
        raise ExecutorError(
            f"what answers at {address!r} is no Ray cluster, or one of another version: check that it is the HOST:PORT "
            "of a running `ray start --head`, and that `ray --version` is the same on both sides"
        )
    if ours.result() == "refused":
        rest = "RAY_AUTH_TOKEN must hold its token" if asks else "unset RAY_AUTH_MODE and put it into RAY_AUTH_TOKEN"
        raise ExecutorError(f"the Ray cluster at {address!r} asks for another token: {rest}")
    if asks and without.result() == "open":
        raise ExecutorError(
            f"the Ray cluster at {address!r} asks for no token and runs any code that reaches its ports: start it with "
            "RAY_AUTH_MODE=token, or set RAY_AUTH_MODE=disabled to use it all the same"
        )


def _has_token() -> bool:
    """Whether Ray would find a token; where it finds none it does not say so, but aborts the process."""
    given = any(os.environ.get(name) for name in ("RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"))
    return given or Path("~/.ray/auth_token").expanduser().exists()


def _ask(address: str, settings: Mapping[str, str]) -> Answer:
    """Ask the cluster whether it is well, in a process of its own, which can be given up when it hangs."""
    command = [sys.executable, "-c", _CHECK, address]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, env=os.environ | settings) as check:  # noqa: S603
        try:
            assert check.stdout is not None, "it is a pipe"
            check.stdout.readline()  # its time starts when Ray is imported
            _, said = check.communicate(timeout=ANSWER_SECONDS)
        except subprocess.TimeoutExpired:
            return "silent"
        finally:
            check.kill()
    if check.returncode == 0:
        return "open"
    return "refused" if "InvalidAuthToken" in said else "silent"


@contextmanager
def _environment(address: str | None) -> Iterator[None]:
    """What Ray reads while it starts; what the user has set stays as it is, and everything is put back at the end."""
    before = dict(os.environ)
    settings = {"RAY_USAGE_STATS_ENABLED": "0"}
    if address is None:
        if before.get("RAY_AUTH_MODE", "token") != "token":
            raise ExecutorError("Ray starts here only with token authentication: unset RAY_AUTH_MODE")
        settings["RAY_AUTH_TOKEN"] = TOKEN
    if address is None or address.startswith(("127.", "localhost:")):
        settings["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"  # as on those two: loopback stays loopback
    if address is not None or "ray" not in sys.modules:  # once imported, Ray turns it on only by itself
        settings["RAY_AUTH_MODE"] = "token"
    os.environ.update(settings | before)
    try:
        yield
    finally:
        for name in os.environ.keys() - before.keys():
            del os.environ[name]
        os.environ.update(before)


def _handle_sigterm(handler: Any) -> None:
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, handler)


def first_line(error: Exception) -> str:
    """What an error of Ray says, without the pages that may follow."""
    return str(error).strip().partition("\n")[0].rstrip(".") or type(error).__name__
