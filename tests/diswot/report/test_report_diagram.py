"""Diagrams of networks: stages as they are, and an SVG that is one."""

import subprocess
import sys
import xml.etree.ElementTree as ET

import pytest

from diswot.report.diagram import Stage, draw_network
from diswot.report.stages import find_stages
from diswot_spaces import SPACES, get_space

BLOCK = 2 * (9 * 16 * 16 + 2 * 16)


def test_the_stages_of_a_resnet_by_hand() -> None:
    space = get_space("cifar-resnet")
    stages = find_stages(lambda: space.build(space.decode("3-1-1"), 10), (3, 32, 32))
    assert [(one.block, one.count, one.out_shape) for one in stages] == [
        ("Conv2d", 1, (16, 32, 32)),
        ("BasicBlock", 3, (16, 32, 32)),
        ("BasicBlock", 1, (32, 16, 16)),
        ("BasicBlock", 1, (64, 8, 8)),
        ("AdaptiveAvgPool2d", 1, (64, 1, 1)),
        ("Linear", 1, (10,)),
    ]
    assert stages[0].params == 27 * 16 + 2 * 16
    assert stages[1].params == 3 * BLOCK


@pytest.mark.parametrize("name", SPACES.builtin)
def test_the_stages_of_every_space_hold_all_parameters(name: str) -> None:
    space = get_space(name)
    arch = space.smallest if space.monotone else next(iter(space.enumerate()))
    stages = find_stages(lambda: space.build(arch, 10), (3, 32, 32))
    assert sum(one.params for one in stages) == space.costs(arch, 10).params
    assert stages[-1].out_shape == (10,)


def test_stages_cost_no_import_and_leave_the_generator_as_it_was() -> None:
    program = (
        "import sys, torch; from diswot.report.stages import find_stages; from diswot_spaces import get_space\n"
        "space, before = get_space('cifar-resnet'), torch.random.get_rng_state()\n"
        "find_stages(lambda: space.build(space.smallest, 10), (3, 32, 32))\n"
        "print('sympy' in sys.modules, torch.equal(torch.random.get_rng_state(), before))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]


def test_a_drawing_is_an_svg_with_a_box_for_each_stage_and_nothing_unescaped() -> None:
    stages = [
        Stage(block="<Block>", count=4, out_shape=(8, 16, 16), params=1234),
        Stage(block="Tokens", count=1, out_shape=(65, 192), params=0),
        Stage(block="Linear", count=1, out_shape=(10,), params=90),
    ]
    root = ET.fromstring(draw_network(stages))
    space = "{http://www.w3.org/2000/svg}"
    boxes = root.findall(f"{space}rect")
    assert [float(box.attrib["height"]) for box in boxes] == sorted(
        (float(box.attrib["height"]) for box in boxes), reverse=True
    )
    assert len(root.findall(f"{space}line")) == 2
    texts = [one.text for one in root.findall(f"{space}text")]
    assert not root.findall(f"{space}style"), "a style sheet would be one of the page around it"
    assert texts[:3] == ["4 x <Block>", "8 x 16 x 16", "1,234 parameters"]


def test_a_drawing_of_nothing_is_empty() -> None:
    assert ET.fromstring(draw_network([])).findall("*") == []
