"""Plans, and searches of which every value is made by hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from diswot.batch.folder import BatchFolder
from diswot.batch.plan import Plan, PlannedSearch, jobs_of
from diswot.evaluation import EvalTask, Evaluation
from diswot.report.files import write_files
from diswot.report.finished import FinishedSearch
from diswot.report.result import make_result
from diswot.search.run import run_phases
from diswot.search.search import Search
from diswot_spaces import get_space

A, B, C, D = "1-1-1", "3-1-1", "5-1-1", "7-1-1"
"""The ResNets of at most 107,000 parameters, for images of 16 x 16 with 10 classes."""
SPACE = get_space("cifar-resnet")
PARTS: dict[str, Any] = {
    "teachers": [{"name": "resnet20", "num_classes": 10, "in_shape": [3, 16, 16]}],
    "spaces": ["cifar-resnet"],
    "constraints": {"small": {"max_params": "107k"}},
    "search": {
        "score": "diswot",
        "algorithm": "exhaustive",
        "probe": {"source": "noise", "size": 4},
        "relaxation": 0.0,
        "student_inits": 2,
    },
}

Values = Mapping[str, tuple[float, float]]
"""For each architecture its score under two initializations."""


class Scripted:
    """An executor that knows what comes out; what it does not know has failed."""

    def __init__(self, values: Values) -> None:
        self.values = values

    def map(self, tasks: Sequence[EvalTask]) -> Iterator[Evaluation]:
        for arch, inits in ((task.arch, task.inits) for task in tasks):
            name, costs = SPACE.encode(arch), SPACE.costs(arch, 10, (3, 16, 16))
            known = self.values.get(name)
            whole = Evaluation(name, costs, {"diswot": known} if known else {}, 0.0, None if known else "not known")
            yield whole.restrict(inits)


def plan_of(**changes: Any) -> Plan:
    """A plan that takes no time, with other parts than `PARTS`."""
    return Plan.model_validate(PARTS | changes)


def jobs(**changes: Any) -> tuple[PlannedSearch, ...]:
    return jobs_of(plan_of(**changes))


def finish(folder: BatchFolder, job: PlannedSearch, values: Values) -> None:
    """Leave the files of a search behind in which these values were measured."""
    search = Search(job.spec)
    run_phases(search, Scripted(values), lambda _: None)
    finished = FinishedSearch.of(search)
    write_files(folder.of(job), finished, make_result(finished))
