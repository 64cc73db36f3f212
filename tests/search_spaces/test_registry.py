"""Open tables: names, import paths, objects, and packages outside the tree, broken ones too."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from diswot_spaces import SPACES, get_space
from diswot_spaces.cifar_resnet import CifarResNets
from diswot_spaces.errors import InputError, UnknownName
from diswot_spaces.registry import Registry
from tests.search_spaces.plugins import importable, install


@pytest.fixture(name="folder")
def a_folder_of_packages(tmp_path: Path) -> Iterator[Path]:
    with importable(tmp_path):
        yield tmp_path


class Color:
    def __init__(self, name: str) -> None:
        self.name = name


def as_color(found: object) -> Color:
    if not hasattr(found, "name"):
        raise InputError(f"a color has a name, which {found!r} has not")
    assert isinstance(found.name, str)
    return found if isinstance(found, Color) else Color(found.name)


RED = Color("red")


def colors() -> Registry[Color]:
    return Registry("color", "tests.colors", {"red": RED}, as_color)


def test_a_name_an_object_and_an_import_path_give_a_row(folder: Path) -> None:
    install(folder, "paints", "class Blue: name = 'blue'\nclass Box:\n    blue = Blue\n    text = 'x'")
    blue, table = Color("blue"), colors()
    assert table.find("red") is table["red"] is RED
    assert table.find(blue) is blue
    assert table.find("paints:Blue").name == table.find("paints:Box.blue").name == "blue"
    assert table.find("paints:Blue") is table.find("paints:Blue")


def test_an_object_gets_a_name_by_which_it_is_found() -> None:
    table, blue, other = colors(), Color("blue"), Color("blue")
    assert [table.name_of(one) for one in (blue, other, blue, RED, "pink")] == ["blue", "blue-2", "blue", "red", "pink"]
    assert (table.find("blue"), table.find("blue-2")) == (blue, other)
    assert table.name_of(Color("red")) == "red-2"
    assert list(table) == ["red"]
    with pytest.raises(UnknownName, match=r"^unknown color 'blue'; valid: red$"):
        table.named("blue")  # Strangers cannot name it.
    with pytest.raises(InputError, match=r"^a color has a name, which 7 has not$"):
        table.name_of(7)


def test_what_can_be_imported_is_named_by_its_path(folder: Path) -> None:
    install(folder, "paints", "class Box:\n    class Blue: name = 'blue'")
    from paints import Box  # type: ignore[import-not-found]

    table = colors()
    assert table.name_of(Box.Blue) == "paints:Box.Blue"
    assert colors().find("paints:Box.Blue").name == "blue"

    class Local:
        name = "local"

    assert table.name_of(Local) == "local"
    assert table.find("local").name == "local"


def test_rows_of_installed_packages_stand_behind_our_own(folder: Path) -> None:
    install(folder, "paints", "class Blue: name = 'blue'", tests__colors="blue = paints:Blue")
    table = colors()
    assert list(table) == ["red", "blue"]
    assert len(table) == 2
    assert table.find("blue").name == table["blue"].name == "blue"
    assert list(table.builtin) == ["red"]


def test_our_own_rows_import_no_package(folder: Path) -> None:
    install(folder, "paints", "class Blue: name = 'blue'", tests__colors="blue = paints:Blue")
    table = colors()
    assert table.named("red") is table.find("red") is RED
    assert list(table.builtin.values()) == [RED]
    assert "paints" not in sys.modules


def test_an_unknown_name_lists_the_valid_ones(folder: Path) -> None:
    install(folder, "paints", "class Blue: name = 'blue'", tests__colors="blue = paints:Blue")
    for find in (colors().find, colors().named):
        with pytest.raises(UnknownName, match=r"^unknown color 'pink'; valid: red, blue$"):
            find("pink")


def test_strangers_cannot_name_an_import_path(folder: Path) -> None:
    install(folder, "paints", "class Blue: name = 'blue'")
    with pytest.raises(UnknownName, match=r"^unknown color 'paints:Blue'; valid: red$"):
        colors().named("paints:Blue")
    assert "paints" not in sys.modules


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("nowhere:Blue", "ModuleNotFoundError: No module named 'nowhere'"),
        ("paints:Green", "AttributeError: module 'paints' has no attribute 'Green'"),
        ("paints:seven", "a color has a name, which 7 has not"),
        ("torn:Blue", "RuntimeError: no paint left"),
    ],
)
def test_what_an_import_path_cannot_give_is_one_sentence(folder: Path, path: str, reason: str) -> None:
    install(folder, "paints", "seven = 7")
    install(folder, "torn", "raise RuntimeError('no paint left')")
    with pytest.raises(InputError, match=f"^color '{path}' cannot be had: {re.escape(reason)}$"):
        colors().find(path)


def test_an_object_of_another_kind_is_refused() -> None:
    with pytest.raises(InputError, match=r"^a color has a name, which 7 has not$"):
        colors().find(7)


def test_a_broken_package_is_named_once_and_breaks_nothing_else(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    install(folder, "torn", "raise RuntimeError('no paint left')", tests__colors="torn = torn:Blue")
    install(folder, "paints", "class Blue: name = 'blue'", tests__colors="blue = paints:Blue")
    table = colors()
    for _ in range(3):
        assert sorted(table) == ["blue", "red"]
        with pytest.raises(UnknownName, match=r"^unknown color 'torn'; valid: red, blue$"):
            table.find("torn")
    assert caplog.messages == ["color 'torn' of the package torn (torn:Blue) is left out: RuntimeError: no paint left"]


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ("red = paints:Red", "there is another color of that name"),
        ("crimson = paints:Red", "it calls itself 'red', and its entry point must have the same name"),
        ("seven = paints:seven", "a color has a name, which 7 has not"),
    ],
)
def test_a_row_that_would_be_ambiguous_is_left_out(
    folder: Path, caplog: pytest.LogCaptureFixture, lines: str, reason: str
) -> None:
    install(folder, "paints", "class Red: name = 'red'\nseven = 7", tests__colors=lines)
    table = colors()
    assert list(table) == ["red"]
    assert table["red"] is RED
    name, _, path = lines.partition(" = ")
    assert caplog.messages == [f"color '{name}' of the package paints ({path}) is left out: {reason}"]


def test_a_space_is_given_as_an_object_or_its_class() -> None:
    space = CifarResNets()
    assert get_space(space) is space
    assert isinstance(get_space(CifarResNets), CifarResNets)
    assert get_space("diswot_spaces.cifar_resnet:CifarResNets").name == "cifar-resnet"
    assert get_space("cifar-resnet") is SPACES["cifar-resnet"]


def test_what_is_no_space_is_refused() -> None:
    with pytest.raises(InputError, match=r"^search space 'math:pi' cannot be had: a search space is a SearchSpace or"):
        get_space("math:pi")
