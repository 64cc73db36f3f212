"""What is in a store, and what goes."""

import logging
from dataclasses import replace
from pathlib import Path

import pytest

from diswot.cache.files import damaged_file, store_file
from diswot.cache.store import Context, Row, Store
from diswot.cache.survey import Entry, Survey, survey
from diswot.cache.upkeep import Limits, clear, prune
from diswot.proxies import PROXIES
from tests.diswot.cache.kitchen import TASK, measure, never, recipe


@pytest.fixture(name="folder")
def a_store(tmp_path: Path) -> Path:
    measure(recipe("default", "macs"), tmp_path)
    measure(recipe("nwot", seed=1), tmp_path)
    return tmp_path


def entry(teacher: str | None, proxy: str, rows: int) -> Entry:
    return Entry("cifar-resnet", teacher, proxy, PROXIES[proxy].version, True, rows)


def add(folder: Path, *rows: Row) -> None:
    store = Store(folder)
    store.keep(rows)
    store.close()


def change(folder: Path, statement: str) -> None:
    store = Store(folder)
    with store.transaction() as connection:
        connection.execute(statement)
    store.close()


def test_a_survey_counts_values_by_space_teacher_and_proxy(folder: Path) -> None:
    found = survey(folder)
    assert found.entries == (
        entry(None, "capacity", 6),
        entry(None, "directness", 3),  # steady: one value for all seeds
        entry(None, "macs", 3),
        entry(None, "nwot", 6),
        entry(None, "stability", 6),
        entry("resnet20", "retention", 6),
    )
    assert (found.file, found.rows, found.damaged, found.fault) == (store_file(folder), 30, 0, None)
    assert found.bytes == store_file(folder).stat().st_size


def test_a_survey_changes_nothing_and_makes_nothing(folder: Path, tmp_path: Path) -> None:
    before = store_file(folder).read_bytes()
    survey(folder)
    assert store_file(folder).read_bytes() == before
    assert survey(tmp_path / "none") == Survey(store_file(tmp_path / "none"), 0)
    assert not (tmp_path / "none").exists()
    assert prune(tmp_path / "none", Limits(stale=True)) == clear(tmp_path / "none") == 0


@pytest.mark.parametrize("part", ["value = zeroblob(8)", "arch = CAST(x'ff' AS TEXT)", "arch = x'ff'", "context = 99"])
def test_damaged_rows_are_counted_and_pruned(part: str, folder: Path) -> None:
    change(folder, f"UPDATE readings SET {part} WHERE proxy = 'nwot' AND arch = '1-1-1' AND seed = 1")
    assert (survey(folder).damaged, survey(folder).rows) == (1, 29)
    assert prune(folder, Limits(size_bytes=10**9)) in (1, 2)  # sound rows may go with it
    assert survey(folder).damaged == 0


def test_rows_of_a_damaged_description_are_damaged(folder: Path) -> None:
    change(folder, "UPDATE contexts SET description = CAST(x'ff00' AS TEXT) WHERE id = 1")
    found = survey(folder)
    assert found.damaged > 0
    assert found.damaged + found.rows == 30


def test_a_damaged_file_is_a_fault_until_it_is_cleared(folder: Path) -> None:
    store_file(folder).write_bytes(b"x" * 5000)
    assert survey(folder).fault == f"the cache {str(store_file(folder))!r} is damaged: file is not a database"
    assert clear(folder) == 5000
    assert survey(folder) == Survey(store_file(folder), 0)


def test_what_no_search_has_used_for_long_goes(folder: Path) -> None:
    change(folder, "UPDATE contexts SET used = used - 1000 WHERE id != 1")
    one = len(survey(folder).entries)
    measure(recipe("nwot", seed=1), folder, start=never)  # in use again
    assert prune(folder, Limits(idle_seconds=2000)) == 0
    gone = prune(folder, Limits(idle_seconds=500))
    assert 0 < gone < 30
    assert survey(folder).rows == 30 - gone
    assert entry(None, "nwot", 6) in survey(folder).entries
    assert len(survey(folder).entries) < one


def test_the_longest_unused_goes_until_the_rest_is_small_enough(folder: Path) -> None:
    other = Context('{"space":"s","teacher":"t","versions":1}')
    add(folder, *(Row(other, f"{i}", "nwot", 1, 0, 0.5) for i in range(2000)))
    change(folder, "UPDATE contexts SET used = used - 1000 WHERE description LIKE '%\"s\"%'")
    assert prune(folder, Limits(size_bytes=survey(folder).bytes)) == 0
    before = survey(folder)
    assert prune(folder, Limits(size_bytes=before.bytes - 4096)) == 2000
    assert survey(folder).rows == 30
    assert survey(folder).bytes < before.bytes - 4096
    assert prune(folder, Limits(size_bytes=0)) == 30


def test_what_this_installation_cannot_use_is_stale(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add(folder, Row(Context('{"space":"s","teacher":"t","versions":1}'), "a", "nwot", 1, 0, 0.5))
    monkeypatch.setitem(PROXIES, "capacity", replace(PROXIES["capacity"], version=99))
    stale = [(one.space, one.proxy) for one in survey(folder).entries if not one.current]
    assert stale == [("cifar-resnet", "capacity"), ("s", "nwot")]
    assert prune(folder, Limits(stale=True)) == 7
    assert all(one.current for one in survey(folder).entries)


def test_clearing_leaves_a_search_that_uses_the_store_alone(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    damaged_file(store_file(folder)).write_bytes(b"old")
    other = Store(folder)
    assert clear(folder) > 0
    assert survey(folder).rows == 0
    add(folder, Row(Context('{"space":"s","teacher":"t","versions":1}'), "a", "nwot", 1, 0, 0.5))
    other.close()
    measure(recipe("nwot", teacher=TASK), folder)
    assert survey(folder).rows == 7
    assert not damaged_file(store_file(folder)).exists()
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []
