"""Idx pairs, and probes out of them."""

import gzip
import re
import struct
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from diswot.errors import InputError, UnreadableData
from diswot.probes import load_probe
from diswot.probes.batch import ProbeBatch
from diswot.spec.probe import ProbeSpec
from diswot_spaces import Shape

DEBIAN = Path("/usr/share/datasets/fashion-mnist")
Bytes = NDArray[np.uint8]


def idx(values: Bytes) -> bytes:
    return struct.pack(f">BBBB{values.ndim}I", 0, 0, 8, values.ndim, *values.shape) + values.tobytes()


def write_pair(folder: Path, labels: list[int], part: str = "train", *, gz: bool = True, grey: int = 0) -> Bytes:
    """Write a pair of 4 x 3 images and labels; return the images."""
    images = np.random.default_rng(len(labels)).integers(grey, 256, (len(labels), 4, 3), dtype=np.uint8)
    for name, values in (("images-idx3", images), ("labels-idx1", np.array(labels, np.uint8))):
        data = idx(values)
        file = folder / f"{part}-{name}-ubyte{'.gz' if gz else ''}"
        file.write_bytes(gzip.compress(data) if gz else data)
    return images


def load(path: Path, size: int, classes: int = 10, shape: Shape = (1, 4, 3), seed: int = 0) -> ProbeBatch:
    return load_probe(ProbeSpec(f"idx:{path}", size), classes, shape, seed)


@pytest.mark.parametrize("gz", [True, False])
def test_images_keep_their_labels(tmp_path: Path, gz: bool) -> None:
    files = write_pair(tmp_path, [2, 0, 1], gz=gz).astype(np.float64)
    probe = load(tmp_path, 3)
    expected = ((files - files.mean()) / files.std())[[1, 2, 0]]  # In the order of the labels.
    np.testing.assert_allclose(probe.images[probe.labels.argsort(), 0].numpy(), expected, rtol=1e-5, atol=1e-6)
    assert probe.images.dtype == torch.float32
    assert probe.source == f"3 images of 3 classes from the train idx pair in {tmp_path.name!r}"


def test_a_batch_is_balanced_and_drawn_by_seed(tmp_path: Path) -> None:
    write_pair(tmp_path, [0] * 30 + [1] * 9 + [2] * 9)
    probe = load(tmp_path, 10)
    assert sorted(Counter(probe.labels.tolist()).values()) == [3, 3, 4]
    assert len({image.numpy().tobytes() for image in probe.images}) == 10
    assert load(tmp_path, 10).fingerprint == probe.fingerprint
    assert load(tmp_path, 10, seed=1).fingerprint != probe.fingerprint


def test_one_channel_is_repeated_for_networks_of_three(tmp_path: Path) -> None:
    write_pair(tmp_path, [0, 1])
    images = load(tmp_path, 2, shape=(3, 4, 3)).images
    assert images.shape == (2, 3, 4, 3)
    assert torch.equal(images[:, :1].expand(-1, 3, -1, -1), images)


def test_training_images_come_before_the_others(tmp_path: Path) -> None:
    write_pair(tmp_path, [0, 1, 2], "t10k")
    assert load(tmp_path, 2).source.startswith("2 images of 2 classes from the t10k idx pair")
    write_pair(tmp_path, [0, 1, 2], "train")
    assert load(tmp_path, 2).source.startswith("2 images of 2 classes from the train idx pair")


def test_labels_may_leave_gaps(tmp_path: Path) -> None:
    write_pair(tmp_path, [1, 4, 9, 1])
    assert set(load(tmp_path, 3).labels.tolist()) == {1, 4, 9}


def test_labels_that_start_at_one_are_counted_from_there(tmp_path: Path) -> None:
    """As those of EMNIST's letters, 1 to 26."""
    write_pair(tmp_path, [1, 2, 3, 3, 2, 1])
    assert sorted(load(tmp_path, 6, classes=3).labels.tolist()) == [0, 0, 1, 1, 2, 2]
    assert sorted(load(tmp_path, 6, classes=4).labels.tolist()) == [1, 1, 2, 2, 3, 3]  # As torchvision reads them.


@pytest.mark.parametrize(("labels", "classes"), [([1, 2, 9], 3), ([2, 4, 6], 6)])
def test_labels_with_gaps_that_do_not_fit(tmp_path: Path, labels: list[int], classes: int) -> None:
    write_pair(tmp_path, labels)
    message = (
        f"the train idx pair in {str(tmp_path)!r} has labels up to {labels[-1]}, more than the {classes} classes that "
        f"the networks tell apart; ask for {labels[-1] + 1} classes"
    )
    refused(InputError, message, tmp_path, 2, classes)


@pytest.mark.parametrize(
    "names",
    [
        ("train-images.idx3-ubyte", "train-labels.idx1-ubyte"),
        ("train-images.idx3-ubyte.gz", "train-labels.idx1-ubyte.gz"),
        ("train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte"),
        ("emnist-letters-train-images-idx3-ubyte.gz", "emnist-letters-train-labels-idx1-ubyte.gz"),
        ("emnist-letters-test-images-idx3-ubyte", "emnist-letters-test-labels-idx1-ubyte"),
    ],
)
@pytest.mark.parametrize("where", [".", "raw", "MNIST/raw"])
def test_pairs_are_found_however_they_were_spread(tmp_path: Path, names: tuple[str, str], where: str) -> None:
    write_pair(tmp_path, [0, 1, 2])
    expected = load(tmp_path, 3).fingerprint
    (tmp_path / where).mkdir(parents=True, exist_ok=True)
    for old, new in zip(("train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"), names, strict=True):
        data = (tmp_path / old).read_bytes()
        (tmp_path / old).unlink()
        (tmp_path / where / new).write_bytes(data if new.endswith(".gz") else gzip.decompress(data))
    assert load(tmp_path, 3).fingerprint == expected
    assert load(tmp_path / where / names[0], 3).fingerprint == expected


