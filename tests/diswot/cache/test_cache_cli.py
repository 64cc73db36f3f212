"""`diswot cache`, and the option that does without."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from diswot.cache.key import Context
from diswot.cache.store import Row, Store, damaged_file, store_file
from diswot.cli.app import app
from diswot.errors import InputError
from diswot.storage.folders import cache_folder
from tests.diswot.cache.kitchen import measure, recipe

QUICK = ["--teacher", "resnet20", "--space", "cifar-resnet", "--probe-size", "8", "--student-inits", "1"]
QUICK += ["--teacher-inits", "1", "--executor", "serial", "--score", "nwot"]


@pytest.fixture(name="folder")
def a_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DISWOT_CACHE", str(tmp_path / "cache"))
    measure(recipe("nwot", "relation"), tmp_path / "cache")
    return tmp_path / "cache"


def diswot(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def refusal(*words: str) -> str:
    done = diswot(*words)
    assert isinstance(done.exception, InputError)
    return str(done.exception)


def test_show_tells_a_person_where_and_what(folder: Path) -> None:
    shown = diswot("cache", "show").stdout
    assert f"{store_file(folder)}: 12 values, " in shown
    assert "cifar-resnet  any       6" in shown
    assert "cifar-resnet  resnet20  6" in shown


def test_show_gives_one_json_object(folder: Path) -> None:
    damaged_file(folder).write_bytes(b"x" * 2000)
    shown = json.loads(diswot("cache", "show", "--json").stdout)
    assert shown["file"] == str(store_file(folder))
    assert shown["bytes"] == store_file(folder).stat().st_size + 2000
    assert (shown["values"], shown["fault"]) == (12, None)
    assert shown["entries"][0] == {"space": "cifar-resnet", "teacher": "", "values": 6}


def test_show_says_what_is_damaged(folder: Path) -> None:
    store_file(folder).write_bytes(b"x" * 5000)
    shown = diswot("cache", "show").stdout
    assert "It is damaged (file is not a database); the next search begins a new one." in shown


def test_clear_deletes_everything_when_told_twice(folder: Path) -> None:
    assert refusal("cache", "clear") == f"this deletes the evaluations in {str(folder)!r}: confirm it with --yes"
    assert json.loads(diswot("cache", "show", "--json").stdout)["values"] == 12
    damaged_file(folder).write_bytes(b"x" * 2000)
    assert diswot("cache", "clear", "--yes").exit_code == 0
    assert list(folder.iterdir()) == []
    assert json.loads(diswot("cache", "show", "--json").stdout)["values"] == 0
    assert json.loads(diswot("cache", "clear", "--yes", "--json").stdout) == {"freed_bytes": 0}


def test_a_search_that_uses_the_cache_goes_on_when_it_is_deleted(folder: Path) -> None:
    store = Store(folder, "1")
    assert diswot("cache", "clear", "--yes").exit_code == 0
    store.keep([Row(Context("{}"), "1-1-1", "nwot", 1, 0, 1.0)])
    assert store.find(Context("{}"), ["1-1-1"]) == {"1-1-1": {("nwot", 1, 0): 1.0}}
    store.close()


def test_no_cache_reads_and_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISWOT_CACHE", str(tmp_path / "cache"))
    search = ["search", *QUICK, "--evaluations", "4", "--population", "2", "--tournament", "2", "--json"]
    score = ["score", *QUICK, "--arch", "1-1-1", "--json"]
    assert json.loads(diswot(*search, "--no-cache").stdout)["cache"] is None
    assert diswot(*score, "--no-cache").exit_code == 0
    assert not (tmp_path / "cache").exists()
    assert json.loads(diswot(*search).stdout)["cache"]["misses"] == 4
    assert json.loads(diswot(*search).stdout)["cache"]["hits"] == 4
    assert diswot(*score).exit_code == 0


def test_a_person_is_told_how_much_was_known(folder: Path) -> None:
    search = ["search", *QUICK, "--evaluations", "4", "--population", "2", "--tournament", "2"]
    assert "Measured before" not in diswot(*search).stdout
    assert "Measured before: 4 of 4 evaluations." in diswot(*search).stdout


@pytest.mark.parametrize(
    ("variables", "folder"),
    [
        ({"DISWOT_CACHE": "/a/b", "XDG_CACHE_HOME": "/c", "HOME": "/h"}, "/a/b"),
        ({"DISWOT_CACHE": "~/b", "HOME": "/h"}, "/h/b"),
        ({"DISWOT_CACHE": "", "XDG_CACHE_HOME": "/c", "HOME": "/h"}, "/c/diswot"),
        ({"XDG_CACHE_HOME": "relative", "HOME": "/h"}, "/h/.cache/diswot"),
        ({"HOME": "/h"}, "/h/.cache/diswot"),
    ],
)
def test_where_the_store_is(variables: dict[str, str], folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISWOT_CACHE", "XDG_CACHE_HOME", "HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert cache_folder() == Path(folder)


def test_a_user_without_a_home_has_no_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(user: int) -> None:
        raise KeyError(user)

    for name in ("DISWOT_CACHE", "XDG_CACHE_HOME", "HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("pwd.getpwuid", nobody)
    assert cache_folder() is None
    assert refusal("cache", "show") == "this user has no home folder: name a folder in DISWOT_CACHE"
