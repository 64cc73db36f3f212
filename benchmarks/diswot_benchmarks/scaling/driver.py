"""What the driver of a search costs: a whole search whose evaluations take no time."""

from __future__ import annotations

import time
from dataclasses import dataclass, fields
from random import Random

from diswot.evaluation import EvalTask, Evaluation, Evaluator
from diswot.executors import open_executor
from diswot.search.run import run_phases
from diswot.search.search import Search
from diswot.spec.compute import ComputeSpec
from diswot.spec.search import EVALUATIONS, SearchSpec
from diswot.spec.teacher import TeacherSpec


@dataclass(frozen=True)
class Instant(Evaluator):
    """An evaluator that makes its values up out of the architecture's name."""

    def __call__(self, task: EvalTask) -> Evaluation:
        """Values of a real evaluation's names and number."""
        arch = self.space.canonical(task.arch)
        name = self.space.encode(arch)
        costs = self.space.costs(arch, self.num_classes, self.probe.image_shape)
        made_up = Random(name)  # noqa: S311  (nobody's secret)
        values = {proxy: tuple(made_up.random() for _ in range(task.inits.stop)) for proxy in self.proxies}
        return Evaluation(name, costs, values, 0.0).restrict(task.inits)


def driver_ms(executor: str, evaluator: Evaluator, seed: int, evaluations: int = EVALUATIONS) -> float:
    """CPU time of this process, all of its threads, for each evaluation of a search: proposals, scores and all.

    Args:
        executor: its name; one on Ray uses the cluster that this process is connected to.
        evaluator: a real one, which says what is sent.
        seed: of the search.
        evaluations: of the search.
    """
    instant = Instant(**{one.name: getattr(evaluator, one.name) for one in fields(evaluator)})
    search = Search(SearchSpec(TeacherSpec("resnet20", 100), evaluations=evaluations, seed=seed))
    with open_executor(instant, ComputeSpec(executor, 1 if executor == "serial" else 2)) as opened:
        list(opened.map([EvalTask(evaluator.space.smallest)] * 20))
        before = time.process_time()
        run_phases(search, opened, report=lambda _: None)
        seconds = time.process_time() - before
    return 1000 * seconds / (len(search.reference) + len(search.evaluations) + search.evaluated_finalists)
