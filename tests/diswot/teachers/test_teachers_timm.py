"""Teachers from timm."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import timm
import torch
from safetensors.torch import save_file
from torch import nn

from diswot.errors import InputError, NotAClassifier, UnknownName
from diswot.observation import Observation, observe
from diswot.observation.capture import Capture
from diswot.probes.batch import ProbeBatch
from diswot.probes.noise import white_noise
from diswot.spec.teacher import TeacherSpec
from diswot.teachers.teacher import build_teacher, observe_teacher
from diswot.teachers.timm import normalization, timm_model
from diswot_spaces import Shape


def test_resnet18_has_its_published_parameters() -> None:
    """11,689,512 with 1,000 classes (torchvision's table)."""
    with torch.device("meta"):
        module = timm_model("resnet18", 1000, (3, 224, 224))
    assert sum(parameter.numel() for parameter in module.parameters()) == 11_689_512


def test_a_vision_transformer_is_built_for_small_images() -> None:
    """5,717,416 with 1,000 classes and 197 positions (DeiT-Ti: 5 M in the paper); here 2 x 2 patches and a token."""
    with torch.device("meta"):
        module = timm_model("vit_tiny_patch16_224", 100, (3, 32, 32))
    count = sum(parameter.numel() for parameter in module.parameters())
    assert count == 5_717_416 - 192 * (197 - 5) - 193 * (1000 - 100)


@pytest.mark.parametrize("name", ["resnet18", "vit_tiny_patch16_224", "test_convnext", "test_efficientnet"])
@pytest.mark.parametrize(("classes", "shape"), [(7, (3, 32, 32)), (2, (1, 64, 48))])
def test_any_class_count_and_input(name: str, classes: int, shape: Shape) -> None:
    module = build_teacher(TeacherSpec(f"timm:{name}", classes, shape), seed=0)
    observation = observe(module, white_noise(4, classes, shape, 0))
    assert observation.logits.shape == (4, classes)
    assert observation.logits.isfinite().all()
    assert not any(parameter.requires_grad for parameter in module.parameters())


def test_random_weights_depend_on_the_seed_and_the_name_alone() -> None:
    spec = TeacherSpec("timm:test_vit", 10)
    state = torch.random.get_rng_state()
    first = build_teacher(spec, seed=3).state_dict()
    assert torch.equal(torch.random.get_rng_state(), state)
    torch.rand(1)
    again, other = build_teacher(spec, seed=3).state_dict(), build_teacher(spec, seed=4).state_dict()
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["head.weight"], other["head.weight"])


@pytest.mark.parametrize(
    ("name", "near"),
    [("resnt18", "resnet18"), ("vit_tinny_patch16_224", "vit_tiny_patch16_224"), ("ResNet18", "resnet18")],
)
def test_an_unknown_name_lists_near_ones(name: str, near: str) -> None:
    with pytest.raises(
        UnknownName, match=f"^unknown timm model '{name}'; valid: {near}, .*, all of timm.list_models"
    ) as caught:
        build_teacher(TeacherSpec(f"timm:{name}"), seed=0)
    assert str(caught.value).count(",") == 8


def test_a_name_like_no_other_points_to_the_list() -> None:
    with pytest.raises(UnknownName, match=re.escape("unknown timm model '?'; valid: all of timm.list_models()")):
        timm_model("?", 10, (3, 32, 32))


def test_an_unknown_tag_of_pretrained_weights() -> None:
    with pytest.raises(InputError, match=re.escape("timm cannot build 'resnet18.nobody' for 10 classes")):
        timm_model("resnet18.nobody", 10, (3, 32, 32))


@pytest.mark.parametrize("name", ["gemma4_vit_167m_enc", "mobilenetv5_300m_enc"])
def test_an_encoder_is_no_classifier(name: str) -> None:
    if not timm.is_model(name):
        pytest.skip("this timm does not have it")
    with torch.device("meta"), pytest.raises(NotAClassifier, match=f"^timm model '{name}' is no classifier: it gives"):
        timm_model(name, 10, (3, 240, 240))


def test_a_failure_without_words_is_quoted_by_the_check_that_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    def create(*_: object, **__: object) -> nn.Module:
        size = 7
        if size % 2:
            raise AssertionError
        return nn.Identity()

    monkeypatch.setattr(timm, "create_model", create)
    message = (
        "timm cannot build 'resnet18' for 10 classes and images of 3 x 32 x 32: AssertionError at "
        "`raise AssertionError`; give an input that it takes, such as 3x224x224, which it was made for"
    )
    with pytest.raises(InputError, match=f"^{re.escape(message)}$"):
        timm_model("resnet18", 10, (3, 32, 32))


def test_trained_weights_see_images_in_their_own_normalization(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Transformers of timm were trained with mean and standard deviation 0.5; those at random see what students see."""
    spec = TeacherSpec("timm:test_vit", 4, (3, 16, 16))
    save_file(build_teacher(spec, 0).state_dict(), tmp_path / "vit.safetensors")
    probe, seen = white_noise(4, 4, (3, 16, 16), 0), list[ProbeBatch]()

    def note(module: nn.Module, batch: ProbeBatch, *_: object, **more: Any) -> Observation:
        seen.append(batch)
        return observe(module, batch, **more)

    monkeypatch.setattr("diswot.teachers.teacher.observe", note)
    for weights in (None, tmp_path / "vit.safetensors"):
        observe_teacher(replace(spec, weights=weights), probe, Capture.NOTHING, seed=0, inits=1)
    wanted = normalization("test_vit")
    assert wanted is not None
    assert [one.normalization for one in seen] == [probe.normalization, wanted]
