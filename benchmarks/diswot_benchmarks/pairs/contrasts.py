"""Published results, and what they say of two teachers of one student."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from statistics import fmean

from diswot.errors import UnreadableData

COLUMNS = ("study", "dataset", "method", "student_arch", "teacher_arch", "teacher_acc", "distilled_acc", "seed_sd")


@dataclass(frozen=True, slots=True)
class Published:
    """One published result of distilling.

    Attributes:
        study: rows of one study share their recipe, and no others are compared.
        dataset: what was learned.
        method: of distilling.
        student: architecture.
        teacher: architecture.
        teacher_accuracy: percent; `None` where it was not printed.
        distilled: percent, of the student.
        deviation: standard deviation over seeds; `None` where it was not printed.
    """

    study: str
    dataset: str
    method: str
    student: str
    teacher: str
    teacher_accuracy: float | None
    distilled: float
    deviation: float | None


@dataclass(frozen=True, slots=True)
class Contrast:
    """One student under two teachers, by one method of one study: without a teacher it would be the same student.

    Attributes:
        study: where the two were published.
        student: architecture.
        teachers: architectures, in alphabetical order.
        teacher_accuracies: percent; `None` where one was not printed.
        gain: by how many points the student is better under the first teacher than under the second.
    """

    study: str
    student: str
    teachers: tuple[str, str]
    teacher_accuracies: tuple[float | None, float | None]
    gain: float


def read_published(path: Path) -> list[Published]:
    """The rows of a table of published results that name both architectures and the distilled accuracy.

    Raises:
        UnreadableData: no such file, or not such a table.
    """
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        if not rows or not set(COLUMNS) <= rows[0].keys():
            raise UnreadableData(f"{str(path)!r} is no table of published pairs; it needs the columns {COLUMNS}")
        named = (row for row in rows if row["student_arch"] and row["teacher_arch"] and row["distilled_acc"])
        return [_published(row) for row in named]
    except (OSError, UnicodeDecodeError, ValueError, csv.Error) as error:
        raise UnreadableData(f"published pairs {str(path)!r} cannot be read: {error}") from error


def contrasts(rows: Sequence[Published]) -> Iterator[Contrast]:
    """All pairs of teachers of one student within one study, data set and method; repeated rows are averaged.

    Pairs under which the student is as good are left out: they have no better teacher.
    """
    groups: dict[tuple[str, ...], dict[str, list[Published]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        groups[row.study, row.dataset, row.method, row.student][row.teacher].append(row)
    for (study, _, _, student), teachers in groups.items():
        for one, other in combinations(sorted(teachers), 2):
            gain = fmean(row.distilled for row in teachers[one]) - fmean(row.distilled for row in teachers[other])
            if gain:
                accuracies = (teachers[one][0].teacher_accuracy, teachers[other][0].teacher_accuracy)
                yield Contrast(study, student, (one, other), accuracies, gain)


def _published(row: dict[str, str]) -> Published:
    return Published(
        row["study"],
        row["dataset"],
        row["method"],
        row["student_arch"],
        row["teacher_arch"],
        float(row["teacher_acc"]) if row["teacher_acc"] else None,
        float(row["distilled_acc"]),
        float(row["seed_sd"]) if row["seed_sd"] else None,
    )
