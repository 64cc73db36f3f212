"""Torchvision's CIFAR files, and probes out of them.

The published files are too large to ship. Small pickles of the same layout stand in for them, and their MD5 sums for
those in torchvision's table; its check is the real one.
"""

import pickle
import re
from collections import Counter
from collections.abc import Callable
from hashlib import md5
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from torchvision.datasets import CIFAR10, CIFAR100

from diswot.errors import InputError, UnreadableData
from diswot.probes import load_probe
from diswot.probes.batch import ProbeBatch
from diswot.spec.probe import ProbeSpec
from diswot_spaces import CIFAR, Shape

Pixels = NDArray[np.uint8]


class Trap:
    """Makes a file when it is unpickled."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple[Callable[[Path], None], tuple[Path]]:
        return Path.touch, (self.file,)


def write(folder: Path, name: str, content: object) -> list[str]:
    """Pickle `content` as the published files are, by an old numpy; return torchvision's row for it."""
    folder.mkdir(exist_ok=True)
    data = pickle.dumps(content, protocol=2).replace(b"numpy._core.multiarray", b"numpy.core.multiarray")
    (folder / name).write_bytes(data)
    return [name, md5(data, usedforsecurity=False).hexdigest()]


@pytest.fixture
def pixels() -> Pixels:
    """`(24, 3072)`: rows of red, then green, then blue."""
    return np.random.default_rng(0).integers(0, 256, (24, 3 * 32 * 32), dtype=np.uint8)


@pytest.fixture
def cifar10(tmp_path: Path, pixels: Pixels, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two training batches of 12 images of 10 classes."""
    folder = tmp_path / "cifar-10-batches-py"
    labels = [i % 10 for i in range(24)]
    rows = [
        write(folder, f"data_batch_{i + 1}", {"data": pixels[part], "labels": labels[part]})
        for i, part in enumerate((slice(12), slice(12, 24)))
    ]
    names = write(folder, "batches.meta", {"label_names": [str(i) for i in range(10)]})
    monkeypatch.setattr(CIFAR10, "train_list", rows)
    monkeypatch.setattr(CIFAR10, "test_list", [])
    monkeypatch.setattr(CIFAR10, "meta", {"filename": names[0], "key": "label_names", "md5": names[1]})
    return tmp_path


@pytest.fixture
def cifar100(tmp_path: Path, pixels: Pixels, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One training file of 24 images of 100 fine classes."""
    folder = tmp_path / "cifar-100-python"
    fine = [4 * i for i in range(24)]
    row = write(folder, "train", {"data": pixels, "fine_labels": fine, "coarse_labels": [0] * 24})
    names = write(folder, "meta", {"fine_label_names": [str(i) for i in range(100)]})
    monkeypatch.setattr(CIFAR100, "train_list", [row])
    monkeypatch.setattr(CIFAR100, "test_list", [])
    monkeypatch.setattr(CIFAR100, "meta", {"filename": names[0], "key": "fine_label_names", "md5": names[1]})
    return tmp_path


def load(path: Path, size: int, classes: int = 100, shape: Shape = CIFAR, seed: int = 0) -> ProbeBatch:
    return load_probe(ProbeSpec(f"cifar:{path}", size), classes, shape, seed)


def refused(error: type[InputError], message: str, path: Path, size: int = 4, classes: int = 100) -> None:
    with pytest.raises(error, match=f"^{re.escape(message)}"):
        load(path, size, classes)


def test_cifar10_images_keep_channels_and_labels(cifar10: Path, pixels: Pixels) -> None:
    probe = load(cifar10, 24)
    assert sorted(Counter(probe.labels.tolist()).values()) == [2] * 6 + [3] * 4
    files = pixels.reshape(24, 3, 32, 32).astype(np.float64)
    files = (files - files.mean((0, 2, 3), keepdims=True)) / files.std((0, 2, 3), keepdims=True)
    for image, label in zip(probe.images.numpy(), probe.labels.tolist(), strict=True):
        assert min(np.abs(image - files[i]).max() for i in range(label, 24, 10)) < 1e-5
    assert probe.source == f"24 images of 10 classes from the CIFAR-10 training set in {cifar10.name!r}"


def test_the_folder_of_the_files_itself_may_be_named(cifar10: Path) -> None:
    assert load(cifar10 / "cifar-10-batches-py", 8).fingerprint == load(cifar10, 8).fingerprint
    assert load(cifar10, 8, seed=1).fingerprint != load(cifar10, 8).fingerprint


def test_cifar100_has_its_fine_labels(cifar100: Path) -> None:
    assert sorted(load(cifar100, 24).labels.tolist()) == [4 * i for i in range(24)]


def test_colour_becomes_grey_for_networks_of_one_channel(cifar10: Path) -> None:
    assert load(cifar10, 4, shape=(1, 32, 32)).images.shape == (4, 1, 32, 32)


def test_a_folder_without_the_files(tmp_path: Path) -> None:
    message = f"{str(tmp_path)!r} holds no CIFAR files: no folder cifar-10-batches-py or cifar-100-python"
    refused(UnreadableData, message, tmp_path)


def test_an_archive_is_to_be_unpacked(tmp_path: Path) -> None:
    archive = tmp_path / "cifar-10-python.tar.gz"
    archive.write_bytes(b"")
    refused(UnreadableData, f"CIFAR folder {str(archive)!r} is an archive; unpack it, and name the folder", archive)


def test_both_data_sets_in_one_folder(cifar10: Path, cifar100: Path) -> None:
    assert cifar10 == cifar100
    message = f"{str(cifar10)!r} holds both CIFAR-10 and CIFAR-100; name the folder cifar-10-batches-py or"
    refused(InputError, message, cifar10)
    assert load(cifar100 / "cifar-100-python", 24).labels.max() == 92


@pytest.mark.parametrize("name", ["data_batch_2", "batches.meta"])
def test_a_missing_file(cifar10: Path, name: str) -> None:
    folder = cifar10 / "cifar-10-batches-py"
    (folder / name).unlink()
    message = f"{str(folder)!r} is incomplete or damaged: not every file has the MD5 sum of CIFAR-10"
    refused(UnreadableData, message, cifar10)


@pytest.mark.parametrize("name", ["data_batch_1", "batches.meta"])
def test_a_file_that_is_not_the_published_one_is_never_unpickled(cifar10: Path, name: str) -> None:
    folder = cifar10 / "cifar-10-batches-py"
    write(folder, name, Trap(cifar10 / "sprung"))
    refused(UnreadableData, f"{str(folder)!r} is incomplete or damaged", cifar10)
    assert not (cifar10 / "sprung").exists()
    pickle.loads((folder / name).read_bytes())
    assert (cifar10 / "sprung").exists()


def test_misfits(cifar10: Path) -> None:
    title = f"the CIFAR-10 training set in {str(cifar10)!r}"
    refused(InputError, f"{title} has 10 classes, more than the 9 classes that the networks tell apart", cifar10, 4, 9)
    message = f"a balanced probe of 25 images cannot be drawn from {title}: 24 images of 10 classes, 2 in the smallest"
    refused(InputError, message, cifar10, 25)
    with pytest.raises(InputError, match="has images of 32 x 32 pixels"):
        load(cifar10, 4, shape=(3, 28, 28))
