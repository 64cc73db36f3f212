"""What a plan needs beside itself, looked at before anything is searched: images, weights, teachers, devices."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from diswot.batch.plan import PlannedSearch, at
from diswot.evaluation import EvaluatorSpec
from diswot.probes import load_probe
from diswot.spec.compute import ComputeSpec
from diswot_spaces import get_space


def check_inputs(jobs: Iterable[PlannedSearch]) -> None:
    """Load the probe and observe each teacher once, as a search would.

    Raises:
        InputError: names what is not there or cannot be used.
    """
    teachers, budgets = set(), set()
    for job in jobs:
        if job.spec.times and job.budget not in budgets:
            budgets.add(job.budget)
            at(
                f"constraints.{job.budget}.latency",
                partial(ComputeSpec, "serial", device=job.spec.constraints.latency.device),
            )
        if job.teacher not in teachers:
            teachers.add(job.teacher)
            _check_teacher(job)


def _check_teacher(job: PlannedSearch) -> None:
    """One initialization tells what is wrong with it."""
    spec, teacher = job.spec, job.spec.teacher
    load = partial(load_probe, spec.probe, teacher.num_classes, teacher.in_shape, spec.seed)
    probe = at(f"search.probe (teacher {job.teacher})", load)
    evaluator = EvaluatorSpec(get_space(spec.space), teacher, probe, (spec.score,), spec.seed, teacher_inits=1)
    at(f"teacher {job.teacher}", evaluator.build)
    at(f"teacher {job.teacher}", evaluator.try_teacher)
