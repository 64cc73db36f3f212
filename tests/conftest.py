"""What every test may ask for."""

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Let each process of `make test` compute on one thread: they are as many as the cores."""
    if hasattr(config, "workerinput"):
        import torch

        torch.set_num_threads(1)


@pytest.fixture(autouse=True, scope="session")
def _no_cache_of_the_users(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the user's own evaluations out of the tests, and what the tests measure out of theirs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DISWOT_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(autouse=True, scope="session")
def _no_polite_workers() -> Iterator[None]:
    """Let Ray's workers compute like all others: its niceness of 15 starves them where others compute, too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_worker_niceness", "0")
        yield


@pytest.fixture(autouse=True)
def _no_cache_of_another_test(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no test find what another one measured: that would hide differences between executors."""
    monkeypatch.setenv("DISWOT_CACHE", str(tmp_path_factory.getbasetemp() / f"cache-{uuid.uuid4().hex}"))


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder of label tables and images; tests that ask for it carry `@pytest.mark.data`."""
    where = os.environ.get("DISWOT_DATA")
    if not where:
        pytest.skip("DISWOT_DATA is not set: it names the folder with label tables and images")
    path = Path(where).expanduser()
    if not path.is_dir():
        pytest.fail(f"DISWOT_DATA is {where!r}, which is not a folder")
    return path
