"""Checkpoints: whole, checked, and never in the way."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from diswot.errors import DiswotError, InputError
from diswot.proxies import PROXIES
from diswot.report.files import check_folder
from diswot.search.checkpoint import checkpoint_writer, checkpoints, read_checkpoint
from diswot.search.run import run_phases
from diswot.search.search import Search
from diswot.spec.compute import ComputeSpec
from diswot.spec.constraints import Constraints
from diswot.spec.search import SearchSpec
from tests.diswot.report.conftest import Costing

COMPUTE = ComputeSpec("serial", workers=3, cache=None)


class Killed(BaseException):
    """What a test ends a search with."""


def begin(folder: Path, spec: SearchSpec, batches: int = 1) -> Search:
    """A search that was killed after so many batches, with a checkpoint behind each."""
    search = Search(spec)
    left = iter([True] * batches)
    with suppress(Killed), checkpoints(folder, search, COMPUTE) as keep:

        def write() -> bool:
            keep.write()
            return next(left, False)

        run_phases(search, Costing(), lambda _: None, write)
        raise Killed
    return search


def refusal(folder: Path) -> str:
    with pytest.raises(InputError) as caught:
        read_checkpoint(folder)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_checkpoint_holds_the_whole_search(tmp_path: Path, spec: SearchSpec) -> None:
    asked = replace(
        spec, constraints=Constraints(max_params=400_000, max_latency=9.5), max_seconds=60.0, patience=20, seed=3
    )
    search = Search(asked)
    search.bind_probe("images")
    checkpoint_writer(tmp_path / "checkpoint.json", search, COMPUTE).write()
    found, compute = read_checkpoint(tmp_path)
    assert (found.spec, compute) == (asked, COMPUTE)
    assert found.to_json() == search.to_json()


def test_a_search_goes_on_from_its_checkpoint_to_the_same_end(tmp_path: Path, spec: SearchSpec, search: Search) -> None:
    stopped = begin(tmp_path, spec)
    assert 0 < len(stopped.evaluations) < len(search.evaluations)
    found, _ = read_checkpoint(tmp_path)
    assert found.evaluations == stopped.evaluations
    run_phases(found, Costing(), lambda _: None)
    assert found.ranked() == search.ranked()
    assert found.state.relaxed == search.state.relaxed


def test_a_checkpoint_is_written_at_once_and_gone_when_the_search_is_on_file(tmp_path: Path, spec: SearchSpec) -> None:
    folder = tmp_path / "a" / "b"
    with checkpoints(folder, Search(spec), COMPUTE):
        assert {path.name for path in folder.iterdir()} == {"checkpoint.json", ".lock"}
    assert list(folder.iterdir()) == []


def test_a_search_that_fails_before_it_measures_leaves_nothing(tmp_path: Path, spec: SearchSpec) -> None:
    with pytest.raises(DiswotError), checkpoints(tmp_path / "run", Search(spec), COMPUTE):
        raise DiswotError("no such probe")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "mine.txt").touch()
    with pytest.raises(DiswotError), checkpoints(tmp_path, Search(spec), COMPUTE):
        raise DiswotError("no such probe")
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_search_that_fails_later_can_go_on(tmp_path: Path, spec: SearchSpec) -> None:
    search = Search(spec)
    with suppress(DiswotError), checkpoints(tmp_path, search, COMPUTE) as keep:
        run_phases(search, Costing(), lambda _: None)
        keep.write()
        raise DiswotError("the disk is full")
    assert read_checkpoint(tmp_path)[0].evaluations == search.evaluations


def test_two_processes_do_not_search_in_one_folder(tmp_path: Path, spec: SearchSpec) -> None:
    with checkpoints(tmp_path, Search(spec), COMPUTE):
        before = (tmp_path / "checkpoint.json").read_bytes()
        sentence = f"^another process searches in '{tmp_path}'$"
        with pytest.raises(InputError, match=sentence), checkpoints(tmp_path, Search(replace(spec, seed=1)), COMPUTE):
            raise AssertionError("it must not begin")
        assert (tmp_path / "checkpoint.json").read_bytes() == before


def test_a_folder_without_a_checkpoint(tmp_path: Path) -> None:
    sentence = f"there is no search to resume in '{tmp_path}': it has no checkpoint.json"
    assert refusal(tmp_path) == sentence


def test_a_search_that_was_killed_among_its_files_writes_them_again(tmp_path: Path, spec: SearchSpec) -> None:
    stopped = begin(tmp_path, spec)
    (tmp_path / "result.json").touch()
    assert read_checkpoint(tmp_path)[0].evaluations == stopped.evaluations


def test_a_finished_search(tmp_path: Path) -> None:
    (tmp_path / "result.json").touch()
    assert refusal(tmp_path) == f"the search in '{tmp_path}' is finished, there is nothing to resume: see result.json"


def _cut(text: str) -> str:
    return text[: len(text) // 2]


def _emptied(_: str) -> str:
    return ""


def _other(_: str) -> str:
    return '{"weights": [1, 2, 3]}'


def _listed(_: str) -> str:
    return "[1]"


def _flipped(text: str) -> str:
    return text.replace('"stale": ', '"stale": 1')


@pytest.mark.parametrize("damage", [_cut, _emptied, _other, _listed, _flipped])
def test_a_damaged_checkpoint(tmp_path: Path, spec: SearchSpec, damage: Callable[[str], str]) -> None:
    begin(tmp_path, spec)
    path = tmp_path / "checkpoint.json"
    text = path.read_text()
    assert damage(text) != text
    path.write_text(damage(text))
    assert refusal(tmp_path) == f"'{path}' is damaged and cannot be resumed from: start again in another folder"


def test_a_checkpoint_that_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "checkpoint.json").write_bytes(b"\xff\xfe\x00")
    assert refusal(tmp_path).startswith(f"'{tmp_path / 'checkpoint.json'}' cannot be read: ")


def test_a_checkpoint_of_another_version(tmp_path: Path, spec: SearchSpec) -> None:
    begin(tmp_path, spec)
    path = tmp_path / "checkpoint.json"
    document = json.loads(path.read_text())
    path.write_text(json.dumps(document | {"version": 7}))
    assert refusal(tmp_path) == f"'{path}' has version 7; this diswot continues version 2"


def test_a_search_whose_score_has_changed_since(
    tmp_path: Path, spec: SearchSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin(tmp_path, spec)
    version = PROXIES["macs"].version
    monkeypatch.setitem(PROXIES, "macs", replace(PROXIES["macs"], version=version + 1))
    assert refusal(tmp_path) == (
        f"the search in '{tmp_path}' began with version {version} of score 'macs'; "
        f"this diswot computes version {version + 1}"
    )


def test_what_a_search_needs_and_is_gone_is_named(tmp_path: Path, spec: SearchSpec) -> None:
    weights = tmp_path / "teacher.safetensors"
    save_file({"fc.bias": torch.zeros(10)}, weights)
    begin(tmp_path / "run", replace(spec, teacher=replace(spec.teacher, weights=weights)), batches=0)
    weights.unlink()
    assert refusal(tmp_path / "run") == f"weights file '{weights}' does not exist"


def test_a_search_sees_the_images_that_it_began_with(spec: SearchSpec) -> None:
    search = Search(spec)
    search.bind_probe("these")
    search.bind_probe("these")
    with pytest.raises(InputError, match=r"^the images of probe 'noise' are not those that the search began with$"):
        search.bind_probe("others")


def test_a_new_search_leaves_an_unfinished_one_alone(tmp_path: Path, spec: SearchSpec) -> None:
    begin(tmp_path, spec)
    with pytest.raises(InputError) as caught:
        check_folder(tmp_path, spec)
    assert str(caught.value) == (
        f"'{tmp_path}' holds a search that is not finished; go on with --resume '{tmp_path}', or choose another folder"
    )
