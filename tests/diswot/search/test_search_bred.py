"""How many candidates are drawn and how many are bred: a short search breeds, too."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import ClassVar

import pytest

from diswot.evaluation import EvalTask, Evaluation
from diswot.search.run import run_phases
from diswot.search.search import Search
from diswot.spec.constraints import Constraints
from diswot.spec.search import SearchSpec
from diswot.spec.teacher import TeacherSpec
from diswot_spaces import get_space

SPACE = get_space("mobilenetv2")


class Costing:
    """An executor that knows MACs without building anything."""

    def map(self, tasks: Sequence[EvalTask]) -> Iterator[Evaluation]:
        for task in tasks:
            costs = SPACE.costs(task.arch, 100)
            yield Evaluation(SPACE.encode(task.arch), costs, {"macs": (math.log(costs.macs),)}, 0.0)


def search(algorithm: str, evaluations: int) -> Search:
    asked = SearchSpec(
        TeacherSpec("resnet20"),
        SPACE.name,
        "macs",
        student_inits=1,
        constraints=Constraints(max_params=1_500_000),
        algorithm=algorithm,
        evaluations=evaluations,
        relaxation=0,
    )
    return Search(asked)


@pytest.mark.parametrize("algorithm", ["aging-evolution", "nsga2"])
@pytest.mark.parametrize(("evaluations", "drawn"), [(1, 1), (6, 2), (20, 3), (40, 6), (50, 8), (120, 20)])
def test_a_sixth_is_drawn_and_the_others_are_bred(algorithm: str, evaluations: int, drawn: int) -> None:
    found = search(algorithm, evaluations)
    run_phases(found, Costing(), lambda _: None)
    assert (len(found.evaluations), found.bred) == (evaluations, evaluations - drawn)


def test_a_random_search_breeds_nothing() -> None:
    found = search("random", 20)
    run_phases(found, Costing(), lambda _: None)
    assert (len(found.evaluations), found.bred) == (20, 0)


@pytest.mark.parametrize("algorithm", ["aging-evolution", "nsga2"])
def test_what_was_bred_is_known_after_an_interruption(algorithm: str) -> None:
    whole, stopped = search(algorithm, 60), search(algorithm, 60)
    run_phases(whole, Costing(), lambda _: None)
    run_phases(stopped, Costing(), lambda _: None, lambda: len(stopped.evaluations) < 30)
    again = search(algorithm, 60)
    again.restore(stopped.to_json())
    run_phases(again, Costing(), lambda _: None)
    assert 0 < stopped.bred < again.bred == whole.bred == 50
    assert [m.arch for m in again.evaluations] == [m.arch for m in whole.evaluations]


@pytest.mark.parametrize("size", [1, 7, 200])
def test_no_more_are_proposed_at_once_than_was_asked_for(size: int) -> None:
    class Watching(Costing):
        sizes: ClassVar[list[int]] = []

        def map(self, tasks: Sequence[EvalTask]) -> Iterator[Evaluation]:
            self.sizes.append(len(tasks))
            return super().map(tasks)

    found = search("aging-evolution", 20)
    found = Search(replace(found.spec, proposals_per_batch=size))
    run_phases(found, Watching(), lambda _: None)
    assert max(Watching.sizes) == min(size, 20)
    assert sum(Watching.sizes) == 20
