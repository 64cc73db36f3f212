"""Teachers of other packages and of one's own: as objects, by import path, and by entry point."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest
import torch
from torch import Tensor, nn

from diswot.cache.key import context_of
from diswot.errors import InputError, NotAClassifier, UnfitInput, UnknownName
from diswot.observation.capture import Capture
from diswot.probes.noise import white_noise
from diswot.spec.teacher import TeacherSpec
from diswot.teachers.family import TeacherFamily
from diswot.teachers.spec import TEACHERS, check_is_named
from diswot.teachers.teacher import TeacherView, build_teacher, observe_teacher
from diswot_spaces import Registry, Shape
from tests.diswot.cache.kitchen import recipe
from tests.diswot.cli.inside import diswot
from tests.search_spaces.plugins import importable, install

SHAPE = (3, 16, 16)
PROBE = white_noise(8, 10, SHAPE, 0)
MODULE = """
    from torch import nn
    from diswot.teachers import TeacherFamily

    class Net(nn.Sequential):
        def __init__(self, num_classes, in_shape):
            layers = nn.Conv2d(in_shape[0], 8, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()
            super().__init__(*layers, nn.Linear(8, num_classes))

    def small(num_classes):
        return Net(num_classes, (3, 1, 1))

    def any_size(pretrained=False, **kwargs):
        return Net(in_shape=(3, 1, 1), **kwargs)

    def broken(num_classes):
        return "no network"

    READY = Net(10, (3, 16, 16))
    NETS = TeacherFamily("nets:NAME", "nets of mine", lambda name, classes, shape: Net(classes, shape), True)
    seven = 7
"""


@pytest.fixture(name="folder")
def a_folder_of_packages(tmp_path: Path) -> Iterator[Path]:
    with importable(tmp_path):
        yield tmp_path


class Net(nn.Module):
    """A network with batch norms, whose weights are drawn by the global generator, as torch's own."""

    def __init__(self, num_classes: int = 10, in_shape: Shape = SHAPE) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(in_shape[0], 8, 3, bias=False), nn.BatchNorm2d(8), nn.ReLU())
        self.head = nn.Linear(8, num_classes)

    def forward(self, images: Tensor) -> Tensor:
        logits: Tensor = self.head(self.body(images).mean((2, 3)))
        return logits


def given(teacher: object, classes: int = 10, weights: Path | None = None) -> TeacherSpec:
    return TeacherSpec(cast("str", teacher), classes, SHAPE, weights)


def seen(spec: TeacherSpec, seed: int = 0) -> TeacherView:
    return observe_teacher(spec, PROBE, Capture.KERNELS, seed=seed, inits=2)


@pytest.mark.parametrize("name", ["Net", "small", "any_size", "READY"])
def test_an_import_path_names_a_network_or_what_makes_one(folder: Path, name: str) -> None:
    install(folder, f"nets_{name.lower()}", MODULE)
    view = seen(TeacherSpec(f"nets_{name.lower()}:{name}", 10, SHAPE))
    assert view.first.logits.shape == (8, 10)
    assert len(view.observations) == (1 if name == "READY" else 2)


def test_what_makes_a_network_is_called_by_the_names_of_its_parameters() -> None:
    called: list[dict[str, object]] = []

    def make(in_shape: Shape, num_classes: int) -> nn.Module:
        called.append({"in_shape": in_shape, "num_classes": num_classes})
        return Net(num_classes, in_shape)

    seen(given(make))
    assert called
    assert all(one == {"in_shape": SHAPE, "num_classes": 10} for one in called)


def test_random_weights_of_a_class_depend_on_the_seed_alone() -> None:
    first, again, other = (build_teacher(given(Net), seed).state_dict() for seed in (0, 0, 1))
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["head.weight"], other["head.weight"])


def test_a_network_keeps_its_weights_and_is_left_as_it_was() -> None:
    module = Net().train()
    module(PROBE.images)
    before = {name: value.clone() for name, value in module.state_dict().items()}
    view = seen(given(module))
    assert len(view.observations) == 1
    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())
    assert module.training
    assert all(parameter.requires_grad for parameter in module.parameters())
    with torch.inference_mode():
        torch.testing.assert_close(view.first.logits, module.eval()(PROBE.images), rtol=1e-4, atol=1e-5)


def test_running_statistics_that_saw_no_batch_are_not_used() -> None:
    module = Net()
    with torch.no_grad():
        torch.testing.assert_close(seen(given(module)).first.logits, module.train()(PROBE.images), rtol=1e-4, atol=1e-5)


def test_two_networks_of_one_class_are_two_teachers() -> None:
    one, two = (given(Net(), 10) for _ in range(2))
    assert one.name != two.name
    assert not torch.equal(seen(one).first.logits, seen(two).first.logits)
    assert given(TEACHERS.find(one.name).module).name == one.name


def test_the_wrong_number_of_classes() -> None:
    spec = given(Net(7))
    with pytest.raises(NotAClassifier, match=f"^teacher {spec.name} is no classifier of 5 classes: it gives 7 logits$"):
        observe_teacher(spec_of(spec, 5), white_noise(8, 5, SHAPE, 0), Capture.KERNELS, seed=0)


