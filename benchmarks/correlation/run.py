"""Running a correlation benchmark: measure what the label table holds, and keep everything."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable, Container, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property, partial
from pathlib import Path

import numpy as np

from benchmarks.correlation.raw import write_raw
from benchmarks.labels.table import read_labels
from benchmarks.labels.units import Unit, draw_units, units_of
from benchmarks.runs.earlier import EarlierRun, read_earlier, versions_of
from benchmarks.runs.measurements import MeasurementLog
from benchmarks.runs.protocol import (
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
from diswot.errors import DiswotError
from diswot.evaluation import EvalTask, Measurement, Measurer, prepare, proxies_of, tasks_of
from diswot.executors import DEADLINE, Executor, check_executor, open_executor, reach
from diswot.probes import load_probe
from diswot.runtime.threads import one_thread
from diswot.scoring import Scorer, needs_reference, reference_sample
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
    earlier: EarlierRun

    @cached_property
    def measurer(self) -> Measurer:
        """The teacher is observed when this is first asked for."""
        return self.make()

    def shares(self, known: Container[str]) -> Iterator[_Share]:
        """What is left to measure: what the earlier run has not seen, and then what its proxies lack of the rest."""
        space, proxies = get_space(self.spec.space), proxies_of(self.spec.scores)
        held = [
            proxy
            for proxy, version in versions_of(self.protocol).items()
            if self.earlier.versions.get(proxy) == version
        ]
        missing = [arch for arch in self.architectures if space.encode(arch) not in known]
        taken = {arch: self.earlier.of(space.encode(arch), held) for arch in missing}
        yield _Share(proxies, {arch: None for arch, found in taken.items() if found is None})
        lacking = tuple(proxy for proxy in proxies if proxy not in held)
        yield _Share(lacking, {arch: found for arch, found in taken.items() if found is not None})

    @cached_property
    def architectures(self) -> list[Architecture]:
        """All that is measured, each once."""
        return list(dict.fromkeys([*self.reference, *(unit.canonical for unit in self.units)]))


@dataclass(frozen=True)
class _Share:
    """Architectures that lack the same proxies, with what is known of them."""

    proxies: tuple[str, ...]
    known: dict[Architecture, Measurement | None]

    def measured(self, executor: Executor | None, inits: range) -> Iterator[Measurement]:
        """Whole measurements, in order; where nothing is lacking no executor is needed."""
        if executor is None:
            yield from (known for known in self.known.values() if known is not None)
            return
        for known, found in zip(self.known.values(), executor.map(tasks_of(self.known, inits)), strict=True):
            if known is None or found.error is not None:
                yield found
            else:
                yield replace(found, values={**known.values, **found.values}, seconds=known.seconds + found.seconds)


def run_correlation(
    spec: CorrelationSpec,
    out: Path | None,
    executor: str,
    workers: int | None,
    report: Report,
    address: str | None = None,
    deadline: float = DEADLINE,
    source: Path | None = None,
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
        source: folder of an earlier run under the same protocol: what it holds by proxies of the same version is not
            measured again.

    Returns:
        The folder.

    Raises:
        InputError: the labels, the probe, the teacher or the folder are not as they must be; nothing is written.
        ExecutorError: workers could not be started or were lost for good.
        DiswotError: fewer than two architectures could be measured.
    """
    check_executor(executor, workers, address, deadline)
    work = _prepare(spec, out, source)
    if all((work.folder / name).exists() for name in (RAW, TIMINGS)):
        return work.folder
    log = MeasurementLog(work.folder / MEASUREMENTS)
    open_pool = partial(open_executor, executor, workers=workers, address=address, deadline=deadline)
    with reach(executor, workers, address):
        fresh, seconds = _measure(work, open_pool, log, report)
    _write_raw(work, log)
    timed = tasks_of(_spread(work), range(spec.student_inits))
    scores = seconds_per_arch(work.measurer, spec.scores, timed, report)
    write_json(
        work.folder / TIMINGS,
        {
            "seconds_per_arch": scores,
            "seconds_per_arch_is": f"CPU time of one whole measurement ({spec.student_inits} seeds, forward pass "
            "included) when nothing else is asked; one thread, "
            f"mean over {len(timed)} architectures, least to most MACs",
            "measured": fresh,
            "seconds": seconds,
            "executor": executor,
            "finished": datetime.now(UTC).isoformat(timespec="seconds"),
            "machine": {"platform": platform.platform(), "cores": os.cpu_count(), "load": os.getloadavg()},
        },
    )
    return work.folder


def seconds_per_arch(
    measurer: Measurer, scores: Sequence[str], tasks: Sequence[EvalTask], report: Report
) -> dict[str, float]:
    """What each score costs alone: CPU seconds of one measurement on one thread, the forward pass included.

    CPU time is wall time on an idle machine and hardly changes on a busy one. The scores take turns on each
    architecture, so that a machine that slows down slows them all.

    Args:
        measurer: of the run.
        scores: names of proxies and aggregates.
        tasks: to time; the first is measured once beforehand, untimed.
        report: called after each architecture.
    """
    alone = {score: replace(measurer, proxies=proxies_of([score])) for score in scores}
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
    space, teacher = get_space(spec.space), spec.teacher
    table = read_labels(spec.labels, space, spec.columns)
    units = draw_units(units_of(table.labels, space, spec.duplicates), spec.sample, spec.seed)
    probe = load_probe(spec.probe, teacher.num_classes, teacher.in_shape, spec.seed).to("cpu")
    protocol = protocol_of(spec, len(units), probe.fingerprint, table.fractions)
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
        initialisations=spec.teacher_inits,
    )
    earlier = EarlierRun() if source is None else read_earlier(source, protocol)
    return _Work(spec, units, reference, make, protocol, folder, earlier)


def _measure(
    work: _Work, open_pool: Callable[[Measurer], AbstractContextManager[Executor]], log: MeasurementLog, report: Report
) -> tuple[int, float]:
    """Measure what the log lacks; how many architectures that were, and the seconds without the workers' start."""
    shares = [share for share in work.shares(log.found) if share.known]
    count = sum(len(share.known) for share in shares)
    done = len(work.architectures) - count
    seconds = 0.0
    for share in shares:
        measurer = replace(work.measurer, proxies=share.proxies)
        with open_pool(measurer) if share.proxies else nullcontext() as pool:
            start_folder(work.folder, work.protocol)
            start = time.perf_counter()
            with log:
                for measurement in share.measured(pool, range(work.spec.student_inits)):
                    log.append(measurement)
                    done += 1
                    report("measuring", done, len(work.architectures))
            seconds += time.perf_counter() - start
    return count, seconds


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
