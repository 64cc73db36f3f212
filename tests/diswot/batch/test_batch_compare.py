"""Which student is recommended over all seeds; the figures are worked out by hand."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from diswot.batch.compare import compare
from diswot.batch.folder import BatchFolder
from diswot.batch.table import rows, write_comparison
from diswot.errors import UnreadableData
from tests.diswot.batch.made import A, B, C, D, finish, jobs

THREE = (
    {A: (1.0, 3.0), B: (5.0, 5.0), C: (4.0, 4.0)},  # D fails
    {A: (3.0, 3.0), B: (4.0, 4.0), C: (11.0, 13.0), D: (1.0, 1.0)},
    {A: (7.5, 8.5), B: (8.0, 10.0), C: (7.0, 7.0), D: (6.0, 6.0)},
)


@pytest.fixture(scope="module", name="three")
def three_seeds(tmp_path_factory: pytest.TempPathFactory) -> BatchFolder:
    folder = BatchFolder(tmp_path_factory.mktemp("three"))
    for job, values in zip(jobs(seeds=[0, 1, 2]), THREE, strict=True):
        finish(folder, job, values)
    return folder


def test_the_student_is_the_one_that_most_seeds_recommend(three: BatchFolder) -> None:
    (group,) = compare(jobs(seeds=[0, 1, 2]), three)
    consensus = group.consensus
    assert consensus is not None
    assert (consensus.arch, consensus.recommended, consensus.measured) == (B, 2, 3)  # though the mean of C is 7.67
    assert consensus.score == pytest.approx((5 + 4 + 9) / 3)
    assert consensus.spread == pytest.approx(((1 + 4 + 9) / 2) ** 0.5)
    assert consensus.stderr == pytest.approx(((0**2 + 1**2) / 2 / 3) ** 0.5)  # of the two seeds that recommend it
    assert (consensus.params, consensus.macs, consensus.latency) == (87_386, 5_485_184, None)


def test_all_seeds_are_compared_with_one_another(three: BatchFolder) -> None:
    (group,) = compare(jobs(seeds=[0, 1, 2]), three)
    assert group.agreement.tau is None  # three and four common candidates are too few
    assert group.agreement.same is False
    assert group.agreement.overlap == 1.0
    assert group.agreement.shared == 3
    assert [list(found.scores) for found in group.found] == [[B, C, A], [C, B, A, D], [B, A, C, D]]


def test_of_several_that_as_many_seeds_recommend_it_is_the_one_with_the_highest_mean(tmp_path: Path) -> None:
    folder = BatchFolder(tmp_path)
    two = jobs(seeds=[0, 1])
    finish(folder, two[0], {A: (4.0, 4.0), B: (5.0, 5.0)})
    finish(folder, two[1], {A: (10.0, 10.0)})
    (group,) = compare(two, folder)
    assert group.consensus is not None
    assert (group.consensus.arch, group.consensus.score) == (A, 7.0)  # (4 + 10) / 2; B has 5 of its only seed
    assert group.consensus.spread == pytest.approx(18**0.5)
    assert group.consensus.recommended == 1


def test_what_is_unfinished_or_failed_is_left_out(three: BatchFolder) -> None:
    four = jobs(seeds=[0, 1, 2, 3])
    (group,) = compare(four, three, [four[0].name])
    assert len(group.jobs) == 4
    assert [found.job for found in group.found] == [four[1], four[2]]
    (none,) = compare(four[:1], three, [four[0].name])
    assert none.consensus is None


def test_the_table_has_a_line_for_each_teacher_space_and_budget(three: BatchFolder, tmp_path: Path) -> None:
    budgets = {"small": {"max_params": "107k"}, "none": {}}
    asked = jobs(seeds=[0, 1, 2], constraints=budgets)
    reasons = {asked[4].name: 'no, said "it"; twice'}
    table = rows(compare(asked, three, reasons), reasons)
    write_comparison(tmp_path / "comparison.csv", table)
    with (tmp_path / "comparison.csv").open(newline="") as file:
        first, second = csv.DictReader(file)
    assert (first["teacher"], first["budget"], first["limits"]) == ("resnet20", "small", "at most 107,000 parameters")
    assert (first["arch"], float(first["score"])) == (B, 6.0)
    assert (first["seeds"], first["finished"], first["seeds_that_recommend"]) == ("3", "3", "2")
    assert (first["seeds_agree"], first["failed"]) == ("False", "")
    assert (second["arch"], second["score"], second["finished"]) == ("", "", "0")
    assert second["failed"] == f'{asked[4].name}: no, said "it"; twice'


def test_candidates_that_are_gone_are_said(tmp_path: Path) -> None:
    folder = BatchFolder(tmp_path)
    (one,) = jobs()
    finish(folder, one, THREE[0])
    (folder.of(one) / "candidates.csv").write_text("rank\n1\n")
    with pytest.raises(UnreadableData, match=r"candidates.csv' is missing or damaged; delete its folder"):
        compare([one], folder)
