"""A validation from the label tables to its document, on networks that take milliseconds."""

from pathlib import Path

import pytest
from rich.console import Console

from diswot.errors import InputError, UnknownName
from diswot.spec.compute import ComputeSpec
from diswot_benchmarks.validation import run, spec
from diswot_benchmarks.validation.console import show_validation
from diswot_benchmarks.validation.spec import ValidationSpec
from diswot_benchmarks.validation.truths import Truth

SMALL = {
    "one": Truth("First", "cifar-resnet", "one.csv", ("top",), 10, (3, 8, 8)),
    "other": Truth("Second", "cifar-resnet", "other.csv", ("top", "again"), 10, (3, 8, 8)),
}


@pytest.fixture
def tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for module in (run, spec):
        monkeypatch.setattr(module, "TRUTHS", SMALL)
    monkeypatch.setattr(run, "formulas", lambda: [{"saturating-capacity-80-0.25": 1.0}, {"trainability-10": 1.0}])
    (tmp_path / "one.csv").write_text("arch,top\n1-1-1,60\n1-1-3,65\n1-3-1,63\n3-1-1,61\n")
    (tmp_path / "other.csv").write_text("arch,top,again\n1-1-1,60,10\n1-1-3,65,20\n1-3-3,66,30\n")
    return tmp_path


def asked(folder: Path, *truths: str) -> ValidationSpec:
    return ValidationSpec(truths, folder, (), sample=3, seed=0, student_inits=1)


def test_every_column_is_judged_by_what_the_other_table_chooses(tables: Path) -> None:
    told: list[str] = []
    compute = ComputeSpec(executor="serial", cache=None)
    found = run.run_validation(
        asked(tables, "one", "other"), tables / "out", compute, lambda what, *_: told.append(what)
    )
    assert [(row["truth"], row["column"], row["n"]) for row in found["rows"]] == [
        ("First", "top", 4),
        ("Second", "top", 3),
        ("Second", "again", 3),
    ]
    for row in found["rows"]:
        assert {"default", "chosen on all", "left out", "params", "macs", "depth", "nwot"} <= row["scores"].keys()
    assert found["formulas"] == 2
    assert found["left_out"].keys() == {"First", "Second"}
    assert {"measuring", "choosing"} <= set(told)
    console = Console(width=200, record=True, quiet=False)
    show_validation(console, found)
    assert "and without First" in console.export_text()


def test_one_table_cannot_be_left_out(tables: Path) -> None:
    with pytest.raises(InputError, match="at least 2 label tables"):
        asked(tables, "one")


def test_an_unknown_table_is_refused_with_those_there_are(tables: Path) -> None:
    with pytest.raises(UnknownName, match="one, other"):
        asked(tables, "one", "another")
