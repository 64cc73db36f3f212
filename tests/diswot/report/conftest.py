"""A finished search whose evaluations cost nothing."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import pytest

from diswot.evaluation import EvalTask, Evaluation
from diswot.search.run import run_phases
from diswot.search.search import Search
from diswot.spec.constraints import Constraints
from diswot.spec.probe import ProbeSpec
from diswot.spec.search import SearchSpec
from diswot.spec.teacher import TeacherSpec
from diswot_spaces import get_space

SPACE = get_space("cifar-resnet")
FAILING = "3-7-1"


class Costing:
    """An executor that knows MACs without building anything."""

    def map(self, tasks: Sequence[EvalTask]) -> Iterator[Evaluation]:
        for arch in (task.arch for task in tasks):
            name, costs = SPACE.encode(arch), SPACE.costs(arch, 10)
            failed = "out of order" if name == FAILING else None
            yield Evaluation(name, costs, {} if failed else {"macs": (math.log(costs.macs),)}, 0.5, failed)


@pytest.fixture
def spec() -> SearchSpec:
    return SearchSpec(
        TeacherSpec("resnet20", 10),
        "cifar-resnet",
        "macs",
        ProbeSpec("noise", 4),
        constraints=Constraints(max_params=400_000),
        evaluations=25,
        proposals_per_batch=20,
        student_inits=1,
        teacher_inits=1,
        population=8,
        tournament=3,
        relaxation=0.5,
    )


@pytest.fixture
def search(spec: SearchSpec) -> Search:
    found = Search(spec)
    run_phases(found, Costing(), lambda _: None)
    return found
