"""The JSON Schema takes what is read, and refuses what is not."""

from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest

from diswot_spaces.declared import STARTER, load_space, read_text
from diswot_spaces.declared.schema import space_schema
from diswot_spaces.table import FAMILIES
from tests.search_spaces.declared.test_errors import GOOD, VARIANTS
from tests.search_spaces.declared.test_families import CONVNEXT, PIT, RESNET50, VIT


def validator() -> Any:
    kind = jsonschema.Draft202012Validator
    kind.check_schema(space_schema())
    return kind(space_schema())


@pytest.mark.parametrize("path", [STARTER, *sorted(FAMILIES.glob("*.yaml"))], ids=lambda path: path.stem)
def test_files_that_come_along_fit_the_schema(path: Any) -> None:
    data = read_text(path.read_text(encoding="utf-8"), "the space").data
    assert not list(validator().iter_errors(data))
    assert load_space(path).size


@pytest.mark.parametrize("text", [GOOD, VARIANTS, VIT, CONVNEXT, PIT, RESNET50])
def test_texts_that_are_read_fit_the_schema(text: str) -> None:
    assert not list(validator().iter_errors(read_text(text, "the space").data))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("block: basic", "block: basics"),
        ("[32, 48]", "[]"),
        ("[32, 48]", "[32, 32]"),
        ("[32, 48]", "[32, big]"),
        ("[32, 48]", "[32, 0]"),
        ("[32, 48]", "{choice: wide, times: 0}"),
        ("end: 6", "to: 6"),
        ("depth: [1, 2]", "deep: 2"),
        ("name: mine", "name: my space"),
        ("name: mine", "title: mine"),
        ("head: {width: 64}", "head: 64"),
    ],
)
def test_what_is_refused_does_not_fit(old: str, new: str) -> None:
    assert list(validator().iter_errors(read_text(GOOD.replace(old, new, 1), "the space").data))
