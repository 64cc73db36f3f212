"""Accuracies as people write them: percent, percent signs, fractions. What could be either is refused."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from diswot.errors import InputError

LEAST_BEST = 5.0
"""Percent that the best architecture of a table is expected to exceed, and mixed units to leave a gap below."""

_LOWER_IS_BETTER = re.compile(r"(?<![a-z])(error|errors|err|loss)(?![a-z])", re.IGNORECASE)
_DECIMAL_COMMA = re.compile(r"\d+,\d+\s*%?")


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of an accuracy column.

    Attributes:
        text: as it stands in the table.
        where: its line and file, for messages.
    """

    text: str
    where: str


def check_accuracy_column(column: str, file: str) -> None:
    """Refuse a column whose name says that lower values are better.

    Raises:
        InputError: with one sentence.
    """
    found = _LOWER_IS_BETTER.search(column)
    if found:
        raise InputError(
            f"column {column!r} of {file} holds {found[0].lower()} by its name; accuracies are needed, higher is better"
        )


def to_percent(cells: Sequence[Cell], column: str) -> tuple[list[float], bool]:
    """The cells of a column in percent, and whether they were written as fractions.

    A column of numbers up to 1 holds fractions; percent signs say that it does not. Fractions are scaled in decimal, so
    that .402 and 40.2 become the same number.

    Raises:
        InputError: the first cell that is no accuracy, or why the unit of the column cannot be told.
    """
    signed = [cell for cell in cells if cell.text.strip().endswith("%")]
    plain = [cell for cell in cells if not cell.text.strip().endswith("%")]
    values = [_number(cell, column) for cell in cells]
    if signed and plain:
        raise InputError(
            f"{plain[0].where} has {plain[0].text!r} in column {column!r} without a percent sign, "
            f"{signed[0].where} {signed[0].text!r} with one"
        )
    if signed or max(values) == 0:
        return values, False
    if max(values) <= 1:
        return [float(Decimal(cell.text.strip()).scaleb(2)) for cell in cells], True
    _check_unit(cells, values, column)
    return values, False


def _number(cell: Cell, column: str) -> float:
    text = cell.text.strip()
    has = f"{cell.where} has {cell.text!r} in column {column!r}"
    if not text:
        raise InputError(f"{cell.where} has no value in column {column!r}")
    if _DECIMAL_COMMA.fullmatch(text):
        raise InputError(f"{has}; the decimal mark is a point: {text.replace(',', '.')}")
    try:
        value = float(text.removesuffix("%").replace("_", " "))
    except ValueError:
        raise InputError(f"{has}, which is not a number") from None
    if not 0.0 <= value <= 100.0:
        raise InputError(f"{cell.where} has {text} in column {column!r}; accuracies are in percent, from 0 to 100")
    return value


def _check_unit(cells: Sequence[Cell], values: Sequence[float], column: str) -> None:
    """Refuse numbers that are neither all fractions nor all percent, as far as can be told.

    Real tables in percent hold failed trainings at 1 and below. A fraction among percent, made a percentage, lies among
    the others, and there is nothing just above 1.
    """
    above = [value for value in values if value > 1]
    hint = "write every accuracy of the column in percent, with a percent sign where that is in doubt"
    if max(values) < LEAST_BEST:
        cell = cells[values.index(max(values))]
        raise InputError(
            f"the best of column {column!r}, {cell.text} on {cell.where}, is neither a fraction nor likely in percent; "
            f"{hint}"
        )
    for cell, value in zip(cells, values, strict=True):
        if 0 < value <= 1 and LEAST_BEST <= min(above) <= 100 * value <= max(above):
            raise InputError(
                f"column {column!r} seems to mix fractions and percent: {cell.where} has {cell.text}, others have "
                f"{min(above):g} to {max(above):g}; {hint}"
            )
