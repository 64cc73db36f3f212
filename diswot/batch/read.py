"""Reading a plan: from the bytes of a file to a plan, or to one sentence that says where it goes wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

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
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506 - a safe loader
    except yaml.constructor.ConstructorError as error:
        raise UnreadableData(f"plan {str(path)!r} cannot be read: {_syntax(error)}") from None
    except yaml.YAMLError as error:
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
        raise InputError(sentence(first, Plan, "the plan")) from None


class _Loader(yaml.SafeLoader):
    """Refuses a field that is there twice, of which YAML would drop the first without a word."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):  # Other keys are refused by what is called below.
                if key.value in seen:
                    raise yaml.constructor.ConstructorError(None, None, f"{key.value!r} is there twice", key.start_mark)
                seen.add(key.value)
        return super().construct_mapping(node, deep=deep)


def _syntax(error: yaml.YAMLError) -> str:
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        return " ".join(str(error).split())
    problem = error.problem or ""
    if problem.startswith("but ") and error.context:
        problem = f"{error.context}, {problem}"
    return f"{problem} in line {error.problem_mark.line + 1}, column {error.problem_mark.column + 1}"
