"""The parts of the loop, by hand: rates, averages, inputs, taps, judging, kept logits."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

from diswot.distillation.assembly import make_training
from diswot.distillation.data import load_data
from diswot.distillation.inputs import IMAGENET, InputFormat, named_statistics, pixel_statistics
from diswot.distillation.job import plan, run_distillation
from diswot.distillation.judging import Predictions, calibration_error, judge
from diswot.distillation.loop import Training
from diswot.distillation.networks import candidate
from diswot.distillation.optimization import AveragedWeights, learning_rate, make_optimizer
from diswot.distillation.tapped import TappedNetwork, as_map
from diswot.spec.distillation import DistillSpec
from diswot.spec.recipe import RecipeSpec
from diswot.spec.teacher import TeacherSpec
from tests.diswot.distillation.made import TEACHER, network, small, weights_of


@pytest.mark.parametrize(
    ("schedule", "epoch", "rate"),
    [
        ("cosine", 0.0, 1.0),
        ("cosine", 5.0, 0.5),
        ("cosine", 10.0, 0.0),
        ("step", 6.2, 1.0),
        ("step", 6.25, 0.1),
        ("step", 7.5, 0.01),
        ("step", 9.0, 0.001),
        ("constant", 9.0, 1.0),
    ],
)
def test_courses_of_the_learning_rate(schedule: str, epoch: float, rate: float) -> None:
    recipe = RecipeSpec(epochs=10, learning_rate=1.0, schedule=schedule)
    assert learning_rate(recipe, epoch) == pytest.approx(rate)


def test_the_rate_rises_over_the_warm_up_and_falls_from_there() -> None:
    recipe = RecipeSpec(epochs=10, learning_rate=1.0, warmup=2.0)
    assert [learning_rate(recipe, epoch) for epoch in (0.0, 1.0, 2.0, 6.0)] == pytest.approx([0.0, 0.5, 1.0, 0.5])


@pytest.mark.parametrize(("batch", "accumulation", "rate"), [(64, 1, 0.05), (128, 1, 0.1), (32, 4, 0.1)])
def test_the_rate_follows_the_images_of_a_step(batch: int, accumulation: int, rate: float) -> None:
    assert RecipeSpec(batch_size=batch, accumulation=accumulation).learning_rate == pytest.approx(rate)
    assert RecipeSpec(batch_size=batch, learning_rate=0.3).learning_rate == 0.3


def test_optimizers_of_a_recipe() -> None:
    parameters = [nn.Parameter(torch.zeros(1))]
    sgd = make_optimizer(parameters, RecipeSpec()).param_groups[0]
    assert (sgd["momentum"], sgd["nesterov"], sgd["weight_decay"]) == (0.9, True, 5e-4)
    adamw = make_optimizer(parameters, RecipeSpec(optimizer="adamw"))
    assert isinstance(adamw, torch.optim.AdamW)
    assert adamw.param_groups[0]["weight_decay"] == 0.05


def test_the_average_takes_in_running_statistics_as_weights_and_counters_as_they_are() -> None:
    ours, theirs = nn.BatchNorm1d(1), nn.BatchNorm1d(1)
    average = AveragedWeights(ours, 0.5)
    assert theirs.running_mean is not None
    assert theirs.num_batches_tracked is not None
    theirs.running_mean.fill_(8.0)
    theirs.weight.data.fill_(9.0)
    theirs.num_batches_tracked.fill_(7)
    average.update(theirs)  # decay (1 + 0) / (10 + 0)
    assert float(ours.weight.detach()) == pytest.approx(0.1 * 1 + 0.9 * 9)
    assert ours.running_mean is not None
    assert float(ours.running_mean) == pytest.approx(0.9 * 8)
    average.update(theirs)  # decay 2 / 11
    assert float(ours.running_mean) == pytest.approx(2 / 11 * 7.2 + 9 / 11 * 8)
    assert int(ours.num_batches_tracked or 0) == 7
    average.updates = 1000
    average.update(theirs)
    assert average.decay == 0.5


def training_of(spec: DistillSpec) -> Training:
    return make_training(plan(spec)[-1], spec, load_data(spec), None)


def test_accumulated_batches_make_the_step_of_one_large_batch() -> None:
    """With the same images in the same order, and no norm that would look at a batch."""
    module = f"{__name__}:linear"
    base = small(epochs=1, distiller="none", train_teacher=False, student=module, clip=1.0)
    base = replace(base, data=replace(base.data, augmentation="none", train_images=74))  # 64 to train on
    one = training_of(replace(base, recipe=RecipeSpec(epochs=1, batch_size=32, clip=1.0)))
    two = training_of(replace(base, recipe=RecipeSpec(epochs=1, batch_size=16, accumulation=2, clip=1.0)))
    for training in (one, two):
        training.run(lambda: None)
    for name, weight in one.weights().items():
        torch.testing.assert_close(weight, two.weights()[name], rtol=1e-4, atol=1e-6)


def linear(num_classes: int, in_shape: tuple[int, int, int]) -> nn.Module:
    """A linear classifier."""
    return nn.Sequential(nn.Flatten(), nn.Linear(math.prod(in_shape), num_classes))


def test_images_become_what_a_network_takes() -> None:
    images = torch.tensor([0.0, 0.5, 1.0])[None, :, None, None].expand(2, 3, 4, 4)
    grey = InputFormat((1, 2, 2), ((0.25,), (0.5,)))(images)
    assert grey.shape == (2, 1, 2, 2)
    torch.testing.assert_close(grey, torch.full_like(grey, (0.5 - 0.25) / 0.5))
    color = InputFormat((3, 4, 4), ((0.0, 0.0, 0.0), (1.0, 2.0, 4.0)))(torch.ones(1, 1, 4, 4))
    assert color[0, :, 0, 0].tolist() == [1.0, 0.5, 0.25]


def test_statistics_by_name() -> None:
    data = ((0.2,), (0.3,))
    assert named_statistics("data", data, 3) == ((0.2, 0.2, 0.2), (0.3, 0.3, 0.3))
    assert named_statistics("imagenet", data, 3) == IMAGENET
    assert named_statistics("imagenet", data, 1)[0][0] == pytest.approx((0.485 + 0.456 + 0.406) / 3)
    assert named_statistics("half", data, 1) == ((0.5,), (0.5,))
    assert named_statistics("none", data, 1) == ((0.0,), (1.0,))


def test_pixels_of_the_training_images_have_mean_zero_and_deviation_one() -> None:
    spec = small()
    data = load_data(spec)
    shown = InputFormat((1, 8, 8), pixel_statistics(data.train))(
        torch.stack([data.train.image(i) for i in range(len(data.train))]).float() / 255
    )
    assert float(shown.mean()) == pytest.approx(0.0, abs=1e-4)
    assert float(shown.std()) == pytest.approx(1.0, abs=1e-3)


def test_teacher_and_student_of_other_inputs_get_their_own_versions_of_a_batch(tmp_path: Path) -> None:
    spec = small(epochs=1, teacher=TeacherSpec(TEACHER, 10, (3, 12, 12)), student_input=(1, 8, 8))
    report = run_distillation(replace(spec, data=replace(spec.data, train_images=60)), tmp_path / "out")
    assert report.spec.student_input == (1, 8, 8)


def test_taps_are_the_ends_of_the_stages_and_the_input_of_the_classifier() -> None:
    module = network((12, 16, 24), 10, 1)
    images = torch.rand(2, 1, 8, 8)
    tapped = TappedNetwork(module, images, features=True)
    outputs = tapped(images)
    assert [tuple(one.shape[1:]) for one in outputs.maps] == [(12, 8, 8), (16, 4, 4), (24, 2, 2)]
    assert outputs.features is not None
    classifier = list(module.children())[-1]
    torch.testing.assert_close(classifier(outputs.features), outputs.logits)
    assert bool((outputs.maps[-1] >= 0).all())
    torch.testing.assert_close(outputs.maps[-1].mean((2, 3)), outputs.features)


@pytest.mark.parametrize(
    ("name", "shapes"),
    [
        ("resnet20", [(16, 32, 32), (32, 16, 16), (64, 8, 8)]),
        ("wrn-40-2", [(32, 32, 32), (64, 16, 16), (128, 8, 8)]),
        ("cifar-resnet:1-3-1", [(16, 32, 32), (32, 16, 16), (64, 8, 8)]),
        ("timm:resnet10t", [(24, 16, 16), (64, 8, 8), (128, 4, 4), (256, 2, 2)]),
    ],
)
def test_taps_of_known_networks(name: str, shapes: list[tuple[int, int, int]]) -> None:
    images = torch.rand(2, 3, 32, 32)
    module = candidate(TeacherSpec(name, 10)).build(0)
    outputs = TappedNetwork(module, images, features=True)(images)
    found = [tuple(one.shape[1:]) for one in outputs.maps]
    assert found[-len(shapes) + 1 :] == shapes[1:]
    assert outputs.features is not None


def test_maps_of_tokens_and_of_channels_last() -> None:
    tokens = torch.arange(2 * 5 * 3.0).reshape(2, 5, 3)
    seen = as_map(tokens)  # a class token, and a square of four
    assert seen.shape == (2, 3, 2, 2)
    assert seen[0, :, 0, 1].tolist() == tokens[0, 2].tolist()
    assert as_map(torch.zeros(2, 6, 3)).shape == (2, 3, 6, 1)
    assert as_map(torch.zeros(2, 4, 4, 7)).shape == (2, 7, 4, 4)


def test_what_predictions_are_worth_by_hand() -> None:
    logits = torch.tensor([[0.9, 0.1], [0.9, 0.1], [0.2, 0.8], [0.6, 0.4]]).log()
    found = Predictions(logits, torch.tensor([0, 1, 1, 1]))
    judged = judge(found, Predictions(-logits, found.labels))
    assert judged.accuracy == 0.5
    assert judged.agreement == 0.0
    assert judged.per_class == [1.0, pytest.approx(1 / 3)]
    # Two images at .9, one of them right: .4 of them; one at .8, right; one at .6, wrong.
    assert calibration_error(found) == pytest.approx((2 * 0.4 + 0.2 + 0.6) / 4)
    assert judged.cross_entropy == pytest.approx(-(math.log(0.9) + math.log(0.1) + math.log(0.8) + math.log(0.4)) / 4)


@pytest.mark.parametrize("changes", [{"amp": True}, {"mixup": 1.0}, {"cutmix": 1.0}, {"optimizer": "adamw"}])
def test_variants_of_the_recipe_train(changes: dict[str, object]) -> None:
    training = training_of(small(distiller="none", train_teacher=False, epochs=3, schedule="constant", **changes))
    training.run(lambda: None)
    first, last = training.history[0], training.history[-1]
    assert last.parts["cross-entropy"] < first.parts["cross-entropy"]


def test_kept_logits_change_no_weight_and_spare_the_teacher(tmp_path: Path) -> None:
    """One job finds the table that another one has filled."""
    spec = small(cache_teacher=1, epochs=2)
    run_distillation(spec, tmp_path / "fresh")
    teacher = tmp_path / "fresh" / "trainings" / "teacher-0" / "best.safetensors"
    found = replace(spec, train_teacher=False, teacher=TeacherSpec(TEACHER, 10, (1, 8, 8), teacher))
    folder = tmp_path / "second" / "trainings" / "distilled-0"

    run_distillation(found, tmp_path / "second")
    table = folder / "teacher-logits-0.bin"
    assert table.stat().st_size == 1 * 270 * 10 * 2
    known = sum(table.with_suffix(".known").read_bytes())
    assert 8 * 32 < known <= 270  # the last batch of an epoch is not full, and left out
    a, b = (weights_of(tmp_path / name, "distilled-0") for name in ("fresh", "second"))
    assert all(torch.equal(a[name], b[name]) for name in a)


@pytest.mark.slow
def test_a_compiled_network_shows_what_it_shows_otherwise() -> None:
    """Through the tracer of `torch.compile`; what a compiler of the platform makes of it is torch's own business."""
    images = torch.rand(2, 1, 8, 8)
    tapped = TappedNetwork(network((4, 6, 8), 10, 1), images, features=True).eval()
    plain = tapped(images)
    tapped.compile(backend="eager")
    compiled = tapped(images)
    torch.testing.assert_close(compiled.logits, plain.logits)
    assert len(compiled.maps) == len(plain.maps) == 3
    for one, other in zip(compiled.maps, plain.maps, strict=True):
        torch.testing.assert_close(one, other)
    loss = compiled.logits.sum() + compiled.maps[0].sum()
    loss.backward()
    assert all(one.grad is not None for one in tapped.parameters())
