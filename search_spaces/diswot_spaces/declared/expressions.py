"""Constraints as people write them, such as `stages[1].width >= stages[0].width`: read, never run."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from diswot_spaces.declared.places import Place

LONGEST = 500
"""Characters of a constraint."""
BINARY: Mapping[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}
COMPARED: Mapping[type[ast.AST], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
FORM = "a comparison of places, names of choices and numbers, with + - * / // % and or not"

Choices = Sequence[int]
Term = Callable[[Choices], Any]


def read_constraint(text: str, find: Callable[[str], Place]) -> tuple[tuple[int, ...], Callable[[Choices], bool]]:
    """The decisions that a constraint looks at, and what tells from all choices whether it holds.

    Args:
        text: of the constraint.
        find: the place of a name; raises `ValueError` for one that there is not.

    Raises:
        ValueError: what is wrong, as the end of a sentence.
    """
    if len(text) > LONGEST:
        raise ValueError(f"has {len(text)} characters; at most {LONGEST} are allowed")
    try:
        tree = ast.parse(text, mode="eval").body
    except (SyntaxError, RecursionError, MemoryError, ValueError):
        raise ValueError(f"is not {FORM}") from None
    reader = _Reader(find)
    if not isinstance(tree, ast.Compare | ast.BoolOp) and not (
        isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.Not)
    ):
        raise ValueError(f"compares nothing; it must be {FORM}")
    term = reader.term(tree)
    return tuple(sorted(reader.scope)), _safely(term)


class _Reader:
    def __init__(self, find: Callable[[str], Place]) -> None:
        self._find = find
        self.scope: set[int] = set()

    def term(self, node: ast.AST) -> Term:
        """What a part of the constraint is worth."""
        match node:
            case ast.Constant(value=bool() | int() | float() | str() as constant):
                return lambda choices: constant  # noqa: ARG005
            case ast.Name() | ast.Attribute() | ast.Subscript():
                place = self._find(ast.unparse(node))
                self.scope.update(place.scope)
                return place.value
            case ast.UnaryOp(op=ast.USub(), operand=inner):
                negated = self.term(inner)
                return lambda choices: -negated(choices)
            case ast.UnaryOp(op=ast.Not(), operand=inner):
                denied = self.term(inner)
                return lambda choices: not denied(choices)
            case ast.BinOp(left=left, op=op, right=right) if type(op) in BINARY:
                return _both(BINARY[type(op)], self.term(left), self.term(right))
            case ast.BoolOp(op=op, values=values):
                terms = [self.term(value) for value in values]
                every = all if isinstance(op, ast.And) else any
                return lambda choices: every(term(choices) for term in terms)
            case ast.Compare(left=left, ops=ops, comparators=others) if all(type(op) in COMPARED for op in ops):
                terms = [self.term(part) for part in (left, *others)]
                links = [_both(COMPARED[type(op)], *terms[i : i + 2]) for i, op in enumerate(ops)]
                return links[0] if len(links) == 1 else lambda choices: all(link(choices) for link in links)
        raise ValueError(f"has {ast.unparse(node)!r}, which is not {FORM}")


def _safely(term: Term) -> Callable[[Choices], bool]:
    """What does not hold where it cannot be worked out, as in a division by zero."""

    def holds(choices: Choices) -> bool:
        try:
            return bool(term(choices))
        except (ArithmeticError, TypeError, ValueError):
            return False

    return holds


def _both(combine: Callable[[Any, Any], Any], a: Term, b: Term) -> Term:
    return lambda choices: combine(a(choices), b(choices))
