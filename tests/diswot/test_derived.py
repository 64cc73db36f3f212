"""Spaces derived from a teacher: its own class, with fewer and narrower stages."""

from functools import partial

import pytest
import torch

from diswot.derived import derived_space
from diswot.errors import InputError
from diswot.networks import build_random
from diswot.teachers.timm import timm_model
from diswot.testing import SearchSpaceConformance
from diswot_spaces import get_space

TASK = (7, (3, 64, 64))


class TestDerived(SearchSpaceConformance):
    tasks = (TASK,)
    samples = 2

    @pytest.fixture(autouse=True, params=["test_resnet", "test_vit"])
    def each(self, request: pytest.FixtureRequest) -> None:
        self.space = derived_space(f"timm:{request.param}")


@pytest.mark.parametrize("model", ["test_resnet", "test_vit", "test_convnext", "swin_tiny_patch4_window7_224"])
def test_the_largest_member_is_the_teacher(model: str) -> None:
    space = derived_space(f"timm:{model}")
    task = (7, (3, 224, 224))
    with torch.device("meta"):
        own = timm_model(model, *task)
        member = space.build(space.arch([len(options) - 1 for options in space.options]), *task)
    assert {n: p.shape for n, p in member.named_parameters()} == {n: p.shape for n, p in own.named_parameters()}


def test_depths_and_widths_of_each_stage_are_choices() -> None:
    space = derived_space("timm:resnet18")
    assert space.options[:4] == ((1, 2),) * 4
    assert space.options[4:] == tuple((w // 4, w // 2, 3 * w // 4, w) for w in (64, 128, 256, 512))
    with torch.device("meta"):
        network = space.build(space.decode("[1,2,1,1,16,64,64,128]"), 10)
    assert [len(stage) for stage in (network.layer1, network.layer2)] == [1, 2]  # type: ignore[arg-type]
    assert network.layer4[0].conv1.out_channels == 128  # type: ignore[union-attr, index]


def test_narrower_transformers_have_fewer_heads_of_the_same_size() -> None:
    space = derived_space("timm:vit_tiny_patch16_224")
    assert space.options == ((3, 6, 9, 12), (64, 128, 192))
    with torch.device("meta"):
        network = space.build(space.decode("[3,128]"), 10, (3, 224, 224))
    assert [network.blocks[0].attn.num_heads, len(network.blocks)] == [2, 3]  # type: ignore[union-attr, index, arg-type]


def test_scales_of_layers_are_not_zero() -> None:
    """Blocks whose scale is zero would do nothing."""
    space = derived_space("timm:test_convnext")
    network = build_random(partial(space.build, next(space.enumerate()), *TASK), 0)
    scales = [value for name, value in network.named_parameters() if name.endswith("gamma")]
    assert scales
    assert all(bool((value != 0).all()) for value in scales)


def test_a_space_is_found_by_its_teacher() -> None:
    space = get_space("from:timm:test_resnet")
    assert space is derived_space("timm:test_resnet.r160_in1k")
    assert space.name == "from-timm-test_resnet"


@pytest.mark.parametrize(
    ("teacher", "message"),
    [
        (
            "timm:densenet121",
            "no space can be derived from timm:densenet121: its class DenseNet is not told the depths of its stages",
        ),
        (
            "timm:mixer_s16_224",
            "no space can be derived from timm:mixer_s16_224: its stages cannot be varied as [2,128]",
        ),
        ("torchvision:resnet18", "spaces are derived from teachers timm:NAME, not from 'torchvision:resnet18'"),
        ("timm:", "spaces are derived from teachers timm:NAME, not from 'timm:'"),
        ("timm:resnet19", "unknown timm model 'resnet19'; valid: "),
    ],
)
def test_where_none_can_be_derived_one_sentence_says_why(teacher: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        get_space(f"from:{teacher}")
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)
