"""How a family writes its architectures: a text with places in braces, such as `{head.width}-{stages[0].depth}`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import Any

from diswot_spaces.declared.places import ABSENT, Chosen, Count, Fixed, Layers, Place

_PLACE = re.compile(r"\{(\w[^{}]*)\}")
FEW = 20
"""Values up to which a reader looks for these alone."""


class Notation:
    """Writes architectures as a text with values in the places of names, and reads them.

    Args:
        text: with places in braces; a brace before anything but a name stands for itself.
        find: the place of a name; raises `ValueError` for one that there is not.
        sizes: number of options of each decision.

    Raises:
        ValueError: what is wrong, as the end of a sentence.
    """

    def __init__(self, text: str, find: Callable[[str], Place], sizes: Sequence[int]) -> None:
        self.text = text
        self._sizes = tuple(sizes)
        pieces = _PLACE.split(text)
        self._between = pieces[::2]
        self.names = pieces[1::2]
        self.places = [find(name) for name in self.names]
        told = {i for place in self.places for i in _told(place)}
        if missing := set(range(len(sizes))) - told:
            raise ValueError(
                f"does not tell {len(missing)} of {len(sizes)} decisions, the first of them {min(missing)}"
            )
        pattern = re.escape(self._between[0])
        for place, end in zip(self.places, self._between[1:], strict=True):
            pattern += f"({_pattern(place)}){re.escape(end)}"
        self._pattern = re.compile(pattern.replace(r"\ ", r"\s*"))

    def write(self, choices: Sequence[int]) -> str:
        """The text of an architecture."""
        values = (_text(place.value(choices)) for place in self.places)
        return self._between[0] + "".join(value + end for value, end in zip(values, self._between[1:], strict=True))

    def read(self, text: str) -> list[int]:
        """The choices that a text tells.

        Raises:
            ValueError: what is wrong, as a sentence without its beginning.
        """
        match = self._pattern.fullmatch(text.strip())
        if match is None:
            raise ValueError(f"is written {self.text}")
        left = [set(range(size)) for size in self._sizes]
        for name, place, found in zip(self.names, self.places, match.groups(), strict=True):
            self._narrow(name, place, found, left)
        return [min(options) for options in left]

    def _narrow(self, name: str, place: Place, found: str, left: list[set[int]]) -> None:
        match place:
            case Fixed(constant):
                if found != _text(constant):
                    raise ValueError(f"has {_text(constant)} at {name}, not {found}")
            case Chosen(decision, values):
                self._keep(name, left, decision, values, [value for value in values if _text(value) == found], found)
            case Layers(layers):
                told = _list(found)
                if len(told) > len(layers):
                    raise ValueError(f"has at most {len(layers)} layers at {name}, not {len(told)}")
                for i, layer in enumerate(layers):
                    wanted = told[i] if i < len(told) else ABSENT
                    fitting = [value for value in layer.values if value is wanted or _same(value, wanted)]
                    self._keep(f"{name}[{i}]", left, layer.decision, layer.values, fitting, _text(wanted))
            case Count(Layers(layers)):
                for i, layer in enumerate(layers):
                    there = [value for value in layer.values if (value is not ABSENT) == (i < int(found))]
                    self._keep(name, left, layer.decision, range(1, len(layers) + 1), there, found, layer.values)
                if int(found) > len(layers):
                    raise ValueError(f"has at most {len(layers)} layers at {name}, not {found}")

    def _keep(
        self,
        name: str,
        left: list[set[int]],
        decision: int,
        shown: Sequence[Any],
        fitting: list[Any],
        found: str,
        values: Sequence[Any] | None = None,
    ) -> None:
        """Keep the options of a decision whose values fit."""
        options = values if values is not None else shown
        left[decision] &= {j for j, value in enumerate(options) if any(value is one for one in fitting)}
        if not left[decision]:
            valid = [_text(value) for value in dict.fromkeys(shown) if value is not ABSENT]
            few = ", ".join(valid) if len(valid) <= FEW else f"{', '.join(valid[:3])}, ..., {valid[-1]}"
            raise ValueError(f"has one of {few} at {name}, not {found}")


def _told(place: Place) -> Sequence[int]:
    """The decisions that the value of a place tells, together with the other places."""
    return () if isinstance(place, Count) else place.scope


def _pattern(place: Place) -> str:
    match place:
        case Layers():
            return r"\[[^\[\]]*\]"
        case Count():
            return r"\d+"
        case Chosen(_, values) if len(values) > FEW or all(type(value) in (int, float) for value in values):
            one_digit = all(type(value) is int and 0 <= value <= 9 for value in values)
            return r"\d" if one_digit else r"-?\d+(?:\.\d+)?"
        case Chosen(_, values):
            return "|".join(sorted((re.escape(_text(value)) for value in values), key=len, reverse=True))
    return r"[^,\s\[\]{}]+?"


def _text(value: Any) -> str:
    if value is ABSENT:
        return "nothing"
    return value if isinstance(value, str) else json.dumps(value)


def _list(text: str) -> list[Any]:
    try:
        found = json.loads(text)
    except ValueError:
        raise ValueError(f"has a list that is not JSON: {text}") from None
    assert isinstance(found, list), "the pattern asks for brackets"
    return found


def _same(a: Any, b: Any) -> bool:
    return type(a) is not bool and type(b) is not bool and bool(a == b)
