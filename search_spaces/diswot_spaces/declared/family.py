"""A family of classifiers as its document declares it: stem, stages, head, and what may be chosen in them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from diswot_spaces.blocks.head import Head
from diswot_spaces.declared.choices import Decisions
from diswot_spaces.declared.document import Document, Where
from diswot_spaces.declared.places import Fixed, Layers, Place
from diswot_spaces.declared.rules import Rule, rules_of
from diswot_spaces.declared.stages import Part, StageReader, scope_of

NAME = re.compile(r"[A-Za-z0-9]+([._-][A-Za-z0-9]+)*")
PLACE = re.compile(r"(stem|stages|head)(?:\[(\d+)\])?\.(\w+)(?:\[(\d+)\])?")
TOP = ("name", "summary", "choices", "stem", "stages", "head", "constraints", "notation")
MOST_STAGES = 64


@dataclass(frozen=True)
class Family:
    """What a document declares.

    Attributes:
        name: of the family.
        summary: one line.
        decisions: names of the decisions.
        options: of each decision.
        stem: its blocks, as parts.
        stages: its stages.
        head: what stands before the logits, in an architecture.
        head_scope: decisions on which the head depends.
        rules: constraints that are written, and those that blocks make.
        notation: how architectures are written; empty for JSON of the options.
        find: the place of a name such as `stages[0].width`; raises `ValueError` for one that there is not.
    """

    name: str
    summary: str
    decisions: tuple[str, ...]
    options: tuple[tuple[Any, ...], ...]
    stem: tuple[Part, ...]
    stages: tuple[Part, ...]
    head: Callable[[Sequence[int]], Head]
    head_scope: tuple[int, ...]
    rules: tuple[Rule, ...]
    notation: str
    find: Callable[[str], Place] = field(repr=False)

    @property
    def parts(self) -> tuple[Part, ...]:
        """Stem and stages, in the order in which images run through them."""
        return (*self.stem, *self.stages)


def read_family(document: Document) -> Family:
    """The family that a document declares.

    Raises:
        InputError: the first thing that is wrong, in one sentence, with its line.
    """
    data = _mapping(document, (), document.data)
    for name in data:
        if name not in TOP:
            raise document.error((name,), f"there is no such field; fields: {', '.join(TOP)}")
    name, summary, notation = (_text(document, key) for key in ("name", "summary", "notation"))
    if not NAME.fullmatch(name):
        raise document.error(("name",), f"must be letters and digits, with single . _ - between them, not {name!r:.60}")
    decisions = Decisions(document, _mapping(document, ("choices",), data.get("choices", {})))
    reader = StageReader(document, decisions)
    stem, stages = _stem(document, reader), _stages(document, reader)
    places = reader.settings(("head",), Head, _mapping(document, ("head",), data.get("head", {})))
    _check_flow(document, (*stem, *stages), places)
    decisions.check_all_used()
    if not decisions.options:
        raise document.error((), "nothing is to be chosen: a family needs a setting with several options")
    find = partial(_find, stem, stages, places, decisions)
    rules = rules_of(document, data.get("constraints", []), (*stem, *stages), find)

    def head(choices: Sequence[int]) -> Head:
        return Head(**{name: place.value(choices) for name, place in places.items()})

    options, scope = tuple(decisions.options), scope_of(*places.values())
    return Family(name, summary, tuple(decisions.names), options, stem, stages, head, scope, rules, notation, find)


def _stem(document: Document, reader: StageReader) -> tuple[Part, ...]:
    stem = document.data.get("stem", [])
    found = []
    for i, block in enumerate(stem if isinstance(stem, list) else [stem]):
        where: Where = ("stem", i) if isinstance(stem, list) else ("stem",)
        if "block" not in _mapping(document, where, block):
            raise document.error(where, "lacks block")
        found.append(reader.uniform(where, block, Fixed(1)))
    return tuple(found)


def _stages(document: Document, reader: StageReader) -> tuple[Part, ...]:
    stages = document.data.get("stages")
    if not isinstance(stages, list) or not 1 <= len(stages) <= MOST_STAGES:
        raise document.error(("stages",), f"must be a list of 1 to {MOST_STAGES} stages")
    return tuple(
        reader.stage(("stages", i), _mapping(document, ("stages", i), stage)) for i, stage in enumerate(stages)
    )


def _check_flow(document: Document, parts: Sequence[Part], head: Mapping[str, Place]) -> None:
    """Refuse blocks that get tokens where they take maps, or maps where they take tokens."""
    there = "maps"
    for part in parts:
        for kind in part.kinds:
            if kind.takes != there:
                raise document.error(part.where, f"{kind.kind} takes {kind.takes}, and gets {there}")
            there = kind.gives or there
    tokens = there == "tokens"
    for name in ("width", "norm", "pool"):
        for value in _values(head[name]):
            if why := Head(**{name: value}).misfit(tokens=tokens):
                raise document.error(("head", name), why)


def _values(place: Place) -> Sequence[Any]:
    return (place.constant,) if isinstance(place, Fixed) else getattr(place, "values", ())


def _text(document: Document, name: str) -> str:
    value = document.data.get(name, "")
    if not isinstance(value, str):
        raise document.error((name,), f"must be text, not {value!r:.60}")
    return value


def _mapping(document: Document, where: Where, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        what = "must" if where else "a family must"
        raise document.error(where, f"{what} be a mapping of names to values, not {value!r:.60}")
    return value


def _find(
    stem: Sequence[Part], stages: Sequence[Part], head: Mapping[str, Place], decisions: Decisions, name: str
) -> Place:
    """The place of a name."""
    match = PLACE.fullmatch(name)
    if match is None:
        return decisions.named(name)
    room, number, attribute, layer = match.groups()
    places: Mapping[str, Place] = {}
    if room == "head" and number is None:
        places = head
    elif room != "head":
        parts = stem if room == "stem" else stages
        index = 0 if number is None and len(stem) == 1 and room == "stem" else int(-1 if number is None else number)
        places = parts[index].places if 0 <= index < len(parts) else {}
    if attribute not in places:
        raise ValueError(f"names {name!r}, and there is no such place")
    place = places[attribute]
    if layer is None:
        return place
    if not isinstance(place, Layers) or int(layer) >= len(place.layers):
        raise ValueError(f"names {name!r}, and there is no such layer")
    return place.layers[int(layer)]
