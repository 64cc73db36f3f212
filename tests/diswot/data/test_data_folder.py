"""Image folders, and probes out of them."""

import re
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest
import torch
import torchvision
from PIL import Image

from diswot.data import read_images
from diswot.errors import InputError, UnreadableData
from diswot.probes import load_probe
from diswot.probes.batch import ProbeBatch
from diswot.spec.probe import ProbeSpec
from diswot_spaces import Shape

ImageFolder = Callable[..., Path]


def load(path: Path, size: int, classes: int = 10, shape: Shape = (3, 6, 5), seed: int = 0) -> ProbeBatch:
    return load_probe(ProbeSpec(f"folder:{path}", size), classes, shape, seed)


def test_a_batch_is_balanced_normalised_and_named(image_folder: ImageFolder) -> None:
    path = image_folder({"cat": 9, "dog": 5, "eel": 7})
    probe = load(path, 13)
    assert probe.images.shape == (13, 3, 6, 5)
    assert probe.images.dtype == torch.float32
    assert probe.labels.dtype == torch.int64
    assert sorted(Counter(probe.labels.tolist()).values()) == [4, 4, 5]
    torch.testing.assert_close(probe.images.mean((0, 2, 3)), torch.zeros(3), atol=1e-6, rtol=0)
    torch.testing.assert_close(probe.images.std((0, 2, 3), correction=0), torch.ones(3))
    assert probe.source == "13 images of 3 classes from the image folder 'images'"


def test_labels_are_the_places_of_the_sorted_class_names(image_folder: ImageFolder) -> None:
    path = image_folder({"b": 1, "a": 1, "C": 1})
    for label, name in enumerate(["C", "a", "b"]):
        Image.new("L", (5, 6), 100 * label).save(path / name / "0.png")
    probe = load(path, 3, shape=(1, 6, 5))
    assert probe.labels.tolist() == probe.images.mean((1, 2, 3)).argsort().argsort().tolist()


def test_no_image_comes_twice_and_all_come_when_all_are_asked_for(image_folder: ImageFolder) -> None:
    probe = load(image_folder({"a": 4, "b": 3, "c": 4}), 11)
    assert len({image.numpy().tobytes() for image in probe.images}) == 11


def test_pixels_are_those_of_the_files(image_folder: ImageFolder) -> None:
    path = image_folder({"a": 1, "b": 1})
    files = np.stack([np.asarray(Image.open(path / name / "0.png"), dtype=np.float64) for name in "ab"])
    expected = ((files - files.mean((0, 1, 2))) / files.std((0, 1, 2))).transpose(0, 3, 1, 2)
    probe = load(path, 2)
    np.testing.assert_allclose(probe.images.numpy(), expected[probe.labels.numpy()], rtol=1e-5, atol=1e-6)


def test_with_more_classes_than_images_the_classes_are_distinct(image_folder: ImageFolder) -> None:
    path = image_folder({f"{i:02}": 2 for i in range(12)})
    drawn = [load(path, 5, 12, seed=seed).labels.tolist() for seed in range(5)]
    assert all(len(set(labels)) == 5 for labels in drawn)
    assert len({tuple(sorted(labels)) for labels in drawn}) > 1


def test_the_seed_decides_and_the_place_of_the_folder_does_not(image_folder: ImageFolder, tmp_path: Path) -> None:
    path = image_folder({"a": 9, "b": 9})
    moved = shutil.copytree(path, tmp_path / "elsewhere" / "images")
    state = torch.random.get_rng_state()
    assert load(path, 4).fingerprint == load(moved, 4).fingerprint
    assert load(path, 4).fingerprint != load(path, 4, seed=1).fingerprint
    assert torch.equal(torch.random.get_rng_state(), state)


