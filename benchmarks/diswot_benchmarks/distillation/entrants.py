"""Who makes a step of training: a bare loop of torch, ours, ours without a teacher, and ours with kept logits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

from diswot.data.training import Batch
from diswot.distillation.assembly import Planned, make_training
from diswot.distillation.data import JobData
from diswot.distillation.loop import Training
from diswot.distillation.networks import candidate, trained_teacher
from diswot.distillation.optimization import make_optimizer
from diswot.losses import logits_kl
from diswot.spec.distillation import DistillSpec

Step = Callable[[Batch], object]

BARE, LOOP, ALONE, KEPT = "bare torch", "loop", "loop, no teacher", "loop, kept logits"


def entrants(spec: DistillSpec, data: JobData, folder: Path) -> dict[str, Step]:
    """One step of each on a batch, all from the same weights.

    Args:
        spec: a distillation by `kd`.
        data: of it.
        folder: for logits that are kept.
    """
    kept = replace(spec, cache_teacher=1)
    return {
        BARE: bare(_training(spec, data), spec),
        LOOP: _training(spec, data).step,
        ALONE: _training(spec, data, kind="alone").step,
        KEPT: _training(kept, data, folder=folder).step,
    }


def teacher_of(spec: DistillSpec) -> nn.Module:
    """The teacher; without weights it is random, and takes as long."""
    return trained_teacher(spec.teacher, spec.device) if spec.teacher.is_trained else candidate(spec.teacher).build(0)


def _training(spec: DistillSpec, data: JobData, kind: str = "distilled", folder: Path | None = None) -> Training:
    planned = Planned(kind, spec.seed, candidate(spec.student_network))
    training = make_training(planned, spec, data, teacher_of(spec), folder)
    training.objective.train()
    return training


def bare(training: Training, spec: DistillSpec) -> Step:
    """The step as one writes it without any library, on the networks of a training that is not used otherwise."""
    student, shown = training.objective.student, training.objective.teacher
    assert shown is not None
    network, teacher = student.tapped.network, shown.tapped.network
    optimizer = make_optimizer(network.parameters(), spec.recipe)

    def step(batch: Batch) -> object:
        images = batch.images.to(spec.device).float() / 255
        logits = network(student.inputs(images))
        with torch.no_grad():
            wanted = teacher(shown.inputs(images))
        loss = 0.1 * F.cross_entropy(logits, batch.labels.to(spec.device)) + 0.9 * logits_kl(logits, wanted)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        return loss

    return step
