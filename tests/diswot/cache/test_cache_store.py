"""The store: what is written is read, by several processes, whatever happens to them."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diswot.cache.store import Context, Row, Store
from diswot.cache.survey import survey

CONTEXT, OTHER = (Context(f'{{"space":"s","teacher":"t","versions":{n}}}') for n in (1, 2))

WRITER = """
import sys
from pathlib import Path
from diswot.cache.store import Context, Row, Store

folder, name, batches, size = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
context = Context(sys.argv[5])
for batch in range(batches):
    store = Store(folder)
    store.keep([Row(context, f"{name}{batch}", "nwot", 1, seed, batch + seed / 7) for seed in range(size)])
    store.close()
    print(batch, flush=True)
"""


def row(value: float = 1.5, context: Context = CONTEXT, seed: int = 0) -> Row:
    return Row(context, "1-1-1", "nwot", 1, seed, value)


@pytest.fixture(name="store")
def opened(tmp_path: Path) -> Store:
    return Store(tmp_path)


@given(value=st.floats(allow_nan=False))
def test_every_float_comes_back_bit_for_bit(value: float, tmp_path_factory: pytest.TempPathFactory) -> None:
    store = Store(tmp_path_factory.getbasetemp() / "floats")
    store.keep([row(value)])
    found, damaged = store.find(CONTEXT, ["1-1-1"])
    store.close()
    assert found["1-1-1"][("nwot", 1, 0)].hex() == value.hex()
    assert damaged == []


def test_contexts_proxies_versions_and_seeds_are_kept_apart(store: Store) -> None:
    store.keep([row(1.0), row(2.0, OTHER), row(3.0, seed=1), Row(CONTEXT, "1-1-1", "nwot", 2, 0, 4.0)])
    assert store.find(CONTEXT, ["1-1-1", "3-1-1"])[0] == {
        "1-1-1": {("nwot", 1, 0): 1.0, ("nwot", 1, 1): 3.0, ("nwot", 2, 0): 4.0}
    }
    assert store.find(OTHER, ["1-1-1"])[0] == {"1-1-1": {("nwot", 1, 0): 2.0}}
    assert store.find(Context("{}"), ["1-1-1"]) == ({}, [])
    store.close()


@pytest.mark.parametrize(
    "change",
    [
        "value = zeroblob(8)",
        "value = 1.5",
        "value = x'00'",
        "checksum = x''",
        "proxy = 'macs'",
        "version = 2",
        "seed = 7",
        "context = (SELECT id FROM contexts WHERE digest = ?)",
        "proxy = CAST(x'ff' AS TEXT)",
    ],
)
def test_a_row_is_believed_only_if_all_of_it_is_what_was_written(change: str, store: Store) -> None:
    store.keep([row(context=OTHER), row()])
    with store.transaction() as connection:
        number = "(SELECT id FROM contexts WHERE digest = ?)"
        connection.execute(f"DELETE FROM readings WHERE context = {number}", (OTHER.digest,))
        cells = (OTHER.digest,) if "context" in change else ()
        connection.execute(f"UPDATE readings SET {change}", cells)
    found = [store.find(context, ["1-1-1"]) for context in (CONTEXT, OTHER)]
    assert [values for values, _ in found] == [{}, {}]
    assert sorted(damaged for _, damaged in found) == [[], ["1-1-1"]]
    store.close()


def test_two_processes_write_the_same_keys_at_once(tmp_path: Path) -> None:
    with _writer(tmp_path, "same", 60, 5) as one, _writer(tmp_path, "same", 60, 5) as other:
        for writer in (one, other):
            writer.communicate(timeout=60)
    assert (one.returncode, other.returncode) == (0, 0)
    store = Store(tmp_path)
    found, damaged = store.find(CONTEXT, [f"same{batch}" for batch in range(60)])
    store.close()
    assert damaged == []
    assert found == {f"same{b}": {("nwot", 1, seed): b + seed / 7 for seed in range(5)} for b in range(60)}


def test_a_process_that_is_killed_while_it_writes_leaves_whole_batches(tmp_path: Path) -> None:
    for life in range(3):
        with _writer(tmp_path, f"life{life}-", 10**6, 50) as writer:
            assert writer.stdout is not None
            told = [writer.stdout.readline() for _ in range(5)]
            time.sleep(0.003 * life)  # so that each dies elsewhere in its work
            writer.kill()
            done = len(told + writer.stdout.readlines())
        assert writer.returncode == -signal.SIGKILL
        store = Store(tmp_path)
        found, damaged = store.find(CONTEXT, [f"life{life}-{batch}" for batch in range(done + 2)])
        store.close()
        assert damaged == []
        assert len(found) >= done - 1  # the last line may have been cut off
        assert {len(values) for values in found.values()} == {50}
    assert survey(tmp_path).damaged == 0


def _writer(folder: Path, name: str, batches: int, size: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITER, str(folder), name, str(batches), str(size), CONTEXT.description]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