def test_only_the_images_drawn_are_opened(image_folder: ImageFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    path = image_folder({"a": 20, "b": 20})
    opened: set[Path] = set()
    original = Image.open

    def spy(file: Path) -> Image.Image:
        opened.add(file)
        return original(file)

    monkeypatch.setattr(Image, "open", spy)
    load(path, 6)
    assert len(opened) == 6


def test_other_files_and_hidden_names_are_passed_over(image_folder: ImageFolder) -> None:
    path = image_folder({"a": 2, "b": 2})
    before = load(path, 4).fingerprint
    (path / "labels.txt").write_text("a b")
    (path / ".cache").mkdir()
    (path / "__MACOSX" / "a").mkdir(parents=True)
    (path / "__MACOSX" / "a" / "._0.png").write_bytes(b"not an image")
    (path / "a" / "notes.txt").write_text("not an image")
    (path / "a" / "._0.png").write_bytes(b"not an image")
    assert load(path, 4).fingerprint == before


@pytest.mark.parametrize("suffix", ["png", "jpg", "JPEG", "bmp", "webp", "tif"])
def test_common_formats_are_read(image_folder: ImageFolder, suffix: str) -> None:
    assert load(image_folder({"a": 1, "b": 1}, suffix=suffix), 2).images.isfinite().all()


def test_grey_images_are_repeated_for_networks_of_three_channels(image_folder: ImageFolder) -> None:
    images = load(image_folder({"a": 2, "b": 2}, mode="L"), 4).images
    assert torch.equal(images[:, 0], images[:, 1])
    assert torch.equal(images[:, 0], images[:, 2])


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P", "LA", "1", "CMYK"])
def test_images_of_any_mode_become_grey_for_networks_of_one_channel(image_folder: ImageFolder, mode: str) -> None:
    path = image_folder({"a": 2, "b": 2}, mode=mode, suffix="tif" if mode == "CMYK" else "png")
    assert load(path, 4, shape=(1, 6, 5)).images.shape == (4, 1, 6, 5)


def test_fewer_classes_than_the_networks_have_are_fine(image_folder: ImageFolder) -> None:
    assert load(image_folder({"a": 2, "b": 2}), 4, classes=100).labels.max() == 1


def test_a_channel_without_contrast_becomes_zero(image_folder: ImageFolder) -> None:
    path = image_folder({"a": 1, "b": 1})
    for name, level in (("a", 10), ("b", 20)):
        Image.new("RGB", (5, 6), (level, 7, 2 * level)).save(path / name / "0.png")
    probe = load(path, 2)
    assert torch.equal(probe.images[:, 1], torch.zeros(2, 6, 5))
    assert set(probe.images[:, 0].flatten().tolist()) == {-1.0, 1.0}


def refused(error: type[InputError], message: str, path: Path, size: int, classes: int = 10, *shape: int) -> None:
    channels, height, width = shape or (3, 6, 5)
    with pytest.raises(error, match=f"^{re.escape(message)}") as caught:
        load(path, size, classes, (channels, height, width))
    assert "\n" not in str(caught.value)


def test_a_missing_folder(tmp_path: Path) -> None:
    message = f"image folder {str(tmp_path / 'no')!r} does not exist"
    refused(UnreadableData, message, tmp_path / "no", 4)


def test_a_folder_without_class_folders(tmp_path: Path) -> None:
    Image.new("L", (5, 6)).save(tmp_path / "0.png")
    message = f"image folder {str(tmp_path)!r} has no sub-folders; it needs one for each class"
    refused(UnreadableData, message, tmp_path, 4)


def test_a_class_without_images(image_folder: ImageFolder) -> None:
    path = image_folder({"a": 3, "b": 0})
    refused(UnreadableData, f"class folder {str(path / 'b')!r} has no images; they end in .bmp, .jpeg", path, 2)


def labelled(path: Path) -> dict[int, list[str]]:
    """The images of each class, as paths below the folder."""
    classes = read_images("folder", path).classes
    return {label: [str(image.relative_to(path)) for image in images] for label, images in classes.items()}


def test_images_may_lie_deeper_than_their_class(image_folder: ImageFolder) -> None:
    """As in Tiny ImageNet, `CLASS/images/x.JPEG`; files beside them are passed over."""
    path = image_folder({"n01/images": 2, "n02/images": 1, "n02/more/of/them": 1}, suffix="JPEG")
    (path / "n01" / "n01_boxes.txt").write_text("0 0 5 6")
    assert labelled(path) == {
        0: ["n01/images/0.JPEG", "n01/images/1.JPEG"],
        1: ["n02/images/0.JPEG", "n02/more/of/them/0.JPEG"],
    }
    assert load(path, 4).labels.bincount().tolist() == [2, 2]


def test_the_classes_and_images_are_those_of_torchvision(image_folder: ImageFolder) -> None:
    path = image_folder({"b/deep/er": 2, "b/deep": 1, "b": 1, "a": 2, "C/x": 1, "C/w": 1})
    theirs = torchvision.datasets.ImageFolder(str(path))
    ours = labelled(path)
    expected = [(str(Path(file).relative_to(path)), label) for file, label in theirs.samples]
    assert sorted((file, label) for label in ours for file in ours[label]) == sorted(expected)


@pytest.mark.parametrize("names", [("train", "val"), ("Train", "test"), ("train",), ("validation", "test")])
def test_of_the_parts_of_a_data_set_the_training_images_are_read(
    image_folder: ImageFolder, names: tuple[str, ...]
) -> None:
    path = image_folder({f"{name}/{label}": 2 for name in names for label in ("a", "b")})
    (path / "readme.txt").write_text("two classes")
    assert load(path, 4).fingerprint == load(path / names[0], 4).fingerprint
    assert load(path, 4).source.endswith(f"from the image folder {names[0]!r}")


def test_parts_are_known_beside_other_folders(image_folder: ImageFolder) -> None:
    path = image_folder({"train/a": 2, "train/b": 2, "val/a": 1, "devkit": 0})
    assert load(path, 4).fingerprint == load(path / "train", 4).fingerprint


def test_a_class_may_be_called_train(image_folder: ImageFolder) -> None:
    assert labelled(image_folder({"car": 1, "train": 1})) == {0: ["car/0.png"], 1: ["train/0.png"]}


def test_a_folder_around_the_class_folders_is_no_class(image_folder: ImageFolder) -> None:
    path = image_folder({"flowers/a": 2, "flowers/b": 2})
    message = (
        f"image folder {str(path)!r} has the one class 'flowers', whose images lie in 2 sub-folders; "
        f"if these are the classes, name {str(path / 'flowers')!r}"
    )
    refused(UnreadableData, message, path, 2)


def test_links_that_go_round_are_followed_once(image_folder: ImageFolder) -> None:
    path = image_folder({"a": 2, "b": 2, "elsewhere": 1})
    (path / "a" / "again").symlink_to(path / "a", target_is_directory=True)
    (path / "b" / "more").symlink_to(path / "elsewhere", target_is_directory=True)
    assert labelled(path)[0] == ["a/0.png", "a/1.png"]
    assert labelled(path)[1] == ["b/0.png", "b/1.png", "b/more/0.png"]


@pytest.mark.parametrize("name", ["images.zip", "images.tar.gz", "images.TGZ"])
def test_an_archive_is_to_be_unpacked(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"PK")
    message = f"image folder {str(tmp_path / name)!r} is an archive; unpack it, and name the folder"
    refused(UnreadableData, message, tmp_path / name, 2)


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    Image.new("L", (5, 6)).save(tmp_path / "0.png")
    message = f"image folder {str(tmp_path / '0.png')!r} is a file, not a folder"
    refused(UnreadableData, message, tmp_path / "0.png", 2)


def test_the_same_picture_again_and_again(image_folder: ImageFolder) -> None:
    path = image_folder({"a": 4, "b": 4})
    first = (path / "a" / "0.png").read_bytes()
    for file in path.rglob("*.png"):
        file.write_bytes(first)
    message = f"the image folder {str(path)!r} gave the same picture 4 times; a probe needs images that differ"
    refused(InputError, message, path, 4)


def test_more_images_than_there_are(image_folder: ImageFolder) -> None:
    path = image_folder({"a": 2, "b": 9})
    message = (
        f"a balanced probe of 6 images cannot be drawn from the image folder {str(path)!r}: "
        "11 images of 2 classes, 2 in the smallest, give at most 5"
    )
    refused(InputError, message, path, 6)
    assert Counter(load(path, 5).labels.tolist()) == {0: 2, 1: 3}


def test_more_classes_than_the_networks_have(image_folder: ImageFolder) -> None:
    path = image_folder({"a": 2, "b": 2, "c": 2})
    message = (
        f"the image folder {str(path)!r} has 3 classes, more than the 2 classes that the networks tell apart; ask for 3"
    )
    refused(InputError, message, path, 2, 2)


def test_images_of_another_size_than_the_networks_take(image_folder: ImageFolder) -> None:
    path = image_folder({"a": 2, "b": 2})
    message = f"the image folder {str(path)!r} has images of 6 x 5 pixels (height x width), the networks take 32 x 32"
    refused(InputError, message, path, 2, 10, 3, 32, 32)


def test_networks_of_other_than_one_or_three_channels(image_folder: ImageFolder) -> None:
    path = image_folder({"a": 2, "b": 2})
    message = f"the image folder {str(path)!r} gives images of 1 or 3 channels, the networks take 4"
    refused(InputError, message, path, 2, 10, 4, 6, 5)


def test_images_of_mixed_sizes(image_folder: ImageFolder) -> None:
    path = image_folder({"a": 1, "b": 1})
    Image.new("RGB", (8, 4)).save(path / "b" / "0.png")
    refused(UnreadableData, f"the image folder {str(path)!r} has images of mixed sizes: ", path, 2)
    with pytest.raises(UnreadableData, match=re.escape(f"{str(path / 'b' / '0.png')!r} is 4 x 8")):
        load(path, 2)


@pytest.mark.parametrize(("suffix", "keep"), [("png", 0), ("png", 20), ("png", 90), ("jpg", 200), ("bmp", 60)])
def test_a_damaged_image(image_folder: ImageFolder, suffix: str, keep: int) -> None:
    path = image_folder({"a": 1, "b": 1}, suffix=suffix)
    file = path / "a" / f"0.{suffix}"
    file.write_bytes(file.read_bytes()[:keep])
    refused(UnreadableData, f"{str(file)!r} is not a readable image", path, 2)


def test_an_image_of_sixteen_bits(image_folder: ImageFolder) -> None:
    path = image_folder({"a": 1, "b": 1})
    Image.fromarray(np.full((6, 5), 40_000, np.uint16)).save(path / "a" / "0.png")
    message = f"{str(path / 'a' / '0.png')!r} has pixels of mode 'I;16', only 8 bits a channel are read"
    refused(UnreadableData, message, path, 2)


def test_images_of_one_colour(image_folder: ImageFolder) -> None:
    path = image_folder({"a": 1, "b": 1})
    for name in "ab":
        Image.new("RGB", (5, 6), (9, 9, 9)).save(path / name / "0.png")
    message = f"the image folder {str(path)!r} gave 2 images of one colour; a probe needs images that differ"
    refused(InputError, message, path, 2)


@pytest.mark.data
def test_real_cifar_images(data_dir: Path, tmp_path: Path) -> None:
    with ZipFile(data_dir / "cifar10-images.zip") as archive:
        archive.extractall(tmp_path, [name for name in archive.namelist() if name.startswith("test/")])
    probe = load(tmp_path / "test", 64, 100, (3, 32, 32))
    assert probe.images.shape == (64, 3, 32, 32)
    assert sorted(Counter(probe.labels.tolist()).values()) == [6] * 6 + [7] * 4
    assert probe.source == "64 images of 10 classes from the image folder 'test'"
