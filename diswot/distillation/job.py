"""The whole job: a teacher, the trainings under it and beside it, and what they say together."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from diswot.data.training import Batch
from diswot.distillation.assembly import Planned, input_format, make_training, prepare
from diswot.distillation.data import JobData, load_data
from diswot.distillation.folder import (
    ARCHITECTURE,
    EPOCHS,
    PAGE,
    RECORD,
    REPORT,
    WEIGHTS,
    JobFolder,
    job_folder,
    line,
    packed,
)
from diswot.distillation.inputs import InputFormat
from diswot.distillation.judging import Predictions, judge, predict
from diswot.distillation.keeping import Keeper
from diswot.distillation.loop import Training
from diswot.distillation.networks import candidate, thinned, trained_teacher
from diswot.distillation.objective import Network
from diswot.distillation.page import page
from diswot.distillation.record import DistillReport, EpochRecord, TrainingRecord, grouped
from diswot.distillation.tapped import TappedNetwork
from diswot.errors import InputError
from diswot.spec.distillation import DistillSpec
from diswot.teachers.weights import load_weights

BEST, LAST = "best.safetensors", "last.safetensors"

Tell = Callable[["Stage", Training], None]
"""Called after each batch with where the job is, and the training."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Where a job is.

    Attributes:
        name: of the training.
        number: of it, from 1.
        total: number of trainings.
    """

    name: str
    number: int
    total: int


def plan(spec: DistillSpec) -> list[Planned]:
    """The trainings of a job, in order.

    Raises:
        InputError: the plain student cannot be had for this teacher.
    """
    student = candidate(spec.student_network)
    kinds = {"distilled": student}
    if spec.compare in ("alone", "both"):
        kinds["alone"] = student
    if spec.compare in ("plain", "both"):
        kinds["plain"] = thinned(spec.teacher, student.costs().params)
    teachers = [Planned("teacher", spec.seed, candidate(spec.teacher))] if spec.train_teacher else []
    seeds = range(spec.seed, spec.seed + spec.seeds)
    return teachers + [Planned(kind, seed, network) for seed in seeds for kind, network in kinds.items()]


def run_distillation(
    spec: DistillSpec,
    folder: Path,
    tell: Tell = lambda *_: None,
    go_on: Callable[[], None] = lambda: None,
) -> DistillReport:
    """Do a job, or what is left of it, in its folder.

    Args:
        spec: what is asked.
        folder: where everything is kept; trainings that are over are not made again.
        tell: called after each batch.
        go_on: called after each step; ends the job by raising.

    Raises:
        InputError: something cannot be done as asked, found before anything is trained.
        DiswotError: a training failed.
        StorageError: a file cannot be written; what was kept before stays good.
    """
    spec.check()
    planned = plan(spec)
    data = load_data(spec)
    dry_run(spec, planned, data)
    with job_folder(folder, spec) as files:
        return _Job(spec, files, data, planned, tell, go_on).run()


def dry_run(spec: DistillSpec, planned: list[Planned], data: JobData) -> None:
    """One step of each kind of training on one batch, which finds errors of shape and memory; nothing is kept.

    Raises:
        InputError: a network or distiller fails on this data.
    """
    teacher = None
    if spec.needs_teacher:
        teacher = candidate(spec.teacher).build(0) if spec.train_teacher else trained_teacher(spec.teacher, spec.device)
        teacher = teacher.to(spec.device)
    seen: set[str] = set()
    for one in planned:
        if one.kind not in seen:
            seen.add(one.kind)
            training = make_training(one, spec, data, teacher)
            batch = next(data.train.batches(min(spec.recipe.batch_size, len(data.train))))
            _try_step(training, batch, one)


def _try_step(training: Training, batch: Batch, one: Planned) -> None:
    try:
        training.objective.train()
        training.step(batch)
    except InputError:
        raise
    except (ArithmeticError, AssertionError, LookupError, MemoryError, RuntimeError, TypeError, ValueError) as error:
        raise InputError(f"training {one.kind} ({one.network.title}) fails on its first batch: {error}") from error


class _Job:
    """A job in its folder."""

    def __init__(
        self,
        spec: DistillSpec,
        files: JobFolder,
        data: JobData,
        planned: list[Planned],
        tell: Tell,
        go_on: Callable[[], None],
    ) -> None:
        self.spec, self.files, self.data, self.planned = spec, files, data, planned
        self.tell, self.go_on = tell, go_on
        self.teacher: nn.Module | None = None
        self.seen: Predictions | None = None

    def run(self) -> DistillReport:
        """All trainings that are not over, and the report."""
        records = [self._recorded(number, one) for number, one in enumerate(self.planned, 1)]
        return self._finish(records)

    def _recorded(self, number: int, one: Planned) -> TrainingRecord:
        if one.kind != "teacher":
            self._have_teacher()
        found = self.files.record(one.name)
        return self._trained(Stage(one.name, number, len(self.planned)), one) if found is None else found

    def _have_teacher(self) -> None:
        """Load the teacher, and let it look at the test images, once."""
        if self.teacher is not None or not (self.spec.needs_teacher or self.spec.teacher.is_trained):
            return
        if self.spec.train_teacher:
            module = candidate(self.spec.teacher).build(0)
            load_weights(module, self.files.training(self._teacher_name) / BEST, self.spec.teacher.title)
        else:
            module = trained_teacher(self.spec.teacher, self.spec.device)
        self.teacher = module.to(self.spec.device).eval()
        inputs = input_format(self.spec.teacher, self.spec, self.data, teacher=True).to(self.spec.device)
        self.seen = self._predicted(self.teacher, inputs)

    @property
    def _teacher_name(self) -> str:
        return next(one.name for one in self.planned if one.kind == "teacher")

    def _predicted(self, module: nn.Module, inputs: InputFormat) -> Predictions:
        """What a network says of the test images."""
        images = torch.zeros(2, *inputs.shape, device=self.spec.device)
        network = Network(TappedNetwork(module, images, features=False), inputs)
        return predict(network, self.data.test, self.spec.recipe.batch_size, self.spec.device)

    def _trained(self, stage: Stage, one: Planned) -> TrainingRecord:
        """Make a training, from where it was left, and write down what it came to."""
        folder = self.files.training(one.name)
        training = make_training(one, self.spec, self.data, self.teacher, folder)
        keeper = Keeper(folder, training)
        if not keeper.restore():
            prepare(training, self.data, self.spec)
        start = time.perf_counter()

        def keep() -> None:
            keeper()
            if training.batch == 0:
                lines = (line(asdict(epoch)) for epoch in training.history)
                self.files.write(folder / EPOCHS, "".join(lines))
            self.go_on()

        training.run(keep, lambda: self.tell(stage, training))
        record = self._judged(one, training, time.perf_counter() - start)
        self.files.write(folder / BEST, packed(training.best))
        self.files.write(folder / LAST, packed(training.weights()))
        self.files.write(folder / RECORD, record.model_dump_json(indent=2) + "\n")
        keeper.remove()
        return record

    def _judged(self, one: Planned, training: Training, seconds: float) -> TrainingRecord:
        """The record of a training that is over: the test images are looked at here, and nowhere else."""
        network = training.judged
        last = predict(network, self.data.test, self.spec.recipe.batch_size, self.spec.device)
        latest = {name: weight.detach().clone() for name, weight in training.weights().items()}
        network.tapped.network.load_state_dict(training.best)
        best = predict(network, self.data.test, self.spec.recipe.batch_size, self.spec.device)
        network.tapped.network.load_state_dict(latest)
        costs = one.network.costs()
        seen = None if one.kind == "teacher" else self.seen
        return TrainingRecord(
            kind=one.kind,
            seed=one.seed,
            network=one.network.title,
            distiller=" + ".join(f"{term.weight:g}*{term.name}" for term in one.terms(self.spec)),
            params=costs.params,
            macs=costs.macs,
            best_epoch=training.best_epoch,
            best=judge(best, seen),
            last=judge(last, seen),
            seconds=round(seconds, 3),
            history=[EpochRecord(**asdict(epoch)) for epoch in training.history],
        )

    def _finish(self, records: list[TrainingRecord]) -> DistillReport:
        distilled = [one for one in records if one.kind == "distilled"]
        chosen = max(distilled, key=lambda one: one.history[one.best_epoch - 1].valid_accuracy)
        name = f"{chosen.kind}-{chosen.seed}"
        parts = {"train": self.data.train, "valid": self.data.valid, "test": self.data.test}
        report = DistillReport(
            spec=self.spec,
            classes=list(self.data.names),
            images={part: len(images) for part, images in parts.items()},
            teacher=None if self.seen is None else judge(self.seen),
            groups=grouped(records),
            student=name,
            trainings=records,
        )
        weights = (self.files.training(name) / BEST).read_bytes()
        self.files.write(self.files.path / WEIGHTS, weights)
        self.files.write(self.files.path / ARCHITECTURE, json.dumps(self._architecture(chosen), indent=2) + "\n")
        self.files.write(self.files.path / REPORT, report.model_dump_json(indent=2) + "\n")
        self.files.write(self.files.path / PAGE, page(report))
        return report

    def _architecture(self, chosen: TrainingRecord) -> dict[str, Any]:
        """What it takes to build the student again, and to feed it."""
        network = self.spec.student_network
        inputs = input_format(network, self.spec, self.data, teacher=False)
        return {
            "schema": 1,
            "network": self.spec.student,
            "num_classes": network.num_classes,
            "in_shape": list(network.in_shape),
            "prepared_shape": list(self.data.test.shape),
            "mean": inputs.mean.flatten().tolist(),
            "std": inputs.std.flatten().tolist(),
            "classes": list(self.data.names),
            "params": chosen.params,
            "macs": chosen.macs,
            "test_accuracy": chosen.best.accuracy,
        }
