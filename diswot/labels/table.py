"""Label tables: what architectures really reach, read from CSV, checked line by line."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from diswot.errors import InputError, InvalidArchitecture, UnknownName, UnreadableData
from diswot.labels.percent import Cell, check_accuracy_column, to_percent
from diswot_spaces import Architecture, SearchSpace

ARCH = "arch"
DATASET = "dataset"
"""A column of this name, if there is one, must say the same on every line."""


@dataclass(frozen=True, slots=True)
class Label:
    """One line of a label table.

    Attributes:
        arch: as the space decodes it.
        accuracies: percent, one for each column asked for.
    """

    arch: Architecture
    accuracies: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class LabelTable:
    """A label table.

    Attributes:
        labels: its lines, in their order.
        fractions: the columns that were written as fractions of 1.
    """

    labels: list[Label]
    fractions: tuple[str, ...]


def read_labels(path: Path, space: SearchSpace, columns: Sequence[str]) -> LabelTable:
    """The lines of a label table, accuracies in percent.

    Args:
        path: a CSV file with a column `arch` and columns of accuracies, in percent or as fractions.
        space: where the architectures live.
        columns: the columns to read.

    Raises:
        UnreadableData: no such file, not a CSV of text, or no lines.
        InputError: a missing column, the first line that is wrong and how, or a column whose unit cannot be told.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.reader(file, strict=True)
            header = [name.strip() for name in next(reader, [])]
            positions = _positions(header, columns, path)
            lines = list(_checked(reader, header, space, path))
    except FileNotFoundError:
        raise UnreadableData(f"label file {str(path)!r} does not exist") from None
    except UnicodeDecodeError:
        raise UnreadableData(f"label file {str(path)!r} cannot be read as CSV: it is not UTF-8 text") from None
    except (OSError, csv.Error) as error:
        raise UnreadableData(f"label file {str(path)!r} cannot be read as CSV: {error}") from error
    if not lines:
        raise UnreadableData(f"label file {str(path)!r} has a header and no lines")
    found = {header[i]: to_percent([Cell(line.cells[i], line.where) for line in lines], header[i]) for i in positions}
    rows = zip(*(values for values, _ in found.values()), strict=True)
    labels = [Label(line.arch, accuracies) for line, accuracies in zip(lines, rows, strict=True)]
    return LabelTable(labels, tuple(column for column, (_, fractions) in found.items() if fractions))


def fingerprint(path: Path) -> str:
    """SHA-256 of a label file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


@dataclass(frozen=True, slots=True)
class _Line:
    """A line whose architecture has been read."""

    arch: Architecture
    cells: list[str]
    where: str


def _positions(header: list[str], columns: Sequence[str], path: Path) -> list[int]:
    """Where the asked columns stand."""
    if not header:
        raise UnreadableData(f"label file {str(path)!r} is empty")
    doubled = [name for i, name in enumerate(header) if name in header[:i]]
    if doubled:
        raise InputError(f"line 1 of {path.name} names column {doubled[0]!r} twice")
    for separator, name in ((";", "semicolons"), ("\t", "tabs")):
        if len(header) == 1 and separator in header[0]:
            raise InputError(f"line 1 of {path.name} is separated by {name}; a label table is separated by commas")
    if ARCH not in header:
        raise InputError(f"line 1 of {path.name} has no column {ARCH!r}; its columns are {', '.join(header)}")
    valid = [name for name in header if name not in (ARCH, DATASET)]
    if not columns:
        raise InputError(f"no column asked for; the columns of {path.name} are {', '.join(valid)}")
    for column in columns:
        if column not in valid:
            raise UnknownName(f"column of {path.name}", column, valid)
        check_accuracy_column(column, path.name)
    return [header.index(column) for column in columns]


def _checked(reader: Iterator[list[str]], header: list[str], space: SearchSpace, path: Path) -> Iterator[_Line]:
    """The lines with their architectures; the first wrong one is an error."""
    seen: dict[Architecture, int] = {}
    datasets: dict[str, int] = {}
    for row in reader:
        line = reader.line_num  # type: ignore[attr-defined]
        where = f"line {line} of {path.name}"
        if not row:
            continue
        if len(row) != len(header):
            comma = "; the decimal mark is a point" if len(row) > len(header) else ""
            raise InputError(f"{where} has {len(row)} cells, not the {len(header)} of the header{comma}")
        try:
            arch = space.decode(row[header.index(ARCH)].strip())
        except InvalidArchitecture as error:
            raise InvalidArchitecture(f"{where}: {error}") from None
        if arch in seen:
            raise InputError(f"{where} repeats the architecture of line {seen[arch]}: {space.encode(arch)}")
        seen[arch] = line
        if DATASET in header:
            datasets.setdefault(row[header.index(DATASET)], line)
            if len(datasets) > 1:
                (first, at), (other, _) = datasets.items()
                raise InputError(f"{where} is of dataset {other!r}, line {at} of {first!r}; a table has one dataset")
        yield _Line(arch, row, where)
