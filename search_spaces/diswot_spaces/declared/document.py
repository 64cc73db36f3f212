"""Documents as plain values that know the line of each place: YAML, and JSON, which YAML contains."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from diswot_spaces.errors import InputError

Where = tuple[int | str, ...]
"""Names and numbers that lead from the top of a document to a place in it."""

MAX_BYTES = 1_000_000
"""Of a file."""
MAX_VALUES = 50_000
"""In a document, those inside others included."""


@dataclass(frozen=True)
class Document:
    """Values, and where they are written.

    Attributes:
        data: mappings, lists, texts, numbers, `True`, `False` and `None`.
        lines: by place; empty for what was not read from a text.
    """

    data: Any
    lines: Mapping[Where, int] = field(default_factory=dict)

    def error(self, where: Where, message: str) -> InputError:
        """What is wrong at a place, with its line, or that of the nearest thing around it."""
        line = next((self.lines[where[:n]] for n in range(len(where), 0, -1) if where[:n] in self.lines), None)
        place = say(where)
        return InputError(f"{place}{': ' if place else ''}{message}{f' (line {line})' if line else ''}")


def say(where: Where) -> str:
    """`stages[0].width`, as people point at it."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in where).removeprefix(".")


def read_text(text: str, what: str) -> Document:
    """The document that a YAML or JSON text is.

    Args:
        text: of the document.
        what: it is, for messages, such as `"space 'mine.yaml'"`.

    Raises:
        InputError: it is neither, has a name twice, or is too long.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.constructor import DuplicateKeyError
    from ruamel.yaml.error import MarkedYAMLError

    if len(text.encode()) > MAX_BYTES:
        raise InputError(f"{what} has {len(text.encode()):,} bytes; at most {MAX_BYTES:,} are allowed")
    try:
        content = YAML(pure=True).load(text)
    except DuplicateKeyError as error:
        name = (error.problem or "").split('"')[1] if '"' in (error.problem or "") else "a name"
        raise InputError(f"{what} has {name!r} twice in one mapping{_line_of(error)}") from None
    except MarkedYAMLError as error:
        raise InputError(f"{what} is not YAML: {error.problem}{_line_of(error)}") from None
    except (RecursionError, ValueError) as error:
        raise InputError(f"{what} cannot be read: {error}") from None
    lines: dict[Where, int] = {}
    try:
        return Document(_plain(content, (), lines, [0]), lines)
    except InputError as error:
        raise InputError(f"{what} {error}") from None
    except RecursionError:
        raise InputError(f"{what} is nested too deeply") from None


def read_file(path: Path) -> Document:
    """The document in a file.

    Raises:
        InputError: there is none.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InputError(
                f"space {str(path)!r} has {path.stat().st_size:,} bytes; at most {MAX_BYTES:,} are allowed"
            )
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(f"space {str(path)!r} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise InputError(f"space {str(path)!r} cannot be read: it is not UTF-8") from None
    return read_text(text, f"space {str(path)!r}")


def canonical_text(data: Any) -> str:
    """One JSON text for equal values."""
    return json.dumps(data, separators=(",", ":"), ensure_ascii=False)


def _line_of(error: Any) -> str:
    return f" (line {error.problem_mark.line + 1})" if error.problem_mark is not None else ""


def _plain(value: Any, where: Where, lines: dict[Where, int], count: list[int]) -> Any:
    """A value without what YAML knows beside it; lines are noted, and values counted, for aliases multiply them."""
    count[0] += 1
    if count[0] > MAX_VALUES:
        raise InputError(f"has more than {MAX_VALUES:,} values")
    if isinstance(value, Mapping):
        return {
            _key(key, where): _plain(inner, _noted(value, key, where, lines), lines, count)
            for key, inner in value.items()
        }
    if isinstance(value, list):
        return [_plain(inner, _noted(value, i, where, lines), lines, count) for i, inner in enumerate(value)]
    if value is None or isinstance(value, bool):
        return value
    for kind in (int, float, str):
        if isinstance(value, kind):
            return kind(value)
    raise InputError(f"has a value of the kind {type(value).__name__} in {say(where) or 'it'}, which is not allowed")


def _key(key: object, where: Where) -> str:
    if not isinstance(key, str):
        raise InputError(f"has the name {key!r} in {say(where) or 'it'}, which is no text; quote it")
    return str(key)


def _noted(holder: Any, key: Any, where: Where, lines: dict[Where, int]) -> Where:
    """The place of what a mapping or list holds; its line is noted."""
    place = (*where, key if isinstance(key, int) else str(key))
    marks = (holder.lc.data or {}).get(key)
    if marks is not None:
        lines[place] = marks[0] + 1
    return place
