"""The form of a new search: its fields are read from the declarations of the options, as the command line's are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass
from typing import Any

from pydantic import ValidationError

from diswot.errors import InputError
from diswot.proxies import SCORES
from diswot.search.algorithms import ALGORITHMS
from diswot.spec.option import KINDS, Declared, declared
from diswot.spec.probe import SEEDED
from diswot.spec.search import SearchSpec
from diswot.teachers.spec import TEACHERS
from diswot_service.requests import FILES, SearchRequest
from diswot_service.validation_messages import sentence
from diswot_spaces import SPACES

FIRST = {
    "Teacher": ("teacher", "classes", "input"),
    "Students": ("space", "max_params", "max_macs", "max_memory", "max_latency"),
    "Search": ("evaluations", "score", "seed"),
}
"""Fields that everybody sees, by their heading; the others are folded away."""
REST = "More settings"
OPTIONS = {one.name: one for one in declared(SearchSpec) if ".".join(one.path) not in FILES}
LABELS = {
    "input": "Image shape",
    "classes": "Classes",
    "max_params": "Max parameters",
    "min_params": "Min parameters",
    "max_macs": "Max MACs",
    "min_macs": "Min MACs",
    "dtype": "Number format",
    "student_inits": "Initializations of a student",
    "teacher_inits": "Initializations of the teacher",
}
"""Of fields whose name does not say it well."""


class WrongField(InputError):
    """A field of the form that cannot be taken.

    Attributes:
        name: of the field, if that is known.
    """

    def __init__(self, name: str, detail: str) -> None:
        super().__init__(detail)
        self.name = name


@dataclass(frozen=True, slots=True)
class Field:
    """A field of the form.

    Attributes:
        name: of the option.
        label: for people.
        help: what it is.
        default: what it is where it is left empty.
        choices: all there are, or else any text may be written.
        suggestions: some of many.
        required: whether it must be filled in.
    """

    name: str
    label: str
    help: str
    default: str
    choices: tuple[str, ...]
    suggestions: tuple[str, ...]
    required: bool


def groups() -> dict[str, list[Field]]:
    """The fields of the form by their headings."""
    shown = {heading: [field(OPTIONS[name]) for name in names] for heading, names in FIRST.items()}
    known = {name for names in FIRST.values() for name in names}
    return {**shown, REST: [field(one) for name, one in OPTIONS.items() if name not in known]}


def field(one: Declared) -> Field:
    """The field of an option."""
    tables = {"space": tuple(SPACES), "score": tuple(SCORES), "algorithm": ALGORITHMS.builtin, "probe": SEEDED}
    choices = tables.get(one.name, one.option.choices)
    return Field(
        name=one.name,
        label=LABELS.get(one.name, one.name.replace("_", " ").capitalize()),
        help=one.option.help.partition(";")[0].rstrip(".") + ".",
        default=_default(one),
        choices=tuple(choices),
        suggestions=tuple(family.form for family in TEACHERS.values()) if one.name == "teacher" else (),
        required=one.default is MISSING,
    )


def _default(one: Declared) -> str:
    if one.option.default or one.default in (None, MISSING):
        return one.option.default
    return one.write(one.default)


def body_of(texts: Mapping[str, str], labels: Mapping[str, str]) -> dict[str, Any]:
    """The body of a request out of what was written into the fields; empty ones are left out.

    Raises:
        WrongField: one of them cannot be taken, in one sentence.
    """
    given = {}
    for name, text in texts.items():
        if name not in OPTIONS:
            raise WrongField(name, f"there is no field {name[:80]!r}")
        if text.strip():
            given[name] = _read(OPTIONS[name], text.strip())
    body: dict[str, Any] = {}
    for name, value in given.items():
        place = body
        for part in OPTIONS[name].path[:-1]:
            place = place.setdefault(part, {})
        place[OPTIONS[name].path[-1]] = list(value) if isinstance(value, tuple) else value
    return body | ({"labels": dict(labels)} if labels else {})


def request_of(body: Mapping[str, Any]) -> SearchRequest:
    """The request that a body makes.

    Raises:
        WrongField: a field is outside of its limits, or missing.
    """
    try:
        return SearchRequest.model_validate(body)
    except ValidationError as error:
        first = error.errors()[0]
        raise WrongField(_name_at(first["loc"]), sentence({**first, "loc": ("body", *first["loc"])})) from None


def blamed(error: InputError) -> str:
    """The field that a sentence is about, or nothing where it does not begin with the name of one."""
    if isinstance(error, WrongField):
        return error.name
    first = str(error).partition(" ")[0]
    return first if first in OPTIONS else ""


def _read(one: Declared, text: str) -> Any:
    try:
        if one.option.quantity is None and one.type in (int, float):
            return one.type(text.replace(",", ""))
        return one.read(text)
    except InputError as error:
        raise WrongField(one.name, str(error)) from None
    except ValueError:
        raise WrongField(one.name, f"{one.name} must be {KINDS[one.type]}, not {text[:80]!r}") from None


def _name_at(where: tuple[int | str, ...]) -> str:
    path = tuple(part for part in where if isinstance(part, str))
    return next((name for name, one in OPTIONS.items() if one.path == path[: len(one.path)]), "")


def texts_of(spec: Mapping[str, Any]) -> dict[str, str]:
    """What to write into the fields for a spec to come out; what is as by default is left empty."""
    found: dict[str, str] = {}
    for name, one in OPTIONS.items():
        value: Any = spec
        for part in one.path:
            value = value.get(part) if isinstance(value, Mapping) else None
        value = tuple(value) if isinstance(value, list) else value
        if value is not None and value != one.default:
            found[name] = one.write(value)
    return found
