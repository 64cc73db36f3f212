"""Label tables: what is read, and what is refused in which words."""

from __future__ import annotations

from pathlib import Path

import pytest

from diswot.errors import InputError
from diswot.labels.table import read_labels
from diswot_spaces import get_space

RESNETS = get_space("cifar-resnet")


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
