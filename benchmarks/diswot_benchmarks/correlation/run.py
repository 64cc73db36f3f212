"""Running a correlation benchmark: measure what the label table holds, and keep everything."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from diswot.errors import DiswotError
from diswot.evaluation import EvalTask, Evaluation, Evaluator, tasks_of
from diswot.executors import connect
from diswot.labels.table import read_labels
from diswot.proxies import proxies_of
from diswot.runtime.threads import one_thread
from diswot.scoring import Scorer, needs_reference, reference_sample
from diswot.spec.compute import ComputeSpec
from diswot_benchmarks.correlation.score_table import write_scores
from diswot_benchmarks.labels.units import Unit, draw_units, units_of
from diswot_benchmarks.runs.folder import RAW, TIMINGS, write_json
from diswot_benchmarks.runs.progress import Report
from diswot_benchmarks.runs.protocol import CorrelationSpec, command, protocol_of
from diswot_benchmarks.runs.scores import RawScores, evaluator_spec, find_scores
from diswot_spaces import Architecture, get_space

TIMED = 8
"""Architectures on which each proxy is timed alone."""


@dataclass(frozen=True)
class _Work:
    """What a run has to do, checked before anything is written."""

    spec: CorrelationSpec
    units: list[Unit]
    reference: list[Architecture]
    scores: RawScores

    @property
    def archs(self) -> list[Architecture]:
        """The architectures of the table that are measured, each once."""
        return list(dict.fromkeys(unit.canonical for unit in self.units))


def run_correlation(
    spec: CorrelationSpec,
    out: Path | None,
    compute: ComputeSpec,
    report: Report,
    source: Path | None = None,
    *,
    timed: int = TIMED,
) -> Path:
    """Measure, and write the raw scores; a run that was stopped continues from what it has saved.

    Args:
        spec: what to do.
        out: where to; by default a folder under `runs/` that is named by the protocol.
        compute: where to compute; its cache is the folder.
        report: called as the work goes on.
        source: folder of an earlier run: values that hold for this one are not measured again.
        timed: architectures on which each proxy is timed alone.

    Returns:
        The folder.

    Raises:
        InputError: the labels, the probe, the teacher or the folder are not as they must be; nothing is written.
        ExecutorError: workers could not be started or were lost for good.
        DiswotError: fewer than two architectures could be measured.
    """
    work = _prepare(spec, out, source)
    folder = work.scores.folder
    if all((folder / name).exists() for name in (RAW, TIMINGS)):
        return folder
    start = time.perf_counter()
    with connect(compute), work.scores.open(compute) as executor:
        found: dict[Architecture, Evaluation] = {}
        archs = list(dict.fromkeys([*work.reference, *work.archs]))
        for arch, evaluation in zip(archs, executor.map(tasks_of(archs, range(spec.student_inits))), strict=True):
            found[arch] = evaluation
            report("measuring", len(found), len(archs))
        seconds = time.perf_counter() - start - executor.preparing
    _write_raw(work, found)
    alone = _spread(work, timed)
    scores = seconds_per_arch(
        work.scores.evaluator.build(), spec.scores, tasks_of(alone, range(spec.student_inits)), report
    )
    write_json(
        folder / TIMINGS,
        {
            "seconds_per_arch": scores,
            "seconds_per_arch_is": f"CPU time of one whole evaluation ({spec.student_inits} seeds, forward pass "
            f"included) when nothing else is asked; one thread, mean over {len(alone)} architectures, least to most "
            "MACs",
            "command": _command(spec),
            "measured": executor.use.misses + executor.use.partial,
            "seconds": seconds,
            "executor": compute.executor,
            "finished": datetime.now(UTC).isoformat(timespec="seconds"),
            "machine": {"platform": platform.platform(), "cores": os.cpu_count(), "load": os.getloadavg()},
        },
    )
    return folder


def seconds_per_arch(
    evaluator: Evaluator, scores: Sequence[str], tasks: Sequence[EvalTask], report: Report
) -> dict[str, float]:
    """What each score costs alone: CPU seconds of one evaluation on one thread, the forward pass included.

    CPU time is wall time on an idle machine and hardly changes on a busy one. The scores take turns on each
    architecture, so that a machine that slows down slows them all.

    Args:
        evaluator: of the run.
        scores: names of proxies and aggregates.
        tasks: to time; the first is measured once beforehand, untimed.
        report: called after each architecture.
    """
    alone = {score: replace(evaluator, proxies=proxies_of([score])) for score in scores}
    seconds = dict.fromkeys(scores, 0.0)
    with one_thread():
        for one in alone.values():
            one(tasks[0])
        for done, task in enumerate(tasks, 1):
            for score, one in alone.items():
                start = time.process_time()
                one(task)
                seconds[score] += (time.process_time() - start) / len(tasks)
            report("timing each proxy alone", done, len(tasks))
    return seconds


def _prepare(spec: CorrelationSpec, out: Path | None, source: Path | None) -> _Work:
    """Read and check everything, and leave the teacher for when there are workers."""
    space = get_space(spec.space)
    table = read_labels(spec.labels, space, spec.columns)
    units = draw_units(units_of(table.labels, space, spec.duplicates), spec.sample, spec.seed)
    evaluator = evaluator_spec(spec)
    protocol = protocol_of(spec, len(units), evaluator.probe.fingerprint, table.fractions)
    scaled = any(map(needs_reference, spec.scores))
    reference = reference_sample(space, spec.seed) if scaled else []
    return _Work(spec, units, reference, find_scores(evaluator, protocol, out, source))


def _command(spec: CorrelationSpec) -> str:
    """The command that makes this table; the folder of the label file is left for the reader to add."""
    words = ["--labels", spec.labels.name, "--duplicates", spec.duplicates.value]
    words += [word for column in spec.columns for word in ("--column", column)]
    words += [word for proxy in spec.proxies for word in ("--proxy", proxy)]
    words += [] if spec.sample is None else ["--sample", str(spec.sample)]
    return command("correlation", spec, *words)


def _write_raw(work: _Work, found: Mapping[Architecture, Evaluation]) -> None:
    spec = work.spec
    failed = [found[arch] for arch in work.archs if found[arch].error is not None]
    if len(work.archs) - len(failed) < 2:
        raise DiswotError(f"{len(failed)} of {len(work.archs)} architectures failed; the first: {failed[0].error}")
    reference = [found[arch] for arch in work.reference]
    names = dict.fromkeys((*spec.scores, *proxies_of(spec.scores)))
    scorers = [Scorer(name, reference) for name in names]
    write_scores(work.scores.folder / RAW, spec.columns, work.units, found, scorers)


def _spread(work: _Work, count: int) -> list[Architecture]:
    """A few architectures of the table, from the cheapest to the dearest in MACs."""
    evaluator = work.scores.evaluator
    shape = evaluator.probe.image_shape
    archs = sorted(work.archs, key=lambda arch: evaluator.space.costs(arch, evaluator.teacher.num_classes, shape).macs)
    picks = np.linspace(0, len(archs) - 1, min(count, len(archs))).round().astype(int)
    return [archs[i] for i in picks]
