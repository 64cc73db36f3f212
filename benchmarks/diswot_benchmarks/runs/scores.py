"""Raw scores of a run: measured once, kept in the run's folder by the product's own cache, taken over from others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from diswot.cache.contents import contents
from diswot.cache.executor import CachingExecutor
from diswot.cache.key import context_of
from diswot.cache.store import Row, Store, store_file
from diswot.errors import InputError, UnreadableData
from diswot.evaluation import EvalTask, Evaluation, EvaluatorSpec
from diswot.executors import Executor
from diswot.probes import load_probe
from diswot.spec.compute import ComputeSpec
from diswot.workflow import caching_executor
from diswot_benchmarks.runs.folder import (
    PROTOCOL,
    Protocol,
    check_folder,
    default_folder,
    difference,
    read_json,
    start_folder,
)
from diswot_benchmarks.runs.protocol import CorrelationSpec
from diswot_spaces import SearchSpace, get_space

SCORES_DEPEND_ON = (
    *("space", "classes", "in_shape", "probe", "probe_size", "probe_fingerprint"),
    *("initialization", "seed", "versions", "teacher", "weights_sha256", "teacher_inits"),
)
"""Entries of a run's record that a raw score depends on, whatever the labels are."""


@dataclass(frozen=True)
class RawScores:
    """The raw scores of a run, checked before anything is written.

    Attributes:
        evaluator: spec of what evaluates.
        protocol: what the figures of the run depend on.
        folder: of the run.
        earlier: values of an earlier run that hold for this one.
    """

    evaluator: EvaluatorSpec
    protocol: Protocol
    folder: Path
    earlier: list[Row]

    @contextmanager
    def open(self, compute: ComputeSpec) -> Iterator[CachingExecutor]:
        """An executor that has the run's folder as its cache; workers start at the first value that it lacks.

        Raises:
            InputError: the folder cannot be written.
        """
        start_folder(self.folder, self.protocol)
        if self.earlier:
            with closing(Store(self.folder)) as store:
                store.keep(self.earlier)
        with caching_executor(self.evaluator, replace(compute, cache=self.folder)) as executor:
            yield executor


def evaluator_spec(spec: CorrelationSpec) -> EvaluatorSpec:
    """Load the probe, and leave the teacher for when it is needed.

    Raises:
        InputError: the probe cannot be had as specified.
    """
    teacher = spec.teacher
    probe = load_probe(spec.probe, teacher.num_classes, teacher.in_shape, spec.seed).to("cpu")
    return EvaluatorSpec(get_space(spec.space), teacher, probe, tuple(spec.scores), spec.seed, spec.teacher_inits)


def find_scores(evaluator: EvaluatorSpec, protocol: Protocol, out: Path | None, source: Path | None) -> RawScores:
    """Check the folder of a run, and read what an earlier run has measured.

    Args:
        evaluator: spec of what evaluates.
        protocol: the record of the run.
        out: the folder; by default one under `runs/` that is named by the record.
        source: folder of an earlier run: values that hold for this one, too, are looked up, those of proxies that do
            not look at the teacher whoever the teacher was.

    Raises:
        InputError: one of the folders is not as it must be; nothing is written.
        UnreadableData: a damaged file of an earlier run.
    """
    folder = default_folder(protocol) if out is None else out
    check_folder(folder, protocol)
    return RawScores(evaluator, protocol, folder, [] if source is None else _earlier(evaluator, protocol, source))


def _earlier(evaluator: EvaluatorSpec, protocol: Protocol, source: Path) -> list[Row]:
    """The values of another folder that hold for this run."""
    if not store_file(source).exists():
        raise InputError(f"--from {str(source)!r} holds no raw scores: it has no {store_file(source).name}")
    if (fault := contents(source).fault) is not None:
        raise UnreadableData(f"the raw scores in {str(source)!r} are damaged: {fault}")
    rows: list[Row] = []
    with closing(Store(source)) as store:
        for of_teacher in (False, True):
            context = context_of(evaluator, of_teacher=of_teacher)
            for arch, values in store.find(context, store.archs(context)).items():
                rows += [Row(context, arch, *key, value) for key, value in values.items()]
    if not rows:
        raise InputError(f"--from {str(source)!r} holds {_other(source, protocol)}")
    return rows


def _other(source: Path, protocol: Protocol) -> str:
    """Why no value of an earlier run holds for this one."""
    record = read_json(source / PROTOCOL) if (source / PROTOCOL).exists() else protocol
    names = [name for name in SCORES_DEPEND_ON if name in record]
    change = difference({name: record[name] for name in names}, {name: protocol[name] for name in names})
    return f"scores with {change}" if change else "no scores by this code, these packages and this processor"


class Memory:
    """An executor that remembers what it was told: searches ask for the same tasks again and again.

    Args:
        space: of the architectures.
        executor: is asked once for each task.
    """

    def __init__(self, space: SearchSpace, executor: Executor) -> None:
        self._space, self._executor = space, executor
        self._found: dict[tuple[str, range], Evaluation] = {}

    def map(self, tasks: Sequence[EvalTask]) -> Iterator[Evaluation]:
        """Evaluations by all proxies, in the order of `tasks`."""
        asked = {(self._space.encode(self._space.canonical(task.arch)), task.inits): task for task in tasks}
        new = {key: task for key, task in asked.items() if key not in self._found}
        self._found |= zip(new, self._executor.map(list(new.values())), strict=True)
        yield from (self._found[self._space.encode(self._space.canonical(t.arch)), t.inits] for t in tasks)
