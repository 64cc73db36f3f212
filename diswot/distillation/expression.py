"""Distillers as people write them: `kd`, `0.9*kd(temperature=2) + 1000*at`; free of torch."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from diswot.distillation.distillers import DISTILLERS
from diswot.distillation.methods import Method
from diswot.errors import InputError

_TERM = re.compile(
    r"\s*(?:(?P<weight>[0-9.]+(?:[eE]-?[0-9]+)?)\s*\*)?\s*(?P<name>[\w.:+-]*?\w[\w.:-]*)\s*(?:\((?P<settings>[^()]*)\))?\s*"
)
_EXAMPLE = "write NAME, WEIGHT*NAME or NAME(SETTING=VALUE), and + between several"


@dataclass(frozen=True, slots=True)
class Term:
    """One distiller of a sum.

    Attributes:
        weight: of its loss.
        name: as in `DISTILLERS`, or its import path.
        settings: pairs of name and value.
    """

    weight: float
    name: str
    settings: tuple[tuple[str, Any], ...] = ()

    @property
    def row(self) -> Method:
        """The row of the table."""
        return DISTILLERS.find(self.name)


@lru_cache(maxsize=256)
def parse_terms(text: str) -> tuple[Term, ...]:
    """The distillers of a sum.

    Raises:
        UnknownName: lists the valid names.
        InputError: the text is no such sum.

    Example:
        >>> [(term.weight, term.name) for term in parse_terms("0.5*kd(temperature=2)")]
        [(0.5, 'kd')]
    """
    terms = tuple(_term(part, text) for part in re.split(r"\+(?![^()]*\))", text))
    names = [term.name for term in terms]
    if doubled := next((name for name in names if names.count(name) > 1), None):
        raise InputError(f"distiller {doubled!r} stands twice in {text!r}")
    return terms


def _term(part: str, whole: str) -> Term:
    match = _TERM.fullmatch(part)
    if match is None:
        raise InputError(f"distiller {whole!r} cannot be read at {part.strip()!r}: {_EXAMPLE}")
    row = DISTILLERS.find(match["name"])
    weight = row.weight if match["weight"] is None else _number(match["weight"], whole)
    return Term(weight, match["name"], tuple(_settings(match["settings"] or "", whole)))


def _number(text: str, whole: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise InputError(f"weight {text!r} in {whole!r} is not a number") from None


def _settings(text: str, whole: str) -> list[tuple[str, Any]]:
    found = []
    for part in filter(None, map(str.strip, text.split(","))):
        name, equals, value = part.partition("=")
        try:
            if not equals:
                raise ValueError
            found.append((name.strip(), ast.literal_eval(value.strip())))
        except (SyntaxError, ValueError):
            raise InputError(f"setting {part!r} in {whole!r} cannot be read: write NAME=NUMBER") from None
    return found
