"""Label tables: what is read, and what is refused in which words."""

from __future__ import annotations

from pathlib import Path

import pytest

from diswot.errors import InputError
from diswot_benchmarks.labels.table import read_labels
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


def test_labels_are_read(tmp_path: Path) -> None:
    path = write(tmp_path, "index,arch,one,two\n0,1-3-5,70.5,60\n\n1,7-7-7,71,61.25\n")
    labels = read_labels(path, RESNETS, ["two", "one"]).labels
    assert [(RESNETS.encode(one.arch), one.accuracies) for one in labels] == [
        ("1-3-5", (60.0, 70.5)),
        ("7-7-7", (61.25, 71.0)),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "label file '{path}' is empty"),
        ("arch,acc\n", "label file '{path}' has a header and no lines"),
        ("network,acc\n1-1-1,60\n", "line 1 of labels.csv has no column 'arch'; its columns are network, acc"),
        ("arch,top1\n1-1-1,60\n", "unknown column of labels.csv 'acc'; valid: top1"),
        ("arch,acc,acc\n1-1-1,60,60\n", "line 1 of labels.csv names column 'acc' twice"),
        (
            "arch,acc\n1-1-1,60\n1-1-2,61\n",
            "line 3 of labels.csv: depth '2' of stage 3 in '1-1-2' is not one of 1, 3, 5, 7",
        ),
        ("arch,acc\n1-1-1,60\n1-1-3\n", "line 3 of labels.csv has 1 cells, not the 2 of the header"),
        (
            "arch,acc\n1-1-1,92,3\n",
            "line 2 of labels.csv has 3 cells, not the 2 of the header; the decimal mark is a point",
        ),
        (
            "arch;acc\n1-1-1;92,3\n",
            "line 1 of labels.csv is separated by semicolons; a label table is separated by commas",
        ),
        ("arch\tacc\n1-1-1\t92.3\n", "line 1 of labels.csv is separated by tabs; a label table is separated by commas"),
        ("Arch,acc\n1-1-1,60\n", "line 1 of labels.csv has no column 'arch'; its columns are Arch, acc"),
        ("arch,acc\n1-1-1,60\n1-1-3,\n", "line 3 of labels.csv has no value in column 'acc'"),
        ("arch,acc\n1-1-1,60\n1-1-3,good\n", "line 3 of labels.csv has 'good' in column 'acc', which is not a number"),
        (
            "arch,acc\n1-1-1,nan\n",
            "line 2 of labels.csv has nan in column 'acc'; accuracies are in percent, from 0 to 100",
        ),
        (
            "arch,acc\n1-1-1,inf\n",
            "line 2 of labels.csv has inf in column 'acc'; accuracies are in percent, from 0 to 100",
        ),
        (
            "arch,acc\n1-1-1,-3\n",
            "line 2 of labels.csv has -3 in column 'acc'; accuracies are in percent, from 0 to 100",
        ),
        (
            "arch,acc\n1-1-1,60\n1-1-3,61\n1-1-1,60\n",
            "line 4 of labels.csv repeats the architecture of line 2: 1-1-1",
        ),
        (
            "arch,dataset,acc\n1-1-1,cifar10,60\n1-1-3,cifar10,61\n1-1-5,cifar100,62\n",
            "line 4 of labels.csv is of dataset 'cifar100', line 2 of 'cifar10'; a table has one dataset",
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(InputError) as caught:
        read_labels(path, RESNETS, ["acc"])
    assert str(caught.value) == message.format(path=path)


def test_no_column_asked_for_lists_them(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no column asked for; the columns of labels.csv are one, two"):
        read_labels(write(tmp_path, "arch,one,two\n1-1-1,1,2\n"), RESNETS, [])


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"label file '.*nowhere.csv' does not exist"):
        read_labels(tmp_path / "nowhere.csv", RESNETS, ["acc"])


def test_what_is_not_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    path.write_bytes(b"\x80\x02}q\x00.")
    with pytest.raises(InputError, match=r"cannot be read as CSV"):
        read_labels(path, RESNETS, ["acc"])
    with pytest.raises(InputError, match=r"cannot be read as CSV"):
        read_labels(tmp_path, RESNETS, ["acc"])


def test_a_byte_order_mark_and_spaces_are_no_part_of_names(tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    path.write_bytes(b"\xef\xbb\xbf arch , acc\r\n1-1-1 , 60.5 \r\n")
    (label,) = read_labels(path, RESNETS, ["acc"]).labels
    assert (RESNETS.encode(label.arch), label.accuracies) == ("1-1-1", (60.5,))
    path.write_text("arch,acc\n1-1-1,60\n", encoding="utf-16")
    with pytest.raises(InputError, match=r"labels\.csv' cannot be read as CSV: it is not UTF-8 text$"):
        read_labels(path, RESNETS, ["acc"])


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
