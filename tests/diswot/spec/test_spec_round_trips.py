"""A spec survives every form that it is written in: JSON, a command, and the command of a score."""

from __future__ import annotations

import json
import shlex
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import typer
from hypothesis import given, settings
from hypothesis import strategies as st

from diswot.cli.app import app
from diswot.errors import InputError
from diswot.spec.command import to_command, to_score_command
from diswot.spec.compute import ComputeSpec
from diswot.spec.document import from_flags, from_json, to_json
from diswot.spec.option import declared
from diswot.spec.score import ScoreSpec
from diswot.spec.search import SearchSpec
from diswot.spec.teacher import TeacherSpec
from tests.diswot.spec.drawn import search_specs

COMMANDS: Any = typer.main.get_command(app)


def read(command: str) -> dict[str, Any]:
    """The options that a command line gives, as its command gets them."""
    program, name, *words = shlex.split(command)
    assert program == "diswot"
    found: dict[str, Any] = COMMANDS.commands[name].make_context(name, words).params
    return found


@settings(max_examples=300, deadline=None)
@given(search_specs())
def test_a_spec_comes_back_from_json(spec: SearchSpec) -> None:
    assert from_json(SearchSpec, json.loads(json.dumps(to_json(spec), allow_nan=False))) == spec


@settings(max_examples=100, deadline=None)
@given(search_specs())
def test_a_spec_comes_back_from_its_command(spec: SearchSpec) -> None:
    assert from_flags(SearchSpec, read(to_command(spec))) == spec


@settings(max_examples=100, deadline=None)
@given(search_specs())
def test_the_command_of_a_score_has_all_that_the_score_depends_on(spec: SearchSpec) -> None:
    options = read(to_score_command(spec, "|-odd~0|"))
    found = from_flags(ScoreSpec, options)
    assert {f.name: getattr(found, f.name) for f in fields(ScoreSpec)} == {
        f.name: getattr(spec, f.name) for f in fields(ScoreSpec)
    }
    assert options["arch"] == "|-odd~0|"


@settings(max_examples=50, deadline=None)
@given(
    st.sampled_from(["serial", "processes", "ray"]),
    st.none() | st.integers(1, 4_096),
    st.booleans(),
    st.floats(0, 604_800, exclude_min=True),
)
def test_where_to_compute_comes_back_too(executor: str, workers: int | None, cache: bool, deadline: float) -> None:
    address = "10.0.0.1:6379" if executor == "ray" else None
    spec = ComputeSpec(executor, workers, address=address, deadline=deadline)
    if not cache:
        spec = from_json(ComputeSpec, to_json(spec) | {"cache": None})
    command = to_command(SearchSpec(TeacherSpec("resnet20")), spec)
    assert from_flags(ComputeSpec, read(command)) == spec
    assert from_json(ComputeSpec, json.loads(json.dumps(to_json(spec)))) == spec


def test_every_field_of_a_search_is_declared() -> None:
    leaves = {".".join(one.path) for one in declared(SearchSpec)}
    assert leaves == set(_leaves(to_json(SearchSpec(TeacherSpec("resnet20", weights=Path("w"))))))


def _leaves(value: dict[str, Any], path: str = "") -> list[str]:
    return [
        leaf
        for name, inner in value.items()
        for leaf in (_leaves(inner, f"{path}{name}.") if isinstance(inner, dict) else [path + name])
    ]


def test_what_a_command_leaves_out_is_what_is_so_anyway() -> None:
    assert to_command(SearchSpec(TeacherSpec("resnet56"))) == "diswot search --teacher resnet56"
    spec = SearchSpec(TeacherSpec("resnet56"), evaluations=60, population=10, tournament=4)
    assert to_command(spec) == "diswot search --teacher resnet56 --evaluations 60 --tournament 4"
    assert to_score_command(spec, "1-1-3") == "diswot score --teacher resnet56 --arch 1-1-3"


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"colour": 1}, "the spec has no field 'colour'; its fields: teacher, space, "),
        ({"seeds": 1}, "the spec has no field 'seeds'; it is called student_inits now; its fields: teacher, "),
        ({"probe": {"sizes": 4}}, "probe has no field 'sizes'; its fields: source, size, dtype"),
        (
            {"evaluations": "many"},
            "evaluations must be a valid integer, unable to parse string as an integer, not 'many'",
        ),
        ({"evaluations": 0}, "evaluations must be at least 1, not 0"),
        ({"teacher": {}}, "teacher lacks the field 'name'; its fields: name, num_classes, in_shape, weights"),
    ],
)
def test_wrong_json_is_one_sentence(change: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InputError) as caught:
        from_json(SearchSpec, {"teacher": {"name": "resnet20"}} | change)
    assert str(caught.value).startswith(sentence)


def test_what_has_no_default_must_be_given() -> None:
    with pytest.raises(InputError, match=r"^--teacher must be given: name of the teacher network; `diswot teachers`"):
        from_flags(ScoreSpec, {"classes": 10})
