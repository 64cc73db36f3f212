"""Official files to a table: the numbers by hand, and what is refused."""

from __future__ import annotations

import bz2
import gc
import os
import pickle
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nas_201_api
import nats_bench
import numpy as np
import pytest
import torch

from diswot.errors import InputError, UnreadableData
from diswot.labels import COLUMNS, Imported, import_nasbench201
from diswot.labels.table import read_labels
from diswot_spaces import get_space

from .conftest import ARCHS, SETS, TABLE, Files, states, whole, write_folder

LAYOUTS = ["torch", "nats", "folder"]


def quiet(what: str, done: int, total: int) -> None:
    pass


def convert(source: Path, out: Path, *, trust: bool = True, partial: bool = True) -> Imported:
    return import_nasbench201(source, out, trust_pickle=trust, allow_partial=partial, report=quiet)


def names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


@pytest.mark.parametrize("layout", LAYOUTS)
def test_each_layout_gives_the_table_worked_out_by_hand(files: Files, layout: str, tmp_path: Path) -> None:
    done = convert(getattr(files, layout), tmp_path / "new" / "table.csv")
    assert (tmp_path / "new" / "table.csv").read_text() == TABLE
    assert done == Imported(tmp_path / "new" / "table.csv", 3, dict.fromkeys((c.name for c in COLUMNS), 0), True)
    assert names(tmp_path / "new") == ["table.csv"]


def test_the_benchmark_reads_the_table(files: Files, tmp_path: Path) -> None:
    convert(files.folder, tmp_path / "table.csv")
    labels = read_labels(tmp_path / "table.csv", get_space("nasbench201"), [column.name for column in COLUMNS]).labels
    assert [one.accuracies for one in labels][2] == (10.0, 1.01, 0.85, 9.75, 1.0)


def test_the_packages_own_interface_says_the_same(files: Files, tmp_path: Path) -> None:
    api = nats_bench.create(str(files.folder), "tss", fast_mode=True, verbose=False)
    for line in TABLE.splitlines()[1:]:
        index, arch, *cells = line.split(",")
        assert api.arch(int(index)) == arch
        asked = [
            api.get_more_info(int(index), "cifar10", hp="200", is_random=False)["test-accuracy"],
            api.get_more_info(int(index), "cifar100", hp="200", is_random=False)["test-accuracy"],
            api.get_more_info(int(index), "ImageNet16-120", hp="200", is_random=False)["test-accuracy"],
            api.get_more_info(int(index), "cifar10-valid", hp="12", is_random=False)["valid-accuracy"],
            api.get_more_info(int(index), "cifar100", hp="12", is_random=False)["valid-accuracy"],
        ]
        assert [round(value, 4) for value in asked] == [float(cell) for cell in cells]


def test_the_file_that_torch_writes_today_is_read_too(files: Files, tmp_path: Path) -> None:
    torch.save(torch.load(files.torch, weights_only=False), tmp_path / "new.pth")
    assert zipfile.is_zipfile(tmp_path / "new.pth")
    convert(tmp_path / "new.pth", tmp_path / "table.csv")
    assert (tmp_path / "table.csv").read_text() == TABLE


def test_the_packages_own_loader_fails_with_this_torch_which_is_why_we_open_the_file(files: Files) -> None:
    with pytest.raises(pickle.UnpicklingError, match="Weights only load failed"):
        nas_201_api.NASBench201API(str(files.torch), verbose=False)


@pytest.mark.parametrize("layout", ["torch", "nats"])
def test_scalars_pickled_by_numpy_1_are_read(files: Files, layout: str, tmp_path: Path) -> None:
    """As numpy 1.18 wrote `np.float64(85.0)`: by its old module name, the flags of the data type as integers."""
    value = struct.pack("<d", 85.0)
    scalar = (
        b"cnumpy.core.multiarray\nscalar\ncnumpy\ndtype\nX\x02\x00\x00\x00f8K\x00K\x01\x87R"
        b"(K\x03X\x01\x00\x00\x00<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
        b"c_codecs\nencode\nX\x08\x00\x00\x00" + value + b"X\x06\x00\x00\x00latin1\x86R\x86R"
    )
    assert type(pickle.loads(b"\x80\x02" + scalar + b".")) is np.float64
    source = Path(getattr(files, layout))
    content = source.read_bytes() if layout == "torch" else pickle.dumps(nats_bench.pickle_load(source), protocol=2)
    plain = b"G" + struct.pack(">d", 85.0)
    assert content.count(plain) == 1
    old = content.replace(plain, scalar)
    (tmp_path / "old").write_bytes(old if layout == "torch" else bz2.compress(old))
    convert(tmp_path / "old", tmp_path / "table.csv")
    assert (tmp_path / "table.csv").read_text() == TABLE


