"""A distillation benchmark: all entrants take the same step, and the document says what was timed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from diswot.distillation.data import load_data
from diswot_benchmarks.distillation.entrants import KEPT, _training, bare, entrants
from diswot_benchmarks.distillation.run import run_distillation_benchmark
from tests.diswot.distillation.made import small


def test_the_bare_step_is_the_step_of_the_loop() -> None:
    spec = small(schedule="constant")
    data = load_data(spec)
    batch = next(data.train.batches(32))
    ours, theirs = _training(spec, data), _training(spec, data)
    step = bare(theirs, spec)
    for _ in range(2):
        ours.step(batch)
        step(batch)
    plain = theirs.objective.student.tapped.network.state_dict()
    for name, weight in ours.weights().items():
        torch.testing.assert_close(weight, plain[name], rtol=1e-5, atol=1e-6)


def test_kept_logits_ask_the_teacher_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = small()
    data = load_data(spec)
    batch = next(data.train.batches(32))
    step = entrants(spec, data, tmp_path)[KEPT]
    step(batch)
    monkeypatch.setattr("diswot.distillation.objective.Objective.look", lambda *_: pytest.fail("the teacher was asked"))
    step(batch)


def test_the_document_has_a_row_for_each_entrant() -> None:
    spec = small()
    spec = replace(spec, data=replace(spec.data, train_images=80))
    found = run_distillation_benchmark(spec, lambda *_: None, batches=1, rounds=2)
    assert [row["entrant"] for row in found["rows"]] == ["bare torch", "loop", "loop, no teacher", "loop, kept logits"]
    assert found["protocol"]["batches"] == 1
    assert found["ratios"].keys() == {"loop over bare torch", "kept logits over no teacher"}
    assert all(ratio["low"] <= ratio["median"] <= ratio["high"] for ratio in found["ratios"].values())
