"""The weights of a teacher, and what it shows."""

import copy
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from diswot.errors import InputError, NotAClassifier, UnfitInput
from diswot.observation.capture import Capture
from diswot.probes.noise import white_noise
from diswot.spec.teacher import TeacherSpec
from diswot.teachers.teacher import build_teacher, observe_teacher

SPEC = TeacherSpec("resnet20", 10)
PROBE = white_noise(8, 10, (3, 16, 16), 0)


def trained() -> nn.Module:
    """A ResNet-20 whose running statistics are those of a trained one: not zero and one."""
    module = build_teacher(SPEC, seed=11)
    generator = torch.Generator().manual_seed(0)
    for layer in module.modules():
        if isinstance(layer, nn.BatchNorm2d):
            assert layer.running_mean is not None
            assert layer.running_var is not None
            layer.running_mean.normal_(0.0, 0.5, generator=generator)
            layer.running_var.uniform_(0.5, 2.0, generator=generator)
    return module


def saved(weights: dict[str, Tensor], folder: Path) -> TeacherSpec:
    save_file({name: value.contiguous() for name, value in weights.items()}, folder / "teacher.safetensors")
    return TeacherSpec("resnet20", 10, weights=folder / "teacher.safetensors")


@pytest.mark.parametrize("name", ["resnet20", "wrn-40-2", "timm:test_resnet"])
def test_random_weights_depend_on_the_seed_alone(name: str) -> None:
    spec = TeacherSpec(name, 10)
    state = torch.random.get_rng_state()
    first = build_teacher(spec, seed=3).state_dict()
    assert torch.equal(torch.random.get_rng_state(), state)
    torch.rand(1)
    again, other = build_teacher(spec, seed=3).state_dict(), build_teacher(spec, seed=4).state_dict()
    assert all(torch.equal(first[key], again[key]) for key in first)
    assert any(not torch.equal(first[key], other[key]) for key in first)


def test_random_weights_have_the_variance_of_their_fan_in() -> None:
    weight = build_teacher(SPEC, seed=0).get_parameter("blocks.8.conv2.0.weight")
    assert float(weight.var()) == pytest.approx(2 / (64 * 9), rel=0.03)


def test_a_random_teacher_is_observed_with_batch_statistics_once_for_each_initialization() -> None:
    view = observe_teacher(SPEC, PROBE, Capture.KERNELS, seed=0, inits=3)
    assert len(view.observations) == 3
    assert view.first is view.observations[0]
    assert not torch.equal(view.observations[0].logits, view.observations[1].logits)
    torch.testing.assert_close(
        view.kernels, torch.stack([observation.kernels() for observation in view.observations]).mean(0)
    )
    assert torch.equal(view.first.logits, observe_teacher(SPEC, PROBE, Capture.NOTHING, seed=0, inits=1).first.logits)


def test_no_initialization_at_all_is_refused() -> None:
    with pytest.raises(InputError, match=r"^teacher initializations must be at least 1, not 0$"):
        observe_teacher(SPEC, PROBE, Capture.NOTHING, seed=0, inits=0)


def test_weights_are_those_of_the_file(tmp_path: Path) -> None:
    weights = trained().state_dict()
    loaded = build_teacher(saved(weights, tmp_path), seed=0).state_dict()
    assert all(torch.equal(loaded[name], weights[name]) for name in weights)


def test_trained_weights_are_observed_once_with_running_statistics(tmp_path: Path) -> None:
    module = trained()
    view = observe_teacher(saved(module.state_dict(), tmp_path), PROBE, Capture.NOTHING, seed=5, inits=8)
    assert len(view.observations) == 1
    with torch.inference_mode():
        torch.testing.assert_close(view.first.logits, module(PROBE.images), rtol=1e-4, atol=1e-4)
        by_batch = copy.deepcopy(module).train()(PROBE.images)
    assert not torch.allclose(view.first.logits, by_batch, rtol=1e-2, atol=1e-2)


def test_a_teacher_that_tells_no_images_apart_is_refused(tmp_path: Path) -> None:
    """Every student's end would retain the same of it: nothing."""
    weights = {
        name: torch.zeros_like(value) if name.startswith("stem") and value.ndim == 4 else value
        for name, value in trained().state_dict().items()
    }
    message = "^teacher resnet20 tells no two of the 8 images apart: all units in the first third of its depth switch"
    spec = saved(weights, tmp_path)
    with pytest.raises(NotAClassifier, match=message):
        observe_teacher(spec, PROBE, Capture.KERNELS, seed=0)
    with pytest.raises(NotAClassifier, match=message):
        observe_teacher(spec, PROBE, Capture.LAST_KERNEL, seed=0)
    assert observe_teacher(spec, PROBE, Capture.NOTHING, seed=0).first.activations


def test_finite_weights_whose_logits_are_not_are_refused(tmp_path: Path) -> None:
    weights = trained().state_dict()
    weights["stem.0.1.running_var"].neg_()
    with pytest.raises(NotAClassifier, match=r"^the logits of teacher resnet20 on the probe are not finite"):
        observe_teacher(saved(weights, tmp_path), PROBE, Capture.NOTHING, seed=0)


def test_a_head_that_averages_two_does_where_no_head_is_wanted() -> None:
    spec = TeacherSpec("timm:deit_tiny_distilled_patch16_224", 10, (3, 16, 16))
    assert observe_teacher(spec, PROBE, Capture.KERNELS, seed=0, inits=1).first.head_input is None
    message = r"^teacher timm:deit_tiny_distilled_patch16_224 has no linear classifier head: its logits \(8, 10\)"
    with pytest.raises(NotAClassifier, match=message):
        observe_teacher(spec, PROBE, Capture.HEAD, seed=0, inits=1)


def test_images_that_a_teacher_cannot_take_are_refused_with_those_that_it_can() -> None:
    spec = TeacherSpec("timm:dla46_c", 10, (3, 4, 4))
    message = (
        r"^teacher timm:dla46_c cannot take images of 3 x 4 x 4 \(Given input size: .*\); "
        r"give an input that it takes, such as 3x224x224, which it was made for$"
    )
    with pytest.raises(UnfitInput, match=message):
        observe_teacher(spec, white_noise(4, 10, (3, 4, 4), 0), Capture.KERNELS, seed=0, inits=1)
