"""Verdicts on documents whose answer is known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from diswot_benchmarks.correlation.score_table import ScoreTable
from diswot_benchmarks.paper.checks import (
    ALONE,
    DISTILLED,
    TRAINED,
    check_search,
    check_similarities,
    check_speed,
    check_students,
)
from diswot_benchmarks.paper.claims import Verdict
from diswot_benchmarks.speed.spec import TRAINING

NAMES = ("1-1-1", "1-1-3", "1-3-1", "3-1-1", "3-3-1", "3-3-3")


def raw(alone: list[float], distilled: list[float]) -> ScoreTable:
    n = len(alone)
    accuracies = {ALONE: np.array(alone), DISTILLED: np.array(distilled)}
    return ScoreTable(NAMES[:n], np.arange(n), np.ones(n, np.int64), np.ones(n), np.ones(n), accuracies, {}, {})


def test_another_student_is_best_when_distilled() -> None:
    """Alone 4 > 3 > 2 > 1, distilled 3 > 1 > 4 > 2: three of the six pairs agree, three do not, tau is 0."""
    (claim,) = check_students(raw([61, 62, 63, 64], [72, 70, 74, 71]), 0.0, 0)
    figures = claim.figures
    assert (figures["best_alone"], figures["best_distilled"]) == ("3-1-1", "1-3-1")
    assert (figures["rank_of_best_alone_when_distilled"], figures["rank_of_best_distilled_when_alone"]) == (3, 2)
    assert (figures["loss"], figures["loss_low"], figures["loss_high"]) == (3, 3, 3)
    assert figures["tau"] == pytest.approx(0.0)
    assert np.isnan([figures["tau_low"], figures["tau_high"]]).all(), "four students are too few"
    assert claim.because.endswith("tau between the two rankings 0.000 (no interval)")
    assert claim.verdict == "holds"
    assert figures["share_of_draws_with_one_best"] == 0


def test_one_student_is_best_both_ways() -> None:
    (claim,) = check_students(raw([61, 62, 63], [71, 72, 73]), 0.0, 0)
    assert claim.verdict == "does not hold"
    assert claim.figures["loss"] == 0
    assert claim.figures["share_of_draws_with_one_best"] == 1


def test_noise_of_the_labels_makes_near_ones_tied() -> None:
    labels = raw([61, 62, 63.0, 63.1], [70, 70, 74.1, 74.0])
    assert check_students(labels, 0.0, 0)[0].verdict == "holds"
    (claim,) = check_students(labels, 0.25, 0)
    assert claim.verdict == "cannot be told"
    assert 0.25 < claim.figures["share_of_draws_with_one_best"] < 0.75
    assert claim.because == check_students(labels, 0.25, 0)[0].because
    far = raw([61, 62, 63, 66], [70, 70, 78, 74])
    assert check_students(far, 0.25, 0)[0].verdict == "holds", "four points are no noise"


def row(proxy: str, tau: float, less: float, spread: float) -> dict[str, Any]:
    figures = {"tau": tau, "tau_less_params": less}
    low = {f"{name}_low": value - spread for name, value in figures.items()}
    high = {f"{name}_high": value + spread for name, value in figures.items()}
    return {"proxy": proxy, "column": DISTILLED, "n": 64, **figures, **low, **high}


@pytest.mark.parametrize(
    ("tau", "less", "spread", "correlate", "better"),
    [
        (0.5, 0.2, 0.1, "holds", "holds"),
        (0.5, -0.2, 0.1, "holds", "does not hold"),
        (0.5, 0.0, 0.1, "holds", "cannot be told"),
        (-0.5, -0.9, 0.1, "does not hold", "does not hold"),
    ],
)
def test_similarities_beside_counts(
    tau: float, less: float, spread: float, correlate: Verdict, better: Verdict
) -> None:
    """All three similarities must hold; the default score decides nothing."""
    rows = [row(name, tau, less, spread) for name in ("relation", "semantic", "diswot")]
    rows += [row("default", 0.0, 0.0, 0.5), row("params", 0.3, 0.0, 0.0), row("macs", 0.3, 0.0, 0.0)]
    first, second = check_similarities({"rows": rows})
    assert (first.verdict, second.verdict) == (correlate, better)
    assert set(first.figures) == {"relation", "semantic", "diswot", "default", "params", "macs", "students"}
    assert first.figures["students"] == 64
    assert f"relation {tau:.3f} [{tau - spread:.3f}, {tau + spread:.3f}]" in first.because
    assert f"diswot {less:+.3f} [" in second.because


@pytest.mark.parametrize(
    ("times", "ratio", "verdict"),
    [
        ([400.0] * 5, 200.0, "holds"),
        ([200.0] * 5, 100.0, "does not hold"),
        ([40.0, 40.0, 40.0, 40.0, 1840.0], 200.0, "cannot be told"),
        ([400.0] * 2, 200.0, "cannot be told"),
    ],
)
def test_the_ratio_and_its_interval_decide(times: list[float], ratio: float, verdict: Verdict) -> None:
    """Evaluations of two seconds, a training of one epoch: 781.25 steps of 64 images."""
    steps = [seconds / 781.25 for seconds in times]
    rows = [
        {"score": TRAINING, "executor": "serial", "seconds_by_arch": steps},
        {"score": "default", "executor": "serial", "seconds_by_arch": [2.0] * len(times)},
        {"score": "default", "executor": "processes", "seconds_by_arch": [1.0]},
    ]
    (claim,) = check_speed({"rows": rows, "protocol": {"seed": 0, "rounds": 2}}, epochs=1)
    assert claim.verdict == verdict
    assert claim.figures["ratio"] == pytest.approx(ratio)
    assert claim.figures["training_seconds"] == pytest.approx(np.mean(times))
    assert claim.figures["published"]["ratio"] == 180


def test_differences_between_searches_are_taken_run_by_run() -> None:
    """DisWOT always beats NWOT by one point, always loses to training, and to parameters it wins one and loses one."""
    found = {
        "diswot": [60.0, 70.0] * 3,
        "nwot": [59.0, 69.0] * 3,
        "params": [62.0, 69.0] * 3,
        "default": [71.0, 71.0] * 3,
        TRAINED: [65.0, 72.0] * 3,
    }
    rows = [
        {"proxy": name, "algorithm": "random", "evaluations": 7, "best_in_budget": 74, "mean_in_budget": 62}
        | {"accuracies": values}
        for name, values in found.items()
    ]
    claims = check_search({"rows": rows, "runs": 6, "seed": 0})
    verdicts = {claim.figures["rival"]: claim.verdict for claim in claims}
    assert verdicts == {"nwot": "holds", "params": "cannot be told", TRAINED: "does not hold"}
    nwot = next(claim for claim in claims if claim.figures["rival"] == "nwot")
    assert [nwot.figures[f"difference{end}"] for end in ("", "_low", "_high")] == [1, 1, 1]
    assert nwot.figures["difference_of_default"]["mean"] == 7
    assert nwot.figures["accuracies"]["default"] == {"mean": 71, "mean_low": 71, "mean_high": 71}
    assert (nwot.figures["best"], nwot.figures["blind"]) == (74, 62)
    assert nwot.claim == "DisWOT finds better students than NWOT at equal evaluations"
    assert "65.00 against 64.00 percent after 7 evaluations (random, 6 runs): +1.00 [1.00, 1.00] points" in nwot.because
    assert [claim.figures["difference"] for claim in claims] == pytest.approx([-3.5, 1.0, -0.5])


def test_two_runs_tell_nothing() -> None:
    rows = [
        {"proxy": name, "algorithm": "random", "evaluations": 7, "best_in_budget": 74, "mean_in_budget": 62}
        | {"accuracies": [value, value]}
        for value, name in enumerate(("diswot", "nwot", "params", "default", TRAINED), 60)
    ]
    claims = check_search({"rows": rows, "runs": 2, "seed": 0})
    assert {claim.verdict for claim in claims} == {"cannot be told"}
    assert "(random, 2 runs): -1.00 (no interval) points" in claims[1].because