def test_seeds_are_those_that_are_there_and_a_recipe_that_is_not_leaves_the_cell_empty(
    pickled: Callable[[object], Path], tmp_path: Path
) -> None:
    infos = states(nats_bench, ("12", "200"), ARCHS)
    for dataset in SETS.keys() & {"cifar100"}:  # as in version 1.0: 12 epochs on CIFAR-10 only
        infos[0]["12"]["dataset_seed"].pop(dataset)
    del infos[2]["12"]
    done = convert(pickled(whole(infos, ARCHS)), tmp_path / "table.csv")
    lines = (tmp_path / "table.csv").read_text().splitlines()
    assert lines[1] == f"0,{ARCHS[0]},85.8633,52.9133,31.875,63.75,"
    assert lines[3] == f"2,{ARCHS[2]},10.0,1.01,0.85,,"
    assert done.empty["cifar100_valid_12"] == 2
    assert done.empty["cifar10_valid_12"] == 1


def test_without_trust_nothing_runs_and_nothing_is_written(tmp_path: Path) -> None:
    class Bomb:
        def __reduce__(self) -> Any:
            return os.mkdir, (str(tmp_path / "it ran"),)

    path = tmp_path / "NATS-tss-v1_0-3ffb9.pickle.pbz2"
    path.write_bytes(bz2.compress(pickle.dumps(Bomb())))
    with pytest.raises(InputError) as refused:
        convert(path, tmp_path / "table.csv", trust=False)
    assert str(refused.value) == (
        f"{str(path)!r} is a pickle, and opening a pickle runs whatever code it contains: give --trust-pickle if you "
        "trust where you got it; nothing has been read"
    )
    assert names(tmp_path) == [path.name]


def test_a_missing_file_says_what_is_expected_how_large_and_from_where(tmp_path: Path) -> None:
    with pytest.raises(UnreadableData, match="does not exist") as refused:
        convert(tmp_path / "nothing.pth", tmp_path / "table.csv")
    for word in ("NAS-Bench-201-v1_1-096897.pth", "4.7 GB", "D-X-Y/NATS-Bench", "NATS-tss-v1_0-3ffb9-simple"):
        assert word in str(refused.value)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.pth", b"", "is empty"),
        ("a.pth", b"index,arch\n", "is not a pickle"),
        ("NATS-tss-v1_0-3ffb9-simple.tar", b"NATS-tss/", "is not a pickle; unpack it first: tar xf"),
        ("a.pth", b"\x80\x02", "is damaged, truncated or another file"),
        ("a.pth", b"PK\x03\x04", "is damaged, truncated or another file"),
        ("a.pbz2", b"BZh9", "is damaged, truncated or another file"),
        ("a.pbz2", bz2.compress(b"text"), "is damaged, truncated or another file"),
        ("a.pbz2", bz2.compress(pickle.dumps([1])), "is a pickle of something else"),
        ("a.pbz2", bz2.compress(b"cno_such_module\nThing\n."), "ModuleNotFoundError"),
    ],
)
def test_other_files_are_one_sentence(name: str, content: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UnreadableData, match=message) as refused:
        convert(tmp_path / name, tmp_path / "table.csv")
    assert "\n" not in str(refused.value)
    assert names(tmp_path) == [name]


@pytest.mark.parametrize("layout", ["torch", "nats"])
@pytest.mark.parametrize("kept", [0.1, 0.5, 0.95])
def test_a_truncated_download_leaves_no_table(files: Files, layout: str, kept: float, tmp_path: Path) -> None:
    content = Path(getattr(files, layout)).read_bytes()
    (tmp_path / "part").write_bytes(content[: int(len(content) * kept)])
    with pytest.raises(UnreadableData, match="damaged, truncated"):
        convert(tmp_path / "part", tmp_path / "table.csv")
    assert names(tmp_path) == ["part"]


def test_a_damaged_file_of_the_folder_is_named_and_leaves_no_half_table(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "simple", states(nats_bench, ("12", "200"), ARCHS), ARCHS)
    (folder / "000001.pickle.pbz2").write_bytes(b"BZh9")
    with pytest.raises(UnreadableData, match=r"000001\.pickle\.pbz2' is damaged"):
        convert(folder, tmp_path / "table.csv")
    assert names(tmp_path) == ["simple"]


def test_a_folder_of_something_else(tmp_path: Path) -> None:
    with pytest.raises(UnreadableData, match=r"has no meta\.pickle\.pbz2"):
        convert(tmp_path, tmp_path / "table.csv")


def test_the_size_search_space_is_refused(pickled: Callable[[object], Path], tmp_path: Path) -> None:
    with pytest.raises(UnreadableData, match=r"size search space of NATS-Bench \(sss\)"):
        convert(pickled(whole({}, ["8:8:8:8:8", "64:8:8:8:8"])), tmp_path / "table.csv")


def test_other_architectures_are_refused(pickled: Callable[[object], Path], tmp_path: Path) -> None:
    with pytest.raises(UnreadableData, match="of another benchmark: unknown operation 'sep_conv'"):
        convert(pickled(whole({}, [ARCHS[0].replace("nor_conv_1x1", "sep_conv")])), tmp_path / "table.csv")


