"""The trainings of a truth benchmark, one folder each, and what they say of the recommendation."""

from __future__ import annotations

import csv
import hashlib
import statistics
from collections.abc import Callable, Sequence
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diswot.distillation.folder import REPORT, read_report, read_spec
from diswot.distillation.job import BEST, run_distillation
from diswot.distillation.record import DistillReport
from diswot.errors import InputError
from diswot.report.result import Result
from diswot.spec.compute import ComputeSpec
from diswot.spec.distillation import DistillSpec
from diswot.storage.atomic import atomic_write
from diswot_benchmarks.statistics.intervals import Interval, central
from diswot_benchmarks.statistics.ranking import kendall
from diswot_benchmarks.truth.students import ScoredStudent, draw_students, score_students

LABELS = "truth.csv"
RESAMPLES = 2_000
PREDICTORS = ("score", "params", "macs")

Report = Callable[[str, int, int], None]


def run_truth(
    result: Result, spec: DistillSpec, out: Path, report: Report, *, students: int, tolerance: float
) -> dict[str, Any]:
    """Distil the recommended student and others of its cost, all by one recipe, seed after seed.

    What is over is not made again: the same command goes on. After each training the table of labels is written, a file
    that `diswot benchmark correlation` reads.

    Args:
        result: of the search that recommends.
        spec: how students are distilled; its student is the recommended one.
        out: folder of the benchmark.
        report: told what is being done.
        students: number of others.
        tolerance: share by which their cost may differ.

    Raises:
        InputError: too few students of that cost, or a distillation cannot be done as asked.
        DiswotError: a training failed.
    """
    archs = draw_students(result, students, tolerance, spec.seed)
    report("scoring the students", 0, len(archs))
    scored = score_students(result, archs, ComputeSpec("serial"))
    out.mkdir(parents=True, exist_ok=True)
    done: list[tuple[ScoredStudent, int, DistillReport]] = []
    total = len(scored) * spec.seeds
    for seed in range(spec.seed, spec.seed + spec.seeds):
        for one in scored:
            report(f"distilling {one.arch}, seed {seed}", len(done), total)
            done.append((one, seed, _distilled(result, spec, one, seed, out, first=one is scored[0])))
            atomic_write(out / LABELS, _labels(scored, done))
    return document(result, spec, scored, done, tolerance)


def _distilled(
    result: Result, spec: DistillSpec, one: ScoredStudent, seed: int, out: Path, *, first: bool
) -> DistillReport:
    """The report of one student under one seed; the first of all trains the teacher for the others."""
    folder = out / "students" / f"{hashlib.sha256(one.arch.encode()).hexdigest()[:12]}-{seed}"
    if (folder / REPORT).exists():
        return read_report(folder)
    job = replace(spec, student=f"{result.search.space}:{one.arch}", seeds=1, seed=seed, compare=_compared(spec, first))
    if spec.train_teacher and not (first and seed == spec.seed):
        job = replace(job, teacher=replace(spec.teacher, weights=_teacher(out)), train_teacher=False)
    if folder.exists() and read_spec(folder) != job:
        raise InputError(f"{str(folder)!r} holds another training; choose another --out")
    return run_distillation(job, folder)


def _compared(spec: DistillSpec, first: bool) -> str:
    """What a student is compared with: the plain student is one, and stands beside the recommended one alone."""
    if first:
        return spec.compare
    return "alone" if spec.compare in ("alone", "both") else "none"


def _teacher(out: Path) -> Path:
    return next((out / "students").glob(f"*/trainings/teacher-*/{BEST}"))


def _labels(scored: Sequence[ScoredStudent], done: Sequence[tuple[ScoredStudent, int, DistillReport]]) -> str:
    """The table of labels: what was known before, and test accuracies in percent, one column for each whole seed."""
    seeds = [seed for seed in dict.fromkeys(seed for _, seed, _ in done) if _count(done, seed) == len(scored)]
    text = StringIO()
    columns = [f"distilled_{seed}" for seed in seeds]
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["arch", *PREDICTORS, *(["distilled"] if seeds else []), *columns])
    for one in scored:
        values = [100 * _accuracy(done, one, seed) for seed in seeds]
        mean = [f"{statistics.fmean(values):.3f}"] if values else []
        known = [f"{one.score:.6f}", one.costs.params, one.costs.macs]
        writer.writerow([one.arch, *known, *mean, *(f"{value:.3f}" for value in values)])
    return text.getvalue()


def _count(done: Sequence[tuple[ScoredStudent, int, DistillReport]], seed: int) -> int:
    return sum(one == seed for _, one, _ in done)


