"""Which NAS-Bench-201 cells are the same function, and which the benchmark counts as isomorphic. Free of torch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from itertools import chain, groupby, permutations, product

from diswot_spaces.nasbench201_cells import (
    EDGES,
    NONE,
    OPERATIONS,
    OUTPUT,
    POOLING,
    SKIP,
    alive_in_cell,
    live_edges,
)

INPUT = -1
"""Stands for the input of the cell where others stand for the convolution on an edge."""

Term = tuple[int, int]
"""How often a tensor is pooled, and what it is: `INPUT`, or the edge whose convolution gives it."""

Sum = Mapping[Term, int]
"""What a node holds: how often each term is added."""

Function = tuple[object, ...]
"""A function, written so that two cells have equal ones if and only if they are the same function."""


def function_of(choices: tuple[int, ...]) -> Function:
    """The function of a cell, up to the names of the edges that its convolutions stand on.

    Edges that the output does not depend on are left out, skip connections are their sources, and nodes are sums in
    which order does not matter. The 3 x 3 average pooling is linear, its borders included: each position is divided by
    the number of pixels under it, whatever they are. So a pooled sum is the sum of the pooled. A convolution has
    weights of its own: `a(x) + a(x)` is not `a(x) + b(x)`. What is left is to name the convolutions; of those that do
    the same to the same, each order is tried, and the least form is taken.
    """
    return _written(_living(choices))


@cache
def representatives() -> dict[tuple[int, ...], tuple[int, ...]]:
    """For each cell, the cheapest that is the same function: the one of least memory, the first in order among equals.

    Parameters, multiply-accumulates and depth are the same for all of them, for so are their convolutions.
    """
    cells = {choices: _living(choices) for choices in product(range(len(OPERATIONS)), repeat=len(EDGES))}
    dearest_first = sorted(set(cells.values()), key=lambda living: (alive_in_cell(living), living), reverse=True)
    functions = {living: _written(living) for living in dearest_first}
    cheapest = {function: living for living, function in functions.items()}
    return {choices: cheapest[functions[living]] for choices, living in cells.items()}


@cache
def published_expression(choices: tuple[int, ...]) -> str:
    """What the output node computes, as the benchmark writes it to tell isomorphic cells apart (6,466 classes).

    The rule of the benchmark's own `to_unique_str` with zeros considered: `none` and what follows from it is `#`,
    a skip connection is its source, and the terms of a sum are sorted. A convolution is written by its kind:
    `a(x) + b(x)` looks like `a(x) + a(x)`, though it is another function.
    """
    terms: list[list[str]] = [[] for _ in range(OUTPUT + 1)]
    nodes = ["0", "", "", ""]
    for (source, target), choice in zip(EDGES, choices, strict=True):
        if choice == NONE or nodes[source] == "#":
            term = "#"
        elif choice == SKIP:
            term = nodes[source]
        else:
            term = f"({nodes[source]})@{OPERATIONS[choice]}"
        terms[target].append(term)
        nodes[target] = "+".join(sorted(terms[target]))
    return nodes[OUTPUT]


def _written(living: tuple[int, ...]) -> Function:
    """The function of a cell of live edges."""
    output, read = _sums(living)

    def written(order: tuple[int, ...]) -> Function:
        names = {INPUT: INPUT, **{edge: name for name, edge in enumerate(order)}}
        return (*((living[edge], _named(read[edge], names)) for edge in order), _named(output, names))

    return min(map(written, _orders(living, read)))


def _living(choices: tuple[int, ...]) -> tuple[int, ...]:
    """The cell without the edges that its output does not depend on."""
    return tuple(choice if live else NONE for choice, live in zip(choices, live_edges(choices), strict=True))


def _sums(living: tuple[int, ...]) -> tuple[Sum, dict[int, Sum]]:
    """What the output holds, and what the convolution on each edge reads, in a cell of live edges."""
    nodes: list[dict[Term, int]] = [{(0, INPUT): 1}, {}, {}, {}]
    read: dict[int, Sum] = {}
    for edge, ((source, target), choice) in enumerate(zip(EDGES, living, strict=True)):
        if choice == NONE:
            continue
        brought: Sum = nodes[source]
        if choice == POOLING:
            brought = {(poolings + 1, of): times for (poolings, of), times in brought.items()}
        elif choice != SKIP:
            read[edge], brought = brought, {(0, edge): 1}
        for term, times in brought.items():
            nodes[target][term] = nodes[target].get(term, 0) + times
    return nodes[OUTPUT], read


def _named(terms: Sum, names: Mapping[int, object]) -> tuple[object, ...]:
    """A sum with other names for what is added, in order."""
    return tuple(sorted((poolings, names[of], times) for (poolings, of), times in terms.items()))


def _orders(living: tuple[int, ...], read: Mapping[int, Sum]) -> Iterator[tuple[int, ...]]:
    """The convolutions sorted by what they do to what; those that look alike in every order."""
    looks: dict[int, tuple[object, ...]] = {INPUT: ()}
    for edge, terms in read.items():
        looks[edge] = (living[edge], _named(terms, looks))
    alike = groupby(sorted(read, key=looks.__getitem__), key=looks.__getitem__)
    for orders in product(*(list(permutations(edges)) for _, edges in alike)):
        yield tuple(chain.from_iterable(orders))
