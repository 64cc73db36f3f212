"""The short way in: from a teacher to a recommended student in one call."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any

from rich.console import Console

from diswot.errors import UnknownName
from diswot.progress import SearchDisplay, search_bar
from diswot.proxies import SCORES
from diswot.report.result import Result
from diswot.search.algorithms import ALGORITHMS
from diswot.search.search import Search
from diswot.spec.compute import ComputeSpec
from diswot.spec.document import from_json, to_json
from diswot.spec.option import Declared, declared
from diswot.spec.search import SearchSpec
from diswot.teachers.spec import TEACHERS
from diswot.workflow import run_search
from diswot_spaces import SPACES, Registry

if TYPE_CHECKING:
    from diswot.distillation.student import DistilledStudent

OPEN: Mapping[str, Registry[Any]] = {"space": SPACES, "score": SCORES, "algorithm": ALGORITHMS}
"""Options that take an object, and the tables that name it."""


def recommend(teacher: object, *, progress: bool = True, **options: Any) -> Result:
    """Search a space for the student that will distil best under a teacher, within limits.

    Args:
        teacher: name of the teacher, such as `"resnet56"`, or a network, or what makes one.
        progress: whether a bar is shown on stderr.
        **options: every option of `diswot search`, by its name there (`probe="folder:photos"`) or by the name of its
            field in `SearchSpec`, `ComputeSpec` and what they hold (`num_classes=100`, `max_params=500_000`). A
            quantity may be a text with a unit (`max_macs="60M"`); a space, a score or an algorithm of your own may be
            given as an object.

    Returns:
        The result; `result.recommended.build()` is the network.

    Raises:
        UnknownName: there is no such option; lists those there are.
        InputError: an option is wrong, or no architecture meets the constraints.
        DiswotError: no candidate could be scored.

    Example:
        >>> result = recommend("resnet20", num_classes=10, space="cifar-resnet", evaluations=4, progress=False)
        >>> result.recommended.params <= 861_770
        True
    """
    options |= {name: OPEN[name].name_of(given) for name, given in options.items() if name in OPEN}
    _refuse_unknown(options, SearchSpec, ComputeSpec)
    spec = from_json(
        SearchSpec, _nested(SearchSpec, {"teacher": TEACHERS.name_of(teacher), **_of(SearchSpec, options)})
    )
    compute = from_json(ComputeSpec, _nested(ComputeSpec, _of(ComputeSpec, options)))
    spec.check()
    search = Search(spec)
    with search_bar(Console(stderr=True, quiet=not progress)) as bar:
        display = SearchDisplay(bar, compute.count)
        result = run_search(search, compute, display.progress, tell=display.prepare)
    assert result is not None, "no checkpoint ends the search"
    return result


def distill(
    student: object, *, out: str | Path | None = None, progress: bool = True, **options: Any
) -> DistilledStudent:
    """Train a student under a teacher, and judge it beside what it would be without one.

    Args:
        student: the result of a search, of which the recommended student is taken and the teacher, unless another one
            is given; or a name such as `"cifar-resnet:3-3-3"`, a network, or what makes one, with a `teacher`.
        out: folder for everything that is kept, which is empty or new; by default a temporary one.
        progress: whether a bar is shown on stderr.
        **options: every option of `diswot distill`, by its name there (`data="folder:photos"`) or by the name of its
            field in `DistillSpec` and what it holds (`epochs=30`). Teacher and distiller may be given as objects.

    Returns:
        The student: `network` is trained, `report` says how good it is.

    Raises:
        UnknownName: there is no such option; lists those there are.
        InputError: an option is wrong, or networks and data do not go together.
        DiswotError: a training failed.

    Example:
        >>> small = dict(classes=10, input="1x8x8", epochs=1, train_images=200, progress=False)
        >>> done = distill("cifar-resnet:1-1-1", teacher="resnet20", train_teacher=True, **small)
        >>> done.report.images["test"]
        355
    """
    from diswot.distillation.display import TrainingDisplay
    from diswot.distillation.distillers import DISTILLERS
    from diswot.distillation.folder import check_empty
    from diswot.distillation.job import run_distillation
    from diswot.distillation.student import load_student
    from diswot.spec.distillation import DistillSpec

    if "teacher_weights" in options:
        options["weights"] = options.pop("teacher_weights")
    _refuse_unknown(options, DistillSpec)
    asked: dict[str, Any] = {}
    if isinstance(student, Result):
        asked = {"teacher": to_json(student.search.teacher)}
        student = f"{student.search.space}:{student.recommended.arch}"
    if "teacher" in options:
        options["teacher"] = TEACHERS.name_of(options["teacher"])
    if "distiller" in options:
        options["distiller"] = DISTILLERS.name_of(options["distiller"])
    given = _nested(DistillSpec, {"student": TEACHERS.name_of(student), **options})
    teacher = {**asked.get("teacher", {}), **given.get("teacher", {})}
    spec = from_json(DistillSpec, {**given, "teacher": teacher})
    folder = Path(mkdtemp(prefix="diswot-")) if out is None else Path(out)
    check_empty(folder)
    with TrainingDisplay(Console(stderr=True, quiet=not progress)) as display:
        run_distillation(spec, folder, display.tell)
    return load_student(folder)


def _names(kind: type) -> dict[str, Declared]:
    """The options of a spec by their names on the command line, and by the names of their fields where these tell."""
    options = declared(kind)
    fields = [one.path[-1] for one in options]
    by_field = {name: one for name, one in zip(fields, options, strict=True) if fields.count(name) == 1}
    return by_field | {one.name: one for one in options}


def _of(kind: type, given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if name in _names(kind)}


def _refuse_unknown(given: Mapping[str, Any], *kinds: type) -> None:
    names = {name for kind in kinds for name in _names(kind)}
    for name in given:
        if name not in names:
            raise UnknownName("option", name, sorted(names))


def _nested(kind: type, given: Mapping[str, Any]) -> dict[str, Any]:
    """What was given as JSON values, one object inside the other."""
    found: dict[str, Any] = {}
    for name, value in given.items():
        one, place = _names(kind)[name], found
        for part in one.path[:-1]:
            place = place.setdefault(part, {})
        place[one.path[-1]] = one.read(value) if isinstance(value, str) or one.option.switch else value
    return found
