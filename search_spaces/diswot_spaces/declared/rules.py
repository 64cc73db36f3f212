"""Constraints of a family: those that are written, and those that its blocks make."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from diswot_spaces.blocks.base import Block
from diswot_spaces.declared.document import Document, Where
from diswot_spaces.declared.expressions import read_constraint
from diswot_spaces.declared.places import ABSENT, Chosen, Place
from diswot_spaces.declared.stages import Member, Part, scope_of

MOST = 200
"""Constraints that may be written."""

Choices = Sequence[int]


@dataclass(frozen=True)
class Rule:
    """A constraint.

    Attributes:
        where: it is written, or what makes it.
        scope: decisions that it looks at.
        holds: tells from all choices whether it is kept.
        why: says of choices that do not keep it what is wrong with them.
    """

    where: Where
    scope: tuple[int, ...]
    holds: Callable[[Choices], bool]
    why: Callable[[Choices], str]


def rules_of(document: Document, texts: Any, parts: Sequence[Part], find: Callable[[str], Place]) -> tuple[Rule, ...]:
    """Every constraint of a family.

    Args:
        document: that declares it.
        texts: its constraints, as they are written.
        parts: stem and stages.
        find: the place of a name; raises `ValueError` for one that there is not.

    Raises:
        InputError: a constraint cannot be read.
    """
    return (*_prefixes(parts), *_misfits(parts), *_written(document, texts, find))


def _prefixes(parts: Sequence[Part]) -> Iterator[Rule]:
    """A layer is there only if the one before it is."""
    for part in parts:
        for before, layer in pairwise(part.layers.layers if part.layers is not None else ()):
            if ABSENT in before.values:
                yield Rule(part.where, scope_of(before, layer), _Follows(before, layer), lambda _: "a layer is missing")


@dataclass(frozen=True)
class _Follows:
    before: Chosen
    layer: Chosen

    def __call__(self, choices: Choices) -> bool:
        return self.layer.value(choices) is ABSENT or self.before.value(choices) is not ABSENT


def _misfits(parts: Sequence[Part]) -> Iterator[Rule]:
    """What blocks demand of the channels that enter them."""
    width: Place | None = None
    for part in parts:
        demanding = any(kind.misfit is not Block.misfit for kind in part.kinds)
        for member in part.members if demanding else ():
            entering = width if member.first else part.width
            if entering is not None:
                yield _misfit(part.where, member, entering)
        width = part.width or width


def _misfit(where: Where, member: Member, entering: Place) -> Rule:
    def why(choices: Choices) -> str:
        block = member.block(choices)
        return "" if block is None else block.misfit(entering.value(choices))

    scope = tuple(sorted({*entering.scope, *member.scope}))
    return Rule(where, scope, lambda choices: not why(choices), why)


def _written(document: Document, texts: Any, find: Callable[[str], Place]) -> Iterator[Rule]:
    if not isinstance(texts, list) or len(texts) > MOST:
        raise document.error(("constraints",), f"must be a list of at most {MOST} texts")
    for i, text in enumerate(texts):
        where = ("constraints", i)
        if not isinstance(text, str):
            raise document.error(where, f"must be text, not {text!r:.60}")
        try:
            scope, holds = read_constraint(text, find)
        except ValueError as error:
            raise document.error(where, f"{text!r:.80} {error}") from None
        yield Rule(where, scope, holds, _saying(f"{text!r} does not hold"))


def _saying(text: str) -> Callable[[Choices], str]:
    return lambda _: text
