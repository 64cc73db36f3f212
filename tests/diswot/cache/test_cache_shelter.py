"""Whatever is wrong with a store: it is never believed, and it never stops the work."""

import resource
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from diswot.cache.files import damaged_file, store_file
from diswot.cache.shelter import ShelteredStore
from diswot.cache.store import Context, Row, Store

CONTEXT = Context('{"space":"s","teacher":"t","versions":1}')
ROWS = [Row(CONTEXT, f"{arch}-1-1", "nwot", 1, seed, arch + seed / 3) for arch in range(60) for seed in range(4)]
ARCHS = sorted({row.arch for row in ROWS})
WRITTEN = {arch: {("nwot", 1, row.seed): row.value for row in ROWS if row.arch == arch} for arch in ARCHS}


@pytest.fixture(name="file")
def a_store(tmp_path: Path) -> Path:
    store = Store(tmp_path)
    store.keep(ROWS)
    store.close()
    return store_file(tmp_path)


def use(folder: Path) -> dict[str, dict[tuple[str, int, int], float]]:
    """Read everything, write what is missing, and read again, as a search would."""
    sheltered = ShelteredStore(folder)
    found = sheltered.find(CONTEXT, ARCHS)
    sheltered.keep([row for row in ROWS if ("nwot", 1, row.seed) not in found.get(row.arch, {})])
    sheltered.close()
    return found


def test_a_sound_store_gives_everything_and_says_nothing(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert use(file.parent) == WRITTEN
    assert caplog.messages == []


def test_no_flipped_byte_makes_a_value_that_was_not_written(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    whole = file.read_bytes()
    lost = 0
    for place in np.random.default_rng(0).choice(len(whole), 200, replace=False):
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
        found = use(file.parent)
        assert all(values.items() <= WRITTEN[arch].items() for arch, values in found.items())
        lost += found != WRITTEN
        assert use(file.parent) == WRITTEN
    assert lost > 20
    assert all(" is damaged: " in message and "\n" not in message for message in caplog.messages)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.99])
def test_a_truncated_store_is_begun_anew(share: float, file: Path, caplog: pytest.LogCaptureFixture) -> None:
    whole = file.read_bytes()
    file.write_bytes(whole[: int(len(whole) * share)])
    found = use(file.parent)
    assert found == {arch: WRITTEN[arch] for arch in found}
    assert use(file.parent) == WRITTEN
    assert len(caplog.messages) == 1
    assert caplog.messages[0].endswith("it is now measurements-1.damaged, and a new one is begun")
    assert damaged_file(file).stat().st_size == int(len(whole) * share)


def _text(path: Path) -> None:
    path.write_text("a letter to a friend\n" * 500)


def _another_database(path: Path) -> None:
    path.unlink()
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE readings (letters TEXT)")
    connection.close()


@pytest.mark.parametrize(
    ("replace", "reason"),
    [(_text, "is damaged: file is not a database"), (_another_database, "is not a cache of measurements")],
)
def test_another_file_is_set_aside_with_one_warning(
    replace: Callable[[Path], None], reason: str, file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    replace(file)
    content = file.read_bytes()
    assert use(file.parent) == {}
    assert use(file.parent) == WRITTEN
    assert damaged_file(file).read_bytes() == content
    assert len(caplog.messages) == 1
    assert reason in caplog.messages[0]


def test_a_damaged_store_in_use_is_left_to_the_others(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    other = Store(file.parent)
    inode = file.stat().st_ino
    whole = file.read_bytes()
    file.write_bytes(b"x" * len(whole))
    assert use(file.parent) == {}
    assert (file.stat().st_ino, damaged_file(file).exists()) == (inode, False)
    assert caplog.messages == [
        f"the cache {str(file)!r} is damaged, and another process has it open; the search goes on without it"
    ]
    other.close()


def test_rows_out_of_order_are_damage(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Each row may be sound, and yet some are never found again."""
    whole = file.read_bytes()
    assert whole.count(b"31-1-1nwot") == 4
    file.write_bytes(whole.replace(b"31-1-1nwot", b"99-1-1nwot"))
    assert use(file.parent) == {}
    assert use(file.parent) == WRITTEN
    assert len(caplog.messages) == 1
    assert "not in PRIMARY KEY order" in caplog.messages[0]


@pytest.mark.parametrize("folder", ["file", "file/below", "/proc/nowhere"])
def test_a_folder_that_cannot_be_made_is_done_without(
    folder: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("")
    sheltered = ShelteredStore(tmp_path / folder)
    sheltered.keep(ROWS)
    assert sheltered.find(CONTEXT, ARCHS) == {}
    sheltered.touch([CONTEXT])
    sheltered.close()
    assert len(caplog.messages) == 1
    assert caplog.messages[0].endswith("; the search goes on without it")


def test_a_store_that_may_only_be_read_is_read(
    file: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    sheltered = ShelteredStore(file.parent)
    assert sheltered._store is not None
    list(sheltered._store.query("PRAGMA query_only = ON"))
    sheltered.touch([CONTEXT])
    assert sheltered.find(CONTEXT, ARCHS) == WRITTEN
    sheltered.keep(ROWS)
    sheltered.close()
    assert caplog.messages == [
        f"the cache {str(file)!r} cannot be used: attempt to write a readonly database; "
        "the search goes on, and what it measures from here is not kept"
    ]


FILL = """
import resource, sys
from pathlib import Path
from tests.diswot.cache.test_cache_shelter import ARCHS, CONTEXT, ROWS, ShelteredStore, WRITTEN

sheltered = ShelteredStore(Path(sys.argv[1]))
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
for row in ROWS * 20:
    sheltered.keep([row])
assert sheltered.find(CONTEXT, ARCHS) == WRITTEN
sheltered.close()
"""


def test_a_full_disk_ends_the_writing_with_one_line_and_nothing_else(file: Path) -> None:
    """A real one is hard to come by: no file of this process may grow."""
    size = file.stat().st_size
    done = subprocess.run(
        [sys.executable, "-c", FILL, str(file.parent), str(size)],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[3],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, (0, 0)),
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("\n") == 1
    assert "the search goes on, and what it measures from here is not kept" in done.stderr
    assert use(file.parent) == WRITTEN
