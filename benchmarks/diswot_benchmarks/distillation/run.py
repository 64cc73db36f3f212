"""Rounds of the same batches through each entrant, side by side."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import torch

from diswot.data.training import Batch, EpochOrder, VariedImages, epoch_batches
from diswot.distillation.data import load_data
from diswot.spec.distillation import DistillSpec
from diswot_benchmarks.distillation.entrants import ALONE, BARE, KEPT, LOOP, Step, entrants

Report = Callable[[str, int, int], None]
RATIOS = {"loop over bare torch": (LOOP, BARE), "kept logits over no teacher": (KEPT, ALONE)}


def run_distillation_benchmark(spec: DistillSpec, report: Report, *, batches: int, rounds: int) -> dict[str, Any]:
    """Time steps of training; images are decoded and varied before.

    The order of the entrants changes with each round. Beside wall time the processor's is told, which other work on the
    machine disturbs less.

    Args:
        spec: a distillation by `kd`.
        report: told how far it is.
        batches: in a round, each another one.
        rounds: of all entrants.
    """
    data = load_data(spec)
    order = EpochOrder(len(data.train), spec.recipe.batch_size, seed=spec.seed, epoch=0)
    images = VariedImages(data.train, lambda image: image, spec.seed)
    chosen = [batch for batch, _ in zip(epoch_batches(images, order), range(batches), strict=False)]
    load = os.getloadavg()[0]
    with TemporaryDirectory() as folder:
        steps = entrants(spec, data, Path(folder))
        names = list(steps)
        for step in steps.values():
            _run(step, chosen)  # Warms up, and fills the table of logits.
        found: dict[str, list[tuple[float, float]]] = {name: [] for name in names}
        for number in range(rounds):
            for name in names[number % len(names) :] + names[: number % len(names)]:
                report("training", number, rounds)
                found[name].append(_run(steps[name], chosen))
    count = sum(len(batch.labels) for batch in chosen)
    return {
        "protocol": {
            "teacher": spec.teacher.name,
            "student": spec.student,
            "data": spec.data.source,
            "input": list(spec.student_input),
            "batch": spec.recipe.batch_size,
            "batches": len(chosen),
            "rounds": rounds,
            "threads": torch.get_num_threads(),
            "load_before": load,
        },
        "rows": [_row(name, found[name], count) for name in names],
        "ratios": {title: _ratio(found[a], found[b]) for title, (a, b) in RATIOS.items()},
    }


def _run(step: Step, batches: list[Batch]) -> tuple[float, float]:
    """Seconds of the wall clock and of the processor for all batches."""
    wall, own = time.perf_counter(), time.process_time()
    for batch in batches:
        step(batch)
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter() - wall, time.process_time() - own


def _row(name: str, times: list[tuple[float, float]], count: int) -> dict[str, Any]:
    wall, own = (median(one[i] for one in times) for i in range(2))
    return {"entrant": name, "images_per_second": count / wall, "images_per_cpu_second": count / own}


def _ratio(a: list[tuple[float, float]], b: list[tuple[float, float]]) -> dict[str, float]:
    """Processor time of one over another's, round by round."""
    ratios = [one[1] / other[1] for one, other in zip(a, b, strict=True)]
    return {"median": median(ratios), "low": min(ratios), "high": max(ratios)}
