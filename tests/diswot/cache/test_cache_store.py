"""The store: what is written is read, by several processes; whatever is wrong with it, it is never believed."""

from __future__ import annotations

import resource
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from diswot.cache.key import Context
from diswot.cache.store import Row, Store, Values, damaged_file, store_file

VERSIONS = "1"
CONTEXT, OTHER = (Context(f'{{"space":{{"name":"s"}},"teacher":{{}},"n":{n}}}') for n in (1, 2))
ROWS = [Row(CONTEXT, f"{arch}-1-1", "nwot", 1, init, arch + init / 3) for arch in range(60) for init in range(4)]
ARCHS = sorted({row.arch for row in ROWS})
WRITTEN = {arch: {("nwot", 1, row.init): row.value for row in ROWS if row.arch == arch} for arch in ARCHS}


def row(value: float = 1.5, context: Context = CONTEXT, init: int = 0) -> Row:
    return Row(context, "1-1-1", "nwot", 1, init, value)


def change(folder: Path, statement: str, *cells: Any) -> None:
    """Change what is in a store behind its back."""
    with closing(sqlite3.connect(store_file(folder))) as connection, connection:
        connection.execute(statement, cells)


def use(folder: Path) -> dict[str, Values]:
    """Read everything, write what is missing, and close, as a search would."""
    store = Store(folder, VERSIONS)
    found = store.find(CONTEXT, ARCHS)
    store.keep([row for row in ROWS if ("nwot", 1, row.init) not in found.get(row.arch, {})])
    store.close()
    return found


@pytest.fixture(name="folder")
def a_store(tmp_path: Path) -> Path:
    assert use(tmp_path) == {}
    return tmp_path


@given(value=st.floats(allow_nan=False))
def test_every_float_comes_back_bit_for_bit(value: float, tmp_path_factory: pytest.TempPathFactory) -> None:
    store = Store(tmp_path_factory.getbasetemp() / "floats", VERSIONS)
    store.keep([row(value)])
    found = store.find(CONTEXT, ["1-1-1"])
    store.close()
    assert found["1-1-1"]["nwot", 1, 0].hex() == value.hex()


def test_contexts_proxies_versions_and_initializations_are_kept_apart(tmp_path: Path) -> None:
    store = Store(tmp_path, VERSIONS)
    store.keep([row(1.0), row(2.0, OTHER), row(3.0, init=1), Row(CONTEXT, "1-1-1", "nwot", 2, 0, 4.0)])
    assert store.find(CONTEXT, ["1-1-1", "3-1-1"]) == {
        "1-1-1": {("nwot", 1, 0): 1.0, ("nwot", 1, 1): 3.0, ("nwot", 2, 0): 4.0}
    }
    assert store.find(OTHER, ["1-1-1"]) == {"1-1-1": {("nwot", 1, 0): 2.0}}
    assert store.find(Context("{}"), ["1-1-1"]) == {}
    store.close()


@pytest.mark.parametrize(
    "damage",
    [
        "value = zeroblob(8)",
        "value = 1.5",
        "value = x'00'",
        "checksum = x''",
        "proxy = 'macs'",
        "version = 2",
        "init = 7",
        "proxy = CAST(x'ff' AS TEXT)",
    ],
)
def test_a_row_is_believed_only_if_all_of_it_is_what_was_written(damage: str, tmp_path: Path) -> None:
    store = Store(tmp_path, VERSIONS)
    store.keep([row()])
    change(tmp_path, f"UPDATE readings SET {damage}")
    assert store.find(CONTEXT, ["1-1-1"]) == {}
    assert store.damaged == 1
    assert store.find(CONTEXT, ["1-1-1"]) == {}
    assert store.damaged == 1, "it is gone"
    store.close()


