"""The official benchmark files of NAS-Bench-201 and of NATS-Bench's topology space, read through their own packages.

They are pickles: opening one runs what it says. Only `open_official` opens them, and its caller has asked the user.

The packages were written for torch 1 and numpy 1. Two things of theirs are done here instead, with nothing patched:
`NASBench201API(path)` calls `torch.load` without `weights_only`, which since torch 2.6 refuses the numpy scalars that
such files hold; and given a dictionary, either API copies all of it first. So the pickle is opened here, and each
architecture is handed to the package's `ArchResults`, which knows what the numbers mean.
"""

from __future__ import annotations

import bz2
import io
import pickle
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from diswot.errors import DiswotError, InputError, UnreadableData

EXPECTED = (
    "expected is NAS-Bench-201-v1_1-096897.pth (4.7 GB) or NAS-Bench-201-v1_0-e61699.pth (2.2 GB), from the README of "
    "D-X-Y/NAS-Bench-201 on GitHub, or NATS-tss-v1_0-3ffb9.pickle.pbz2 (about 1 GB) or the folder "
    "NATS-tss-v1_0-3ffb9-simple (15,625 files and meta.pickle.pbz2), from the README of D-X-Y/NATS-Bench on GitHub"
)
"""Names, sizes and origin. The end of each name before its ending is the end of the file's md5 sum."""

META = "meta.pickle.pbz2"

Report = Callable[[str, int, int], None]
"""What is being done, how far, of how much."""


class Trials(Protocol):
    """`ArchResults` of either package: the trials of one architecture under one training recipe, one for each seed."""

    arch_str: str

    def get_dataset_names(self) -> list[str]:
        """What it was trained on."""

    def get_metrics(
        self, dataset: str, setname: str, iepoch: int | None = None, is_random: bool = False
    ) -> Mapping[str, Any]:
        """Loss, accuracy and times on a set, after the last epoch and the mean over the trials by default."""


@dataclass(frozen=True, slots=True)
class Official:
    """An opened benchmark.

    Attributes:
        archs: every architecture, in the benchmark's index order.
        indexes: those of which the file has results.
        take: the trials of an architecture by number of epochs, `"12"` and `"200"`; given once, then let go.
    """

    archs: list[str]
    indexes: list[int]
    take: Callable[[int], Mapping[str, Trials]]


def open_official(path: Path, report: Report) -> Official:
    """Open a file or folder of the benchmark: runs the code that its pickles contain.

    A file is one pickle and is held in memory whole, each architecture until it is taken. Of the folder one
    architecture is in memory at a time.

    Raises:
        UnreadableData: damaged, truncated, or something else.
        InputError: the package that reads it is not installed.
    """
    if path.is_dir():
        return _open_folder(path)
    with reading(path), path.open("rb") as file:
        start = file.read(4)
    if start.startswith(b"BZh"):
        return _open_nats(path, report)
    if start.startswith((b"\x80", b"PK\x03\x04")):
        return _open_torch(path, report)
    hint = "unpack it first: tar xf" if path.suffix == ".tar" else EXPECTED
    raise UnreadableData(f"{str(path)!r} is {'not a pickle' if start else 'empty'}; {hint}")


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Whatever goes wrong with foreign data inside becomes one sentence that names the file.

    numpy 2.4.0 to 2.4.4 warn about data types that numpy 1 pickled; inside, they are quiet about it.

    Raises:
        UnreadableData: in place of any error; `pickle` may raise every kind.
    """
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=r"dtype\(\): align should be passed as")
            yield
    except DiswotError:
        raise
    except PermissionError:
        raise UnreadableData(f"{str(path)!r} cannot be read: no permission") from None
    except MemoryError:
        raise UnreadableData(
            f"{str(path)!r} does not fit into memory: it is one pickle; NATS-tss-v1_0-3ffb9-simple is read in pieces"
        ) from None
    except Exception as error:
        what = str(error).strip().splitlines()
        detail = f"{type(error).__name__}: {what[0]}" if what else type(error).__name__
        raise UnreadableData(f"{str(path)!r} is damaged, truncated or another file ({detail}); {EXPECTED}") from error


def _open_torch(path: Path, report: Report) -> Official:
    package = _package("nas_201_api", "nas-bench-201")
    import torch

    with reading(path), _counted(path, report) as file:
        content = torch.load(file, map_location="cpu", weights_only=False)
    archs, infos = _parts(content, path)
    epochs = {"12": "less", "200": "full"}

    def take(index: int) -> Mapping[str, Trials]:
        states = infos.pop(index)
        return {key: package.ArchResults.create_from_state_dict(states[name]) for key, name in epochs.items()}

    return Official(archs, sorted(infos), take)


def _open_nats(path: Path, report: Report) -> Official:
    package = _package("nats_bench", "nats-bench")
    with reading(path), _counted(path, report) as packed, bz2.BZ2File(packed) as file:
        content = pickle.load(file)  # noqa: S301 - the caller has asked
    archs, infos = _parts(content, path)

    def take(index: int) -> Mapping[str, Trials]:
        return {str(key): package.ArchResults.create_from_state_dict(s) for key, s in infos.pop(index).items()}

    return Official(archs, sorted(infos), take)


def _open_folder(path: Path) -> Official:
    package = _package("nats_bench", "nats-bench")
    if not (path / META).is_file():
        raise UnreadableData(f"folder {str(path)!r} has no {META}; {EXPECTED}")
    with reading(path / META):
        api = package.create(str(path), "tss", fast_mode=True, verbose=False)
        archs = list(api.meta_archs)
        names = {file.name for file in path.iterdir()}
    indexes = [i for i in range(len(archs)) if {f"{i:06d}.pickle.pbz2", f"{i}.pickle.pbz2"} & names]

    def take(index: int) -> Mapping[str, Trials]:
        with reading(path / f"{index:06d}.pickle.pbz2"):
            api.reload(str(path), index)
            trials: Mapping[str, Trials] = api.arch2infos_dict.pop(index)
            return trials

    return Official(archs, indexes, take)


def _parts(content: object, path: Path) -> tuple[list[str], dict[int, Any]]:
    """Architectures and their results, out of the dictionary that both packages write."""
    if not isinstance(content, dict) or not {"meta_archs", "arch2infos", "evaluated_indexes"} <= content.keys():
        raise UnreadableData(f"{str(path)!r} is a pickle of something else; {EXPECTED}")
    return list(content["meta_archs"]), content["arch2infos"]


def _package(module: str, name: str) -> Any:
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if error.name != module:
            raise
        raise InputError(f"this file needs the package {name}, not installed: pip install 'diswot[nb201]'") from None


@contextmanager
def _counted(path: Path, report: Report) -> Iterator[BinaryIO]:
    """A file that tells how far it has been read."""
    size = path.stat().st_size
    with path.open("rb", buffering=0) as raw:
        counter = _Counter(raw, lambda done: report(f"opening {path.name}", done, size))
        with io.BufferedReader(counter, 1 << 20) as file:
            yield file


class _Counter(io.RawIOBase):
    """A raw file, and where it stands after each read."""

    def __init__(self, raw: io.FileIO, moved: Callable[[int], None]) -> None:
        self._raw = raw
        self._moved = moved

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        count = self._raw.readinto(buffer)
        self._moved(self._raw.tell())
        return count

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._raw.seek(offset, whence)

    def tell(self) -> int:
        return self._raw.tell()
