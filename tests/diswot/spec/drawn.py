"""Specs drawn by hypothesis, from their declarations: every field takes part, with values that shells find hard."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from diswot.search.algorithms import ALGORITHMS
from diswot.spec.document import from_json
from diswot.spec.option import Declared, declared
from diswot.spec.search import SearchSpec

ODD: dict[str, tuple[Any, ...]] = {
    "teacher": ("resnet20", "timm:resnet18.a1_in1k", "mobilenetv2:largest", "cifar-resnet:3-5-7"),
    "space": ("nasbench201", "cifar-resnet", "mobilenetv2"),
    "score": ("default", "nwot", "params+nwot"),
    "probe": ("dead-leaves", "noise", "folder:my photos/it's", "idx:--out", "cifar:$HOME;é"),
    "weights": (Path("w.safetensors"), Path("-odd name"), Path("/tmp/é'\"|")),
    "teacher_map": ("blocks", "layer4.1.act2"),
    "teacher_head": ("head", "--odd"),
    "algorithm": tuple(ALGORITHMS.builtin),
    "latency_device": ("cpu", "cuda", "cuda:12"),
}
"""Texts that a field may hold, where its declaration does not list them."""


def of_option(one: Declared) -> st.SearchStrategy[Any]:
    """Values that the declaration of an option allows."""
    option = one.option
    if one.name in ODD or option.choices:
        return st.sampled_from(ODD.get(one.name) or option.choices)
    if one.type is tuple:
        return st.tuples(st.integers(1, 7), st.integers(1, 32), st.integers(1, 32))
    if one.type is int:
        return st.integers(option.minimum, option.maximum)
    low = option.minimum if option.above is None else option.above
    return st.floats(low, option.maximum, exclude_min=option.above is not None)


@st.composite
def search_specs(draw: st.DrawFn) -> SearchSpec:
    """A search spec of which any fields are given, and the others left out."""
    given: dict[str, Any] = {}
    for one in declared(SearchSpec):
        value = draw(of_option(one) if one.name == "teacher" else st.none() | of_option(one))
        if value is not None:
            _put(given, one.path, value)
    return from_json(SearchSpec, _reconciled(given))


def _put(place: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    for name in path[:-1]:
        place = place.setdefault(name, {})
    place[path[-1]] = value


def _reconciled(given: dict[str, Any]) -> dict[str, Any]:
    """The same without what contradicts itself: ranges upside down, tournaments of more than there are."""
    limits = given.get("constraints", {})
    for cost in ("params", "macs", "memory", "latency"):
        low, high = f"min_{cost}", f"max_{cost}"
        if low in limits and high in limits:
            limits[low], limits[high] = sorted((limits[low], limits[high]))
    if given.get("algorithm") == "exhaustive":
        given["space"] = "cifar-resnet"
    if "tournament" in given:
        given["population"] = max(given["tournament"], given.get("population", 1))
    return given
