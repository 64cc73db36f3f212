"""Raw scores on demand: what a search asks for is measured once and kept; every search after it looks it up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from benchmarks.runs.earlier import SCORES_DEPEND_ON, read_earlier, versions_of
from benchmarks.runs.measurements import MeasurementLog
from benchmarks.runs.protocol import (
    MEASUREMENTS,
    CorrelationSpec,
    Protocol,
    check_folder,
    default_folder,
    protocol_of,
    start_folder,
)
from diswot.errors import InputError, UnknownName
from diswot.evaluation import EvalTask, Measurement, prepare
from diswot.executors import EXECUTORS, Executor, open_executor
from diswot.probes import load_probe
from diswot.probes.batch import ProbeBatch
from search_spaces import Architecture, get_space


@dataclass(frozen=True)
class ScoreSource:
    """What raw scores are made from, checked before anything is written.

    Attributes:
        spec: teacher, probe, proxies and seeds; the labels play no part.
        probe: the batch.
        protocol: everything that the raw scores depend on.
        folder: of the run.
        known: measurements of an earlier run, by the string of the canonical architecture.
    """

    spec: CorrelationSpec
    probe: ProbeBatch
    protocol: Protocol
    folder: Path
    known: Mapping[str, Measurement]


def find_scores(spec: CorrelationSpec, out: Path | None, source: Path | None, benchmark: str) -> ScoreSource:
    """Check the folder of a run, and read what an earlier run has measured.

    Args:
        spec: teacher, probe, proxies and seeds.
        out: the folder; by default one under `runs/` that is named by the protocol.
        source: folder of an earlier run with the same protocol, to look up what it holds.
        benchmark: name of the command.

    Raises:
        InputError: the probe or one of the folders is not as it must be; nothing is written.
        UnreadableData: a damaged file of an earlier run.
    """
    teacher = spec.teacher
    probe = load_probe(spec.probe, teacher.num_classes, teacher.in_shape, spec.seed).to("cpu")
    record = protocol_of(spec, 0, probe.fingerprint)
    protocol = {
        "benchmark": benchmark,
        "schema": 1,
        **{name: record[name] for name in SCORES_DEPEND_ON},
        "weights": record["weights"],
        "proxies": record["proxies"],
    }
    folder = default_folder(protocol) if out is None else out
    check_folder(folder, protocol)
    return ScoreSource(spec, probe, protocol, folder, {} if source is None else _known(source, protocol))


class RawScores:
    """An executor that remembers: measures the initialisations that nobody has asked for before, and looks up the rest.

    Entered to keep measurements in the folder of the run; workers start at the first architecture that is not known.

    Args:
        source: what the scores are made from.
        executor: one of `diswot.executors.EXECUTORS`, for what has to be measured.
        workers: number of workers; by default one for each core.

    Raises:
        UnknownName: no such executor.
        InputError: fewer than one worker.
    """

    def __init__(self, source: ScoreSource, executor: str, workers: int | None) -> None:
        if executor not in EXECUTORS:
            raise UnknownName("executor", executor, EXECUTORS)
        if workers is not None and workers < 1:
            raise InputError(f"workers must be at least 1, not {workers}")
        self.source = source
        self.space = get_space(source.spec.space)
        self.measured = 0
        self._executor, self._workers = executor, workers
        self._pool: Executor | None = None
        self._stack = ExitStack()

    def __enter__(self) -> RawScores:
        start_folder(self.source.folder, self.source.protocol)
        self._log = self._stack.enter_context(MeasurementLog(self.source.folder / MEASUREMENTS))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def map(self, tasks: Sequence[EvalTask]) -> Iterator[Measurement]:
        """Measurements in the order of `tasks`.

        Raises:
            InputError: the teacher cannot be had as specified.
            ExecutorError: workers could not be started or were lost for good.
        """
        canonical = [(self.space.canonical(task.arch), task.inits) for task in tasks]
        asked = [(self.space.encode(arch), arch, inits) for arch, inits in canonical]
        missing = {name: self._missing(arch, inits) for name, arch, inits in asked if not self._has(name, inits)}
        fresh = self._open().map(list(missing.values())) if missing else iter(())
        for name, _, inits in asked:
            while not self._has(name, inits):
                self._keep(next(fresh), missing)
            found = self._find(name)
            assert found is not None, "it has just been kept"
            yield found.drawn(inits)

    def _missing(self, arch: Architecture, inits: range) -> EvalTask:
        """The initialisations that are not known yet, up to the last that is asked for."""
        known = self._find(self.space.encode(arch))
        return EvalTask(arch, range(0 if known is None else known.draws, inits.stop))

    def _keep(self, measurement: Measurement, missing: Mapping[str, EvalTask]) -> None:
        known = self._find(measurement.arch)
        stop = missing[measurement.arch].inits.stop
        self._log.append(measurement if known is None else known.extended(measurement, stop))
        self.measured += 1

    def _has(self, name: str, inits: range) -> bool:
        found = self._find(name)
        return found is not None and (found.error is not None or found.draws >= inits.stop)

    def _find(self, name: str) -> Measurement | None:
        return self._log.found.get(name) or self.source.known.get(name)  # The log may hold more initialisations.

    def _open(self) -> Executor:
        if self._pool is None:
            spec = self.source.spec
            measurer = prepare(
                self.space,
                spec.teacher,
                self.source.probe,
                spec.scores,
                seed=spec.seed,
                initialisations=spec.teacher_inits,
            )
            self._pool = self._stack.enter_context(open_executor(self._executor, measurer, self._workers))
        return self._pool


def _known(source: Path, protocol: Protocol) -> Mapping[str, Measurement]:
    """What an earlier run with the same protocol has measured by all of the proxies."""
    earlier = read_earlier(source, protocol)
    asked = versions_of(protocol)
    lacking = [proxy for proxy in asked if proxy not in earlier.versions]
    if lacking:
        other = earlier.other_teacher
        held = f"no scores by {', '.join(lacking)}" if other is None else f"scores with {other}"
        raise InputError(f"--from {str(source)!r} holds {held}")
    for proxy, version in asked.items():
        if earlier.versions[proxy] != version:
            raise InputError(
                f"--from {str(source)!r} holds {proxy} of version {earlier.versions[proxy]}, not {version}"
            )
    return earlier.found
