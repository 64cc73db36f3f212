"""The families that come as files: members with published figures, and the architectures of published tables."""

import csv
from functools import partial
from pathlib import Path

import pytest
import torch

from diswot.networks import build_random
from diswot_spaces import Shape, get_space
from tests.search_spaces.declared.made import made

MOBILENETV2 = "[[1,16,1,1],[6,24,2,2],[6,32,3,2],[6,64,4,2],[6,96,3,1],[6,160,3,2],[6,320,1,1],1280]"
VIT = """
    name: vit
    choices: {width: [192, 384]}
    stem: {block: patch, width: {choice: width}}
    stages: [{block: vit, width: {choice: width}, depth: 12, heads: 3}]
    head: {norm: layer, pool: class}
"""
CONVNEXT = """
    name: convnext
    stem: {block: patchify, width: 96}
    stages:
      - {block: convnext, width: 96, depth: 3}
      - {block: convnext, width: 192, depth: 3, stride: 2}
      - {block: convnext, width: 384, depth: [9, 27], stride: 2}
      - {block: convnext, width: 768, depth: 3, stride: 2}
    head: {norm: layer}
"""
PIT = """
    name: pit
    stem: {block: patch, width: 64, patch: 16, stride: 8}
    stages:
      - {block: pit, width: 64, depth: 2, heads: 2}
      - {block: pit, width: 128, depth: [6, 8], heads: 4, stride: 2}
      - {block: pit, width: 256, depth: 4, heads: 8, stride: 2}
    head: {norm: layer, pool: class}
"""
RESNET50 = """
    name: resnet50
    stem: [{block: conv, width: 64, kernel: 7, stride: 2}, {block: max_pool, stride: 2}]
    stages:
      - {block: bottleneck, width: 256, depth: 3}
      - {block: bottleneck, width: 512, depth: 4, stride: 2}
      - {block: bottleneck, width: 1024, depth: [6, 23], stride: 2}
      - {block: bottleneck, width: 2048, depth: 3, stride: 2}
"""
MOBILENETV3 = """
    name: mobilenetv3-small
    stem: {block: conv, width: 16, stride: 2, activation: hardswish}
    stages:
      - {block: inverted_residual, width: 16, stride: 2, expansion: 1, se: 0.5, activation: relu}
      - {block: inverted_residual, width: 24, stride: 2, expansion: 4.5, activation: relu}
      - {block: inverted_residual, width: 24, depth: [1, 2], expansion: 3.6666667, activation: relu}
    head: {width: 144, hidden: 1024, activation: hardswish}
"""
LARGE = (3, 224, 224)


@pytest.mark.parametrize(
    ("space", "arch", "classes", "shape", "params"),
    [
        # torchvision documents 3,504,872 parameters of mobilenet_v2 and 2,278,604 of shufflenet_v2_x1_0.
        ("mobilenetv2-stages", MOBILENETV2, 1000, (3, 32, 32), 3_504_872),
        ("shufflenetv2", "116x4-232x8-464x4-1024", 1000, (3, 32, 32), 2_278_604),
        ("shufflenetv2", "48x4-96x8-192x4-1024", 1000, (3, 32, 32), 1_366_792),
        # The repositories of CRD and of mdistiller have 278,324 and 861,620 parameters for 100 classes.
        # As NATS-Bench has them in its table.
        ("nats-size", "8:8:8:8:8", 10, (3, 32, 32), 11_714),
        ("nats-size", "8:8:16:40:40", 10, (3, 32, 32), 107_826),
        ("nats-size", "64:64:64:64:64", 10, (3, 32, 32), 713_674),
        ("resnet", "16x3-32x3-64x3", 100, (3, 32, 32), 278_324),
        ("resnet", "16x9-32x9-64x9", 100, (3, 32, 32), 861_620),
        # timm's vit_tiny_patch16_224, convnext_tiny and resnet50, and torchvision's: as their model cards say.
        (VIT, "192", 1000, LARGE, 5_717_416),
        (CONVNEXT, "[9]", 1000, LARGE, 28_589_128),
        (RESNET50, "[6]", 1000, LARGE, 25_557_032),
        # timm's pit_ti_224 has 4,847,272, for its class token has no position.
        (PIT, "[6]", 1000, LARGE, 4_847_272 + 64),
    ],
    ids=[
        "mobilenetv2",
        "shufflenetv2",
        "shufflenetv2-half",
        "nats-least",
        "nats-middle",
        "nats-most",
        "resnet20",
        "resnet56",
        "vit-ti",
        "convnext",
        "r50",
        "pit",
    ],
)
def test_members_have_the_published_number_of_parameters(
    space: str, arch: str, classes: int, shape: Shape, params: int
) -> None:
    where = get_space(space) if "\n" not in space else made(space)
    text = arch if arch[0] == "[" or "x" in arch or ":" in arch else f"[{arch}]"
    assert where.costs(where.decode(text), classes, shape).params == params


