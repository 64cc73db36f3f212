"""Peak activation memory: the formulas against the built networks, against counts by hand, and in their order."""

from dataclasses import astuple

import numpy as np
import pytest
import torch
from torch import fx, nn
from torch.fx.passes.shape_prop import ShapeProp

from diswot_spaces import SPACES, Costs, SearchSpace, Shape, get_space
from diswot_spaces.costs import alive, convolution
from diswot_spaces.nasbench201_cells import alive_in_cell

TASKS = [(7, (3, 33, 20)), (100, (3, 32, 32)), (5000, (3, 1, 1)), (10, (300, 2, 2))]


@pytest.fixture(params=["nasbench201", "cifar-resnet", "mobilenetv2"], name="space")
def each_space(request: pytest.FixtureRequest) -> SearchSpace:
    """Spaces whose formulas are written out, and which ascend in cost."""
    return SPACES[request.param]


def measured(network: nn.Module, in_shape: Shape) -> int:
    """Peak of what is alive in the traced graph of a network: each tensor from its making to its last reading."""
    traced = fx.symbolic_trace(network)
    ShapeProp(traced).propagate(torch.zeros(1, *in_shape))
    modules = dict(traced.named_modules())
    nodes = [node for node in traced.graph.nodes if node.op != "output"]
    tensor: dict[fx.Node, fx.Node] = {}
    first: dict[fx.Node, int] = {}
    last: dict[fx.Node, int] = {}
    for step, node in enumerate(nodes):
        same = node.target == "flatten" or isinstance(modules.get(str(node.target)), nn.Identity)
        tensor[node] = tensor[node.all_input_nodes[0]] if same else node
        for read in (*map(tensor.__getitem__, node.all_input_nodes), tensor[node]):
            first.setdefault(read, step)
            last[read] = step
    numbers = {node: node.meta["tensor_meta"].shape.numel() for node in first}
    peak: int = max(sum(numbers[n] for n in first if first[n] <= step <= last[n]) for step in range(len(nodes)))
    return 4 * peak


def test_the_formula_is_the_peak_of_the_built_network(space: SearchSpace) -> None:
    rng = np.random.default_rng(0)
    for arch in (space.smallest, space.largest, *(space.sample(rng) for _ in range(4))):
        for num_classes, in_shape in TASKS:
            with torch.device("meta"):
                peak = measured(space.build(arch, num_classes, in_shape).eval(), in_shape)
            assert space.costs(arch, num_classes, in_shape).memory == peak, space.encode(arch)


ALL_3X3 = "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|nor_conv_3x3~0|nor_conv_3x3~1|nor_conv_3x3~2|"
THIN = "[[1,16,1,1],[6,24,1,2],[6,32,1,2],[6,40,1,2],[6,48,1,1],[6,56,1,2],[6,64,1,1],72]"


@pytest.mark.parametrize(
    ("space", "arch", "numbers"),
    [
        # The first stage's blocks: their input, and what a convolution's batch norm reads and makes, 16 x 32 x 32 each.
        ("cifar-resnet", "1-1-1", 3 * 16 * 1024),
        # Stage 2 expands 16 channels to 96 at 32 x 32: what the batch norm behind that reads and makes.
        ("mobilenetv2", THIN, 192 * 1024),
        # Nothing but zeros in the cells; the first reduction: its input, the ReLU of it, and 32 maps of 16 x 16.
        ("nasbench201", "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|", 2 * 16 * 1024 + 32 * 256),
        # A convolution whose input the skip connection beside it needs: what the batch norm reads and makes, and that.
        ("nasbench201", "|skip_connect~0|+|none~0|none~1|+|nor_conv_3x3~0|skip_connect~1|none~2|", 3 * 16 * 1024),
        # On the fifth edge of six convolutions: nodes 1 and 2, node 3 so far, and two of the convolution itself.
        ("nasbench201", ALL_3X3, 5 * 16 * 1024),
    ],
)
def test_peaks_counted_by_hand(space: str, arch: str, numbers: int) -> None:
    chosen = get_space(space)
    assert chosen.costs(chosen.decode(arch), 10).memory == 4 * numbers


def test_parts_behind_one_another_share_their_memory() -> None:
    assert (alive(10) + alive(3) + convolution(1, 1, 1, (4, 4), norm=False)) * 2 == Costs(2, 32, 2, 40)


def test_tensors_alive_in_a_cell() -> None:
    assert alive_in_cell((0, 0, 0, 1, 0, 0)) == 1  # the input is the output
    assert alive_in_cell((0, 0, 0, 2, 0, 0)) == 2  # pooling reads one and makes one
    assert alive_in_cell((0, 0, 0, 4, 0, 0)) == 2  # nothing keeps the input beyond the ReLU
    assert alive_in_cell((1, 0, 0, 4, 1, 0)) == 3  # the skip connection does


def test_a_further_option_costs_no_less_in_any_respect(space: SearchSpace) -> None:
    rng = np.random.default_rng(0)
    for _ in range(150):
        arch = space.sample(rng)
        i = int(rng.integers(len(space.options)))
        more = min(arch.choices[i] + 1, len(space.options[i]) - 1)
        further = space.arch([*arch.choices[:i], more, *arch.choices[i + 1 :]])
        for num_classes, in_shape in TASKS:
            pairs = zip(*(astuple(space.costs(a, num_classes, in_shape)) for a in (arch, further)), strict=True)
            assert all(less <= more for less, more in pairs), space.encode(arch)


def test_no_architecture_costs_more_than_the_largest(space: SearchSpace) -> None:
    rng = np.random.default_rng(0)
    largest = astuple(space.costs(space.largest, 10))
    for _ in range(100):
        costs = astuple(space.costs(space.sample(rng), 10))
        assert all(a <= b for a, b in zip(costs, largest, strict=True))
