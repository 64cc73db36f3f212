"""The official NAS-Bench-201 results as a small label table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import zip_longest
from math import isfinite
from pathlib import Path

from diswot.errors import InputError, InvalidArchitecture, UnreadableData
from diswot.labels.official import EXPECTED, Official, Report, Trials, open_official, reading
from diswot.storage.atomic import atomic_write
from diswot.storage.refusal import obstacle
from diswot_spaces import get_space

SPACE = "nasbench201"
DIGITS = 4
"""Of a percentage: one image of the largest test set, over three seeds, is 0.0013."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the table, and where the benchmark keeps it.

    Attributes:
        name: in the header.
        epochs: the training recipe, `"12"` or `"200"`.
        dataset: what it was trained on.
        split: what it was tested on, as `ArchResults.get_metrics` calls it.
    """

    name: str
    epochs: str
    dataset: str
    split: str

    def of(self, trials: Mapping[str, Trials]) -> float | None:
        """Accuracy in percent after the last epoch, mean over the seeds that were trained; `None` for no seed.

        Raises:
            UnreadableData: not a percentage.
        """
        recipe = trials.get(self.epochs)
        if recipe is None or self.dataset not in recipe.get_dataset_names():
            return None
        accuracy = float(recipe.get_metrics(self.dataset, self.split, iepoch=None, is_random=False)["accuracy"])
        if not (isfinite(accuracy) and 0 <= accuracy <= 100):
            raise UnreadableData(f"{self.name} of {recipe.arch_str} is {accuracy}, which is not a percentage")
        return accuracy


COLUMNS = (
    Column("cifar10_test_200", "200", "cifar10", "ori-test"),
    Column("cifar100_test_200", "200", "cifar100", "x-test"),
    Column("imagenet16_test_200", "200", "ImageNet16-120", "x-test"),
    Column("cifar10_valid_12", "12", "cifar10-valid", "x-valid"),
    Column("cifar100_valid_12", "12", "cifar100", "x-valid"),
)
HEADER = ",".join(["index", "arch", *(column.name for column in COLUMNS)]) + "\n"


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import has done.

    Attributes:
        table: where the table is.
        architectures: lines in it.
        empty: for each column, on how many lines the benchmark has no value.
        written: false where the same table was there already.
    """

    table: Path
    architectures: int
    empty: dict[str, int]
    written: bool


def import_nasbench201(source: Path, out: Path, *, trust_pickle: bool, allow_partial: bool, report: Report) -> Imported:
    """Convert an official benchmark file to a label table, whole or not at all.

    Args:
        source: `NAS-Bench-201-*.pth`, `NATS-tss-*.pickle.pbz2` or the folder `NATS-tss-*-simple`.
        out: the table; if it exists it must be the same, and is left as it is.
        trust_pickle: the user says that code in the file may run.
        allow_partial: take what is there of a file without all 15,625 architectures.
        report: told how far it is.

    Raises:
        InputError: what is wrong with the arguments or the file; then nothing has been written.
    """
    if not source.exists():
        raise UnreadableData(f"{str(source)!r} does not exist; {EXPECTED}")
    if not trust_pickle:
        raise InputError(
            f"{str(source)!r} is a pickle, and opening a pickle runs whatever code it contains: give --trust-pickle if "
            "you trust where you got it; nothing has been read"
        )
    _check_out(out)
    official = open_official(source, report)
    _check_archs(official, source, allow_partial)
    empty = dict.fromkeys((column.name for column in COLUMNS), 0)
    lines = _lines(official, source, empty, report)
    written = not out.exists()
    if written:
        _write(out, lines)
    else:
        _compare(out, lines)
    return Imported(out, len(official.indexes), empty, written)


def _check_out(out: Path) -> None:
    """Refuse before any work what could not be written, or would replace something else."""
    if out.is_dir():
        raise InputError(f"--out {str(out)!r} is a folder, not a file")
    if found := obstacle(out.absolute().parent):
        raise InputError(f"--out {str(out)!r} cannot be written: {found}")
    if out.exists():
        with reading(out), out.open(encoding="utf-8", errors="replace") as file:
            if file.readline(len(HEADER) + 1) != HEADER:
                raise InputError(_differs(out, 1))


def _check_archs(official: Official, source: Path, allow_partial: bool) -> None:
    """Refuse another benchmark, and part of this one unless that is allowed."""
    space, seen = get_space(SPACE), set()
    for arch in official.archs:
        if isinstance(arch, str) and arch.replace(":", "").isdigit():
            raise UnreadableData(
                f"{str(source)!r} is the size search space of NATS-Bench (sss), not the topology space; {EXPECTED}"
            )
        try:
            space.decode(str(arch))
        except InvalidArchitecture as error:
            raise UnreadableData(f"{str(source)!r} is of another benchmark: {error}") from None
        if arch in seen:
            raise UnreadableData(f"{str(source)!r} lists {arch} twice")
        seen.add(arch)
    wrong = [index for index in official.indexes if not 0 <= index < len(official.archs)]
    if wrong or not official.indexes:
        what = f"results of architecture {wrong[0]}, which it does not list" if wrong else "no results"
        raise UnreadableData(f"{str(source)!r} has {what}")
    everything = space.combinations
    if len(official.indexes) < everything and not allow_partial:
        raise UnreadableData(
            f"{str(source)!r} has results of {len(official.indexes):,} architectures, not of all {everything:,}; "
            "--allow-partial takes what is there"
        )


def _lines(official: Official, source: Path, empty: dict[str, int], report: Report) -> Iterator[str]:
    """The table line by line, in the benchmark's order; counts the values that are missing."""
    yield HEADER
    for done, index in enumerate(official.indexes, 1):
        with reading(source):
            trials = official.take(index)
            for recipe in trials.values():
                if recipe.arch_str != official.archs[index]:
                    raise UnreadableData(f"{str(source)!r} has results of {recipe.arch_str} for architecture {index}")
            values = [column.of(trials) for column in COLUMNS]
        for column, value in zip(COLUMNS, values, strict=True):
            empty[column.name] += value is None
        cells = ("" if value is None else str(round(value, DIGITS)) for value in values)
        yield ",".join([str(index), official.archs[index], *cells]) + "\n"
        report("architectures", done, len(official.indexes))


def _write(out: Path, lines: Iterator[str]) -> None:
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        atomic_write(out, "".join(lines))
    except OSError as error:
        raise InputError(f"--out {str(out)!r} cannot be written: {error.strerror}") from error


def _compare(out: Path, lines: Iterator[str]) -> None:
    with out.open(encoding="utf-8", errors="replace", newline="") as file:
        for number, (there, here) in enumerate(zip_longest(file, lines), 1):
            if there != here:
                raise InputError(_differs(out, number))


def _differs(out: Path, line: int) -> str:
    return f"--out {str(out)!r} exists and differs from line {line} on; choose another name or remove it"
