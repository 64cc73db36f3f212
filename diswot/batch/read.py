"""Reading a plan: from the bytes of a file to a plan, or to one sentence that says where it goes wrong."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError

from diswot.batch.plan import Plan
from diswot.errors import InputError, UnreadableData
from diswot.spec.messages import UNKNOWN, sentence


def read_plan(path: Path) -> Plan:
    """Read a plan.

    Raises:
        UnreadableData: the file is missing or not YAML.
        InputError: it is YAML, but no plan; says where, what, and what is allowed.
    """
    try:
        content = YAML(pure=True).load(path.read_text(encoding="utf-8"))
    except MarkedYAMLError as error:
        raise UnreadableData(f"plan {str(path)!r} is not YAML: {_syntax(error)}") from None
    except OSError as error:
        raise UnreadableData(f"plan {str(path)!r} cannot be read: {error.strerror}") from None
    except (RecursionError, ValueError) as error:  # Not UTF-8, a 13th month, brackets in brackets in brackets.
        raise UnreadableData(f"plan {str(path)!r} cannot be read: {error}") from None
    if content is None:
        raise InputError(f"plan {str(path)!r} is empty; it needs teachers, spaces and constraints")
    try:
        return Plan.model_validate(content)
    except ValidationError as error:
        # An unknown field goes before a missing one, which may be the same misspelt.
        first = min(error.errors(), key=lambda one: one["type"] not in UNKNOWN)
        line = _line(content, first["loc"])
        raise InputError(f"{sentence(first, Plan, 'the plan')}{line and f' (line {line})'}") from None


def _syntax(error: MarkedYAMLError) -> str:
    problem = error.problem or ""
    if problem.startswith("but ") and error.context:
        problem = f"{error.context}, {problem}"
    mark = error.problem_mark
    return problem if mark is None else f"{problem} in line {mark.line + 1}, column {mark.column + 1}"


def _line(content: Any, loc: Sequence[int | str]) -> int | str:
    """The line of a place in what was read, or of what is around a place that is not there."""
    line: int | str = ""
    for part in loc:
        try:
            line = (content.lc.key if isinstance(part, str) else content.lc.item)(part)[0] + 1
            content = content[part]
        except (AttributeError, KeyError, IndexError, TypeError):
            break
    return line