def rows(data_dir: Path, table: str) -> list[dict[str, str]]:
    with (data_dir / table).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.data
@pytest.mark.parametrize(
    ("space", "table"),
    [("mobilenetv2-stages", "mobilenetv2_distilled.csv"), ("autoformer-tiny", "vitbench_autoformer.csv")],
)
def test_a_family_covers_its_published_table(data_dir: Path, space: str, table: str) -> None:
    where = get_space(space)
    texts = [row["arch"] for row in rows(data_dir, table)]
    assert len(texts) == 100
    assert [where.encode(where.decode(text)) for text in texts] == texts


@pytest.mark.data
def test_nasbench_macro_costs_what_the_benchmark_says(data_dir: Path) -> None:
    space = get_space("nasbench-macro")
    table = rows(data_dir, "nasbench_macro.csv")
    assert len(table) == space.size == 6_561
    for row in table:
        costs = space.costs(space.decode(row["arch"]), 10)
        assert (costs.params, costs.macs) == (int(row["params"]), int(row["flops"])), row["arch"]


def test_nasbench_macro_tells_layers_that_do_nothing_apart_from_those_that_change_the_shape() -> None:
    space = get_space("nasbench-macro")
    same = {"01": "01", "10": "10", "12": "12", "02": "02"}
    for text, canonical in same.items():
        assert space.encode(space.canonical(space.decode(f"{text}000000"))) == f"{canonical}000000"
    assert space.encode(space.canonical(space.decode("00102001"))) == "00120010"


def test_the_declared_mobilenetv2_has_the_networks_of_the_one_in_python() -> None:
    declared, written = get_space("mobilenetv2-stages"), get_space("mobilenetv2")
    one = build_random(partial(declared.build, declared.decode(MOBILENETV2), 100), 3).state_dict()
    other = build_random(partial(written.build, written.decode(MOBILENETV2), 100), 3).state_dict()
    assert one.keys() == other.keys()
    assert all(torch.equal(value, other[name]) for name, value in one.items())


def test_transformers_begin_as_their_publications_do() -> None:
    """Weights of standard deviation .02, positions and class token among them; scales of ConvNeXt at 1e-6."""
    space = made(VIT)
    weights = build_random(partial(space.build, space.decode("[192]"), 10, LARGE), 0).state_dict()
    for name in ("stem.positions", "stem.class_token", "blocks.0.attention.qkv.weight", "blocks.11.mlp.2.weight"):
        assert float(weights[name].std()) == pytest.approx(0.02, rel=0.2), name
    assert not weights["blocks.0.attention.qkv.bias"].any()
    assert bool((weights["blocks.0.norm1.weight"] == 1).all())
    scales = made(CONVNEXT)
    weights = build_random(partial(scales.build, scales.decode("[9]"), 10, (3, 64, 64)), 0).state_dict()
    assert torch.equal(weights["blocks.0.0.scale.weight"], torch.full((96,), 1e-6))


def test_a_head_of_mobilenetv3_has_a_hidden_layer() -> None:
    space = made(MOBILENETV3)
    network = space.build(space.decode("[1]"), 10)
    assert [tuple(p.shape) for p in network.hidden.parameters()] == [(1024, 144), (1024,)]  # type: ignore[union-attr]
    assert network(torch.zeros(2, 3, 32, 32)).shape == (2, 10)
