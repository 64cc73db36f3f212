"""Blocks from outside the tree, by import path."""

import re

import pytest

from diswot.testing import SearchSpaceConformance
from diswot_spaces.errors import InputError
from tests.search_spaces.declared.made import made

OWN = "tests.search_spaces.declared.own"
SPACE = f"""
    name: own
    stem: {{block: conv, width: 8}}
    stages:
      - {{block: "{OWN}:Doubled", width: [8, 16], times: [1, 2]}}
      - width: 16
        depth: 2
        blocks: [identity, {{block: "{OWN}:Doubled", times: 3}}]
"""


class TestOwnBlock(SearchSpaceConformance):
    space = made(SPACE)
    samples = 3


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("Bare", "Bare is no block: the setting times is not declared by setting(...) (line 5)"),
        ("Features", "a block is a subclass of Block and a frozen dataclass, not <class"),
        ("Missing", "cannot be had: AttributeError"),
    ],
)
def test_what_is_no_block_is_refused(name: str, message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        made(SPACE.replace(f"{OWN}:Doubled", f"{OWN}:{name}"))