def spec_of(spec: TeacherSpec, classes: int) -> TeacherSpec:
    return TeacherSpec(spec.name, classes, SHAPE)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("seven", "teacher 'nets_wrong:seven' cannot be had: a teacher is an nn.Module, what makes one, or a"),
        ("nothing", "teacher 'nets_wrong:nothing' cannot be had: AttributeError: module 'nets_wrong' has no attribute"),
    ],
)
def test_what_is_no_teacher_is_refused(folder: Path, name: str, message: str) -> None:
    install(folder, "nets_wrong", MODULE)
    with pytest.raises(InputError, match=f"^{message}"):
        TeacherSpec(f"nets_wrong:{name}")


def test_what_makes_no_network_is_refused(folder: Path) -> None:
    install(folder, "nets_broken", MODULE)
    with pytest.raises(InputError, match=r"^teacher 'nets_broken:broken' makes no nn.Module: it gives 'no network'$"):
        seen(TeacherSpec("nets_broken:broken", 10, SHAPE))


def test_a_builder_that_fails_says_why() -> None:
    def picky(num_classes: int, depth: int) -> nn.Module:
        return Net(num_classes + depth)

    with pytest.raises(InputError, match=r"^teacher picky cannot be built: .*missing 1 required .* argument: 'depth'$"):
        seen(given(picky))


def test_a_check_of_torch_without_words_is_quoted_from_the_network() -> None:
    class Large(Net):
        def forward(self, images: Tensor) -> Tensor:
            torch._assert(images.shape[2] >= 64, "")
            return super().forward(images)

    message = (
        r"^teacher Large cannot take images of 3 x 16 x 16 \(AssertionError at `torch._assert\(images.shape\[2\] >="
    )
    with pytest.raises(UnfitInput, match=message):
        seen(given(Large()))


def test_a_package_that_is_not_there_is_an_unknown_teacher() -> None:
    with pytest.raises(UnknownName, match=r"^unknown teacher 'no_such_package:Net'; valid: resnet8, "):
        TeacherSpec("no_such_package:Net")


def test_families_of_installed_packages_stand_behind_our_own(folder: Path) -> None:
    install(
        folder, "nets_installed", MODULE, diswot__teachers="nets = nets_installed:NETS\nsmall = nets_installed:small"
    )
    table = Registry(TEACHERS.kind, TEACHERS.group, TEACHERS.builtin, TEACHERS._convert)
    assert [*table][-2:] == ["nets", "small"]
    assert table.named("nets").build("any", 4, SHAPE)[-1].out_features == 4  # type: ignore[index]
    assert not table.named("small").form.endswith(":NAME")


@pytest.mark.parametrize("name", ["nets_stranger:Net", "Net", "math:pi"])
def test_strangers_run_no_code(folder: Path, name: str) -> None:
    install(folder, "nets_stranger", MODULE)
    given(Net)
    with pytest.raises(UnknownName, match=f"^unknown teacher '{name}'; valid: "):
        check_is_named(name)


@pytest.mark.parametrize("name", ["resnet20", "timm:resnet18", "cifar-resnet:largest"])
def test_strangers_may_name_what_is_in_the_table(name: str) -> None:
    check_is_named(name)


def test_an_architecture_of_a_space_elsewhere_teaches() -> None:
    spec = TeacherSpec("diswot_spaces.cifar_resnet:CifarResNets:1-1-1", 10, SHAPE)
    own = TeacherSpec("cifar-resnet:1-1-1", 10, SHAPE)
    assert spec.family.of_space
    expected = build_teacher(own, 3).state_dict()
    assert all(torch.equal(value, expected[name]) for name, value in build_teacher(spec, 3).state_dict().items())


def test_the_command_line_takes_an_import_path(folder: Path) -> None:
    install(folder, "nets_cli", MODULE)
    words = ("--classes", "10", "--input", "3x16x16", "--space", "cifar-resnet", "--arch", "1-1-1")
    done = diswot(
        "score", "--teacher", "nets_cli:Net", *words, "--executor", "serial", "--student-inits", "1", "--json"
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["teacher"] == "nets_cli:Net"


def test_weights_and_layers_of_a_given_network_are_in_the_key_of_the_cache() -> None:
    one, other, deeper = (given(make()) for make in (Net, Net, lambda: nn.Sequential(Net(), nn.Identity())))
    keys = [context_of(recipe(teacher=spec), of_teacher=True).digest for spec in (one, other, deeper, one)]
    assert len({*keys[:3]}) == 3
    assert keys[3] == keys[0]
    assert len({context_of(recipe(teacher=spec), of_teacher=False).digest for spec in (one, other)}) == 1


def test_a_family_is_given_as_it_is() -> None:
    family = TeacherFamily("mine", "mine", lambda _, classes, shape: Net(classes, shape), draws_own_weights=True)
    assert given(family).family is family
