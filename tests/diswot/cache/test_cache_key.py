"""Whatever a value depends on is in its key."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import pytest
import torch

import diswot
from diswot.cache import key as key_module
from diswot.cache.key import ROW_FIELDS, context_of, versions
from diswot.evaluation import EvaluatorSpec
from diswot.probes.batch import ProbeBatch
from diswot.proxies import SCORES, Proxy
from diswot.spec.teacher import TeacherSpec
from diswot_spaces import get_space
from diswot_spaces.cifar_resnet import CifarResNets
from tests.diswot.cache.kitchen import TASK, probe, recipe
from tests.search_spaces.plugins import importable, install

CHANGES: dict[str, list[dict[str, Any]]] = {
    "space": [{"space": get_space("mobilenetv2")}],
    "teacher": [
        {"teacher": replace(TASK, name="resnet32")},
        {"teacher": replace(TASK, num_classes=11)},
        {"teacher": replace(TASK, in_shape=(3, 8, 8))},
    ],
    "probe": [
        {"probe": replace(probe(), images=probe().images + 1e-6)},
        {"probe": replace(probe(), labels=probe().labels.flip(0))},
        {"probe": probe().to("cpu", torch.bfloat16)},
        {"probe": replace(probe(), normalization=None)},
    ],
    "seed": [{"seed": 1}],
    "teacher_inits": [{"teacher_inits": 2}],
}
"""For each field of the spec that a value depends on, arguments that change it."""


def key(one: EvaluatorSpec, *, of_teacher: bool = True) -> bytes:
    return context_of(one, of_teacher=of_teacher).digest


def test_every_field_of_the_spec_is_in_the_key_or_in_the_row() -> None:
    assert {field.name for field in fields(EvaluatorSpec)} == CHANGES.keys() | set(ROW_FIELDS)


@pytest.mark.parametrize("changes", [change for changes in CHANGES.values() for change in changes])
def test_a_change_changes_the_key(changes: dict[str, Any]) -> None:
    assert key(recipe(**changes)) != key(recipe())


def test_equal_arguments_give_an_equal_key() -> None:
    images, labels = probe().images.clone(), probe().labels.clone()
    again = ProbeBatch(images, labels, "the same, under another name", probe().normalization)
    assert key(recipe(probe=again, teacher=TeacherSpec("resnet20", 10, (3, 16, 16)))) == key(recipe())
    assert key(recipe("nwot")) == key(recipe())


def test_a_field_that_nobody_has_heard_of_changes_the_key() -> None:
    @dataclass(frozen=True)
    class Tomorrow(EvaluatorSpec):
        depth: int = 3

    now = {field.name: getattr(recipe(), field.name) for field in fields(EvaluatorSpec)}
    keys = [
        key(one, of_teacher=of_teacher)
        for one in (Tomorrow(**now), Tomorrow(**now, depth=3), Tomorrow(**now, depth=4))
        for of_teacher in (False, True)
    ]
    assert keys[:2] == keys[2:4]
    assert len({*keys, key(recipe()), key(recipe(), of_teacher=False)}) == 6


def test_what_has_no_description_is_refused() -> None:
    space = CifarResNets()
    vars(space)["colour"] = object()
    with pytest.raises(TypeError, match=r"^a object has no description$"):
        key(recipe(space=space))


def test_weights_are_known_by_what_is_in_the_file(tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("a", "b", "c")]
    for path, content in zip(files, (b"1", b"1", b"2"), strict=True):
        path.write_bytes(content)
    a, b, c = (key(recipe(teacher=replace(TASK, weights=path))) for path in files)
    assert a == b != c
    assert key(recipe()) not in (a, c)


def test_what_does_not_look_at_the_teacher_shares_its_key_among_teachers() -> None:
    changes: list[dict[str, Any]] = [{"teacher": replace(TASK, name="resnet32")}, {"teacher_inits": 2}]
    assert {key(recipe(**change), of_teacher=False) for change in changes} == {key(recipe(), of_teacher=False)}
    assert key(recipe(teacher=replace(TASK, num_classes=11)), of_teacher=False) != key(recipe(), of_teacher=False)
    assert key(recipe(), of_teacher=False) != key(recipe())


@pytest.mark.parametrize("part", ["code", "torch"])
def test_other_code_and_other_packages_change_the_key(part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = key(recipe())
    changed = {**versions(), part: "another"}
    monkeypatch.setattr(key_module, "versions", lambda: changed)
    assert key(recipe()) != before


def checkout(root: Path, **files: str) -> Path:
    """A checkout with these modules in `diswot`, their slashes written as two underscores."""
    (root / "pyproject.toml").touch()
    for name, content in files.items():
        path = root / "diswot" / f"{name.replace('__', '/')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return root / "diswot"


def test_in_a_checkout_the_code_is_every_module_that_computes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {"scoring": "1", "cli__search": "1", "new_room__maths": "1"}
    monkeypatch.setattr(diswot, "__path__", [str(checkout(tmp_path, **files))])
    found = [versions.__wrapped__()["code"]]
    for name in ("cli__search", "scoring", "new_room__maths"):
        checkout(tmp_path, **{name: "2"})
        found.append(versions.__wrapped__()["code"])
    assert found[0] == found[1]
    assert len(set(found[1:])) == 3


def test_a_release_is_known_by_its_version_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = checkout(tmp_path, scoring="1")
    (tmp_path / "pyproject.toml").unlink()
    monkeypatch.setattr(diswot, "__path__", [str(home)])
    assert "code" not in versions.__wrapped__()
    assert versions.__wrapped__()["diswot"]


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