@pytest.mark.parametrize(
    ("archs", "count", "message"),
    [
        ([ARCHS[0], ARCHS[0]], 2, "twice"),
        (ARCHS, 0, "has no results"),
        (ARCHS[:2], 3, "results of architecture 2, which it does not list"),
        ([ARCHS[1], ARCHS[0], ARCHS[2]], 3, "for architecture 0"),
    ],
)
def test_contents_that_do_not_fit_together(
    archs: list[str], count: int, message: str, pickled: Callable[[object], Path], tmp_path: Path
) -> None:
    infos = dict(list(states(nats_bench, ("12", "200"), ARCHS).items())[:count])
    with pytest.raises(UnreadableData, match=message):
        convert(pickled(whole(infos, archs)), tmp_path / "table.csv")
    assert not (tmp_path / "table.csv").exists()


@pytest.mark.parametrize("accuracy", [float("nan"), -1.0, 100.5])
def test_values_that_are_no_accuracies(accuracy: float, pickled: Callable[[object], Path], tmp_path: Path) -> None:
    infos = states(nats_bench, ("12", "200"), ARCHS[:1])
    infos[0]["200"]["all_results"]["cifar10", 777]["eval_acc1es"]["ori-test@199"] = 3 * accuracy
    infos[0]["200"]["dataset_seed"]["cifar10"] = [777]
    with pytest.raises(UnreadableData, match=r"cifar10_test_200 of .* which is not a percentage"):
        convert(pickled(whole(infos, ARCHS[:1])), tmp_path / "table.csv")


def test_part_of_the_benchmark_needs_to_be_allowed(files: Files, tmp_path: Path) -> None:
    with pytest.raises(UnreadableData, match="results of 3 architectures, not of all 15,625; --allow-partial"):
        convert(files.folder, tmp_path / "table.csv", partial=False)


def test_a_folder_that_lists_all_and_holds_three_is_read_in_part(tmp_path: Path) -> None:
    """As the one in NATS-Bench's own repository."""
    space = get_space("nasbench201")
    rest = [name for arch in space.enumerate() if (name := space.encode(arch)) not in ARCHS]
    folder = write_folder(tmp_path / "simple", states(nats_bench, ("12", "200"), ARCHS), ARCHS + rest)
    with pytest.raises(UnreadableData, match="results of 3 architectures"):
        convert(folder, tmp_path / "table.csv", partial=False)
    assert convert(folder, tmp_path / "table.csv").architectures == 3
    assert (tmp_path / "table.csv").read_text() == TABLE


def test_the_same_table_is_left_and_another_is_kept(files: Files, tmp_path: Path) -> None:
    out = tmp_path / "table.csv"
    assert convert(files.nats, out).written
    before = out.stat()
    assert not convert(files.folder, out).written
    assert out.stat() == before
    for text, line in ((TABLE.replace("93.66", "93.67"), 3), (TABLE[: TABLE.index("2,|")], 4), ("mine\n", 1)):
        out.write_text(text)
        with pytest.raises(InputError, match=f"exists and differs from line {line} on"):
            convert(files.nats, out)
        assert out.read_text() == text


def test_a_table_of_something_else_is_noticed_before_the_file_is_opened(files: Files, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="exists and differs from line 1 on"):
        convert(files.torch, files.torch)
    with pytest.raises(InputError, match="is a folder, not a file"):
        convert(files.torch, tmp_path)
    with pytest.raises(InputError, match=r"cannot be written: .* is a file, not a folder"):
        convert(files.torch, files.torch / "table.csv")


def test_a_file_without_permission(files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(UnreadableData, match="cannot be read: no permission"):
        convert(files.nats, tmp_path / "table.csv")


def test_a_stopped_import_leaves_nothing(files: Files, tmp_path: Path) -> None:
    def stop(what: str, done: int, total: int) -> None:
        if what == "architectures" and done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_nasbench201(files.folder, tmp_path / "t.csv", trust_pickle=True, allow_partial=True, report=stop)
    assert names(tmp_path) == []


def test_one_architecture_of_the_folder_is_in_memory_at_a_time(files: Files, tmp_path: Path) -> None:
    alive: list[int] = []

    def count(what: str, done: int, total: int) -> None:
        alive.append(sum(type(one) is nats_bench.ArchResults for one in gc.get_objects()))

    gc.collect()
    import_nasbench201(files.folder, tmp_path / "t.csv", trust_pickle=True, allow_partial=True, report=count)
    assert alive == [2, 2, 2], "12 and 200 epochs of one"


@pytest.mark.parametrize("layout", ["torch", "nats"])
def test_progress_ends_at_the_end_of_the_file_and_of_the_architectures(
    files: Files, layout: str, tmp_path: Path
) -> None:
    seen: dict[str, tuple[int, int]] = {}

    def report(what: str, done: int, total: int) -> None:
        seen[what] = (done, total)

    source = getattr(files, layout)
    import_nasbench201(source, tmp_path / "t.csv", trust_pickle=True, allow_partial=True, report=report)
    size = source.stat().st_size
    assert seen == {f"opening {source.name}": (size, size), "architectures": (3, 3)}
