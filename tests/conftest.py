"""What every test may ask for."""

import os
from pathlib import Path

import pytest


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
