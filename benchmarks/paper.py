"""The paper's claims, each with a verdict that is read off our own measurements and the label tables."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.bootstrap import LEVEL
from benchmarks.claims import Claim, plain
from benchmarks.correlation import run_correlation
from benchmarks.labels import fingerprint, read_labels
from benchmarks.paper_search import DISWOT, RIVALS, check_search
from benchmarks.paper_speed import SpeedCheck, check_speed
from benchmarks.paper_students import (
    ALONE,
    DISTILLED,
    SIMILARITIES,
    SPACE,
    TABLE,
    check_best_student,
    check_similarities,
)
from benchmarks.protocol import CorrelationSpec, write_json
from benchmarks.scores import RawScores, find_scores
from benchmarks.search import SearchBenchmark
from benchmarks.truth import read_truth
from diswot.errors import InputError, UnknownName
from diswot.probes import load_probe
from diswot.probes.spec import ProbeSpec
from diswot.recommend import Compute
from diswot.search.spec import SearchSpec
from diswot.teachers.spec import TeacherSpec
from search_spaces import get_space

CHECKS = {
    "students": "the best student alone and the best distilled",
    "similarities": "similarities and distilled accuracy",
    "speed": "training-free search against training",
    "search": "DisWOT against others at equal evaluations",
}
"""What can be checked, in the order of the table."""

CELLS = "nasbench201.csv"
TRUTH, TRAINED = "cifar100_test_200", "cifar100_valid_12"
RESULT = "paper.json"

PLAIN = (
    *("seed", "seeds", "initialisations", "label_noise", "evaluations", "runs", "algorithm"),
    *("timed", "steps", "epochs"),
)
"""Fields of a spec that are options of the same name."""

Report = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class PaperSpec:
    """What is checked, with which sizes.

    Attributes:
        data: folder of the label tables.
        checks: names out of `CHECKS`.
        teacher: whom the students would learn from.
        probe: the batch.
        seed: of everything random.
        seeds: random initialisations of each student.
        initialisations: random initialisations of the teacher.
        label_noise: standard deviation of the accuracy of one training of a ResNet, in points.
        evaluations: of each search.
        runs: searches of each kind.
        algorithm: that searches.
        timed: architectures on which an evaluation and a training are timed.
        steps: of training that are timed on each.
        epochs: of the training that an evaluation replaces.
    """

    data: Path
    checks: tuple[str, ...] = tuple(CHECKS)
    teacher: TeacherSpec = field(default_factory=lambda: TeacherSpec("resnet56"))
    probe: ProbeSpec = field(default_factory=ProbeSpec)
    seed: int = 0
    seeds: int = 2
    initialisations: int = 8
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

    @property
    def students(self) -> CorrelationSpec:
        """The run over the 64 ResNets."""
        return self._scores(self.data / TABLE, DISTILLED, SPACE, (*SIMILARITIES, "default"))

    @property
    def searches(self) -> SearchBenchmark:
        """The searches over NAS-Bench-201."""
        scores = self._scores(self.data / CELLS, TRUTH, "nasbench201", (DISWOT, "default", *RIVALS))
        return SearchBenchmark(scores, (self.algorithm,), (), (self.evaluations,), self.runs)

    @property
    def timed_search(self) -> SearchSpec:
        """The search that is timed as a whole."""
        return SearchSpec(
            self.teacher,
            probe=self.probe,
            evaluations=self.evaluations,
            seed=self.seed,
            seeds=self.seeds,
            initialisations=self.initialisations,
        )

    def _scores(self, labels: Path, column: str, space: str, proxies: tuple[str, ...]) -> CorrelationSpec:
        return CorrelationSpec(
            labels,
            (column,),
            self.teacher,
            space,
            proxies,
            self.probe,
            seed=self.seed,
            seeds=self.seeds,
            initialisations=self.initialisations,
        )


def run_paper(
    spec: PaperSpec, out: Path | None, source: Path | None, executor: str, workers: int | None, report: Report
) -> dict[str, Any]:
    """Check the claims; raw scores are kept as they come, so that a run that was stopped continues.

    Args:
        spec: what to check.
        out: folder of the run; by default one under `runs/` that is named by the spec.
        source: folder of a run over NAS-Bench-201 of the same protocol, whose raw scores are looked up.
        executor: one of `diswot.executors.EXECUTORS`.
        workers: number of workers; by default one for each core.
        report: called as the work goes on.

    Returns:
        The document that `--json` prints.

    Raises:
        InputError: a table, the probe, the teacher or a folder is not as it must be; nothing is written.
        ExecutorError: workers could not be started or were lost for good.
    """
    work = _Work(
        spec, _default_folder(spec) if out is None else out, source, Compute(executor, workers, cache=None), report
    )
    work.check()
    claims = [claim for name, check in work.checks.items() if name in spec.checks for claim in check()]
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
        **{name.replace("_", "-"): getattr(spec, name) for name in PLAIN},
    }
    words = [f"--{name} {shlex.quote(str(value))}" for name, value in options.items() if value is not None]
    return " ".join(["diswot benchmark paper", *words])


@dataclass(frozen=True)
class _Work:
    """A run of this benchmark."""

    spec: PaperSpec
    folder: Path
    source: Path | None
    compute: Compute
    report: Report

    @property
    def checks(self) -> dict[str, Callable[[], list[Claim]]]:
        return {
            "students": self._students,
            "similarities": self._similarities,
            "speed": self._speed,
            "search": self._search,
        }

    def check(self) -> None:
        """Read the tables that the checks need, and whatever else can be refused, before any work."""
        spec = self.spec
        if self.folder.exists() and not self.folder.is_dir():
            raise InputError(f"--out {str(self.folder)!r} is a file, not a folder")
        if {"students", "similarities"} & set(spec.checks):
            read_labels(spec.data / TABLE, get_space(SPACE), (ALONE, DISTILLED))
        if "search" in spec.checks:
            for column in (TRUTH, TRAINED):
                read_truth(spec.searches.scores, column)
            find_scores(spec.searches.scores, self.folder / "nasbench201", self.source, "search")
        load_probe(spec.probe, spec.teacher.num_classes, spec.teacher.in_shape, spec.seed)

    def _students(self) -> list[Claim]:
        return check_best_student(self.spec.data / TABLE, self.spec.label_noise, self.spec.seed)

    def _similarities(self) -> list[Claim]:
        folder, compute = self.folder / "resnets", self.compute
        run_correlation(self.spec.students, folder, compute.executor, compute.workers, self.report)
        return check_similarities(folder, self.spec.seed)

    def _speed(self) -> list[Claim]:
        spec = self.spec
        self.report("timing evaluations and training", 0, 1)
        return check_speed(SpeedCheck(spec.timed_search, spec.timed, spec.steps, spec.epochs), self.compute)

    def _search(self) -> list[Claim]:
        spec = self.spec.searches
        truth, trained = (read_truth(spec.scores, column) for column in (TRUTH, TRAINED))
        scores = find_scores(spec.scores, self.folder / "nasbench201", self.source, "search")
        with RawScores(scores, self.compute.executor, self.compute.workers) as pool:
            return check_search(spec, truth, trained, pool, self.report)


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
        **{name: getattr(spec, name) for name in PLAIN},
        "interval": f"{LEVEL:g}%",
        "versions": {package: version(package) for package in ("diswot", "numpy", "torch")},
    }


def _default_folder(spec: PaperSpec) -> Path:
    """Equal specs share a folder, whichever claims they check, so that a run started again continues."""
    return Path("runs") / f"paper-{sha256(json.dumps(_record(spec), sort_keys=True).encode()).hexdigest()[:8]}"
