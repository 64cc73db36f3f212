"""Images to train on: parts, draws, splits and epochs by seed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from diswot.data.augment import judging_transform, training_transform
from diswot.data.digits import digits
from diswot.data.folder import image_folder
from diswot.data.images import ImageSet
from diswot.data.splits import HELD_OUT, hold_out, read_splits
from diswot.data.training import EpochOrder, VariedImages, draw_some, epoch_batches, gather, split_off
from diswot.errors import InputError, UnreadableData

SHAPE = (1, 8, 8)


def plain(counts: dict[int, int]) -> ImageSet[int]:
    """Grey images whose level is their number."""
    numbers = iter(range(1000))
    classes = {label: [next(numbers) for _ in range(count)] for label, count in counts.items()}
    return ImageSet("the images", Path("there"), classes, lambda i: Image.new("L", (8, 8), i % 256))


def test_digits_are_the_whole_set_of_scikit_learn() -> None:
    found = digits()
    assert sum(map(len, found.classes.values())) == 1797
    pixels = found.decode(found.classes[0][0], 1)
    assert pixels.shape == (1, 8, 8)
    assert int(pixels.max()) > 200


def test_every_fifth_image_is_held_out_where_there_is_no_test_set() -> None:
    rest, held = hold_out(plain({0: 11, 1: 5}))
    assert held.classes == {0: [4, 9], 1: [15]}
    assert rest.classes == {0: [0, 1, 2, 3, 5, 6, 7, 8, 10], 1: [11, 12, 13, 14]}
    with pytest.raises(InputError, match=f"class 1 with 4 images is too small to hold out every {HELD_OUT}th"):
        hold_out(plain({0: 11, 1: 4}))


def test_a_draw_is_balanced_and_by_seed_and_decodes_nothing() -> None:
    source = plain({0: 50, 1: 20, 2: 5})
    found = draw_some(source, 15, 3)
    assert [len(items) for items in found.classes.values()] == [5, 5, 5]
    assert draw_some(source, 15, 3).classes == found.classes
    assert draw_some(source, 15, 4).classes != found.classes
    assert draw_some(source, None, 3) is source
    assert draw_some(source, 75, 3) is source
    more = draw_some(source, 45, 3)
    assert [len(items) for items in more.classes.values()] == [20, 20, 5]


def test_a_split_takes_a_share_of_each_class() -> None:
    images = gather(plain({0: 20, 1: 10, 2: 2}), SHAPE, 0)
    train, valid = split_off(images, 0.1, 0)
    assert valid.labels.bincount().tolist() == [2, 1, 1]
    assert train.labels.bincount().tolist() == [18, 9, 1]
    assert not set(train.items) & set(valid.items)
    assert train.pixels is not None
    assert [int(one[0, 0, 0]) for one in train.pixels] == train.items
    with pytest.raises(
        InputError, match=r"class 1 of the images 'there' has 1 images, too few to validate on 0.1 of them"
    ):
        split_off(gather(plain({0: 5, 1: 1}), SHAPE, 0), 0.1, 0)


def test_labels_begin_at_zero_wherever_the_files_begin() -> None:
    assert gather(plain({1: 2, 2: 3}), SHAPE, 1).labels.tolist() == [0, 0, 1, 1, 1]


@pytest.mark.parametrize("workers", [0, 2])
def test_an_epoch_goes_on_from_any_batch(workers: int) -> None:
    images = VariedImages(gather(plain({0: 13, 1: 10}), SHAPE, 0), training_transform("crop-flip", 8, 8), 5)

    def batches(epoch: int, start: int) -> list[torch.Tensor]:
        order = EpochOrder(23, 4, seed=5, epoch=epoch, start=start)
        return [torch.cat([one.images.flatten(), one.indices]) for one in epoch_batches(images, order, workers)]

    whole = batches(1, 0)
    assert len(whole) == 5  # the last three images are left out
    state = torch.random.get_rng_state()
    assert all(map(torch.equal, batches(1, 2), whole[2:]))
    assert torch.equal(torch.random.get_rng_state(), state), "the global generator is nobody's business"
    assert not torch.equal(batches(2, 0)[0], whole[0])


def test_each_image_comes_at_most_once_in_an_epoch() -> None:
    keys = [key for batch in EpochOrder(23, 4, seed=0, epoch=7) for key in batch]
    assert {variation for variation, _ in keys} == {7}
    assert len({i for _, i in keys}) == len(keys) == 20
    again = [key for batch in EpochOrder(23, 4, seed=0, epoch=7, variations=3) for key in batch]
    assert [i for _, i in again] == [i for _, i in keys]
    assert {variation for variation, _ in again} == {1}
    assert len(list(EpochOrder(3, 4, seed=0, epoch=0))) == 1  # fewer images than a batch are one all the same


@pytest.mark.parametrize("name", ["none", "crop", "crop-flip", "trivial"])
@pytest.mark.parametrize("side", [8, 96])
def test_variations_have_the_size_that_networks_take(name: str, side: int) -> None:
    size = 8 if side == 8 else 70
    image = torch.from_numpy(np.arange(3 * side * side, dtype=np.uint8).reshape(3, side, side))
    assert training_transform(name, size, size)(image).shape == (3, size, size)
    assert judging_transform(size, size)(image).shape == (3, size, size)


def test_parts_of_a_folder(tmp_path: Path) -> None:
    for part, count in (("train", 3), ("val", 2)):
        for name in ("a", "b"):
            (tmp_path / part / name).mkdir(parents=True)
            for i in range(count):
                Image.new("RGB", (8, 8)).save(tmp_path / part / name / f"{i}.png")
    found = read_splits("folder", tmp_path)
    assert [len(items) for items in found.train.classes.values()] == [3, 3]
    assert [len(items) for items in found.test.classes.values()] == [2, 2]
    assert list(found.train.names) == ["a", "b"]
    with pytest.raises(UnreadableData, match="does not exist"):
        read_splits("folder", tmp_path / "nowhere")


@pytest.mark.parametrize("workers", [0, 1])
def test_a_damaged_image_that_is_decoded_when_it_is_needed_is_named(workers: int, tmp_path: Path) -> None:
    for i in range(4):
        (tmp_path / f"c{i % 2}").mkdir(exist_ok=True)
        Image.new("RGB", (90, 80), (i, i, i)).save(tmp_path / f"c{i % 2}" / f"{i}.png")
    images = gather(image_folder(tmp_path), (3, 70, 70), 0)
    assert images.pixels is None
    varied = VariedImages(images, training_transform("crop-flip", 70, 70), 0)
    (whole,) = epoch_batches(varied, EpochOrder(4, 4, seed=0, epoch=0), workers)
    assert whole.images.shape == (4, 3, 70, 70)
    broken = tmp_path / "c1" / "3.png"
    broken.write_bytes(broken.read_bytes()[:60])
    with pytest.raises(UnreadableData, match=rf"^'{broken}' is not a readable image[^\n]*$"):
        list(epoch_batches(varied, EpochOrder(4, 4, seed=0, epoch=0), workers))


def test_a_library_that_is_not_installed_is_named(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    try:
        import datasets  # noqa: F401
    except ImportError:
        with pytest.raises(InputError, match="pip install datasets"):
            read_splits("hf", tmp_path)
