"""Where data sets are looked for."""

from pathlib import Path

import pytest

from diswot.errors import InputError
from diswot.labels import DataSet, Found, data_sets, look


def test_nothing_is_found_where_nothing_is_named() -> None:
    tables = [one for one in data_sets({}) if one.name.endswith((".csv", ".zip"))]
    assert len(tables) == 4
    assert all(look(one) == Found(one, None) for one in tables)


def test_the_first_folder_that_has_it_counts(tmp_path: Path) -> None:
    one = DataSet("file", "", (tmp_path / "a", tmp_path / "b", tmp_path / "c"), "", "")
    for name in "bc":
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text("x")
    assert look(one).path == tmp_path / "b" / "file"


def test_empty_files_and_folders_without_what_they_need_are_missing(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    needy = DataSet("folder", "", (tmp_path,), "", "", ("part", "other"))
    assert look(DataSet("file", "", (tmp_path,), "", "")).path is None
    assert look(DataSet("folder", "", (tmp_path,), "", "")).path is None
    assert look(needy).path is None
    (tmp_path / "folder" / "other").write_text("x")
    assert look(needy).path == tmp_path / "folder"


def test_every_data_set_says_its_source_and_how_to_get_it_and_no_name_stands_twice() -> None:
    every = data_sets({"DISWOT_DATA": "~/tables", "TORCH_HOME": "/torch"})
    assert all(one.source and one.how and one.use for one in every)
    assert len({one.name for one in every}) == len(every)
    assert every[0].folders == (Path("~/tables").expanduser(),)
    assert every[-1].folders == (Path("~/tables").expanduser(), Path("/torch"), Path())


def test_a_user_without_a_home_has_no_default_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(user: int) -> None:
        raise KeyError(user)

    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.setattr("pwd.getpwuid", nobody)
    assert data_sets({})[-1].folders == (Path(),)
    with pytest.raises(InputError) as caught:
        data_sets({"DISWOT_DATA": "~/tables"})
    assert str(caught.value) == "DISWOT_DATA is '~/tables', but this user has no home folder"


def test_an_unknown_user_in_the_name_of_a_folder_is_said() -> None:
    assert data_sets({"TORCH_HOME": "~nobody-here"})[-1].folders == (Path(),)
    with pytest.raises(InputError) as caught:
        data_sets({"DISWOT_DATA": "~nobody-here/tables"})
    assert str(caught.value) == (
        "DISWOT_DATA is '~nobody-here/tables', but no user 'nobody-here' has a home folder here"
    )