def test_a_row_of_another_context_is_not_believed(tmp_path: Path) -> None:
    store = Store(tmp_path, VERSIONS)
    store.keep([row(), row(context=OTHER, init=1)])
    change(tmp_path, "UPDATE readings SET context = (SELECT id FROM contexts WHERE digest = ?)", OTHER.digest)
    assert store.find(OTHER, ["1-1-1"]) == {}
    store.close()


def test_above_a_bound_other_versions_are_dropped_first_and_then_the_longest_unused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    contexts = [Context(f"{n}") for n in range(4)]
    for context, versions in ((0, "1"), (1, "1"), (2, "1"), (3, "2"), (0, "1")):
        store = Store(tmp_path, versions)
        store.keep([Row(contexts[context], f"{arch}", "nwot", 1, 0, 1.0) for arch in range(2000)])
        store.close()
    size = store_file(tmp_path).stat().st_size
    for bound, left in ((size, [0, 1, 2, 3]), (0.8 * size, [0, 1, 2]), (0.6 * size, [0, 2]), (0, [])):
        monkeypatch.setattr("diswot.cache.store.MOST_BYTES", bound)
        store = Store(tmp_path, "1")
        assert [n for n in range(4) if store.archs(contexts[n])] == left
        store.close()
    assert store_file(tmp_path).stat().st_size < size / 10


WRITER = """
import sys
from pathlib import Path
from diswot.cache.key import Context
from diswot.cache.store import Row, Store

folder, name, batches, size = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
context = Context(sys.argv[5])
for batch in range(batches):
    store = Store(folder, "1")
    store.keep([Row(context, f"{name}{batch}", "nwot", 1, init, batch + init / 7) for init in range(size)])
    store.close()
    print(batch, flush=True)
"""


def _writer(folder: Path, name: str, batches: int, size: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITER, str(folder), name, str(batches), str(size), CONTEXT.description]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_two_processes_write_the_same_keys_at_once(tmp_path: Path) -> None:
    with _writer(tmp_path, "same", 40, 5) as one, _writer(tmp_path, "same", 40, 5) as other:
        for writer in (one, other):
            writer.communicate(timeout=200)
    assert (one.returncode, other.returncode) == (0, 0)
    store = Store(tmp_path, VERSIONS)
    found = store.find(CONTEXT, [f"same{batch}" for batch in range(40)])
    store.close()
    assert store.damaged == 0
    assert found == {f"same{b}": {("nwot", 1, init): b + init / 7 for init in range(5)} for b in range(40)}


def test_a_process_that_is_killed_while_it_writes_leaves_whole_batches(tmp_path: Path) -> None:
    for life in range(3):
        with _writer(tmp_path, f"life{life}-", 10**6, 50) as writer:
            assert writer.stdout is not None
            told = [writer.stdout.readline() for _ in range(5)]
            time.sleep(0.003 * life)  # so that each dies elsewhere in its work
            writer.kill()
            done = len(told + writer.stdout.readlines())
        assert writer.returncode == -signal.SIGKILL
        store = Store(tmp_path, VERSIONS)
        found = store.find(CONTEXT, [f"life{life}-{batch}" for batch in range(done + 2)])
        store.close()
        assert store.damaged == 0
        assert len(found) >= done - 1  # the last line may have been cut off
        assert {len(values) for values in found.values()} == {50}


