"""What may be chosen in a family: constants, lists, ranges, and choices that several places share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import count, takewhile
from math import isfinite
from typing import Any

from diswot_spaces.blocks.base import Setting
from diswot_spaces.declared.document import Document, Where
from diswot_spaces.declared.places import Chosen, Fixed, Place

MOST_OPTIONS = 1_000
"""Of a decision."""
MOST_DECISIONS = 1_000
"""Of a family."""

Check = Callable[[Where, Any], Any]
"""Takes a value and where it is written; gives what it means, or raises."""


class Decisions:
    """The decisions of a family, as its places are read.

    Args:
        document: that is read.
        shared: choices by name, as the document has them, each with where it is written.

    Attributes:
        names: of the decisions.
        options: of each decision.
    """

    def __init__(self, document: Document, shared: Mapping[str, Any]) -> None:
        self._document = document
        self._shared = shared
        self.names: list[str] = []
        self.options: list[tuple[Any, ...]] = []
        self._named: dict[str, Chosen | Fixed] = {}
        self._reading: list[str] = []
        self._used: set[str] = set()

    def place(self, where: Where, value: Any, check: Check) -> Place:
        """What a setting is: a constant, or what one decision takes.

        Raises:
            InputError: what is wrong, with its line.
        """
        if isinstance(value, dict) and "choice" in value:
            return self._tied(where, value, check)
        if isinstance(value, list | dict):
            options = tuple(check(at, one) for at, one in self._listed(where, value))
            return self.decide(_name(where), options, where)
        return Fixed(check(where, value))

    def decide(self, name: str, options: tuple[Any, ...], where: Where) -> Place:
        """A new decision; a constant where there is one option alone."""
        for i, option in enumerate(options):
            if option in options[:i]:
                raise self._document.error(where, f"has the option {option!r} twice")
        if len(options) == 1:
            return Fixed(options[0])
        if len(self.options) == MOST_DECISIONS:
            raise self._document.error(where, f"is one decision too many; at most {MOST_DECISIONS:,} are allowed")
        self.names.append(name)
        self.options.append(options)
        return Chosen(len(self.options) - 1, options)

    def named(self, name: str) -> Place:
        """A shared choice, for constraints.

        Raises:
            ValueError: there is none of that name.
        """
        if name not in self._shared:
            raise ValueError(f"names {name!r}, which is no choice; choices: {', '.join(self._shared) or 'none'}")
        return self._resolve(name, ("choices", name))

    def check_all_used(self) -> None:
        """Refuse a shared choice that no block takes."""
        for name in self._shared:
            if name not in self._used:
                raise self._document.error(("choices", name), "is used nowhere")

    def _tied(self, where: Where, value: dict[str, Any], check: Check) -> Place:
        name, times = value["choice"], value.get("times", 1)
        if unknown := value.keys() - {"choice", "times"}:
            raise self._document.error(where, f"has no field {min(unknown)!r}; its fields: choice, times")
        if not isinstance(name, str) or name not in self._shared:
            known = ", ".join(self._shared) or "none"
            raise self._document.error((*where, "choice"), f"there is no choice {name!r}; choices: {known}")
        if isinstance(times, bool) or not isinstance(times, int | float) or times <= 0:
            raise self._document.error((*where, "times"), f"must be a positive number, not {times!r}")
        if where[0] != "choices":
            self._used.add(name)
        found = self._resolve(name, where)

        def taken(option: Any) -> Any:
            return check(where, option if times == 1 else _times(option, times))

        if isinstance(found, Fixed):
            return Fixed(taken(found.constant))
        return Chosen(found.decision, tuple(map(taken, found.values)))

    def _resolve(self, name: str, where: Where) -> Chosen | Fixed:
        if name in self._reading:
            circle = " -> ".join((*self._reading[self._reading.index(name) :], name))
            raise self._document.error(where, f"choices are tied in a circle: {circle}")
        if name not in self._named:
            self._reading.append(name)
            try:
                found = self.place(("choices", name), self._shared[name], lambda _, option: option)
            finally:
                self._reading.pop()
            if isinstance(self._shared[name], dict) and "choice" in self._shared[name]:
                self._used.add(self._shared[name]["choice"])
            assert isinstance(found, Chosen | Fixed), "a choice is a constant or a decision"
            self._named[name] = found
        return self._named[name]

    def _listed(self, where: Where, value: list[Any] | dict[str, Any]) -> list[tuple[Where, Any]]:
        if isinstance(value, dict):
            return [(where, one) for one in self._range(where, value)]
        if not value:
            raise self._document.error(where, "has no options; at least one is needed")
        self._few(where, len(value))
        for i, one in enumerate(value):
            if isinstance(one, list | dict):
                raise self._document.error((*where, i), "an option is a number, a text, true or false")
        return [((*where, i), one) for i, one in enumerate(value)]

    def _range(self, where: Where, value: dict[str, Any]) -> list[Any]:
        if value.keys() - {"start", "end", "step"} or not value.keys() >= {"start", "end"}:
            raise self._document.error(
                where, f"must be a value, a list, start and end with a step, or a choice by name, not {value!r:.60}"
            )
        start, end, step = value["start"], value["end"], value.get("step", 1)
        for name, number in (("start", start), ("end", end), ("step", step)):
            if isinstance(number, bool) or not isinstance(number, int | float) or not isfinite(number):
                raise self._document.error((*where, name), f"must be a number, not {number!r}")
        if step <= 0 or end < start:
            raise self._document.error(where, f"holds nothing from {start} to {end} in steps of {step}")
        self._few(where, int((end - start) / step) + 1 if step * MOST_OPTIONS * 10 > end - start else MOST_OPTIONS * 10)
        return list(takewhile(lambda number: number <= end + step * 1e-9, (start + i * step for i in count())))

    def _few(self, where: Where, options: int) -> None:
        if options > MOST_OPTIONS:
            raise self._document.error(where, f"has {options:,} options; at most {MOST_OPTIONS:,} are allowed")


def checked(document: Document, where: Where, value: Any, kind: type, setting: Setting) -> Any:
    """A value of a setting.

    Raises:
        InputError: it has another type, or is not allowed.
    """
    if setting.among:
        if value not in setting.among or isinstance(value, bool):
            raise document.error(where, f"must be one of {', '.join(map(str, setting.among))}, not {value!r:.60}")
        return value
    if kind is str:
        if not isinstance(value, str):
            raise document.error(where, f"must be text, not {value!r:.60}")
        return value
    number = not isinstance(value, bool) and isinstance(value, int | float) and isfinite(value)
    if not number or (kind is int and value != int(value)):
        raise document.error(where, f"must be {'a whole number' if kind is int else 'a number'}, not {value!r:.60}")
    value = int(value) if kind is int else value
    low, high = setting.low, setting.high
    if low is not None and not value >= low:
        raise document.error(where, f"must be at least {low:,}, not {value:,}")
    if high is not None and not value <= high:
        raise document.error(where, f"must be at most {high:,}, not {value:,}")
    return value


def _times(option: Any, times: float) -> Any:
    if isinstance(option, str | bool):
        return option
    product = option * times
    return int(product) if product == int(product) else product


def _name(where: Where) -> str:
    from diswot_spaces.declared.document import say

    return say(where[1:]) if where[0] == "choices" else say(where)
