"""Batches that are run for real, with a score that takes no network."""

from __future__ import annotations

from pathlib import Path

import pytest

from diswot.batch.estimate import estimate
from diswot.batch.folder import BatchFolder
from diswot.batch.plan import PlannedSearch
from diswot.batch.run import Outcome, Watch, run_batch
from diswot.estimate import Estimate
from diswot.search.state import Progress
from diswot.spec.compute import ComputeSpec
from diswot.workflow import Stage
from tests.diswot.batch.made import jobs

SERIAL = ComputeSpec("serial", cache=None)
COUNTED = {"score": "macs", "probe": {"source": "noise", "size": 4}, "evaluations": 6, "population": 6, "tournament": 2}
BUDGETS = {"small": {"max_params": "0.2M"}, "hasty": {"max_latency": "1us"}}


class Notes:
    """What a batch tells while it runs."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.watch = Watch(self.begin, self.prepare, self.progress, self.end)

    def begin(self, job: PlannedSearch) -> None:
        self.told.append(f"begin {job.name}")

    def prepare(self, _: PlannedSearch, stage: Stage) -> None:
        self.told.append(stage)

    def progress(self, _: PlannedSearch, progress: Progress) -> None:
        self.told.append(f"{progress.phase} {progress.done}/{progress.total}")

    def end(self, outcome: Outcome) -> None:
        self.told.append(f"{outcome.status} {outcome.job.name}")


def test_every_search_is_run_once_and_one_that_fails_stops_no_other(tmp_path: Path) -> None:
    folder, notes = BatchFolder(tmp_path), Notes()
    asked = jobs(constraints={"hasty": BUDGETS["hasty"], "small": BUDGETS["small"]}, search=COUNTED)
    hasty, small = run_batch(asked, folder, SERIAL, notes.watch)
    assert (hasty.status, small.status) == ("failed", "finished")
    assert hasty.reason is not None
    assert hasty.reason.startswith("no architecture of cifar-resnet has at most 1 us on cpu (1 thread, batch 1): the ")
    assert not folder.of(asked[0]).exists()
    assert sorted(path.name for path in folder.of(asked[1]).iterdir()) == [
        "candidates.csv",
        "result.json",
        "search.png",
    ]
    assert notes.told[:3] == [f"begin {asked[0].name}", f"failed {asked[0].name}", f"begin {asked[1].name}"]
    assert "exploring 6/6" in notes.told
    assert notes.told[-1] == f"finished {asked[1].name}"
    again = Notes()
    assert [one.status for one in run_batch(asked[1:], folder, SERIAL, again.watch)] == ["skipped"]
    assert again.told == [f"begin {asked[1].name}", f"skipped {asked[1].name}"]


def test_a_damaged_result_is_a_search_that_failed(tmp_path: Path) -> None:
    folder = BatchFolder(tmp_path)
    (job,) = jobs(constraints={"small": BUDGETS["small"]}, search=COUNTED)
    folder.of(job).mkdir()
    (folder.of(job) / "result.json").write_text("{")
    (outcome,) = run_batch([job], folder, SERIAL, Notes().watch)
    assert outcome.status == "failed"
    assert outcome.reason is not None
    assert outcome.reason.endswith("result.json' is damaged; delete its folder to search again")


def test_a_failure_of_the_machine_is_one_of_the_search(tmp_path: Path) -> None:
    folder = BatchFolder(tmp_path)
    (job,) = jobs(constraints={"small": BUDGETS["small"]}, search=COUNTED)
    folder.of(job).write_text("a file where the folder should be")
    (outcome,) = run_batch([job], folder, SERIAL, Notes().watch)
    assert outcome.status == "failed"
    assert outcome.reason is not None
    assert outcome.reason.startswith(("FileExistsError", "NotADirectoryError"))


def test_an_estimate_counts_what_is_left_and_begins_no_cache(tmp_path: Path) -> None:
    folder, cache = BatchFolder(tmp_path / "batch"), tmp_path / "cache"
    asked = jobs(seeds=[0, 1], constraints={"small": BUDGETS["small"], "none": {}}, search=COUNTED)
    told: list[str] = []
    estimates, workers = estimate(asked, folder, ComputeSpec("serial", cache=cache), told.append)
    assert workers == 1
    assert [one.state for one in estimates] == ["new"] * 4
    # 6, two more initializations of each, and up to 20 beyond the budget, where there is one.
    assert [one.estimate.networks for one in estimates] == [38, 38, 18, 18]
    assert [one.estimate.evaluations for one in estimates] == [6] * 4
    assert all(one.estimate.seconds > 0 for one in estimates)
    assert told == [f"estimating {job.name}" for job in asked]
    assert list(tmp_path.iterdir()) == []


def test_what_is_done_costs_nothing(tmp_path: Path) -> None:
    folder = BatchFolder(tmp_path)
    asked = jobs(constraints={"none": {}}, search=COUNTED)
    run_batch(asked, folder, SERIAL, Notes().watch)
    ((done,), _) = estimate(asked, folder, SERIAL, lambda _: None)
    assert (done.state, done.estimate) == ("done", Estimate(6, 0, 0.0))


@pytest.mark.parametrize(("workers", "expected"), [(3, 3), (1, 1)])
def test_workers_share_the_work(workers: int, expected: int, tmp_path: Path) -> None:
    (job,) = jobs(constraints={"none": {}}, search=COUNTED)
    folder = BatchFolder(tmp_path)
    run_batch([job], folder, SERIAL, Notes().watch)
    assert estimate([job], folder, ComputeSpec("processes", workers, cache=None), lambda _: None)[1] == expected
