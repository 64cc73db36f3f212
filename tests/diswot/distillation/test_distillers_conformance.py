"""What every distiller of the table keeps, by enumeration."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest
import torch
from torch import Tensor

from diswot.data.training import Batch
from diswot.distillation.assembly import Planned, make_training, prepare
from diswot.distillation.data import JobData, load_data
from diswot.distillation.distillers import DISTILLERS
from diswot.distillation.distillers.base import Distiller, Outputs, Pair, Targets
from diswot.distillation.expression import Term, parse_terms
from diswot.distillation.job import run_distillation
from diswot.distillation.loop import Training
from diswot.distillation.networks import candidate
from diswot.errors import InputError, UnknownName
from diswot.spec.distillation import DistillSpec
from diswot.spec.teacher import TeacherSpec
from tests.diswot.distillation.made import STUDENT, TEACHER, small

NAMES = [name for name in DISTILLERS.builtin if name != "none"]
ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def data() -> JobData:
    return load_data(small())


def training_by(distiller: str, data: JobData, student: str = STUDENT) -> tuple[Training, Batch, DistillSpec]:
    """A training by that distiller alone, with a batch of its images."""
    spec = small(
        distiller=distiller, hard_weight=0.0, student=student, learning_rate=0.01, schedule="constant", epochs=1
    )
    teacher = candidate(spec.teacher).build(1)
    planned = Planned("distilled", 0, candidate(spec.student_network))
    training = make_training(planned, spec, data, teacher)
    prepare(training, data, spec)
    training.objective.train()
    return training, next(data.train.batches(32)), spec


def gradients(training: Training) -> dict[str, Tensor]:
    return {name: one.grad for name, one in training.objective.named_parameters() if one.grad is not None}


@pytest.mark.parametrize("name", NAMES)
def test_a_distiller_is_finite_and_its_gradient_reaches_student_and_adapters_alone(name: str, data: JobData) -> None:
    training, batch, _ = training_by(name, data)
    training.batch = training.batches - 1  # where every factor of a warm-up is 1
    buffers = {key: one.clone() for key, one in training.objective.state_dict().items() if key.startswith("teacher.")}
    loss = training._loss(batch)
    loss.loss.backward()  # type: ignore[no-untyped-call]
    assert torch.isfinite(loss.loss)
    assert list(loss.parts) == [name]
    found = gradients(training)
    assert not [key for key in found if key.startswith("teacher.")]
    student = {key: one for key, one in found.items() if key.startswith("student.")}
    assert sum(float(one.abs().sum()) for one in student.values()) > 0
    assert all(bool(torch.isfinite(one).all()) for one in found.values())
    adapters = {key for key, _ in training.objective.named_parameters() if key.startswith("distillers.")}
    assert adapters == {key for key in found if key.startswith("distillers.")}
    after = training.objective.state_dict()
    assert all(torch.equal(after[key], one) for key, one in buffers.items())


@pytest.mark.parametrize("name", NAMES)
def test_training_by_a_distiller_alone_lowers_its_loss(name: str, data: JobData) -> None:
    training, batch, _ = training_by(name, data)
    training.batch = training.batches - 1
    losses = [float(training.step(batch).loss.detach()) for _ in range(16)]
    assert all(map(math.isfinite, losses))
    # CRD draws other negatives at each step, and its memories move: several steps are compared.
    assert sum(losses[-3:]) < sum(losses[:3])


@pytest.mark.parametrize("name", NAMES)
def test_a_distiller_says_what_it_is_and_needs(name: str) -> None:
    method = DISTILLERS[name]
    assert method.summary
    assert re.search(r"\d{4}", method.source)
    assert "Source: " in (method.distiller.__doc__ or "")
    assert method.weight > 0
    assert issubclass(method.distiller, Distiller)  # type: ignore[arg-type]
    assert all(isinstance(default, int | float | None) for default in method.settings.values())


@pytest.mark.parametrize("name", ["kd", "at", "sp", "rkd", "pkt", "nst", "dkd", "kd-standardized", "bd-kd"])
def test_nothing_is_lost_where_the_student_is_its_teacher(name: str, data: JobData) -> None:
    training, batch, spec = training_by(name, data, student=TEACHER)
    objective = training.objective.eval()
    assert objective.teacher is not None
    objective.student.load_state_dict(objective.teacher.state_dict())
    images = batch.images.float() / 255
    probabilities = torch.nn.functional.one_hot(batch.labels, spec.teacher.num_classes).float()
    loss = objective(images, Targets(batch.labels, probabilities, batch.indices, 1.0))
    assert float(loss.loss.detach()) == pytest.approx(0.0, abs=1e-3)


def test_distillers_are_added_with_weights_and_settings(data: JobData) -> None:
    spec = small(distiller="0.5*kd(temperature=2) + at")
    training = make_training(
        Planned("distilled", 0, candidate(spec.student_network)), spec, data, candidate(spec.teacher).build(1)
    )
    assert [(name, weight) for name, weight, _ in training.objective.terms] == [("kd", 0.5), ("at", 1000.0)]
    assert training.objective.terms[0][2].temperature == 2
    assert training.objective.hard_weight == 1.0  # the larger of .1 and 1


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("kd", [Term(0.9, "kd")]),
        ("2*kd", [Term(2.0, "kd")]),
        ("1e-1 * kd ( temperature = 2 )", [Term(0.1, "kd", (("temperature", 2),))]),
        ("kd+at", [Term(0.9, "kd"), Term(1000.0, "at")]),
        ("kd-standardized + kd", [Term(9.0, "kd-standardized"), Term(0.9, "kd")]),
    ],
)
def test_sums_of_distillers_are_read(text: str, terms: list[Term]) -> None:
    assert list(parse_terms(text)) == terms


@pytest.mark.parametrize("text", ["", "kd +", "kd at", "*kd", "kd(2)", "kd(temperature=x)", "nothing"])
def test_what_is_no_sum_of_distillers_is_refused(text: str) -> None:
    with pytest.raises((InputError, UnknownName)):
        parse_terms(text)


class Agree(Distiller):
    """A distiller of somebody's own."""

    weight, hard_weight, needs = 10.0, 0.5, ("features",)

    def __init__(self, pair: Pair, *, power: float = 2.0) -> None:
        super().__init__()
        self.power = power

    def forward(self, student: Outputs, teacher: Outputs, targets: Targets) -> Tensor:
        return (student.logits - teacher.logits).abs().pow(self.power).mean()


