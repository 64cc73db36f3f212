"""Whatever a value depends on is in its key."""

import inspect
from dataclasses import fields, replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch

import diswot
from diswot.cache import versions as versions_module
from diswot.cache.describe import describe
from diswot.cache.identity import PER_ROW, Recipe
from diswot.evaluation import Measurer, prepare
from diswot.observation.capture import Want
from diswot.probes.batch import ProbeBatch
from diswot.proxies import SCORES, Proxy
from diswot.spec.teacher import TeacherSpec
from search_spaces import get_space
from tests.diswot.cache.kitchen import SPACE, TASK, probe, recipe
from tests.search_spaces.plugins import importable, install

CHANGES: dict[str, list[dict[str, Any]]] = {
    "space": [{"space": get_space("mobilenetv2")}],
    "num_classes": [{"teacher": replace(TASK, num_classes=11)}],
    "probe": [
        {"probe": replace(probe(), images=probe().images + 1e-6)},
        {"probe": replace(probe(), labels=probe().labels.flip(0))},
        {"probe": probe().to("cpu", torch.bfloat16)},
    ],
    "teacher": [{"teacher": replace(TASK, name="resnet32")}, {"initialisations": 2}],
    "seed": [{"seed": 1}],
}
"""For each field of a measurer that a value depends on, arguments that change it."""

ROWS = {"proxies"}
"""Fields that say which values there are: each row has a proxy."""


def key(one: Recipe, *, of_teacher: bool = True) -> bytes:
    return one.context(of_teacher=of_teacher).digest


def test_every_field_of_a_measurer_is_in_the_key_or_in_the_row() -> None:
    assert {field.name for field in fields(Measurer)} == CHANGES.keys() | ROWS


@pytest.mark.parametrize("changes", [change for changes in CHANGES.values() for change in changes])
def test_a_change_changes_the_key(changes: dict[str, Any]) -> None:
    assert key(recipe(**changes)) != key(recipe())


def test_equal_arguments_give_an_equal_key() -> None:
    again = ProbeBatch(probe().images.clone(), probe().labels.clone(), "the same, under another name")
    assert key(recipe(probe=again, teacher=TeacherSpec("resnet20", 10, (3, 16, 16)))) == key(recipe())
    assert key(recipe("nwot")) == key(recipe())


def test_an_argument_that_nobody_has_heard_of_changes_the_key() -> None:
    def tomorrow(
        space: Any,
        teacher: Any,
        probe: Any,
        scores: Any,
        *,
        seed: int,
        initialisations: int,
        depth: int = 3,
    ) -> Measurer:
        raise AssertionError("not called")

    arguments = dict(recipe()._arguments)
    keys = [
        key(Recipe(partial(tomorrow, **arguments, **depth)), of_teacher=of_teacher)
        for depth in ({}, {"depth": 3}, {"depth": 4})
        for of_teacher in (False, True)
    ]
    assert keys[:2] == keys[2:4]
    assert len({*keys, key(recipe()), key(recipe(), of_teacher=False)}) == 6


def test_all_arguments_of_prepare_are_in_the_key_but_those_of_the_rows() -> None:
    known = describe(recipe()._arguments)
    assert [name for name, _ in known] == list(inspect.signature(prepare).parameters)
    assert set(PER_ROW) == {"scores"}


def test_weights_are_known_by_what_is_in_the_file(tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("a", "b", "c")]
    for path, content in zip(files, (b"1", b"1", b"2"), strict=True):
        path.write_bytes(content)
    a, b, c = (key(recipe(teacher=replace(TASK, weights=path))) for path in files)
    assert a == b != c
    assert key(recipe()) not in (a, c)


def test_what_does_not_look_at_the_teacher_shares_its_key_among_teachers() -> None:
    changes: list[dict[str, Any]] = [{"teacher": replace(TASK, name="resnet32")}, {"initialisations": 2}]
    assert {key(recipe(**change), of_teacher=False) for change in changes} == {key(recipe(), of_teacher=False)}
    assert key(recipe(teacher=replace(TASK, num_classes=11)), of_teacher=False) != key(recipe(), of_teacher=False)
    assert key(recipe(), of_teacher=False) != key(recipe())


@pytest.mark.parametrize("part", ["code", "torch"])
def test_other_code_and_other_packages_change_the_key(part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = key(recipe())
    monkeypatch.setattr("diswot.cache.identity.versions", lambda: {**versions_module.versions(), part: "another"})
    assert key(recipe()) != before


def test_the_code_is_every_module_that_measures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("scoring.py", "cli/search.py", "new_room/maths.py"):
        (tmp_path / "diswot" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "diswot" / name).write_text("1")
    monkeypatch.setattr(diswot, "__path__", [str(tmp_path / "diswot")])
    found = [versions_module._code()]
    for name in ("cli/search.py", "scoring.py", "new_room/maths.py"):
        (tmp_path / "diswot" / name).write_text("2")
        found.append(versions_module._code())
    assert found[0] == found[1]
    assert len(set(found[1:])) == 3


def test_descriptions_tell_values_apart() -> None:
    values: list[Any] = [None, 0, False, 0.0, "0", (0,), ("0",), {"a": 1}, {"a": "1"}, torch.zeros(1), torch.zeros(2)]
    values += [torch.zeros(1, dtype=torch.int32), torch.float32, torch.device("cpu"), Want.MAPS, Want.KERNELS, SPACE]
    told = [repr(describe(value)) for value in values]
    assert len(set(told)) == len(told)
    with pytest.raises(TypeError, match="a set has no description"):
        describe({1, 2})


def test_another_text_of_a_package_that_has_a_proxy_changes_the_key(tmp_path: Path) -> None:
    text = "from diswot.proxies import Proxy\nONE = Proxy('one', '', '', lambda _: 1.0)\n"
    install(tmp_path, "cached_scores", text)
    with importable(tmp_path):
        before, plain = key(recipe("cached_scores:ONE")), key(recipe())
        assert key(recipe("cached_scores:ONE")) == before
        (tmp_path / "cached_scores.py").write_text(f"{text}# in other words\n")
        assert key(recipe("cached_scores:ONE")) != before
        assert key(recipe()) == plain


def test_code_without_a_file_has_no_description() -> None:
    code: dict[str, Any] = {"__name__": "notebook"}
    exec("def one(_): return 1.0", code)
    with pytest.raises(TypeError, match=r"^the code of 'notebook' has no file$"):
        key(recipe(SCORES.name_of(Proxy("one", "", "", code["one"]))))
