"""The claims about distilled students, on tables whose answer is known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.correlation.run import run_correlation
from benchmarks.paper.students import ALONE, DISTILLED, check_best_student, check_similarities
from benchmarks.runs.protocol import CorrelationSpec
from search_spaces import get_space

ARCHS = ("1-1-1", "1-1-3", "1-3-1", "3-1-1", "3-3-1", "3-3-3", "5-3-3", "5-5-5")

Write = Callable[[list[float], list[float]], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def table(alone: list[float], distilled: list[float]) -> Path:
        path = tmp_path / "labels.csv"
        lines = [f"{arch},{a},{d}" for arch, a, d in zip(ARCHS, alone, distilled, strict=False)]
        path.write_text("\n".join([f"arch,{ALONE},{DISTILLED}", *lines]) + "\n")
        return path

    return table


def test_another_student_is_best_when_distilled(write: Write) -> None:
    """Alone 4 > 3 > 2 > 1, distilled 3 > 1 > 4 > 2: three of the six pairs agree, three do not, tau is 0."""
    labels = write([61, 62, 63, 64], [72, 70, 74, 71])
    (claim,) = check_best_student(labels, 0.0, 0)
    figures = claim.figures
    assert (figures["best_alone"], figures["best_distilled"]) == ("3-1-1", "1-3-1")
    assert (figures["rank_of_best_alone_when_distilled"], figures["rank_of_best_distilled_when_alone"]) == (3, 2)
    assert (figures["loss"], figures["loss_low"], figures["loss_high"]) == (3, 3, 3)
    assert figures["tau"] == pytest.approx(0.0)
    assert claim.verdict == "holds"
    assert figures["share_of_draws_with_one_best"] == 0


def test_one_student_is_best_both_ways(write: Write) -> None:
    (claim,) = check_best_student(write([61, 62, 63], [71, 72, 73]), 0.0, 0)
    assert claim.verdict == "does not hold"
    assert claim.figures["loss"] == 0
    assert claim.figures["share_of_draws_with_one_best"] == 1


def test_noise_of_the_labels_makes_near_ones_indistinguishable(write: Write) -> None:
    labels = write([61, 62, 63.0, 63.1], [70, 70, 74.1, 74.0])
    assert check_best_student(labels, 0.0, 0)[0].verdict == "holds"
    (claim,) = check_best_student(labels, 0.25, 0)
    assert claim.verdict == "cannot be told"
    assert 0.25 < claim.figures["share_of_draws_with_one_best"] < 0.75
    assert claim == check_best_student(labels, 0.25, 0)[0]
    far = write([61, 62, 63, 66], [70, 70, 78, 74])
    assert check_best_student(far, 0.25, 0)[0].verdict == "holds", "four points are no noise"


def test_similarities_beside_counts(spec: CorrelationSpec, write: Write, tmp_path: Path) -> None:
    """Distilled accuracy is the count of parameters: nothing ranks better, and that is what the verdict says."""
    space = get_space("cifar-resnet")
    params = [space.costs(space.decode(arch), 10).params / 10_000 for arch in ARCHS]
    asked = replace(
        spec,
        labels=write(params, params),
        columns=(DISTILLED,),
        proxies=("relation", "semantic", "diswot", "default"),
        seeds=1,
    )
    folder = run_correlation(asked, tmp_path / "run", "serial", None, lambda *_: None)
    correlate, better = check_similarities(folder, 0)
    assert correlate.figures["params"]["tau"] == pytest.approx(1)
    assert set(correlate.figures) == {"relation", "semantic", "diswot", "default", "params", "macs", "students"}
    for name in ("relation", "semantic", "diswot", "default"):
        tau, versus = correlate.figures[name], better.figures[name]
        assert tau["tau_low"] <= tau["tau"] + 1e-9
        assert tau["tau"] <= tau["tau_high"] + 1e-9
        assert versus["difference"] == pytest.approx(tau["tau"] - 1)
        assert versus["difference_high"] <= 1e-9
    assert better.verdict == "does not hold"
    assert correlate.figures["students"] == len(ARCHS)
