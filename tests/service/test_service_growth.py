"""State kept by what its growing lists gained."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diswot_service.store.growth import Lists, changes, grow, put_back, take_out

PATHS = ("measured", "algorithm.known", "absent", "relaxation")


def test_growing_lists_are_taken_out_and_put_back() -> None:
    state = {"measured": [1, 2], "algorithm": {"known": [3], "rng": 4}, "relaxation": None}
    rest, lists = take_out(state, PATHS)
    assert rest == {
        "algorithm": {"rng": 4},
        "relaxation": None,
        "lengths": {"measured": 2, "algorithm.known": 1},
    }
    assert lists == {"measured": [1, 2], "algorithm.known": [3]}
    assert state["algorithm"] == {"known": [3], "rng": 4}, "the state itself stays as it was"
    assert put_back(rest, {**lists, "measured": [1, 2, 99]}) == state, "lists may have grown since"
    with pytest.raises(ValueError, match="measured has 1 of its 2 entries"):
        put_back(rest, {**lists, "measured": [1]})


def test_a_state_that_was_kept_whole_stays_so() -> None:
    assert put_back({"measured": [1, 2]}, {}) == {"measured": [1, 2]}


def test_only_what_is_new_or_changed_is_added() -> None:
    assert changes({"a": [1, 2], "b": [1]}, {"a": [1, 9, 3], "b": [1], "c": []}) == {"a": [(1, 9), (2, 3)]}


def test_a_gap_is_noticed() -> None:
    with pytest.raises(ValueError, match="a lacks entry 1"):
        grow({"a": [0]}, {"a": [(2, 5)]})


@given(st.lists(st.lists(st.integers(0, 2), max_size=4), max_size=6), st.data())
def test_increments_add_up_to_the_state(batches: list[list[int]], data: st.DataObject) -> None:
    known: list[int] = []
    kept: Lists = {}
    replayed: Lists = {}
    for batch in batches:
        known = [data.draw(st.integers(0, 2)) if data.draw(st.booleans()) else entry for entry in known] + batch
        state = {"measured": known, "algorithm": {"known": known[:1], "rng": len(known)}, "relaxation": None}
        rest, lists = take_out(state, PATHS)
        grow(replayed, json.loads(json.dumps(changes(kept, lists))))
        kept = lists
        assert put_back(json.loads(json.dumps(rest)), replayed) == state
