"""Label tables: what architectures really reach, read from CSV, checked line by line."""

from __future__ import annotations

import csv
import hashlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from diswot.errors import InputError, InvalidArchitecture, UnknownName, UnreadableData
from diswot.seeds import stream
from search_spaces import Architecture, SearchSpace

ARCH = "arch"
DATASET = "dataset"
"""A column of this name, if there is one, must say the same on every line."""


class Duplicates(StrEnum):
    """What happens to architectures that are the same function."""

    ONCE = "once"
    WEIGHTED = "weighted"
    EACH = "each"
    PUBLISHED = "published"


DUPLICATES: dict[Duplicates, str] = {
    Duplicates.ONCE: "each function counts once; its accuracy is the mean over the lines of the table that compute it",
    Duplicates.WEIGHTED: (
        "each function counts as often as lines of the table compute it, with the mean of their accuracies"
    ),
    Duplicates.EACH: "each line of the table counts with its own accuracy; lines of one function share one score",
    Duplicates.PUBLISHED: (
        "each class of the benchmark's authors counts once, although some hold several functions; its accuracy is the "
        "mean over its lines in the table, its score that of the cheapest"
    ),
}
"""The rules in words: what a table says about itself."""


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
class Unit:
    """One row of the evaluation: a function, a published class, or one line of the table.

    Attributes:
        name: string of the architecture.
        canonical: the architecture that is measured for it.
        members: how many lines of the table it stands for.
        accuracies: percent, one for each column asked for.
    """

    name: str
    canonical: Architecture
    members: int
    accuracies: tuple[float, ...]


def read_labels(path: Path, space: SearchSpace, columns: Sequence[str]) -> list[Label]:
    """The lines of a label table.

    Args:
        path: a CSV file with a column `arch` and columns of accuracies in percent.
        space: where the architectures live.
        columns: the columns to read.

    Raises:
        UnreadableData: no such file, not a CSV of text, or no lines.
        InputError: a missing column, or the first line that is wrong and how.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.reader(file, strict=True)
            header = next(reader, [])
            positions = _positions(header, columns, path)
            labels = list(_checked(reader, header, positions, space, path))
    except FileNotFoundError:
        raise UnreadableData(f"label file {str(path)!r} does not exist") from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UnreadableData(f"label file {str(path)!r} cannot be read as CSV: {error}") from error
    if not labels:
        raise UnreadableData(f"label file {str(path)!r} has a header and no lines")
    return labels


def fingerprint(path: Path) -> str:
    """SHA-256 of a label file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def units_of(labels: Sequence[Label], space: SearchSpace, duplicates: Duplicates) -> list[Unit]:
    """The rows of the evaluation under a rule for duplicates, in the order of their names."""
    if duplicates is Duplicates.EACH:
        lines = ((space.encode(one.arch), one) for one in labels)
        return [
            Unit(name, space.canonical(one.arch), 1, one.accuracies)
            for name, one in sorted(lines, key=lambda line: line[0])
        ]
    published = duplicates is Duplicates.PUBLISHED
    classes: dict[Architecture | str, list[Label]] = {}
    for one in labels:
        classes.setdefault(space.published_class(one.arch) if published else space.canonical(one.arch), []).append(one)
    return sorted((_unit(members, space, published) for members in classes.values()), key=lambda unit: unit.name)


def draw_units(units: Sequence[Unit], size: int | None, seed: int) -> list[Unit]:
    """`size` of the units, drawn by seed without replacement, in their order; all of them for `None`.

    Raises:
        InputError: more than there are, or too few to rank.
    """
    if len(units) < 2:
        raise InputError("a table of one architecture ranks nothing; it needs at least 2 different ones")
    if size is None:
        return list(units)
    if not 2 <= size <= len(units):
        raise InputError(f"sample must be from 2 to the {len(units)} architectures of the table, not {size}")
    chosen = stream(seed, "correlation", "sample").permutation(len(units))[:size]
    return [units[i] for i in sorted(chosen.tolist())]


def _unit(members: Sequence[Label], space: SearchSpace, published: bool) -> Unit:
    """The row of a class: it is scored by the canonical form of its cheapest member."""

    def cost(arch: Architecture) -> tuple[int, int, Architecture]:
        costs = space.costs(arch, num_classes=1)
        return costs.macs, costs.params, arch

    cheapest = min((one.arch for one in members), key=cost)
    canonical = space.canonical(cheapest)
    means = (math.fsum(column) / len(members) for column in zip(*(one.accuracies for one in members), strict=True))
    return Unit(space.encode(cheapest if published else canonical), canonical, len(members), tuple(means))


def _positions(header: list[str], columns: Sequence[str], path: Path) -> list[int]:
    """Where the asked columns stand."""
    if not header:
        raise UnreadableData(f"label file {str(path)!r} is empty")
    doubled = [name for i, name in enumerate(header) if name in header[:i]]
    if doubled:
        raise InputError(f"line 1 of {path.name} names column {doubled[0]!r} twice")
    if ARCH not in header:
        raise InputError(f"line 1 of {path.name} has no column {ARCH!r}; its columns are {', '.join(header)}")
    valid = [name for name in header if name not in (ARCH, DATASET)]
    if not columns:
        raise InputError(f"no column asked for; the columns of {path.name} are {', '.join(valid)}")
    for column in columns:
        if column not in valid:
            raise UnknownName(f"column of {path.name}", column, valid)
    return [header.index(column) for column in columns]


def _checked(
    reader: Iterator[list[str]], header: list[str], positions: list[int], space: SearchSpace, path: Path
) -> Iterator[Label]:
    """The lines as labels; the first wrong one is an error."""
    seen: dict[Architecture, int] = {}
    datasets: dict[str, int] = {}
    for row in reader:
        line = reader.line_num  # type: ignore[attr-defined]
        where = f"line {line} of {path.name}"
        if not row:
            continue
        if len(row) != len(header):
            raise InputError(f"{where} has {len(row)} cells, not the {len(header)} of the header")
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
        yield Label(arch, tuple(_accuracy(row[i], header[i], where) for i in positions))


def _accuracy(text: str, column: str, where: str) -> float:
    """A cell as percent."""
    if not text.strip():
        raise InputError(f"{where} has no value in column {column!r}")
    try:
        value = float(text)
    except ValueError:
        raise InputError(f"{where} has {text!r} in column {column!r}, which is not a number") from None
    if not 0.0 <= value <= 100.0:
        raise InputError(f"{where} has {text} in column {column!r}; accuracies are in percent, from 0 to 100")
    return value
