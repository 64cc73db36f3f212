"""The claims about search, on results that are known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.labels.ground_truth import Truth
from benchmarks.paper.search import TRAINED, search_claims
from benchmarks.runs.protocol import CorrelationSpec
from benchmarks.search.run import SearchBenchmark
from diswot.teachers.spec import TeacherSpec


def test_differences_are_taken_run_by_run() -> None:
    """DisWOT always beats NWOT by one point, always loses to training, and to parameters it wins one and loses one."""
    scores = CorrelationSpec(Path("none.csv"), ("made_up",), TeacherSpec("resnet20"))
    spec = SearchBenchmark(scores, ("random",), (), (7,), runs=2)
    found = {
        "diswot": np.array([60.0, 70.0]),
        "nwot": np.array([59.0, 69.0]),
        "params": np.array([62.0, 69.0]),
        "default": np.array([71.0, 71.0]),
        TRAINED: np.array([65.0, 72.0]),
    }
    claims = search_claims(spec, found, Truth({"a": 50.0, "b": 74.0}, np.ones(2)))
    verdicts = {claim.figures["rival"]: claim.verdict for claim in claims}
    assert verdicts == {"nwot": "holds", "params": "cannot be told", TRAINED: "does not hold"}
    nwot = next(claim for claim in claims if claim.figures["rival"] == "nwot")
    assert [nwot.figures[f"difference{end}"] for end in ("", "_low", "_high")] == [1, 1, 1]
    assert nwot.figures["difference_of_default"]["mean"] == 7
    assert nwot.figures["accuracies"]["default"] == {"mean": 71, "low": 71, "high": 71}
    assert (nwot.figures["best"], nwot.figures["blind"]) == (74, 62)
    assert nwot.claim == "DisWOT finds better students than NWOT at equal evaluations"
    assert "65.00 against 64.00 percent after 7 evaluations (random, 2 runs): +1.00 points" in nwot.because
    assert [claim.figures["difference"] for claim in claims] == pytest.approx([-3.5, 1.0, -0.5])