def test_a_distiller_of_ones_own_comes_by_import_path(data: JobData) -> None:
    path = f"{__name__}:Agree"
    assert parse_terms(path)[0].weight == 10.0
    training, batch, _ = training_by(path, data)
    assert list(training._loss(batch).parts) == [path]


def flat(num_classes: int, in_shape: tuple[int, int, int]) -> torch.nn.Module:
    """A classifier without any map."""
    return torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(math.prod(in_shape), num_classes))


def test_a_distiller_that_needs_what_the_pair_has_not_is_refused(tmp_path: Path) -> None:
    spec = small(distiller="at", student=f"{__name__}:flat")
    said = r"^distiller 'at' needs feature maps \(N, C, H, W\), and student .*flat shows none$"
    with pytest.raises(InputError, match=said):
        run_distillation(spec, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_kept_logits_do_not_serve_a_distiller_of_maps(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="and of the teacher only logits are kept; leave out --cache-teacher"):
        run_distillation(small(distiller="at", cache_teacher=2), tmp_path / "out")


def test_every_distiller_is_in_the_guide() -> None:
    text = (ROOT / "docs" / "guide" / "distillation.md").read_text()
    assert [name for name in NAMES if f"`{name}`" not in text] == []


def test_a_teacher_in_training_mode_is_put_to_rest(data: JobData) -> None:
    training, batch, _ = training_by("kd", data)
    assert training.objective.teacher is not None
    training.objective.train()
    assert not any(module.training for module in training.objective.teacher.modules())
    assert isinstance(TeacherSpec(TEACHER, 10, (1, 8, 8)), TeacherSpec)
    assert len(batch.labels) == 32
