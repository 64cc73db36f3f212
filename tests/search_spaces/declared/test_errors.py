"""What is wrong with a declaration is said in one sentence, with its line, before any work."""

import re
from pathlib import Path
from textwrap import dedent

import pytest

from diswot_spaces import get_space
from diswot_spaces.errors import InputError
from tests.search_spaces.declared.made import made

GOOD = """\
name: mine
choices:
  wide: [16, 24]
stem: {block: conv, width: {choice: wide}}
stages:
  - {block: basic, width: {choice: wide}, depth: [1, 2]}
  - {block: inverted_residual, width: [32, 48], stride: 2, expansion: {start: 2, end: 6, step: 2}}
head: {width: 64}
constraints:
  - stages[1].width >= 2 * wide
"""
VARIANTS = """\
name: mine
stages:
  - width: 16
    depth: 2
    blocks: [identity, basic]
"""


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("block: basic", "block: basics", "stages[0].block: unknown block 'basics'; valid: conv, basic,"),
        ("[32, 48]", "[]", "stages[1].width: has no options; at least one is needed (line 7)"),
        ("[32, 48]", "[32, 32]", "stages[1].width: has the option 32 twice (line 7)"),
        ("[32, 48]", "[32, big]", "stages[1].width[1]: must be a whole number, not 'big' (line 7)"),
        ("[32, 48]", "[32, .nan]", "stages[1].width[1]: must be a whole number, not nan (line 7)"),
        ("[32, 48]", "[[32], 48]", "stages[1].width[0]: an option is a number, a text, true or false (line 7)"),
        ("[32, 48]", "[32, 0]", "stages[1].width[1]: must be at least 1, not 0 (line 7)"),
        ("[32, 48]", "{choice: thin}", "stages[1].width.choice: there is no choice 'thin'; choices: wide (line 7)"),
        ("[32, 48]", "{choice: wide, by: 2}", "stages[1].width: has no field 'by'; its fields: choice, times (line 7)"),
        ("[32, 48]", "{choice: wide, times: 0}", "stages[1].width.times: must be a positive number, not 0 (line 7)"),
        ("step: 2}", "step: 0}", "stages[1].expansion: holds nothing from 2 to 6 in steps of 0 (line 7)"),
        ("end: 6, step: 2}", "end: 20000}", "stages[1].expansion: has 10,000 options; at most 1,000 are allowed"),
        ("end: 6", "to: 6", "stages[1].expansion: must be a value, a list, start and end with a step, or a choice by"),
        ("start: 2", "start: two", "stages[1].expansion.start: must be a number, not 'two' (line 7)"),
        ("depth: [1, 2]", "deep: 2", "stages[0].deep: basic has no such setting; its settings: width, stride, kernel"),
        ("stride: 2,", "stride: 2, activation: tanh,", "stages[1].activation: must be one of relu, relu6, hardswish"),
        ("  wide: [16, 24]", "  wide: {choice: wide}", "choices are tied in a circle: wide -> wide (line 3)"),
        (
            "  wide: [16, 24]",
            "  wide: {choice: a}\n  a: {choice: wide}",
            "tied in a circle: wide -> a -> wide (line 4)",
        ),
        ("  wide: [16, 24]", "  wide: [16, 24]\n  more: [1, 2]", "choices.more: is used nowhere (line 4)"),
        ("2 * wide", "200 * wide", "no architecture is left: 'stages[1].width >= 200 * wide' does not hold (line 10)"),
        (
            "2 * wide",
            "2 * wide\n  - wide > 16\n  - stages[1].width < 48",
            "constraints[2]: contradicts what stands before it: no architecture is left (line 12)",
        ),
        (
            "2 * wide",
            "2 * thin",
            "'stages[1].width >= 2 * thin' names 'thin', which is no choice; choices: wide (line 10)",
        ),
        ("2 * wide", "stages[7].width", "names 'stages[7].width', and there is no such place (line 10)"),
        (">= 2 * wide", "", "'stages[1].width' compares nothing; it must be a comparison of places"),
        (">= 2 * wide", ">= __import__('os')", "which is not a comparison of places, names of choices and numbers"),
        (">= 2 * wide", ">= sum(1 for _ in wide)", "which is not a comparison of places, names of choices and numbers"),
        (">= 2 * wide", "> 1 > 'a' +", "is not a comparison of places, names of choices and numbers"),
        ("name: mine", "name: mine\nname: yours", "the space has 'name' twice in one mapping (line 2)"),
        (
            "name: mine",
            "name: my space",
            "name: must be letters and digits, with single . _ - between them, not 'my space'",
        ),
        ("name: mine", "name: mine\nnotes: none", "notes: there is no such field; fields: name, summary, choices"),
        ("name: mine", "name: mine\n1: 2", "the space has the name 1 in it, which is no text; quote it"),
        ("name: mine", "name: [mine", "the space is not YAML: "),
        (
            "name: mine",
            "name: mine\nsummary: 2026-01-01",
            "has a value of the kind date in summary, which is not allowed",
        ),
        ("name: mine", "name: mine\nnotation: '{stages[0].depth}'", "notation: does not tell 3 of 4 decisions"),
        (
            "block: basic, width: {choice: wide}",
            "block: shuffle, width: {choice: wide, times: 2}",
            "stages[0]: no architecture is left: with a stride of 1 the width stays 16 and cannot be 32 (line 6)",
        ),
        ("block: basic", "block: vit", "stages[0]: vit takes tokens, and gets maps (line 6)"),
        ("head: {width: 64}", "head: {pool: class}", "head.pool: maps have no class token to pool to (line 8)"),
        ("head: {width: 64}", "head: 64", "head: must be a mapping of names to values, not 64 (line 8)"),
        ("block: basic,", "", "stages[0]: needs either block, which all its layers are, or blocks, of which each"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(old: str, new: str, message: str) -> None:
    assert old in GOOD
    with pytest.raises(InputError, match=re.escape(message)) as caught:
        made(GOOD.replace(old, new, 1))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[identity, basic]", "[basic]", "stages[0].blocks: needs at least two blocks to choose from (line 5)"),
        ("[identity, basic]", "[]", "stages[0].blocks: has no options; it must be a list of blocks (line 5)"),
        (
            "[identity, basic]",
            "[basic, basic]",
            "there are two blocks 'basic': give one of them another label (line 5)",
        ),
        ("basic]", "{block: basic, width: 3}]", "blocks[1].width: is no setting of one of several basic"),
        ("basic]", "{block: basic, kernel: []}]", "blocks[1].kernel: has no options; at least one is needed (line 5)"),
        ("basic]", "{block: basic, kernel: 4}]", "blocks[1].kernel: must be one of 1, 3, 5, 7, 9, 11, not 4 (line 5)"),
        ("basic]", "basics]", "stages[0].blocks[1]: unknown block 'basics'"),
        ("basic]", "7]", "stages[0].blocks[1]: must be a block by its name, or with settings, not 7 (line 5)"),
        (
            "depth: 2",
            "depth: [2, 4]",
            "stages[0].depth: of a stage of several blocks must be a number, or some without",
        ),
        (
            "depth: 2",
            "kernel: 3",
            "stages[0].kernel: is for each of the blocks; here stand blocks, depth, width, stride",
        ),
    ],
)
def test_what_is_wrong_with_variants_is_said(old: str, new: str, message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        made(VARIANTS.replace(old, new, 1))


def test_a_family_in_which_no_member_can_be_built_is_refused() -> None:
    text = GOOD.replace("block: basic", "block: conv, groups: 5")
    message = "stages[0]: no architecture is left: 16 channels do not divide into 5 groups (line 6)"
    with pytest.raises(InputError, match=re.escape(message)):
        made(text)


def test_images_that_are_too_small_are_refused() -> None:
    space = made(GOOD.replace("stride: 2", "stride: [2, 8]"))
    arch = next(space.enumerate())
    message = "stages[1] of mine makes maps smaller by 8, and of images of 3x4x4 only 4 x 4 are left there"
    for action in (space.costs, space.build):
        with pytest.raises(InputError, match=f"^{re.escape(message)}$"):
            action(arch, 10, (3, 4, 4))
    fine = made(GOOD.replace("stride: 2", "stride: [2, 8]").replace("2 * wide", "2 * wide\n  - stages[1].stride < 8"))
    assert fine.costs(next(fine.enumerate()), 10, (3, 4, 4)).depth


def test_a_file_names_itself(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(GOOD.replace("[32, 48]", "[]"))
    with pytest.raises(InputError, match=re.escape(f"space {str(path)!r}: stages[1].width: has no options")):
        get_space(str(path))
    with pytest.raises(InputError, match=r"^space 'none\.yaml' cannot be read: No such file or directory$"):
        get_space("none.yaml")
    path.write_bytes(b"name: \xff")
    with pytest.raises(InputError, match=r"cannot be read: it is not UTF-8$"):
        get_space(path)
    path.write_text("- 1")
    with pytest.raises(InputError, match=re.escape("a family must be a mapping of names to values, not [1]")):
        get_space(path)


def test_a_file_of_ten_thousand_choices_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "many.yaml"
    widths = "\n".join(f"      - {width}" for width in range(1, 10_001))
    path.write_text(f"name: many\nstages:\n  - block: basic\n    width:\n{widths}\n")
    with pytest.raises(InputError, match=re.escape("stages[0].width: has 10,000 options; at most 1,000 are allowed")):
        get_space(path)
    path.write_text("a" * 1_000_001)
    with pytest.raises(InputError, match=re.escape("has 1,000,001 bytes; at most 1,000,000 are allowed")):
        get_space(path)


def test_aliases_that_multiply_are_refused() -> None:
    lines = ["a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 9)]
    with pytest.raises(InputError, match=re.escape("the space has more than 50,000 values")):
        made("\n".join(lines))


def test_the_example_is_good() -> None:
    assert made(dedent(GOOD)).size == 2 * 2 * 3 + 2 * 3
