"""The forms of new jobs: their fields are read from the declarations of the options, as the command line's are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass
from functools import cached_property
from typing import Any, cast

from pydantic import BaseModel, ValidationError

from diswot.distillation.distillers import DISTILLERS
from diswot.errors import InputError
from diswot.proxies import SCORES
from diswot.search.algorithms import ALGORITHMS
from diswot.spec import messages
from diswot.spec.distillation import DistillSpec
from diswot.spec.option import KINDS, Declared, declared
from diswot.spec.probe import SEEDED
from diswot.spec.search import SearchSpec
from diswot.teachers.spec import TEACHERS
from diswot_service.distillation_requests import WITHOUT, DistillationRequest
from diswot_service.jobs import KINDS as JOBS
from diswot_service.jobs import Accepted
from diswot_service.requests import FILES, SearchRequest
from diswot_service.routes.shared import Service
from diswot_spaces import SPACES

REST = "More settings"
"""Heading of what is folded away."""
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
    "ema": "Moving average of weights",
    "amp": "Mixed precision",
}
"""Of fields whose name does not say it well."""
HELP = {"data": "Images to train on: digits, or KIND:NAME of a data set of this service."}
"""Of fields that mean something else over HTTP."""
TABLES: dict[str, tuple[str, ...]] = {
    "space": tuple(SPACES),
    "score": tuple(SCORES),
    "algorithm": tuple(ALGORITHMS.builtin),
    "probe": SEEDED,
}
"""Choices that are looked up in tables."""
TEACHER_FORMS = tuple(family.form for family in TEACHERS.values())
SUGGESTIONS = {"teacher": TEACHER_FORMS, "student": TEACHER_FORMS, "distiller": tuple(DISTILLERS)}
"""Some of many texts that may be written."""
YES, NO = "yes", "no"


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


class Form:
    """The form of one kind of job.

    Args:
        kind: of job.
        spec: whose options are its fields.
        request: model of the body.
        first: fields that everybody sees, by their heading; the others are folded away.
        without: paths of options that clients cannot say.
        accept: checks a request.
    """

    def __init__(
        self,
        kind: str,
        spec: type,
        request: type[BaseModel],
        first: Mapping[str, tuple[str, ...]],
        without: tuple[str, ...],
        accept: Callable[[Any, Service], Accepted],
    ) -> None:
        self.kind = JOBS[kind]
        self.spec = spec
        self.request = request
        self.first = first
        self.without = without
        self.accept = accept

    @cached_property
    def options(self) -> dict[str, Declared]:
        """The options that are its fields, by their names."""
        return {one.name: one for one in declared(self.spec) if ".".join(one.path) not in self.without}

    def groups(self) -> dict[str, list[Field]]:
        """The fields by their headings."""
        shown = {heading: [field(self.options[name]) for name in names] for heading, names in self.first.items()}
        known = {name for names in self.first.values() for name in names}
        return {**shown, REST: [field(one) for name, one in self.options.items() if name not in known]}

    def body_of(self, texts: Mapping[str, str], labels: Mapping[str, str]) -> dict[str, Any]:
        """The body of a request out of what was written into the fields; empty ones are left out.

        Raises:
            WrongField: one of them cannot be taken, in one sentence.
        """
        body: dict[str, Any] = {}
        for name, text in texts.items():
            if name not in self.options:
                raise WrongField(name, f"there is no field {name[:80]!r}")
            if not text.strip():
                continue
            value, place = _read(self.options[name], text.strip()), body
            *outer, last = self.options[name].path
            for part in outer:
                place = place.setdefault(part, {})
            place[last] = list(value) if isinstance(value, tuple) else value
        return body | ({"labels": dict(labels)} if labels else {})

    def accepted(self, body: Mapping[str, Any], service: Service) -> Accepted:
        """What a body asks for, checked.

        Raises:
            InputError: it cannot be done as asked.
        """
        try:
            request = self.request.model_validate(body)
        except ValidationError as error:
            first = cast("Mapping[str, Any]", error.errors()[0])
            raise WrongField(self._name_at(first["loc"]), messages.sentence(first, self.request, "the form")) from None
        return self.accept(request, service)

    def blamed(self, error: InputError) -> str:
        """The field that a sentence is about, or nothing where it does not begin with the name of one."""
        if isinstance(error, WrongField):
            return error.name
        first = str(error).partition(" ")[0]
        return first if first in self.options else ""

    def texts_of(self, spec: Mapping[str, Any]) -> dict[str, str]:
        """What to write into the fields for a spec to come out; what is as by default is left empty."""
        found: dict[str, str] = {}
        for name, one in self.options.items():
            value: Any = spec
            for part in one.path:
                value = value.get(part) if isinstance(value, Mapping) else None
            value = tuple(value) if isinstance(value, list) else value
            if value is not None and value != one.default and not isinstance(value, Mapping):
                found[name] = _write(one, value)
        return found

    def _name_at(self, where: tuple[int | str, ...]) -> str:
        path = tuple(part for part in where if isinstance(part, str))
        return next((name for name, one in self.options.items() if one.path == path[: len(one.path)]), "")


def field(one: Declared) -> Field:
    """The field of an option."""
    choices = (NO, YES) if one.type is bool else TABLES.get(one.name, one.option.choices)
    return Field(
        name=one.name,
        label=LABELS.get(one.name, one.name.replace("_", " ").capitalize()),
        help=HELP.get(one.name) or one.option.help.partition(";")[0].rstrip(".").replace("`", "") + ".",
        default=one.option.default or ("" if one.default in (None, MISSING) else _write(one, one.default)),
        choices=tuple(choices),
        suggestions=SUGGESTIONS.get(one.name, ()),
        required=one.default is MISSING,
    )


def _read(one: Declared, text: str) -> Any:
    try:
        if one.type is bool:
            return {YES: True, NO: False}[text]
        if one.option.quantity is None and one.type in (int, float):
            return one.type(text.replace(",", ""))
        return one.read(text)
    except InputError as error:
        raise WrongField(one.name, str(error)) from None
    except (KeyError, ValueError):
        said = f"{YES} or {NO}" if one.type is bool else KINDS[one.type]
        raise WrongField(one.name, f"{one.name} must be {said}, not {text[:80]!r}") from None


def _write(one: Declared, value: Any) -> str:
    return (YES if value else NO) if one.type is bool else one.write(value)


SEARCH_FORM = Form(
    "search",
    SearchSpec,
    SearchRequest,
    {
        "Teacher": ("teacher", "classes", "input"),
        "Students": ("space", "max_params", "max_macs", "max_memory", "max_latency"),
        "Search": ("evaluations", "score", "seed"),
    },
    FILES,
    lambda request, _: JOBS["search"].accept(request),
)
DISTILLATION_FORM = Form(
    "distillation",
    DistillSpec,
    DistillationRequest,
    {
        "Teacher": ("teacher", "classes", "input", "train_teacher"),
        "Student": ("student", "distiller", "compare"),
        "Training": ("data", "epochs", "batch_size", "seed"),
    },
    WITHOUT,
    lambda request, service: JOBS["distillation"].accept(request, service),
)
