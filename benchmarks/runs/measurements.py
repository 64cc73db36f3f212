"""Measurements on disk, one a line, appended as they come: what a killed run leaves, the next one starts from."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from types import TracebackType

from diswot.errors import UnreadableData
from diswot.evaluation import Measurement
from search_spaces import Costs


class MeasurementLog:
    """An append-only file of measurements, by the string of the canonical architecture.

    Entered to append, as often as need be; a line that a killed process left unfinished is cut off first.

    Args:
        path: of the JSONL file, which need not exist.

    Raises:
        UnreadableData: a line before the last is damaged.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.found: dict[str, Measurement] = {}
        self._whole = 0
        if path.exists():
            self._read()

    def __enter__(self) -> MeasurementLog:
        self._file = self.path.open("ab")
        self._file.truncate(self._whole)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def append(self, measurement: Measurement) -> None:
        """Keep a measurement, in memory and on disk."""
        self.found[measurement.arch] = measurement
        line = json.dumps(asdict(measurement)).encode() + b"\n"
        self._file.write(line)
        self._file.flush()
        self._whole += len(line)

    def _read(self) -> None:
        for number, line in enumerate(self.path.read_bytes().splitlines(keepends=True), 1):
            if not line.endswith(b"\n"):
                return
            try:
                row = json.loads(line)
                values = {name: tuple(series) for name, series in row["values"].items()}
                one = Measurement(row["arch"], Costs(**row["costs"]), values, row["seconds"], row["error"])
            except (AttributeError, KeyError, TypeError, ValueError) as error:
                raise UnreadableData(f"line {number} of {str(self.path)!r} is not a measurement: {error}") from error
            self.found[one.arch] = one
            self._whole += len(line)
