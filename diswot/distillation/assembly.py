"""Networks, distillers and images put together to a training."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from diswot.data.augment import training_transform
from diswot.data.training import VariedImages
from diswot.distillation.cache import TeacherLogits
from diswot.distillation.data import JobData
from diswot.distillation.distillers.base import Distiller, Outputs, Pair, Targets
from diswot.distillation.expression import Term, parse_terms
from diswot.distillation.inputs import InputFormat, named_statistics
from diswot.distillation.loop import Material, Training
from diswot.distillation.methods import NEEDS
from diswot.distillation.networks import Candidate
from diswot.distillation.objective import Network, Objective, as_targets, in_float32
from diswot.distillation.tapped import TappedNetwork
from diswot.errors import InputError, NotAClassifier, UnfitInput, reason_of
from diswot.spec.distillation import DistillSpec
from diswot.spec.teacher import TeacherSpec

_LOG = logging.getLogger("diswot.distillation")

NONE = "none"
"""The distiller that stands for no distiller, and adds no part to the loss."""

KINDS = ("teacher", "distilled", "alone", "plain")
"""Of trainings, in the order in which a job makes them."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A training of a job.

    Attributes:
        kind: of `KINDS`.
        seed: of weights and order.
        network: that is trained.
    """

    kind: str
    seed: int
    network: Candidate

    @property
    def name(self) -> str:
        """Of its folder."""
        return f"{self.kind}-{self.seed}"

    def terms(self, spec: DistillSpec) -> tuple[Term, ...]:
        """Its distillers: plain students are distilled, too, so that only the architecture differs."""
        return parse_terms(spec.distiller if self.kind in ("distilled", "plain") else NONE)


def make_training(
    planned: Planned, spec: DistillSpec, data: JobData, teacher: nn.Module | None, folder: Path | None = None
) -> Training:
    """A training at its beginning.

    Args:
        planned: which one.
        spec: of the job.
        data: of the job.
        teacher: the trained network, where one is looked at.
        folder: for the logits of the teacher, where they are kept.

    Raises:
        InputError: a distiller needs what the networks do not show, or has no such setting.
        NotAClassifier: a network gives no logits of the classes.
    """
    terms = planned.terms(spec)
    looks = any(term.row.teacher for term in terms)
    deep = any({"features", "maps"} & set(term.row.needs) for term in terms)
    module = planned.network.build(planned.seed).to(spec.device)
    averaged = None
    if spec.recipe.ema is not None:
        twin = planned.network.build(planned.seed).to(spec.device)
        averaged = _network(twin, planned.network.spec, spec, data, features=False, teacher=planned.kind == "teacher")
    student = _network(module, planned.network.spec, spec, data, features=deep, teacher=planned.kind == "teacher")
    shown = None
    if looks:
        assert teacher is not None, "the job has a teacher where one is looked at"
        keeps = spec.cache_teacher is not None
        shown = _network(teacher, spec.teacher, spec, data, features=deep and not keeps, teacher=True)
    objective = Objective(student, shown, _distillers(terms, student, shown, spec, data), _hard_weight(terms, spec))
    if spec.recipe.compile:
        student.tapped.compile()
    objective.to(spec.device)
    varied = VariedImages(data.train, training_transform(spec.data.augmentation, *data.train.shape[1:]), planned.seed)
    cache = None
    if looks and spec.cache_teacher is not None and folder is not None:
        path = folder / f"teacher-logits-{planned.seed}.bin"
        cache = TeacherLogits(path, spec.cache_teacher, len(data.train), spec.teacher.num_classes)
    material = Material(varied, data.valid, spec.teacher.num_classes, spec.data.data_workers, cache)
    return Training(objective, material, spec.recipe, planned.seed, averaged)


def prepare(training: Training, data: JobData, spec: DistillSpec) -> None:
    """Let the distillers that want it look at the teacher's outputs of every training image."""
    objective = training.objective
    for _, _, distiller in objective.terms:
        if type(distiller).prepare is not Distiller.prepare:
            distiller.prepare(_teacher_outputs(training, data, spec))