def _accuracy(
    done: Sequence[tuple[ScoredStudent, int, DistillReport]], student: ScoredStudent, seed: int, kind: str = "distilled"
) -> float:
    (found,) = (report for one, at, report in done if one is student and at == seed)
    return found.group(kind).accuracy


def document(
    result: Result,
    spec: DistillSpec,
    scored: Sequence[ScoredStudent],
    done: Sequence[tuple[ScoredStudent, int, DistillReport]],
    tolerance: float,
) -> dict[str, Any]:
    """What the trainings say: the rank of the recommended student, its regret, and how far order was foreseen."""
    seeds = sorted({seed for _, seed, _ in done})
    table = np.array([[100 * _accuracy(done, one, seed) for seed in seeds] for one in scored])
    accuracy = table.mean(1)
    known = {name: _known(scored, name) for name in PREDICTORS}
    found: dict[str, Any] = {
        "protocol": {
            "space": result.search.space,
            "teacher": spec.teacher.name,
            "data": spec.data.source,
            "input": list(spec.student_input),
            "epochs": spec.recipe.epochs,
            "distiller": spec.distiller,
            "seeds": len(seeds),
            "students": len(scored),
            "tolerance": tolerance,
            "images": done[0][2].images,
            "teacher_accuracy": None if done[0][2].teacher is None else 100 * done[0][2].teacher.accuracy,
        },
        "rows": [
            {
                "arch": one.arch,
                "recommended": i == 0,
                "accuracy": float(accuracy[i]),
                "by_seed": [float(value) for value in table[i]],
                **{name: float(known[name][i]) for name in PREDICTORS},
            }
            for i, one in enumerate(scored)
        ],
        "rank": 1 + int((accuracy[1:] > accuracy[0]).sum()),
        "regret": float(accuracy.max() - accuracy[0]),
        "advantage": _interval(accuracy[0] - accuracy[1:]),
        "tau": {name: _tau(values, accuracy, spec.seed) for name, values in known.items()},
        "seed_spread": float(table.std(1, ddof=1).mean()) if len(seeds) > 1 else None,
        "seed_tau": _tau(table[:, 0], table[:, 1], spec.seed) if len(seeds) > 1 else None,
    }
    for kind in ("plain", "alone"):
        if kind in {group.kind for group in done[0][2].groups}:
            found[kind] = _beside(scored, done, kind, accuracy, spec.seed)
    return found


def _beside(
    scored: Sequence[ScoredStudent],
    done: Sequence[tuple[ScoredStudent, int, DistillReport]],
    kind: str,
    accuracy: NDArray[np.float64],
    seed: int,
) -> dict[str, Any]:
    """The plain student, or all students trained alone, beside the distilled ones."""
    seeds = sorted({at for _, at, _ in done})
    if kind == "plain":
        values = [100 * _accuracy(done, scored[0], at, kind) for at in seeds]
        group = done[0][2].group(kind)
        return {
            "network": group.network,
            "params": group.params,
            "accuracy": statistics.fmean(values),
            "by_seed": values,
        }
    alone = np.array([np.mean([100 * _accuracy(done, one, at, kind) for at in seeds]) for one in scored])
    return {
        "accuracies": alone.tolist(),
        "gain": _interval(accuracy - alone),
        "tau": _tau(alone, accuracy, seed),
        "best_alone_rank_distilled": 1 + int((accuracy > accuracy[int(alone.argmax())]).sum()),
    }


def _known(scored: Sequence[ScoredStudent], name: str) -> NDArray[np.float64]:
    if name == "score":
        return np.array([one.score for one in scored])
    return np.array([float(getattr(one.costs, name)) for one in scored])


def _tau(x: NDArray[np.float64], y: NDArray[np.float64], seed: int) -> dict[str, float | None]:
    """Kendall's tau-b with the central 95% over resampled students."""
    rng = np.random.default_rng(seed)
    weights = rng.multinomial(len(x), np.full(len(x), 1 / len(x)), size=RESAMPLES).astype(np.float32)
    value = kendall(x, y, np.ones((1, len(x)), dtype=np.float32))[0]
    return _said(float(value), central(kendall(x, y, weights), len(x)))


def _interval(values: NDArray[np.float64]) -> dict[str, float | None]:
    """A mean over students with the central 95% over resampled ones."""
    rng = np.random.default_rng(0)
    means = values[rng.integers(len(values), size=(RESAMPLES, len(values)))].mean(1)
    return _said(float(values.mean()), central(means, len(values)))


def _said(value: float, interval: Interval) -> dict[str, float | None]:
    found = {"value": value, "low": interval.low, "high": interval.high}
    return {name: one if np.isfinite(one) else None for name, one in found.items()}
