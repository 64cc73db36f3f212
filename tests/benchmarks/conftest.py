"""A small label table and the smallest run over it."""

from __future__ import annotations

from pathlib import Path

import pytest

from diswot.spec.probe import ProbeSpec
from diswot.spec.teacher import TeacherSpec
from diswot_benchmarks.runs.protocol import CorrelationSpec

ARCHS = ("1-1-1", "1-1-3", "1-3-1", "3-1-1", "3-3-1", "3-3-3")


@pytest.fixture(scope="session")
def labels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six ResNets with made-up accuracies of two data sets."""
    path = tmp_path_factory.mktemp("labels") / "labels.csv"
    lines = [f"{arch},{60 + 2 * i},{90 + i}" for i, arch in enumerate(ARCHS)]
    path.write_text("\n".join(["arch,cifar100,cifar10", *lines]) + "\n")
    return path


@pytest.fixture(scope="session")
def spec(labels: Path) -> CorrelationSpec:
    """The cheapest run: a small teacher, eight images, one seed."""
    return CorrelationSpec(
        labels=labels,
        columns=("cifar100", "cifar10"),
        teacher=TeacherSpec("resnet20", 10),
        space="cifar-resnet",
        proxies=("diswot",),
        probe=ProbeSpec("noise", 8),
        student_inits=2,
        teacher_inits=1,
    )
