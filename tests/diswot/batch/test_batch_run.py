"""Batches that are run for real, with a score that takes no network."""

from __future__ import annotations

from pathlib import Path

import pytest

from diswot.batch.folder import BatchFolder
from diswot.batch.plan import Job
from diswot.batch.price import price
from diswot.batch.run import Outcome, Watch, run_batch
from diswot.search.state import Progress
from diswot.spec.compute import ComputeSpec
from tests.diswot.batch.made import jobs

SERIAL = ComputeSpec("serial", cache=None)
COUNTED = {"score": "macs", "probe": {"source": "noise", "size": 4}, "evaluations": 6, "population": 6, "tournament": 2}
BUDGETS = {"small": {"max_params": "0.2M"}, "hasty": {"max_latency": "1us"}}


class Notes:
    """What a batch tells while it runs."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.watch = Watch(self.begin, self.progress, self.end)

    def begin(self, job: Job) -> None:
        self.told.append(f"begin {job.name}")

    def progress(self, _: Job, progress: Progress) -> None:
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
    assert "evolving 6/6" in notes.told
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


def test_a_price_counts_what_is_left_and_begins_no_cache(tmp_path: Path) -> None:
    folder, cache = BatchFolder(tmp_path / "batch"), tmp_path / "cache"
    asked = jobs(seeds=[0, 1], constraints={"small": BUDGETS["small"], "none": {}}, search=COUNTED)
    told: list[str] = []
    prices, workers = price(asked, folder, ComputeSpec("serial", cache=cache), told.append)
    assert workers == 1
    assert [one.state for one in prices] == ["new"] * 4
    assert [one.left for one in prices] == [
        32,
        32,
        12,
        12,
    ]  # 6, all of them once more, and up to 20 beyond the budget, where there is one
    assert [one.evaluations for one in prices] == [6] * 4
    assert [one.cached for one in prices] == [0] * 4
    assert all(one.seconds > 0 for one in prices)
    assert told == [f"timing cifar-resnet under resnet20, budget {name}" for name in ("small", "none")]
    assert list(tmp_path.iterdir()) == []


def test_what_is_done_costs_nothing_and_what_is_in_the_cache_next_to_nothing(tmp_path: Path) -> None:
    compute = ComputeSpec("serial", cache=tmp_path / "cache")
    folder, other = BatchFolder(tmp_path / "batch"), BatchFolder(tmp_path / "other")
    asked = jobs(constraints={"small": BUDGETS["small"]}, search=COUNTED)
    run_batch(asked, folder, compute, Notes().watch)
    ((done,), _) = price(asked, folder, compute, lambda _: None)
    assert (done.state, done.left, done.seconds) == ("done", 0, 0.0)
    ((rehearsed,), _) = price(asked, other, compute, lambda _: None)
    assert rehearsed.state == "new"
    assert rehearsed.left == rehearsed.cached >= 6
    assert rehearsed.seconds == 0.0
    ((forgetful,), _) = price(asked, other, ComputeSpec("serial", cache=None), lambda _: None)
    assert (forgetful.left, forgetful.cached) == (32, 0)
    assert not other.path.exists()


def test_a_longer_search_is_rehearsed_as_far_as_the_cache_goes(tmp_path: Path) -> None:
    compute = ComputeSpec("serial", cache=tmp_path / "cache")
    shorter = {**COUNTED, "relaxation": 0.0}
    run_batch(jobs(constraints={"none": {}}, search=shorter), BatchFolder(tmp_path / "one"), compute, Notes().watch)
    longer = jobs(constraints={"none": {}}, search={**shorter, "evaluations": 12})
    ((one,), _) = price(longer, BatchFolder(tmp_path / "two"), compute, lambda _: None)
    assert (one.left, one.cached) == (24, 6)


def test_searches_before_it_measure_the_reference_sample(tmp_path: Path) -> None:
    scaled = {**COUNTED, "score": "az-nas", "relaxation": 0.0}
    asked = jobs(constraints={"none": {}, "small": BUDGETS["small"]}, search=scaled)
    prices, _ = price(
        asked, BatchFolder(tmp_path / "one"), ComputeSpec("serial", cache=tmp_path / "no"), lambda _: None
    )
    assert [(one.left, one.cached) for one in prices] == [(64 + 12, 0), (64 + 12, 64)]  # all 64 are the sample


@pytest.mark.parametrize(("workers", "expected"), [(3, 3), (1, 1)])
def test_workers_share_the_work(workers: int, expected: int, tmp_path: Path) -> None:
    (job,) = jobs(constraints={"none": {}}, search=COUNTED)
    folder = BatchFolder(tmp_path)
    run_batch([job], folder, SERIAL, Notes().watch)
    assert price([job], folder, ComputeSpec("processes", workers, cache=None), lambda _: None)[1] == expected
