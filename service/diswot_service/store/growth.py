"""State whose lists grow, kept by what was added to them.

The state of a search holds everything it has measured. Writing the whole state after each batch would write the square
of the length of the search. So a checkpoint keeps the state without its growing lists, and an increment what has
changed in these since the checkpoint before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

State = dict[str, Any]
"""JSON object."""
Lists = dict[str, list[Any]]
"""The growing lists, by path: a dotted path such as `algorithm.known` names a member of a member."""
Changes = Mapping[str, Iterable[tuple[int, Any]]]
"""New entries, by path and place in the list."""

LENGTHS = "lengths"
"""Member of a state that says how long its growing lists are."""


def take_out(state: State, paths: Iterable[str]) -> tuple[State, Lists]:
    """A state with the lengths of its growing lists in their place, and the lists; a path may lead to none."""
    rest, lists = dict(state), {}
    for path in paths:
        parent, name = _parent(rest, path)
        if isinstance(parent.get(name), list):
            lists[path] = parent.pop(name)
    return rest | {LENGTHS: {path: len(entries) for path, entries in lists.items()}}, lists


def put_back(rest: State, lists: Lists) -> State:
    """The state that `take_out` took apart; `lists` may have grown since.

    Raises:
        ValueError: a list is shorter than it was.
    """
    state = dict(rest)
    for path, length in state.pop(LENGTHS, {}).items():
        parent, name = _parent(state, path)
        parent[name] = lists.get(path, [])[:length]
        if len(parent[name]) < length:
            raise ValueError(f"{path} has {len(parent[name])} of its {length} entries")
    return state


def changes(before: Lists, now: Lists) -> dict[str, list[tuple[int, Any]]]:
    """What turns the lists of before into those of now, which are no shorter."""
    found = {}
    for path, entries in now.items():
        old = before.get(path, [])
        new = [(i, entry) for i, entry in enumerate(entries) if i >= len(old) or old[i] != entry]
        if new:
            found[path] = new
    return found


def grow(lists: Lists, added: Changes) -> None:
    """Make these changes.

    Raises:
        ValueError: there is a gap between a list and what is added to it.
    """
    for path, entries in added.items():
        known = lists.setdefault(path, [])
        for place, entry in entries:
            if place > len(known):
                raise ValueError(f"{path} lacks entry {len(known)}")
            known[place : place + 1] = [entry]


def _parent(state: State, path: str) -> tuple[State, str]:
    """The member that a path leads into, copied on the way, and the name of what it leads to."""
    *outer, name = path.split(".")
    for part in outer:
        state[part] = state = dict(state[part])
    return state, name
