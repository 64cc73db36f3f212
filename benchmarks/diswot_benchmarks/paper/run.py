"""The paper's claims: the benchmarks that they are about are run, or found finished, and their documents judged."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

from diswot.errors import InputError
from diswot.labels.table import fingerprint, read_labels
from diswot.probes import load_probe
from diswot.spec.compute import ComputeSpec
from diswot.spec.option import declared
from diswot_benchmarks.correlation.run import run_correlation
from diswot_benchmarks.correlation.tables import correlation_table, load_run
from diswot_benchmarks.labels.ground_truth import read_truth
from diswot_benchmarks.paper.checks import (
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
from diswot_benchmarks.paper.claims import Claim, plain
from diswot_benchmarks.paper.spec import PaperSpec
from diswot_benchmarks.runs.folder import write_json
from diswot_benchmarks.runs.progress import Report
from diswot_benchmarks.runs.protocol import command
from diswot_benchmarks.search.run import find_search_scores, run_search_benchmark
from diswot_benchmarks.search.spec import SearchBenchmark
from diswot_benchmarks.speed.spec import DEFAULT, TRAINING, ThroughputSpec
from diswot_benchmarks.speed.throughput import run_throughput
from diswot_benchmarks.statistics.intervals import LEVEL
from diswot_spaces import get_space

RESNETS, CELLS = "diswot_resnet_s0.csv", "nasbench201.csv"
TRUTH = "cifar100_test_200"
RESULT = "paper.json"


Check = Callable[[], list[Claim]]
"""Does the work of a check whose input has been found in order."""


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
    record = _record(spec)
    # Equal records share a folder, whichever claims they check, so that a run started again continues.
    digest = sha256(json.dumps(record, sort_keys=True).encode()).hexdigest()
    work = Work(spec, Path("runs") / f"paper-{digest[:8]}" if out is None else out, source, compute, report)
    if work.folder.exists() and not work.folder.is_dir():
        raise InputError(f"--out {str(work.folder)!r} is a file, not a folder")
    load_probe(spec.probe, spec.teacher.num_classes, spec.teacher.in_shape, spec.seed)
    checks = [prepare(work) for name, prepare in PREPARE.items() if name in spec.checks]
    claims = [claim for check in checks for claim in check()]
    document = {
        "benchmark": "paper",
        "claims": [
            plain(asdict(claim))
            | {"command": command("paper", spec, "--check", claim.check, without=("score", "space"))}
            for claim in claims
        ],
        **record,
        "out": str(work.folder),
    }
    work.folder.mkdir(parents=True, exist_ok=True)
    write_json(work.folder / RESULT, document)
    return document


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


PREPARE: dict[str, Callable[[Work], Check]] = {
    "students": _students,
    "similarities": _similarities,
    "speed": _speed,
    "search": _search,
}
"""Each check reads and refuses first, and gives what remains to be done."""


def _record(spec: PaperSpec) -> dict[str, Any]:
    """What the figures depend on, as JSON values."""
    weights = spec.teacher.weights
    settings = {one.name: one.of(spec) for one in declared(PaperSpec) if one.name not in ("space", "score", "data")}
    return settings | {
        "weights": None if weights is None else weights.name,
        "weights_sha256": None if weights is None else fingerprint(weights),
        "interval": f"{LEVEL:g}%",
        "versions": {package: version(package) for package in ("diswot", "numpy", "torch")},
    }
