"""The folder of a run: its files, the record that names it, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from diswot.errors import InputError, UnreadableData
from diswot.storage.atomic import atomic_write

PROTOCOL, RAW, TIMINGS = "protocol.json", "raw.csv", "timings.json"
"""Files of a run beside its store of evaluations; a correlation run is finished when the last of them is there."""

Protocol = dict[str, Any]
"""Everything that the figures of a run depend on, as JSON values."""


def difference(found: Mapping[str, Any], asked: Mapping[str, Any]) -> str | None:
    """The first entry in which two records differ, in words; `None` if they are equal."""
    for name in {**asked, **found}:
        if found.get(name) != asked.get(name):
            return f"{name} {_short(found.get(name))}, not {_short(asked.get(name))}"
    return None


def default_folder(protocol: Protocol) -> Path:
    """Where a run goes unless told otherwise: equal records share a folder, so that a run started again continues."""
    digest = sha256(json.dumps(protocol, sort_keys=True).encode()).hexdigest()
    return Path("runs") / f"{protocol['benchmark']}-{protocol['space']}-{digest[:8]}"


def check_folder(folder: Path, protocol: Protocol) -> None:
    """Refuse a folder that is a file, holds a run with another record, or holds anything else.

    Raises:
        InputError: says which of them it is.
    """
    if folder.exists() and not folder.is_dir():
        raise InputError(f"--out {str(folder)!r} is a file, not a folder")
    if (folder / PROTOCOL).exists():
        change = difference(read_json(folder / PROTOCOL), protocol)
        if change is not None:
            raise InputError(f"{str(folder)!r} holds a run with {change}; choose another folder")
    elif folder.exists() and any(folder.iterdir()):
        raise InputError(
            f"{str(folder)!r} is not empty and holds no {protocol['benchmark']} run; choose another folder"
        )


def start_folder(folder: Path, protocol: Protocol) -> None:
    """Make the folder of a run, with its record.

    Raises:
        InputError: it cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_json(folder / PROTOCOL, protocol)
    except OSError as error:
        raise InputError(f"--out {str(folder)!r} cannot be written: {error.strerror}") from error


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object from a file of a run.

    Raises:
        UnreadableData: missing or damaged.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UnreadableData(f"{str(path)!r} cannot be read: {error}") from error
    if not isinstance(found, dict):
        raise UnreadableData(f"{str(path)!r} is not a JSON object")
    return found


def write_json(path: Path, record: Mapping[str, Any]) -> None:
    """Write a JSON object whole or not at all."""
    atomic_write(path, json.dumps(record, indent=2, allow_nan=False) + "\n")


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
