"""The rows of an evaluation: what counts as one architecture, and which are drawn."""

from __future__ import annotations

from pathlib import Path

import pytest

from diswot.errors import InputError
from diswot.labels.table import read_labels
from diswot_benchmarks.labels.units import Duplicates, Unit, draw_units, units_of
from diswot_spaces import get_space

RESNETS = get_space("cifar-resnet")
CELLS = get_space("nasbench201")

# Two ways to write a cell that copies its input (what follows from nothing is nothing), and one that differs.
COPY = "|none~0|+|none~0|nor_conv_3x3~1|+|skip_connect~0|none~1|none~2|"
COPY_TOO = "|none~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|"
CONVOLUTION = "|none~0|+|none~0|none~1|+|nor_conv_1x1~0|none~1|none~2|"


def write(folder: Path, text: str) -> Path:
    path = folder / "labels.csv"
    path.write_text(text)
    return path


def duplicated(folder: Path, duplicates: Duplicates) -> list[Unit]:
    text = f"arch,acc\n{COPY},50\n{CONVOLUTION},80\n{COPY_TOO},52\n"
    return units_of(read_labels(write(folder, text), CELLS, ["acc"]).labels, CELLS, duplicates)


@pytest.mark.parametrize("duplicates", [Duplicates.ONCE, Duplicates.WEIGHTED])
def test_lines_of_one_function_become_one_unit_with_their_mean(tmp_path: Path, duplicates: Duplicates) -> None:
    units = duplicated(tmp_path, duplicates)
    assert sorted((unit.members, unit.accuracies) for unit in units) == [(1, (80.0,)), (2, (51.0,))]
    assert all(unit.name == CELLS.encode(unit.canonical) for unit in units)


def test_each_line_can_stand_for_itself(tmp_path: Path) -> None:
    units = duplicated(tmp_path, Duplicates.EACH)
    assert {unit.name: unit.accuracies for unit in units} == {COPY: (50.0,), COPY_TOO: (52.0,), CONVOLUTION: (80.0,)}
    assert len({unit.canonical for unit in units}) == 2


TWO = "|none~0|+|nor_conv_3x3~0|none~1|+|nor_conv_3x3~0|none~1|skip_connect~2|"
TWICE = "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|none~0|skip_connect~1|skip_connect~2|"
"""Two convolutions added, and one taken twice: the benchmark counts them as one, with one score."""


def test_published_classes_count_functions_that_differ_as_one(tmp_path: Path) -> None:
    labels = read_labels(write(tmp_path, f"arch,acc\n{TWO},70\n{TWICE},66\n{COPY},50\n"), CELLS, ["acc"]).labels
    assert len(units_of(labels, CELLS, Duplicates.ONCE)) == 3
    copy, twice = sorted(units_of(labels, CELLS, Duplicates.PUBLISHED), key=lambda unit: unit.members)
    assert (twice.name, twice.members, twice.accuracies) == (TWICE, 2, (68.0,))
    assert twice.canonical == CELLS.canonical(CELLS.decode(TWICE)), "the cheapest is scored"
    assert copy.canonical == CELLS.canonical(CELLS.decode(COPY))


def test_units_are_drawn_by_seed_whatever_the_order_of_the_file(tmp_path: Path) -> None:
    lines = [f"{d}-{e}-1,{60 + d + e}" for d in (1, 3, 5, 7) for e in (1, 3, 5, 7)]

    def drawn(lines: list[str], size: int, seed: int) -> list[str]:
        labels = read_labels(write(tmp_path, "\n".join(["arch,acc", *lines])), RESNETS, ["acc"]).labels
        return [unit.name for unit in draw_units(units_of(labels, RESNETS, Duplicates.ONCE), size, seed)]

    assert drawn(lines, 6, 0) == drawn(lines[::-1], 6, 0)
    assert drawn(lines, 6, 0) != drawn(lines, 6, 1)
    assert set(drawn(lines, 6, 0)) < set(drawn(lines, 9, 0)), "a larger sample holds the smaller"


def test_a_sample_that_cannot_be_drawn_is_refused(tmp_path: Path) -> None:
    labels = read_labels(write(tmp_path, "arch,acc\n1-1-1,60\n1-1-3,61\n1-1-5,62\n"), RESNETS, ["acc"]).labels
    units = units_of(labels, RESNETS, Duplicates.ONCE)
    for size in (0, 1, 4):
        with pytest.raises(InputError, match=f"sample must be from 2 to the 3 architectures of the table, not {size}"):
            draw_units(units, size, 0)
    with pytest.raises(InputError, match="a table of one architecture ranks nothing"):
        draw_units(units[:1], None, 0)
