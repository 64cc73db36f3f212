"""The folder of a batch: what it takes, what it refuses, and how far its searches are."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from diswot.batch.folder import PLAN, BatchFolder
from diswot.errors import InputError, UnreadableData
from diswot.search.checkpoint import CHECKPOINT, checkpoint_writer
from diswot.search.run import run_phases
from diswot.search.search import Search
from diswot.spec.compute import ComputeSpec
from tests.diswot.batch.made import A, B, Scripted, finish, jobs, plan_of

VALUES = {A: (1.0, 1.0), B: (2.0, 2.0)}


def test_a_new_folder_is_made_when_it_is_held_and_has_the_plan(tmp_path: Path) -> None:
    folder = BatchFolder(tmp_path / "runs" / "one")
    folder.check(plan_of())
    assert list(tmp_path.iterdir()) == []
    with folder.held(plan_of()):
        assert {path.name for path in folder.path.iterdir()} == {PLAN, ".lock"}
    with folder.held(plan_of()):
        pass


def test_a_second_process_is_kept_out(tmp_path: Path) -> None:
    folder = BatchFolder(tmp_path / "one")
    with (
        folder.held(plan_of()),
        pytest.raises(InputError, match="another process runs the batch in"),
        folder.held(plan_of()),
    ):
        pass


def test_another_plan_is_refused_with_what_differs(tmp_path: Path) -> None:
    folder = BatchFolder(tmp_path / "one")
    with folder.held(plan_of()):
        pass
    before = (folder.path / PLAN).read_bytes()
    with pytest.raises(
        InputError, match=r"holds a batch of another plan: its constraints, seeds differ; choose another"
    ):
        folder.check(plan_of(seeds=[1], constraints={"small": {"max_params": "200k"}}))
    assert (folder.path / PLAN).read_bytes() == before


def test_the_order_of_budgets_makes_no_other_plan(tmp_path: Path) -> None:
    small, large = {"max_params": "107k"}, {"max_params": "200k"}
    folder = BatchFolder(tmp_path / "one")
    with folder.held(plan_of(constraints={"small": small, "large": large})):
        pass
    folder.check(plan_of(constraints={"large": large, "small": small}))


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "photo.png").write_bytes(b"")
    with pytest.raises(InputError, match="is not empty and holds no batch; choose another folder"):
        BatchFolder(tmp_path).check(plan_of())
    with pytest.raises(InputError, match=r"photo.png' is a file, not a folder"):
        BatchFolder(tmp_path / "photo.png").check(plan_of())


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(InputError, match="cannot be written: no permission in"):
            BatchFolder(tmp_path / "one").check(plan_of())
    finally:
        tmp_path.chmod(0o700)


def test_a_damaged_plan_is_said(tmp_path: Path) -> None:
    (tmp_path / PLAN).write_text("{")
    with pytest.raises(UnreadableData, match=r"plan.json' is damaged; choose another folder"):
        BatchFolder(tmp_path).check(plan_of())


def test_a_finished_search_has_its_result(tmp_path: Path) -> None:
    folder, (job,) = BatchFolder(tmp_path), jobs()
    assert folder.result(job) is None
    finish(folder, job, VALUES)
    result = folder.result(job)
    assert result is not None
    assert (result.recommended.arch, result.recommended.score) == (B, 2.0)


def test_the_result_of_another_search_of_another_score_or_of_no_search_is_not_taken(tmp_path: Path) -> None:
    folder, (job,) = BatchFolder(tmp_path), jobs()
    finish(folder, job, VALUES)
    (other,) = jobs(search={"score": "macs"})
    file = folder.of(job) / "result.json"
    with pytest.raises(InputError, match="holds the result of another search"):
        folder.result(other)
    content = json.loads(file.read_text())
    content["outcome"]["score_version"] += 1
    file.write_text(json.dumps(content))
    with pytest.raises(InputError, match=r"has version 2 of score 'diswot'; this diswot computes version 1"):
        folder.result(job)
    del content["recommended"]
    file.write_text(json.dumps(content))
    with pytest.raises(UnreadableData, match="is damaged; delete its folder to search again"):
        folder.result(job)


def test_an_interrupted_search_is_there_as_it_was(tmp_path: Path) -> None:
    folder, (job,) = BatchFolder(tmp_path), jobs()
    assert folder.begun(job) is None
    search = Search(job.spec)
    run_phases(search, Scripted(VALUES), lambda _: None)
    folder.of(job).mkdir()
    checkpoint_writer(folder.of(job) / CHECKPOINT, search, ComputeSpec("serial", cache=None)).write()
    begun = folder.begun(job)
    assert begun is not None
    assert begun[0].to_json() == search.to_json()
    (other,) = jobs(search={"score": "macs"})
    with pytest.raises(InputError, match="holds another search"):
        folder.begun(other)
