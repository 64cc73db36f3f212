"""Stages and stems as their document has them: which blocks, with which settings, how many."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, replace
from functools import partial
from itertools import product
from typing import Any

from diswot_spaces.blocks import BLOCKS, Block
from diswot_spaces.blocks.base import Setting, settings
from diswot_spaces.declared.choices import Decisions, checked
from diswot_spaces.declared.document import Document, Where
from diswot_spaces.declared.places import ABSENT, Chosen, Count, Fixed, Layers, Place
from diswot_spaces.errors import InputError

DEPTH = Setting("Number of blocks.", 1, 256)
SHARED = ("width", "stride")
"""Settings that all blocks of a stage have in common where each layer takes one of several."""
OF_STAGE = ("blocks", "depth", *SHARED)

Choices = Sequence[int]
Variant = tuple[type[Block], dict[str, Any]]
"""A kind of block, and its settings but for those that the stage has."""


@dataclass(frozen=True)
class Member:
    """A block of a part.

    Attributes:
        first: whether it is the first of the part.
        scope: decisions on which it depends.
        block: gives it in an architecture; `None` where it is not there.
    """

    first: bool
    scope: tuple[int, ...]
    block: Callable[[Choices], Block | None]


@dataclass(frozen=True)
class Part:
    """A stage, or a block of the stem.

    Attributes:
        where: it is written.
        width: of what leaves it; `None` where that is what enters.
        stride: of its first block.
        depth: number of its blocks.
        blocks: gives its blocks in an architecture.
        members: those of its blocks that may differ from one another.
        places: by the names of settings, for constraints and notations.
        kinds: of its blocks.
        layers: the variants of each layer where these differ, else `None`.
    """

    where: Where
    width: Place | None
    stride: Place
    depth: Place
    blocks: Callable[[Choices], tuple[Block, ...]]
    members: tuple[Member, ...]
    places: Mapping[str, Place]
    kinds: tuple[type[Block], ...]
    layers: Layers | None = None


class StageReader:
    """Reads stages, and decides on what may be chosen in them.

    Args:
        document: that is read.
        decisions: to add to.
    """

    def __init__(self, document: Document, decisions: Decisions) -> None:
        self._document, self._decisions = document, decisions
        self._error = document.error

    def stage(self, where: Where, stage: dict[str, Any]) -> Part:
        """A stage.

        Raises:
            InputError: what is wrong with it.
        """
        if ("block" in stage) == ("blocks" in stage):
            raise self._error(where, "needs either block, which all its layers are, or blocks, of which each takes one")
        if "blocks" in stage:
            return self._layered(where, stage)
        return self.uniform(where, stage, self._depth(where, stage))

    def uniform(self, where: Where, given: dict[str, Any], depth: Place) -> Part:
        """A stage whose blocks are all alike but for the stride of the first, or a block of the stem.

        Raises:
            InputError: what is wrong with it.
        """
        kind = self._kind((*where, "block"), given["block"])
        taken = {name: value for name, value in given.items() if name not in ("block", "depth")}
        places = self.settings(where, kind, taken)
        constants = {name: place.constant for name, place in places.items() if isinstance(place, Fixed)}
        chosen = [(name, place.decision, place.values) for name, place in places.items() if isinstance(place, Chosen)]
        strides = "stride" in places and kind.kind != "patch"

        def first(choices: Choices) -> Block:
            return kind(**constants, **{name: values[choices[decision]] for name, decision, values in chosen})

        def rest(choices: Choices) -> Block:
            return replace(first(choices), stride=1) if strides else first(choices)  # type: ignore[call-arg]

        def blocks(choices: Choices) -> tuple[Block, ...]:
            more = depth.value(choices) - 1
            return (first(choices), *[rest(choices)] * more) if more else (first(choices),)

        scope = scope_of(*places.values())
        members = [Member(True, scope, first), *([] if depth == Fixed(1) else [Member(False, scope, rest)])]
        stride = places.get("patch") or places.get("stride") or Fixed(1)
        named = {**places, "depth": depth}
        return Part(where, places.get("width"), stride, depth, blocks, tuple(members), named, (kind,))

    def settings(self, where: Where, kind: type, given: dict[str, Any]) -> dict[str, Place]:
        """What a document says of the settings of a kind of block, or of a head.

        Raises:
            InputError: a setting is missing, unknown, or wrong.
        """
        known = settings(kind)
        title = kind.kind  # type: ignore[attr-defined]
        for name in given:
            if name not in known:
                raise self._error((*where, name), f"{title} has no such setting; its settings: {', '.join(known)}")
        found: dict[str, Place] = {}
        for name, (of, default, limits) in known.items():
            if name in given:
                found[name] = self._decisions.place((*where, name), given[name], self._check(of, limits))
            elif default is MISSING:
                raise self._error(where, f"{title} needs the setting {name}")
            else:
                found[name] = Fixed(default)
        return found

    def _check(self, of: type, limits: Setting) -> Callable[[Where, Any], Any]:
        return lambda where, value: checked(self._document, where, value, of, limits)

    def _depth(self, where: Where, stage: dict[str, Any]) -> Place:
        return self._decisions.place((*where, "depth"), stage.get("depth", 1), self._check(int, DEPTH))

    def _kind(self, where: Where, name: Any) -> type[Block]:
        if not isinstance(name, str):
            raise self._error(where, f"must be the name of a block, not {name!r:.60}")
        try:
            return BLOCKS.find(name)
        except InputError as error:
            raise self._error(where, str(error)) from error

    def _layered(self, where: Where, stage: dict[str, Any]) -> Part:
        """A stage each of whose layers takes one of a list of blocks."""
        for name in stage:
            if name not in OF_STAGE:
                raise self._error((*where, name), f"is for each of the blocks; here stand {', '.join(OF_STAGE)}")
        variants = self._variants((*where, "blocks"), stage["blocks"])
        known = {name: found for kind, _ in variants.values() for name, found in settings(kind).items()}
        places: dict[str, Place] = {}
        for name in SHARED:
            if name in stage and name in known:
                of, _, limits = known[name]
                places[name] = self._decisions.place((*where, name), stage[name], self._check(of, limits))
        layers = self._layers(where, list(variants), *self._depths(where, stage))
        return _layered_part(where, variants, places, layers)

    def _depths(self, where: Where, stage: dict[str, Any]) -> tuple[int, int]:
        """Least and greatest number of layers; those between them may be absent, and so no decision on them is made."""
        depth = Decisions(self._document, {}).place((*where, "depth"), stage.get("depth", 1), self._check(int, DEPTH))
        depths = list(depth.values) if isinstance(depth, Chosen) else [depth.value(())]
        if sorted(depths) != list(range(min(depths), max(depths) + 1)):
            raise self._error((*where, "depth"), "of a stage of several blocks must be a number, or some without gaps")
        return min(depths), max(depths)

    def _layers(self, where: Where, labels: list[Any], least: int, most: int) -> Layers:
        if len(labels) < 2:
            raise self._error((*where, "blocks"), "needs at least two blocks to choose from")
        found: list[Chosen] = []
        for i in range(most):
            options = (*([] if i < least else [ABSENT]), *labels)
            shown = tuple("absent" if option is ABSENT else option for option in options)
            place = self._decisions.decide(f"stages[{where[1]}].layers[{i}]", shown, where)
            assert isinstance(place, Chosen), "several options make a decision"
            found.append(Chosen(place.decision, options))
        return Layers(tuple(found))

    def _variants(self, where: Where, blocks: Any) -> dict[Any, Variant]:
        """Every block that a layer may be, by its label: those in the list, with each combination of their options."""
        if not isinstance(blocks, list) or not blocks:
            raise self._error(where, "has no options; it must be a list of blocks")
        found: dict[Any, Variant] = {}
        for i, block in enumerate(blocks):
            at = (*where, i)
            given = {"block": block} if isinstance(block, str) else block
            if not isinstance(given, dict) or "block" not in given:
                raise self._error(at, f"must be a block by its name, or with settings, not {block!r:.60}")
            kind = self._kind(at, given["block"])
            options = {
                name: self._options((*at, name), kind, name, value)
                for name, value in given.items()
                if name not in ("block", "label")
            }
            for taken in product(*options.values()):
                combination = dict(zip(options, taken, strict=True))
                varied = [f"{name}={combination[name]}" for name, values in options.items() if len(values) > 1]
                label = given.get("label", kind.kind)
                label = " ".join((str(label), *varied)) if varied else label
                if label in found:
                    raise self._error(at, f"there are two blocks {label!r}: give one of them another label")
                found[label] = kind, combination
        return found

    def _options(self, where: Where, kind: type[Block], name: str, value: Any) -> list[Any]:
        known = {each: found for each, found in settings(kind).items() if each not in SHARED}
        if name not in known:
            which = ", ".join(known) or "none"
            raise self._error(where, f"is no setting of one of several {kind.kind}; its settings: {which}")
        if value == []:
            raise self._error(where, "has no options; at least one is needed")
        of, _, limits = known[name]
        return [self._check(of, limits)(where, one) for one in (value if isinstance(value, list) else [value])]


def scope_of(*places: Place) -> tuple[int, ...]:
    """Decisions on which places depend, ascending."""
    return tuple(sorted({i for place in places for i in place.scope}))


def _layered_part(where: Where, variants: dict[Any, Variant], places: dict[str, Place], layers: Layers) -> Part:
    takes = {label: [name for name in places if name in settings(kind)] for label, (kind, _) in variants.items()}

    def block(i: int, layer: Chosen, choices: Choices) -> Block | None:
        label = layer.value(choices)
        if label is ABSENT:
            return None
        kind, given = variants[label]
        mine = {name: places[name].value(choices) for name in takes[label]}
        return kind(**given, **(mine | {"stride": 1} if i and "stride" in mine else mine))

    members = tuple(
        Member(not i, scope_of(layer, *places.values()), partial(block, i, layer))
        for i, layer in enumerate(layers.layers)
    )

    def blocks(choices: Choices) -> tuple[Block, ...]:
        return tuple(found for member in members if (found := member.block(choices)) is not None)

    inner = {name: _of_layers(layers, variants, name) for _, given in variants.values() for name in given}
    named = {**inner, **places, "depth": Count(layers), "layers": layers}
    kinds = tuple(dict.fromkeys(kind for kind, _ in variants.values()))
    stride = places.get("stride", Fixed(1))
    return Part(where, places.get("width"), stride, named["depth"], blocks, members, named, kinds, layers)


def _of_layers(layers: Layers, variants: dict[Any, Variant], name: str) -> Layers:
    """One setting of each layer."""

    def of(label: Any) -> Any:
        return ABSENT if label is ABSENT else variants[label][1].get(name)

    return Layers(tuple(Chosen(layer.decision, tuple(map(of, layer.values))) for layer in layers.layers))
