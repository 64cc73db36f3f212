"""What every declaration promises: limits that hold, a name of its own, a help sentence that stands alone."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import pytest

from diswot.errors import InputError
from diswot.spec.compute import ComputeSpec
from diswot.spec.document import from_flags
from diswot.spec.option import Declared, declared
from diswot.spec.search import SearchSpec
from diswot.spec.teacher import TeacherSpec

EVERY = [(kind, one) for kind in (SearchSpec, ComputeSpec) for one in declared(kind)]
NUMBERS = [(kind, one) for kind, one in EVERY if one.type in (int, float, tuple)]
NEEDED = {SearchSpec: {"teacher": "resnet20"}, ComputeSpec: {}}


def refusal(kind: type, one: Declared, value: Any) -> str:
    """What is said of a value of an option."""
    written = one.option.quantity.write(value) if one.option.quantity else value
    with pytest.raises(InputError) as caught:
        from_flags(kind, NEEDED[kind] | {one.name: written})
    said = str(caught.value)
    assert "\n" not in said
    return said


@pytest.mark.parametrize(("kind", "one"), NUMBERS, ids=lambda value: getattr(value, "name", ""))
def test_every_number_has_both_limits_and_keeps_them(kind: type, one: Declared) -> None:
    option = one.option
    assert option.maximum is not None
    assert (option.minimum is None) is not (option.above is None)
    high: Any = math.nextafter(option.maximum, math.inf) if one.type is float else option.maximum + 1
    low: Any = option.minimum - 1 if option.minimum is not None else 0.0
    if one.type is tuple:
        high, low = (3, 100_000, 100_000), (3, 0, 32)
    assert f"{one.name} must be at most" in refusal(kind, one, high)
    if one.option.quantity is None or one.type is tuple:
        assert f"{one.name} must be " in refusal(kind, one, low)


@pytest.mark.parametrize(("kind", "one"), EVERY, ids=lambda value: getattr(value, "name", ""))
def test_every_help_line_is_a_sentence_that_stands_alone(kind: type, one: Declared) -> None:
    text = one.option.help
    assert text[0].isupper()
    assert text.endswith(".")
    assert not {"it", "them", "its", "they"} & set(text.lower().replace(";", "").split()[:2])
    assert "initialisation" not in text


def test_no_two_options_have_one_name() -> None:
    assert max(Counter(one.flag for _, one in EVERY).values()) == 1


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("evaluations", "300", "evaluations must be a whole number, not '300'"),
        ("evaluations", 1.5, "evaluations must be a whole number, not 1.5"),
        ("seed", True, "seed must be a whole number, not True"),
        ("max_seconds", "1", "max_seconds must be a number, not '1'"),
        ("pareto_cost", 3, "pareto_cost must be text, not 3"),
        ("relaxation", math.nan, "relaxation must be at least 0, not nan"),
    ],
)
def test_a_value_of_another_type_is_refused_in_python_too(field: str, value: Any, sentence: str) -> None:
    with pytest.raises(InputError) as caught:
        SearchSpec(TeacherSpec("resnet20"), **{field: value})
    assert str(caught.value) == sentence


@pytest.mark.parametrize(
    ("evaluations", "population", "proposals"),
    [(1, 2, 2), (11, 2, 2), (20, 3, 3), (40, 6, 6), (50, 8, 8), (120, 20, 20), (300, 50, 20), (20_000, 50, 20)],
)
def test_population_and_batches_follow_the_evaluations(evaluations: int, population: int, proposals: int) -> None:
    spec = SearchSpec(TeacherSpec("resnet20"), evaluations=evaluations)
    assert (spec.population, spec.proposals_per_batch, spec.tournament) == (population, proposals, population // 2)


def test_exhaustive_search_is_asked_for_everything_everywhere() -> None:
    assert SearchSpec(TeacherSpec("resnet20"), "cifar-resnet", algorithm="exhaustive").evaluations == 100_000
    assert SearchSpec(TeacherSpec("resnet20"), "cifar-resnet", algorithm="exhaustive", evaluations=7).evaluations == 7


@pytest.mark.parametrize("shape", [(32, 32, 3), (28, 28, 1), (240, 320, 4)])
def test_channels_last_is_recognised(shape: tuple[int, int, int]) -> None:
    first, second, last = shape
    said = rf"^input {first}x{second}x{last} looks like HEIGHTxWIDTHxCHANNELS; channels come first here: write "
    with pytest.raises(InputError, match=f"{said}{last}x{first}x{second}$"):
        TeacherSpec("resnet20", in_shape=shape)


@pytest.mark.parametrize("shape", [(3, 32, 32), (1, 28, 28), (32, 4, 4), (4, 8, 3), (3, 4, 3)])
def test_channels_first_is_what_it_is(shape: tuple[int, int, int]) -> None:
    assert TeacherSpec("resnet20", in_shape=shape).in_shape == shape


def test_a_probe_that_fills_the_memory_is_refused() -> None:
    with pytest.raises(InputError, match=r"^probe images of this size and number hold 206,158,430,208 values; at most"):
        SearchSpec(TeacherSpec("resnet20", in_shape=(3, 4096, 4096)), probe=_large())


def _large() -> Any:
    from diswot.spec.probe import ProbeSpec

    return ProbeSpec(size=4096)