def test_of_several_data_sets_one_is_to_be_named(tmp_path: Path) -> None:
    write_pair(tmp_path, [0, 1], "emnist-letters-train")
    write_pair(tmp_path, [0, 1, 2], "emnist-digits-train")
    message = (
        f"{str(tmp_path)!r} holds several idx pairs; name the images of one of them: "
        "emnist-digits-train-images-idx3-ubyte.gz, emnist-letters-train-images-idx3-ubyte.gz"
    )
    refused(InputError, message, tmp_path)
    assert load(tmp_path / "emnist-digits-train-images-idx3-ubyte.gz", 3).labels.max() == 2


def test_a_file_that_is_no_images_of_a_pair(tmp_path: Path) -> None:
    write_pair(tmp_path, [0, 1])
    labels = tmp_path / "train-labels-idx1-ubyte.gz"
    refused(UnreadableData, f"{str(labels)!r} holds no idx pair", labels)


def refused(error: type[InputError], message: str, path: Path, size: int = 2, classes: int = 10, *shape: int) -> None:
    channels, height, width = shape or (1, 4, 3)
    with pytest.raises(error, match=f"^{re.escape(message)}") as caught:
        load(path, size, classes, (channels, height, width))
    assert "\n" not in str(caught.value)


def test_a_missing_folder(tmp_path: Path) -> None:
    message = f"idx folder {str(tmp_path / 'no')!r} does not exist"
    refused(UnreadableData, message, tmp_path / "no")


@pytest.mark.parametrize("missing", [[], ["train-images-idx3-ubyte.gz"], ["train-labels-idx1-ubyte.gz"]])
def test_a_folder_without_a_whole_pair(tmp_path: Path, missing: list[str]) -> None:
    if missing:
        write_pair(tmp_path, [0, 1])
        (tmp_path / missing[0]).unlink()
    message = f"{str(tmp_path)!r} holds no idx pair: none of train, t10k, test has both PART-images-idx3-ubyte and"
    refused(UnreadableData, message, tmp_path)


def test_damaged_files(tmp_path: Path) -> None:
    write_pair(tmp_path, [0, 1])
    images = tmp_path / "train-images-idx3-ubyte.gz"
    whole = images.read_bytes()
    data = gzip.decompress(whole)
    for damaged in (whole[:-12], b"", b"not gzip", whole[:10] + b"\xff" * 8 + whole[18:]):
        images.write_bytes(damaged)
        refused(UnreadableData, f"{str(images)!r} ", tmp_path)
    images.write_bytes(gzip.compress(data[:-1]))
    refused(UnreadableData, f"{str(images)!r} is damaged: it announces 2 x 4 x 3 bytes and has 23", tmp_path)
    images.write_bytes(gzip.compress(data[:9]))
    refused(UnreadableData, f"{str(images)!r} is not an idx file of unsigned bytes in 3 dimensions", tmp_path)


def test_a_file_of_other_values(tmp_path: Path) -> None:
    write_pair(tmp_path, [0, 1])
    labels = tmp_path / "train-labels-idx1-ubyte.gz"
    labels.write_bytes((tmp_path / "train-images-idx3-ubyte.gz").read_bytes())
    refused(UnreadableData, f"{str(labels)!r} is not an idx file of unsigned bytes in 1 dimensions", tmp_path)


def test_images_and_labels_of_different_number(tmp_path: Path) -> None:
    write_pair(tmp_path, [0, 1])
    (tmp_path / "train-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx(np.zeros(3, np.uint8))))
    images = str(tmp_path / "train-images-idx3-ubyte.gz")
    refused(UnreadableData, f"{images!r} and 'train-labels-idx1-ubyte.gz' are no pair: 2 images, 3 labels", tmp_path)


def test_no_images_at_all(tmp_path: Path) -> None:
    write_pair(tmp_path, [])
    images = str(tmp_path / "train-images-idx3-ubyte.gz")
    refused(UnreadableData, f"{images!r} and 'train-labels-idx1-ubyte.gz' are no pair: 0 images, 0 labels", tmp_path)


def test_misfits(tmp_path: Path) -> None:
    write_pair(tmp_path, [0, 1, 2])
    title = f"the train idx pair in {str(tmp_path)!r}"
    refused(
        InputError, f"{title} has 3 classes, more than the 2 classes that the networks tell apart; ask", tmp_path, 2, 2
    )
    refused(
        InputError,
        f"{title} has images of 4 x 3 pixels (height x width), the networks take 3 x 4",
        tmp_path,
        2,
        3,
        1,
        3,
        4,
    )
    refused(
        InputError, f"a balanced probe of 4 images cannot be drawn from {title}: 3 images of 3 classes", tmp_path, 4
    )


@pytest.mark.skipif(not DEBIAN.is_dir(), reason="needs Debian's package dataset-fashion-mnist")
def test_fashion_mnist_as_debian_lays_it_out() -> None:
    probe = load(DEBIAN, 64, 10, (1, 28, 28))
    assert sorted(Counter(probe.labels.tolist()).values()) == [6] * 6 + [7] * 4
    assert probe.source == "64 images of 10 classes from the train idx pair in 'fashion-mnist'"
