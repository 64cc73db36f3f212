"""Networks written as Python: readable, of torch alone, the same to the names of their parameters."""

import ast

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from diswot.errors import InputError
from diswot.export.python import python_source
from diswot_spaces import SearchSpace
from tests.diswot.export.made import GATES, SHAPE, SPACES_TO_EXPORT, Gates, document_of


def run(source: str) -> nn.Module:
    """The network that the last class of a source makes."""
    namespace: dict[str, object] = {"__name__": "student"}
    exec(source, namespace)
    *_, last = (one for one in namespace.values() if isinstance(one, type) and one.__module__ == "student")
    network: nn.Module = last()
    return network


def test_a_written_module_reads_as_a_person_would_write_it() -> None:
    assert python_source(Gates(), SHAPE, "Three gates.") == GATES


@pytest.mark.parametrize("space", SPACES_TO_EXPORT, ids=lambda space: space.name)
def test_every_space_is_written(space: SearchSpace) -> None:
    document = document_of(space)
    network = document.build()
    source = python_source(network, document.in_shape, "A student.")
    imported = {
        name.split(".")[0]
        for node in ast.walk(ast.parse(source))
        for name in (
            [one.name for one in node.names]
            if isinstance(node, ast.Import)
            else [str(node.module)]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert imported <= {"torch", "math", "collections"}
    made = run(source)
    assert {name: one.shape for name, one in made.state_dict().items()} == {
        name: one.shape for name, one in network.state_dict().items()
    }
    made.load_state_dict(network.state_dict())
    images = torch.randn(3, *document.in_shape)
    with torch.inference_mode():
        assert torch.equal(made.eval()(images), network.eval()(images))


def test_repeats_are_loops_and_kinds_are_classes() -> None:
    space = next(one for one in SPACES_TO_EXPORT if one.name == "nasbench201")
    network = space.build(space.decode("|skip_connect~0|+|none~0|none~1|+|none~0|nor_conv_1x1~1|none~2|"), 10, SHAPE)
    source = python_source(network, SHAPE, "A student.")
    assert source.count("for _ in range(5)") == 3
    assert source.count("class Cell(") == source.count("class Reduction(") == 1
    assert "Reduction(16, 32)" in source


class Modal(nn.Sequential):
    """Drops in training, as functions do that are told the mode."""

    def forward(self, images: Tensor) -> Tensor:
        return F.dropout(super().forward(images), 0.5, self.training)  # type: ignore[no-untyped-call]


def test_what_is_otherwise_in_training_is_written_both_ways() -> None:
    source = python_source(Modal(nn.Flatten(), nn.Linear(3 * 4, 2)), (3, 2, 2), "A student.")
    assert "if self.training:" in source
    made = run(source).train()
    assert (made(torch.ones(64, 3, 2, 2)) == 0).any()
    assert not (made.eval()(torch.ones(64, 3, 2, 2)) == 0).any()


def test_a_network_without_a_class_of_its_own_is_called_network() -> None:
    plain = nn.Sequential(nn.Flatten(), nn.Linear(12, 2))
    source = python_source(plain, (3, 2, 2), "A student.")
    assert "class Network(nn.Sequential):" in source
    assert run(source).state_dict().keys() == plain.state_dict().keys()


class Tabled(nn.Module):
    """Holds numbers that no state_dict keeps."""

    def __init__(self, numbers: int) -> None:
        super().__init__()
        self.register_buffer("table", torch.arange(float(numbers)), persistent=False)
        self.register_buffer("kept", torch.ones(2))
        self.head = nn.Linear(12, 2)

    def forward(self, images: Tensor) -> Tensor:
        """Map images to logits."""
        out: Tensor = self.head(images.flatten(1)) + self.table.sum() * self.kept  # type: ignore[operator]
        return out


def test_constants_are_written_with_their_values() -> None:
    network = Tabled(3)
    made = run(python_source(network, (3, 2, 2), "A student."))
    assert made.table.tolist() == [0.0, 1.0, 2.0]  # type: ignore[operator]
    assert made.state_dict().keys() == network.state_dict().keys()


class Undecided(nn.Module):
    """What it does depends on the numbers that it is given."""

    def forward(self, images: Tensor) -> Tensor:
        """Either of two things."""
        return images.sum(1) if images.sum() > 0 else images.mean(1)


def roll(images: Tensor) -> Tensor:
    """A function that is not torch's."""
    return images.sum((2, 3))


torch.fx.wrap("roll")


class Foreign(nn.Module):
    """Calls what the written module would not have."""

    def forward(self, images: Tensor) -> Tensor:
        """The function's result."""
        return roll(images)


class Twice(nn.Module):
    """One layer under two names."""

    def __init__(self) -> None:
        super().__init__()
        self.first = self.second = nn.Linear(2, 2)

    def forward(self, images: Tensor) -> Tensor:
        """Both."""
        return self.second(self.first(images))  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("network", "said"),
    [
        (Undecided(), "Undecided cannot be written as Python, since what it does depends on more than its parts: "),
        (
            Foreign(),
            "the function roll of tests.diswot.export.test_export_python is not one of torch; export it as onnx",
        ),
        (Twice(), "2 parameters of the network stand at two places, which a module in Python would part"),
        (Tabled(5000), "Tabled holds a constant of 5,000 numbers that its state_dict does not keep"),
    ],
)
def test_what_cannot_be_written_is_said(network: nn.Module, said: str) -> None:
    with pytest.raises(InputError) as error:
        python_source(network, (3, 2, 2), "A student.")
    assert str(error.value).startswith(said)
