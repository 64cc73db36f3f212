"""The 64 CIFAR ResNets of the paper."""

import re

import pytest

from diswot_spaces import get_space
from diswot_spaces.errors import InvalidArchitecture

SPACE = get_space("cifar-resnet")


def test_the_64_students_are_distinct() -> None:
    assert len({SPACE.encode(arch) for arch in SPACE.enumerate()}) == SPACE.size == 64


def test_published_parameter_counts() -> None:
    # The DisWOT authors' figure 2: ResNet[7,1,3] has 259.89 k, ResNet[3,3,3] 278.32 k parameters with 100 classes.
    assert SPACE.costs(SPACE.decode("7-1-3"), 100).params == 259_892
    assert SPACE.costs(SPACE.decode("3-3-3"), 100).params == 278_324


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("3-3", "has 3 depths 'd1-d2-d3', not '3-3'"),
        ("3-2-5", "depth '2' of stage 2 in '3-2-5' is not one of 1, 3, 5, 7"),
        ("3--5", "depth '' of stage 2"),
        ("", "has 3 depths"),
    ],
)
def test_a_malformed_string_says_where(text: str, message: str) -> None:
    with pytest.raises(InvalidArchitecture, match=re.escape(message)):
        SPACE.decode(text)
