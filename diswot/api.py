"""The short way in: from a teacher to a recommended student in one call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console

from diswot.errors import UnknownName
from diswot.progress import SearchDisplay, search_bar
from diswot.proxies import SCORES
from diswot.report.result import Result
from diswot.search.algorithms import ALGORITHMS
from diswot.search.search import Search
from diswot.spec.compute import ComputeSpec
from diswot.spec.document import from_json
from diswot.spec.option import Declared, declared
from diswot.spec.search import SearchSpec
from diswot.teachers.spec import TEACHERS
from diswot.workflow import run_search
from diswot_spaces import SPACES, Registry

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
    spec = from_json(
        SearchSpec, _nested(SearchSpec, {"teacher": TEACHERS.name_of(teacher), **_of(SearchSpec, options)})
    )
    compute = from_json(ComputeSpec, _nested(ComputeSpec, _of(ComputeSpec, options)))
    _refuse_unknown(options)
    spec.check()
    search = Search(spec)
    with search_bar(Console(stderr=True, quiet=not progress)) as bar:
        display = SearchDisplay(bar, compute.count)
        result = run_search(search, compute, display.progress, tell=display.prepare)
    assert result is not None, "no checkpoint ends the search"
    return result


def _names(kind: type) -> dict[str, Declared]:
    """The options of a spec by their names on the command line, and by the names of their fields where these tell."""
    options = declared(kind)
    fields = [one.path[-1] for one in options]
    by_field = {name: one for name, one in zip(fields, options, strict=True) if fields.count(name) == 1}
    return by_field | {one.name: one for one in options}


def _of(kind: type, given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if name in _names(kind)}


def _refuse_unknown(given: Mapping[str, Any]) -> None:
    names = {**_names(SearchSpec), **_names(ComputeSpec)}
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
