"""Running a correlation benchmark: measure what the label table holds, and keep everything."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property, partial
from pathlib import Path

import numpy as np

from benchmarks.labels import Unit, draw_units, read_labels, units_of
from benchmarks.measurements import MeasurementLog
from benchmarks.protocol import (
    MEASUREMENTS,
    RAW,
    TIMINGS,
    CorrelationSpec,
    Protocol,
    check_folder,
    default_folder,
    protocol_of,
    start_folder,
    write_json,
)
from benchmarks.raw import write_raw
from diswot.errors import DiswotError
from diswot.executors import DEADLINE, Executor, check_executor, open_executor, reach
from diswot.probes import load_probe
from diswot.scoring import Measurer, Scorer, needs_reference, prepare, proxies_of, reference_sample
from diswot.threads import one_thread
from search_spaces import Architecture, get_space

TIMED = 8
"""Architectures on which each proxy is timed alone."""

Report = Callable[[str, int, int], None]
"""Called with the part of the work, how much of it is done, and how much there is."""


@dataclass(frozen=True)
class _Work:
    """What a run has to do, checked before anything is written."""

    spec: CorrelationSpec
    units: list[Unit]
    reference: list[Architecture]
    make: Callable[[], Measurer]
    protocol: Protocol
    folder: Path

    @cached_property
    def measurer(self) -> Measurer:
        """The teacher is observed when this is first asked for."""
        return self.make()


def run_correlation(
    spec: CorrelationSpec,
    out: Path | None,
    executor: str,
    workers: int | None,
    report: Report,
    address: str | None = None,
    deadline: float = DEADLINE,
) -> Path:
    """Measure, and write the raw scores; a run that was stopped continues from what it has saved.

    Args:
        spec: what to do.
        out: where to; by default a folder under `runs/` that is named by the protocol.
        executor: one of `diswot.executors.EXECUTORS`.
        workers: number of workers; by default one for each core.
        report: called as the work goes on.
        address: `HOST:PORT` of a Ray cluster that is there already.
        deadline: seconds that one measurement may always take before its worker counts as hung.

    Returns:
        The folder.

    Raises:
        InputError: the labels, the probe, the teacher or the folder are not as they must be; nothing is written.
        ExecutorError: workers could not be started or were lost for good.
        DiswotError: fewer than two architectures could be measured.
    """
    check_executor(executor, workers, address, deadline)
    work = _prepare(spec, out)
    if all((work.folder / name).exists() for name in (RAW, TIMINGS)):
        return work.folder
    with (
        reach(executor, workers, address),
        open_executor(executor, work.measurer, workers, address, deadline) as pool,
    ):
        start_folder(work.folder, work.protocol)
        with MeasurementLog(work.folder / MEASUREMENTS) as log:
            start = time.perf_counter()
            fresh = _measure(work, pool, log, report)
            seconds = time.perf_counter() - start
    _write_raw(work, log)
    timed = _spread(work)
    scores = seconds_per_arch(work.measurer, spec.scores, timed, report)
    write_json(
        work.folder / TIMINGS,
        {
            "seconds_per_arch": scores,
            "seconds_per_arch_is": f"CPU time of one whole measurement ({spec.seeds} seeds, forward pass included) "
            f"when nothing else is asked; one thread, mean over {len(timed)} architectures, least to most MACs",
            "measured": fresh,
            "seconds": seconds,
            "executor": executor,
            "finished": datetime.now(UTC).isoformat(timespec="seconds"),
            "machine": {"platform": platform.platform(), "cores": os.cpu_count(), "load": os.getloadavg()},
        },
    )
    return work.folder


def seconds_per_arch(
    measurer: Measurer, scores: Sequence[str], archs: Sequence[Architecture], report: Report
) -> dict[str, float]:
    """What each score costs alone: CPU seconds of one measurement on one thread, the forward pass included.

    CPU time is wall time on an idle machine and hardly changes on a busy one. The scores take turns on each
    architecture, so that a machine that slows down slows them all.

    Args:
        measurer: of the run.
        scores: names of proxies and aggregates.
        archs: to time; the first is measured once beforehand, untimed.
        report: called after each architecture.
    """
    alone = {score: replace(measurer, proxies=proxies_of([score])) for score in scores}
    seconds = dict.fromkeys(scores, 0.0)
    with one_thread():
        for one in alone.values():
            one(archs[0])
        for done, arch in enumerate(archs, 1):
            for score, one in alone.items():
                start = time.process_time()
                one(arch)
                seconds[score] += (time.process_time() - start) / len(archs)
            report("timing each proxy alone", done, len(archs))
    return seconds


def _prepare(spec: CorrelationSpec, out: Path | None) -> _Work:
    """Read and check everything, and leave the teacher for when there are workers."""
    space, teacher = get_space(spec.space), spec.teacher
    labels = read_labels(spec.labels, space, spec.columns)
    units = draw_units(units_of(labels, space, spec.duplicates), spec.sample, spec.seed)
    probe = load_probe(spec.probe, teacher.num_classes, teacher.in_shape, spec.seed).to("cpu")
    protocol = protocol_of(spec, len(units), probe.fingerprint)
    folder = default_folder(protocol) if out is None else out
    check_folder(folder, protocol)
    scaled = any(map(needs_reference, spec.scores))
    reference = reference_sample(space, spec.seed) if scaled else []
    make = partial(
        prepare,
        space,
        teacher,
        probe,
        spec.scores,
        seed=spec.seed,
        seeds=spec.seeds,
        initialisations=spec.initialisations,
    )
    return _Work(spec, units, reference, make, protocol, folder)


def _measure(work: _Work, executor: Executor, log: MeasurementLog, report: Report) -> int:
    """Measure what the log lacks; how much that was."""
    space = work.measurer.space
    wanted = dict.fromkeys([*work.reference, *(unit.canonical for unit in work.units)])
    missing = [arch for arch in wanted if space.encode(arch) not in log.found]
    known = len(wanted) - len(missing)
    for done, measurement in enumerate(executor.map(missing), 1):
        log.append(measurement)
        report("measuring", known + done, len(wanted))
    return len(missing)


def _write_raw(work: _Work, log: MeasurementLog) -> None:
    spec, space = work.spec, work.measurer.space
    found = [log.found[space.encode(unit.canonical)] for unit in work.units]
    failed = [one for one in found if one.error is not None]
    if len(found) - len(failed) < 2:
        raise DiswotError(f"{len(failed)} of {len(found)} architectures failed; the first: {failed[0].error}")
    reference = [log.found[space.encode(arch)] for arch in work.reference]
    names = dict.fromkeys((*spec.scores, *proxies_of(spec.scores)))
    scorers = [Scorer(name, reference) for name in names]
    write_raw(work.folder / RAW, space, spec.columns, work.units, log.found, scorers)


def _spread(work: _Work) -> list[Architecture]:
    """A few architectures of the table, from the cheapest to the dearest in MACs."""
    measurer = work.measurer
    channels, height, width = measurer.probe.images.shape[1:]
    archs = sorted(
        dict.fromkeys(unit.canonical for unit in work.units),
        key=lambda arch: measurer.space.costs(arch, measurer.num_classes, (channels, height, width)).macs,
    )
    picks = np.linspace(0, len(archs) - 1, min(TIMED, len(archs))).round().astype(int)
    return [archs[i] for i in picks]
