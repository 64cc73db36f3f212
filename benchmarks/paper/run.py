"""The paper's claims: the benchmarks that they are about are run, or found finished, and their documents judged."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.correlation.run import run_correlation
from benchmarks.correlation.tables import correlation_table, load_run
from benchmarks.labels.ground_truth import read_truth
from benchmarks.labels.table import fingerprint, read_labels
from benchmarks.paper.checks import (
    ALONE,
    DISTILLED,
    DISWOT,
    SIMILARITIES,
    TRAINED,
    check_search,
    check_similarities,
    check_speed,
    check_students,
)
from benchmarks.paper.claims import Claim, plain
from benchmarks.runs.folder import write_json
from benchmarks.runs.protocol import IMAGES, CorrelationSpec
from benchmarks.search.run import SearchBenchmark, find_search_scores, run_search_benchmark
from benchmarks.speed.as_published import TRAINING
from benchmarks.speed.contestants import DEFAULT, ThroughputSpec
from benchmarks.speed.throughput import run_throughput
from benchmarks.statistics.intervals import LEVEL
from diswot.errors import InputError, UnknownName
from diswot.probes import load_probe
from diswot.spec.compute import ComputeSpec
from diswot.spec.probe import ProbeSpec
from diswot.spec.teacher import TeacherSpec
from search_spaces import get_space

RESNETS, CELLS = "diswot_resnet_s0.csv", "nasbench201.csv"
TRUTH = "cifar100_test_200"
RESULT = "paper.json"

PLAIN = (
    *("seed", "student_inits", "teacher_inits", "label_noise", "evaluations", "runs", "algorithm"),
    *("timed", "steps", "epochs"),
)
"""Fields of a spec that are options of the same name."""

Report = Callable[[str, int, int], None]

Check = Callable[[], list[Claim]]
"""Does the work of a check whose input has been found in order."""


@dataclass(frozen=True, slots=True)
class PaperSpec:
    """What is checked, with which sizes.

    Attributes:
        data: folder of the label tables.
        checks: names out of `CHECKS`.
        teacher: whom the students would learn from.
        probe: the batch.
        seed: of everything random.
        student_inits: random initializations of each student.
        teacher_inits: random initializations of the teacher.
        label_noise: standard deviation of the accuracy of one training of a ResNet, in points.
        evaluations: of each search.
        runs: searches of each kind.
        algorithm: that searches.
        timed: architectures on which an evaluation and a step of training are timed.
        steps: of training that are timed on each.
        epochs: of the training that an evaluation replaces.
    """

    data: Path
    checks: tuple[str, ...]
    teacher: TeacherSpec = field(default_factory=lambda: TeacherSpec("resnet56"))
    probe: ProbeSpec = field(default_factory=lambda: ProbeSpec(size=IMAGES))
    seed: int = 0
    student_inits: int = 2
    teacher_inits: int = 8
    label_noise: float = 0.2
    evaluations: int = 100
    runs: int = 20
    algorithm: str = "random"
    timed: int = 8
    steps: int = 2
    epochs: int = 12

    def __post_init__(self) -> None:
        """Check what can be checked before any file is opened.

        Raises:
            InputError: with one sentence.
        """
        for name in self.checks:
            if name not in CHECKS:
                raise UnknownName("check", name, CHECKS)
        for name in ("timed", "steps", "epochs"):
            if getattr(self, name) < 1:
                raise InputError(f"{name} must be at least 1, not {getattr(self, name)}")
        if not 0.0 <= self.label_noise < 100.0:
            raise InputError(f"label noise is in points, from 0 to 100, not {self.label_noise:g}")

    def correlation(self, labels: str, columns: tuple[str, ...], space: str, *proxies: str) -> CorrelationSpec:
        """What the scores over one label table are made from."""
        return CorrelationSpec(
            self.data / labels,
            columns,
            self.teacher,
            space,
            (*proxies, "default"),
            self.probe,
            seed=self.seed,
            student_inits=self.student_inits,
            teacher_inits=self.teacher_inits,
        )


@dataclass(frozen=True, slots=True)
class Work:
    """A run of this benchmark: what is checked, where its files go, and how it computes."""

    spec: PaperSpec
    folder: Path
    source: Path | None
    compute: ComputeSpec
    report: Report

    @property
    def resnets(self) -> Path:
        """Folder of the finished run over the 64 ResNets."""
        spec = self.spec.correlation(RESNETS, (DISTILLED, ALONE), "cifar-resnet", *SIMILARITIES)
        return run_correlation(spec, self.folder / "resnets", self.compute, self.report)


def run_paper(
    spec: PaperSpec, out: Path | None, source: Path | None, compute: ComputeSpec, report: Report
) -> dict[str, Any]:
    """Check the claims; raw scores are kept as they come, so that a run that was stopped continues.

    Args:
        spec: what to check.
        out: folder of the run; by default one under `runs/` that is named by the spec.
        source: folder of a run over NAS-Bench-201 of the same protocol, whose raw scores are looked up.
        compute: where to compute.
        report: called as the work goes on.

    Returns:
        The document that `--json` prints.

    Raises:
        InputError: a table, the probe, the teacher or a folder is not as it must be; nothing is written.
        ExecutorError: workers could not be started or were lost for good.
    """
    work = Work(spec, _default_folder(spec) if out is None else out, source, compute, report)
    if work.folder.exists() and not work.folder.is_dir():
        raise InputError(f"--out {str(work.folder)!r} is a file, not a folder")
    load_probe(spec.probe, spec.teacher.num_classes, spec.teacher.in_shape, spec.seed)
    checks = [prepare(work) for name, prepare in CHECKS.items() if name in spec.checks]
    claims = [claim for check in checks for claim in check()]
    document = {
        "benchmark": "paper",
        "claims": [plain(asdict(claim)) | {"command": command(spec, claim.check)} for claim in claims],
        **_record(spec),
        "out": str(work.folder),
    }
    work.folder.mkdir(parents=True, exist_ok=True)
    write_json(work.folder / RESULT, document)
    return document


def command(spec: PaperSpec, check: str) -> str:
    """The command that repeats one check."""
    options = {
        "check": check,
        "data": spec.data,
        "teacher": spec.teacher.name,
        "classes": spec.teacher.num_classes,
        "input": "x".join(map(str, spec.teacher.in_shape)),
        "weights": spec.teacher.weights,
        "probe": spec.probe.source,
        "probe-size": spec.probe.size,
        "dtype": spec.probe.dtype,
        **{name.replace("_", "-"): getattr(spec, name) for name in PLAIN},
    }
    words = [f"--{name} {shlex.quote(str(value))}" for name, value in options.items() if value is not None]
    return " ".join(["diswot benchmark paper", *words])


def _students(work: Work) -> Check:
    read_labels(work.spec.data / RESNETS, get_space("cifar-resnet"), (ALONE, DISTILLED))
    return lambda: check_students(load_run(work.resnets)[1], work.spec.label_noise, work.spec.seed)


def _similarities(work: Work) -> Check:
    read_labels(work.spec.data / RESNETS, get_space("cifar-resnet"), (ALONE, DISTILLED))
    return lambda: check_similarities(correlation_table(work.resnets))


def _speed(work: Work) -> Check:
    spec, teacher = work.spec, work.spec.teacher
    asked = ThroughputSpec(
        spec.timed, spec.steps, teacher=teacher.name, classes=teacher.num_classes, threads=1, seed=spec.seed,
        scores=(TRAINING, DEFAULT),
    )  # fmt: skip
    return lambda: check_speed(run_throughput(asked, work.report), spec.epochs)


def _search(work: Work) -> Check:
    spec = work.spec
    scores = spec.correlation(CELLS, (TRUTH,), "nasbench201", DISWOT, "nwot", "params")
    asked = SearchBenchmark(scores, (spec.algorithm,), (), (spec.evaluations,), spec.runs, trained=TRAINED)
    for column in (TRUTH, TRAINED):
        read_truth(scores, column)
    out = work.folder / "nasbench201"
    find_search_scores(scores, out, work.source)
    return lambda: check_search(run_search_benchmark(asked, out, work.source, work.compute, work.report))


CHECKS: dict[str, Callable[[Work], Check]] = {
    "students": _students,
    "similarities": _similarities,
    "speed": _speed,
    "search": _search,
}
"""What can be checked, in the order of the table: each reads and refuses first, and gives what remains to be done."""


def _record(spec: PaperSpec) -> dict[str, Any]:
    """What the figures depend on, as JSON values."""
    weights = spec.teacher.weights
    return {
        "teacher": spec.teacher.name,
        "weights": None if weights is None else weights.name,
        "weights_sha256": None if weights is None else fingerprint(weights),
        "classes": spec.teacher.num_classes,
        "in_shape": spec.teacher.in_shape,
        "probe": spec.probe.source,
        "probe_size": spec.probe.size,
        "dtype": spec.probe.dtype,
        **{name: getattr(spec, name) for name in PLAIN},
        "interval": f"{LEVEL:g}%",
        "versions": {package: version(package) for package in ("diswot", "numpy", "torch")},
    }


def _default_folder(spec: PaperSpec) -> Path:
    """Equal specs share a folder, whichever claims they check, so that a run started again continues."""
    return Path("runs") / f"paper-{sha256(json.dumps(_record(spec), sort_keys=True).encode()).hexdigest()[:8]}"
