"""Where a label table is looked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from diswot.errors import InputError, UnreadableData
from diswot.labels.folder import data_folder, find_table


def test_a_table_is_taken_where_it_is_and_otherwise_from_the_folder_of_tables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables, here = tmp_path / "tables", tmp_path / "here"
    for folder in (tables, here):
        folder.mkdir()
        (folder / "both.csv").touch()
    (tables / "sub").mkdir()
    (tables / "sub" / "one.csv").touch()
    monkeypatch.chdir(here)
    environment = {"DISWOT_DATA": str(tables)}
    assert find_table(Path("both.csv"), environment) == Path("both.csv")
    assert find_table(Path("sub/one.csv"), environment) == tables / "sub" / "one.csv"
    assert find_table(tables / "both.csv", {}) == tables / "both.csv"


@pytest.mark.parametrize(
    ("name", "environment", "message"),
    [
        (
            "a.csv",
            {},
            "label file 'a.csv' does not exist, and no folder of label tables is named in DISWOT_DATA; "
            "`diswot data status` lists what there is",
        ),
        (
            "a.csv",
            {"DISWOT_DATA": "/nowhere"},
            "label file 'a.csv' does not exist, neither here nor in '/nowhere', the folder in DISWOT_DATA; "
            "`diswot data status` lists what there is",
        ),
        ("/nowhere/a.csv", {"DISWOT_DATA": "/tables"}, "label file '/nowhere/a.csv' does not exist"),
    ],
)
def test_a_missing_table_says_where_it_was_looked_for(name: str, environment: dict[str, str], message: str) -> None:
    with pytest.raises(UnreadableData) as caught:
        find_table(Path(name), environment)
    assert str(caught.value) == message


def test_no_folder_is_no_error_until_it_cannot_be_told() -> None:
    assert data_folder({}) is data_folder({"DISWOT_DATA": ""}) is None
    with pytest.raises(InputError, match="no user 'nobody-here' has a home folder here"):
        find_table(Path("a.csv"), {"DISWOT_DATA": "~nobody-here"})