@torch.no_grad()
def _teacher_outputs(training: Training, data: JobData, spec: DistillSpec) -> Iterator[tuple[Outputs, Targets]]:
    for batch in data.train.batches(spec.recipe.batch_size):
        images = batch.images.to(spec.device).float() / 255
        yield training.objective.look(images), as_targets(batch, spec.teacher.num_classes, 0.0, 0.0)


def input_format(network: TeacherSpec, spec: DistillSpec, data: JobData, *, teacher: bool) -> InputFormat:
    """What turns the images of the job into what a network takes."""
    name = spec.teacher_normalization if teacher else spec.student_normalization
    return InputFormat(network.in_shape, named_statistics(name, data.statistics, network.in_shape[0]))


def _network(
    module: nn.Module, network: TeacherSpec, spec: DistillSpec, data: JobData, *, features: bool, teacher: bool
) -> Network:
    inputs = input_format(network, spec, data, teacher=teacher).to(spec.device)
    batch = next(data.train.batches(2))
    example = inputs(batch.images.to(spec.device).float() / 255)
    try:
        tapped = TappedNetwork(module, example, features=features)
        training = module.training
        with torch.no_grad():
            logits = module.eval()(example)
        module.train(training)
    except (ArithmeticError, AssertionError, LookupError, RuntimeError, TypeError, ValueError) as error:
        shape = " x ".join(map(str, network.in_shape))
        raise UnfitInput(f"{network.name} cannot take images of {shape} ({reason_of(error)})") from error
    wanted = (2, spec.teacher.num_classes)
    if not isinstance(logits, torch.Tensor) or tuple(logits.shape) != wanted:
        found = tuple(logits.shape) if isinstance(logits, torch.Tensor) else f"a {type(logits).__name__}"
        raise NotAClassifier(f"{network.name} must give logits {wanted} for two images, not {found}")
    return Network(tapped, inputs)


def _hard_weight(terms: Sequence[Term], spec: DistillSpec) -> float:
    """The weight of the cross-entropy: what is asked for, or the largest that one of the distillers goes with."""
    own = max(term.row.hard_weight for term in terms)
    alone = all(term.name == NONE for term in terms)
    return own if spec.hard_weight is None or alone else spec.hard_weight


def _distillers(
    terms: Sequence[Term], student: Network, teacher: Network | None, spec: DistillSpec, data: JobData
) -> list[tuple[str, float, Distiller]]:
    images = next(data.train.batches(2)).images.to(spec.device).float() / 255
    mode = student.training
    with torch.no_grad():
        seen = in_float32(student.eval()(images))
        shown = seen if teacher is None else in_float32(teacher.eval()(images))
    student.train(mode)
    pair = Pair(seen, shown, data.train.labels, spec.teacher.num_classes, spec.recipe.epochs)
    _check_needs(terms, pair, spec)
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(spec.seed)
        return [(term.name, term.weight, _made(term, pair)) for term in terms if term.name != NONE]


def _made(term: Term, pair: Pair) -> Distiller:
    """The distiller of a term; its adapters are said in the log."""
    settings = dict(term.settings)
    valid = term.row.settings
    for name in settings:
        if name not in valid:
            raise InputError(
                f"distiller {term.name!r} has no setting {name!r}; "
                + (f"its settings: {', '.join(valid)}" if valid else "it has none")
            )
    distiller = term.row.distiller(pair, **settings)
    for name, module in distiller.named_children():
        count = sum(one.numel() for one in module.parameters())
        if count:
            _LOG.info("distiller %s trains %s beside the student: %s parameters", term.name, name, f"{count:,}")
    return distiller


def _check_needs(terms: Sequence[Term], pair: Pair, spec: DistillSpec) -> None:
    """Refuse distillers that look at what one of the networks does not show."""
    for term in terms:
        for need in term.row.needs:
            for whom, name, outputs in (
                ("student", spec.student, pair.student),
                ("teacher", spec.teacher.name, pair.teacher),
            ):
                if whom == "teacher" and need in ("features", "maps") and spec.cache_teacher is not None:
                    raise InputError(
                        f"distiller {term.name!r} needs {NEEDS[need]}, and of the teacher only logits are kept; "
                        "leave out --cache-teacher"
                    )
                if (need == "features" and outputs.features is None) or (need == "maps" and not outputs.maps):
                    raise InputError(f"distiller {term.name!r} needs {NEEDS[need]}, and {whom} {name} shows none")