def test_a_sound_store_gives_everything_and_says_nothing(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert use(folder) == WRITTEN
    assert caplog.messages == []
    assert [path.name for path in folder.iterdir()] == ["evaluations-2.sqlite3"]


def test_no_flipped_byte_makes_a_value_that_was_not_written(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = store_file(folder)
    whole = file.read_bytes()
    lost = 0
    for place in np.random.default_rng(0).choice(len(whole), 200, replace=False):
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
        found = use(folder)
        assert all(values.items() <= WRITTEN[arch].items() for arch, values in found.items())
        lost += found != WRITTEN
        assert use(folder) == WRITTEN
    assert lost > 20
    assert all(message.startswith(f"the cache in '{folder}' ") and "\n" not in message for message in caplog.messages)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_a_truncated_store_is_begun_anew(share: float, folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = store_file(folder)
    whole = file.read_bytes()
    file.write_bytes(whole[: int(len(whole) * share)])
    found = use(folder)
    assert found == {arch: WRITTEN[arch] for arch in found}
    assert use(folder) == WRITTEN
    assert len(caplog.messages) == 1
    assert caplog.messages[0].endswith("; a new one is begun")
    assert damaged_file(folder).stat().st_size == int(len(whole) * share)


def test_an_empty_file_is_a_new_store(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    store_file(tmp_path).touch()
    assert use(tmp_path) == {}
    assert use(tmp_path) == WRITTEN
    assert caplog.messages == []


def _text(path: Path) -> None:
    path.write_text("a letter to a friend\n" * 500)


def _another_database(path: Path) -> None:
    path.unlink()
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE readings (letters TEXT)")
    connection.close()


@pytest.mark.parametrize(
    ("replace", "reason"), [(_text, "file is not a database"), (_another_database, "it is something else")]
)
def test_another_file_is_set_aside_with_one_warning(
    replace: Callable[[Path], None], reason: str, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    replace(store_file(folder))
    content = store_file(folder).read_bytes()
    assert use(folder) == {}
    assert use(folder) == WRITTEN
    assert damaged_file(folder).read_bytes() == content
    assert caplog.messages == [f"the cache in '{folder}' was damaged: {reason}; a new one is begun"]


def test_whoever_has_a_damaged_store_open_goes_on_with_the_new_one(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    other = Store(folder, VERSIONS)
    assert other.find(CONTEXT, ARCHS) == WRITTEN
    store_file(folder).write_bytes(b"x" * store_file(folder).stat().st_size)
    assert use(folder) == {}
    assert use(folder) == WRITTEN
    assert other.find(CONTEXT, ARCHS) in ({}, WRITTEN)
    other.keep([row(1.5, OTHER)])
    other.close()
    assert use(folder) == WRITTEN
    assert all("; a new one is begun" in message for message in caplog.messages)


def test_rows_out_of_order_are_damage(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Each row may be sound, and yet some are never found again."""
    whole = store_file(folder).read_bytes()
    assert whole.count(b"31-1-1nwot") == 4
    store_file(folder).write_bytes(whole.replace(b"31-1-1nwot", b"99-1-1nwot"))
    assert use(folder) == {}
    assert use(folder) == WRITTEN
    assert len(caplog.messages) == 1
    assert "not in PRIMARY KEY order" in caplog.messages[0]


@pytest.mark.parametrize("folder", ["file", "file/below", "/proc/nowhere"])
def test_a_folder_that_cannot_be_made_is_done_without(
    folder: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("")
    store = Store(tmp_path / folder, VERSIONS)
    store.keep(ROWS)
    assert store.find(CONTEXT, ARCHS) == {}
    store.close()
    assert len(caplog.messages) == 1
    assert caplog.messages[0].endswith("; the work goes on without it")


FILL = """
import resource, sys
from pathlib import Path
from tests.diswot.cache.test_cache_store import ARCHS, CONTEXT, ROWS, Store, VERSIONS, WRITTEN

store = Store(Path(sys.argv[1]), VERSIONS)
assert store.find(CONTEXT, ARCHS) == WRITTEN
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
for row in ROWS * 20:
    store.keep([row])
store.close()
"""


def test_a_full_disk_ends_the_cache_with_one_line_and_nothing_else(folder: Path) -> None:
    """A real one is hard to come by: no file of this process may grow."""
    size = store_file(folder).stat().st_size
    done = subprocess.run(
        [sys.executable, "-c", FILL, str(folder), str(size)],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[3],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, (0, 0)),
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("\n") == 1
    assert "; the work goes on without it" in done.stderr
    assert use(folder) == WRITTEN
