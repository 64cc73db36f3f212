"""The paper's claim about speed: what an evaluation costs, beside the training that it replaces."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import nn

from benchmarks.paper.claims import Claim, interval, judge
from benchmarks.statistics.definitions import Vector
from diswot.evaluation import EvalTask, Measurer
from diswot.executors.compute import Compute
from diswot.networks import build_random
from diswot.recommend import measurer_of, run_search
from diswot.report.result import Result
from diswot.runtime.threads import one_thread
from diswot.search.run import Search
from diswot.search.spec import SearchSpec
from diswot.seeds import derive_seed, stream
from search_spaces import Architecture

CLAIMED = 180.0
"""Times faster, as the paper says it."""

PUBLISHED = {"random_search_seconds": 216_000.0, "diswot_seconds": 1_200.0}
"""Figure 4 of the paper, NAS-Bench-201 on CIFAR-100, as in the authors' `exps/plot_figures.py`; on their GPU."""

IMAGES = 50_000
"""In one epoch of CIFAR-100."""

BATCH = 64
RESAMPLES = 2000


@dataclass(frozen=True, slots=True)
class SpeedCheck:
    """How speed is measured.

    Attributes:
        search: teacher, space, score and evaluations of the search that is timed as a whole.
        architectures: on which an evaluation and the steps of a training are timed, drawn by seed.
        steps: of training that are timed on each, behind one that is not.
        epochs: of the training that an evaluation replaces.
    """

    search: SearchSpec
    architectures: int
    steps: int
    epochs: int


def check_speed(check: SpeedCheck, compute: Compute) -> list[Claim]:
    """Whether a search without training is at least 180 times faster, for the same number of candidates.

    An evaluation and a training step of the same architecture are timed in CPU seconds on one thread of this machine;
    the training is steps enough for its epochs, which is an extrapolation. The interval is over architectures.

    Args:
        check: what to time.
        compute: where the whole search runs.
    """
    evaluation, training = _seconds(check)
    return [speed_claim(check, evaluation, training, _search_seconds(check.search, compute), compute.executor)]


def speed_claim(check: SpeedCheck, evaluation: Vector, training: Vector, whole: float, executor: str) -> Claim:
    """The verdict on measured times.

    Args:
        check: what was timed.
        evaluation: `(n,)` CPU seconds of an evaluation of each architecture.
        training: `(n,)` CPU seconds of a training of each.
        whole: wall seconds of a whole search.
        executor: that ran it.
    """
    ratio = float(training.sum() / evaluation.sum())
    drawn = stream(check.search.seed, "speed").integers(len(evaluation), size=(RESAMPLES, len(evaluation)))
    low, high = interval(training[drawn].sum(1) / evaluation[drawn].sum(1))
    published = PUBLISHED["random_search_seconds"]
    figures = {
        "claimed": CLAIMED,
        "ratio": ratio,
        "ratio_low": low,
        "ratio_high": high,
        "evaluation_cpu_seconds": float(evaluation.mean()),
        "training_cpu_seconds": float(training.mean()),
        "epochs": check.epochs,
        "images_per_epoch": IMAGES,
        "batch": BATCH,
        "steps_timed": check.steps,
        "architectures_timed": len(evaluation),
        "search": {
            "score": check.search.score,
            "evaluations": check.search.evaluations,
            "seconds": whole,
            "seconds_per_evaluation": whole / check.search.evaluations,
            "executor": executor,
        },
        "published": {**PUBLISHED, "ratio": published / PUBLISHED["diswot_seconds"], "machine": "the authors' GPU"},
        "published_random_search_over_our_search": published / whole,
    }
    return Claim(
        "speed",
        "a search without training is at least 180 times faster than one that trains its candidates",
        judge(low, high, CLAIMED),
        f"on one thread of this machine {check.epochs} epochs take {training.mean():,.0f} CPU seconds "
        f"(extrapolated from {check.steps} steps), an evaluation {evaluation.mean():.3f}: "
        f"{ratio:,.0f} times [{low:,.0f}, {high:,.0f}]; "
        f"the paper has 216,000 s against 1,200 s on its GPU; our {check.search.evaluations} evaluations took "
        f"{whole:.0f} s on this machine's CPU",
        figures,
    )


def _seconds(check: SpeedCheck) -> tuple[Vector, Vector]:
    """CPU seconds of one evaluation and of one training, for each architecture `(n,)`."""
    measurer = measurer_of(check.search)
    rng = stream(check.search.seed, "speed", "architectures")
    archs = [measurer.space.canonical(measurer.space.sample(rng)) for _ in range(check.architectures)]
    steps_per_training = check.epochs * IMAGES / BATCH
    evaluations, trainings = [], []
    with one_thread():
        for arch in archs:
            measurer(EvalTask(arch, range(check.search.seeds)))
            start = time.process_time()
            measurer(EvalTask(arch, range(check.search.seeds)))
            evaluations.append(time.process_time() - start)
            trainings.append(step_seconds(measurer, arch, check.steps) * steps_per_training)
    return np.array(evaluations), np.array(trainings)


def step_seconds(measurer: Measurer, arch: Architecture, steps: int) -> float:
    """CPU seconds of one step of training: 64 images forward and backward, and an update with momentum.

    Args:
        measurer: of the space and the task.
        arch: to train.
        steps: to take, behind one that is not counted.
    """
    channels, height, width = measurer.probe.images.shape[1:]
    network = build_random(
        lambda: measurer.space.build(arch, measurer.num_classes, (channels, height, width)), measurer.seed
    )
    network = network.train().requires_grad_(True)
    generator = torch.Generator().manual_seed(derive_seed(measurer.seed, "training step"))
    images = torch.randn(BATCH, channels, height, width, generator=generator)
    labels = torch.randint(measurer.num_classes, (BATCH,), generator=generator)
    optimiser = torch.optim.SGD(network.parameters(), lr=0.1, momentum=0.9, nesterov=True, weight_decay=5e-4)
    start = 0.0
    for step in range(steps + 1):
        if step == 1:
            start = time.process_time()
        optimiser.zero_grad()
        nn.functional.cross_entropy(network(images), labels).backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    return (time.process_time() - start) / steps


def _search_seconds(spec: SearchSpec, compute: Compute) -> float:
    """Wall seconds of a whole search that finds nothing measured before: teacher and start of workers included."""
    start = time.perf_counter()
    result = run_search(Search(spec), replace(compute, cache=None), lambda _: None)
    assert isinstance(result, Result), "a search without checkpoints runs to its end"
    return time.perf_counter() - start
