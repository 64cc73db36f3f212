"""Units of accuracy columns: what is taken for percent, what for fractions, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from diswot.errors import InputError
from diswot.labels.table import LabelTable, read_labels
from diswot_spaces import get_space

RESNETS = get_space("cifar-resnet")


def read(folder: Path, *cells: str, column: str = "acc") -> LabelTable:
    """A table with these cells, the first on line 2."""
    archs = map(RESNETS.encode, RESNETS.enumerate())
    lines = [f'{arch},"{cell}"' for arch, cell in zip(archs, cells, strict=False)]
    path = folder / "t.csv"
    path.write_text("\n".join([f"arch,{column}", *lines]) + "\n")
    return read_labels(path, RESNETS, [column])


@pytest.mark.parametrize(
    ("cells", "accuracies", "fractions"),
    [
        (("40.244", "91"), (40.244, 91.0), False),
        ((".40244", "0.91"), (40.244, 91.0), True),
        (("1", "0", "0.5"), (100.0, 0.0, 50.0), True),
        (("4.0244e-1", "1.0"), (40.244, 100.0), True),
        (("40.244%", " 91 % "), (40.244, 91.0), False),
        ((".9%", "0.8%"), (0.9, 0.8), False),
        (("1.0", "0.83", "73.5"), (1.0, 0.83, 73.5), False),
        (("0.48", "1.99", "0.0", "61.04"), (0.48, 1.99, 0.0, 61.04), False),
        (("0", "0.0"), (0.0, 0.0), False),
    ],
    ids=["percent", "fractions", "all-or-nothing", "exponents", "signs", "low-with-signs", "chance", "failed", "zeros"],
)
def test_every_unit_becomes_percent(
    tmp_path: Path, cells: tuple[str, ...], accuracies: tuple[float, ...], fractions: bool
) -> None:
    table = read(tmp_path, *cells)
    assert tuple(label.accuracies[0] for label in table.labels) == accuracies
    assert table.fractions == (("acc",) if fractions else ())


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        (
            ("93", "0.92", "91.5"),
            "column 'acc' seems to mix fractions and percent: line 3 of t.csv has 0.92, others have 91.5 to 93; "
            "write every accuracy of the column in percent, with a percent sign where that is in doubt",
        ),
        (
            ("0.9", "1.2", "0.8"),
            "the best of column 'acc', 1.2 on line 3 of t.csv, is neither a fraction nor likely in percent; "
            "write every accuracy of the column in percent, with a percent sign where that is in doubt",
        ),
        (
            ("92%", "0.91"),
            "line 3 of t.csv has '0.91' in column 'acc' without a percent sign, line 2 of t.csv '92%' with one",
        ),
        (("92", "92,3"), "line 3 of t.csv has '92,3' in column 'acc'; the decimal mark is a point: 92.3"),
        (("92", "9_2"), "line 3 of t.csv has '9_2' in column 'acc', which is not a number"),
        (("92", "%"), "line 3 of t.csv has '%' in column 'acc', which is not a number"),
        (("92", "  "), "line 3 of t.csv has no value in column 'acc'"),
        (("920%", "1%"), "line 2 of t.csv has 920% in column 'acc'; accuracies are in percent, from 0 to 100"),
    ],
)
def test_what_may_be_either_is_refused(tmp_path: Path, cells: tuple[str, ...], message: str) -> None:
    with pytest.raises(InputError) as caught:
        read(tmp_path, *cells)
    assert str(caught.value) == message


@pytest.mark.parametrize("column", ["error", "test_error", "Top1 Err", "val-loss", "errors_200"])
def test_what_is_lower_for_better_is_refused(tmp_path: Path, column: str) -> None:
    with pytest.raises(InputError, match=r"of t\.csv holds \w+ by its name; accuracies are needed, higher is better"):
        read(tmp_path, "8", "9", column=column)


@pytest.mark.parametrize("column", ["lossless_acc", "terror", "glosses", "accuracy"])
def test_other_words_are_other_words(tmp_path: Path, column: str) -> None:
    assert len(read(tmp_path, "80", "90", column=column).labels) == 2
