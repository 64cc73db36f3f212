"""MobileNetV2 students."""

import csv
import re
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from diswot_spaces import get_space
from diswot_spaces.errors import InvalidArchitecture
from diswot_spaces.mobilenetv2 import MobileNetV2

SPACE = MobileNetV2()
GOOD = "[[1,16,1,1],[6,24,2,2],[6,32,3,2],[6,64,4,2],[6,96,3,1],[6,160,3,2],[6,320,1,1],1280]"


def test_the_published_network_costs_what_torchvision_s_does() -> None:
    # torchvision's mobilenet_v2 has 3,504,872 parameters with 1,000 classes, an independent count of the same table.
    assert SPACE.costs(SPACE.decode(GOOD), 1000).params == 3_504_872


def test_sampled_widths_grow() -> None:
    rng = np.random.default_rng(0)
    for _ in range(200):
        stages, last = SPACE.stages(SPACE.sample(rng))
        widths = [width for _, width, _, _ in stages] + [last]
        assert all(b > a and b % 8 == 0 for a, b in pairwise(widths))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[1,16", "is JSON"),
        ("[1,2]", "7 stages and a last width"),
        (GOOD.replace("[6,24,2,2]", "[6,24,2]"), "stage 2 must be four whole numbers"),
        (GOOD.replace("[6,24,2,2]", "[6,24,2,1]"), "stage 2 has expansion 6 and stride 2, not 6 and 1"),
        (GOOD.replace("[6,24,2,2]", "[6,24,9,2]"), "depth 9 of stage 2 is not one of 1, 2, 3, 4"),
        (GOOD.replace("[1,16,1,1]", "[1,15,1,1]"), "width 15 of stage 1 is not one of 16, 24"),
        (GOOD.replace("[6,32,3,2]", "[6,24,3,2]"), "width 24 of stage 3 must exceed the width before it (24)"),
        (GOOD.replace("1280", "1280.5"), "the last width must be a whole number"),
        (GOOD.replace("1280", "true"), "the last width must be a whole number"),
    ],
)
def test_a_malformed_string_says_where(text: str, message: str) -> None:
    with pytest.raises(InvalidArchitecture, match=re.escape(message)):
        get_space("mobilenetv2").decode(text)


@pytest.mark.data
def test_the_labelled_students_are_in_the_space(data_dir: Path) -> None:
    with (data_dir / "mobilenetv2_distilled.csv").open() as file:
        strings = [row["arch"] for row in csv.DictReader(file)]
    assert len(strings) == 100
    assert all(SPACE.encode(SPACE.decode(text)) == text for text in strings)
