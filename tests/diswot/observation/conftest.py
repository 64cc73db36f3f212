"""Networks whose every number can be followed by hand."""

import pytest
import torch.nn.functional as F
from torch import Tensor, nn

from diswot.networks import initialize
from diswot.probes.batch import ProbeBatch
from diswot.probes.noise import white_noise


class EveryWay(nn.Module):
    """Calls activations as modules, as functions and in place; remembers what they were given."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 4, 3, padding=1)
        self.conv2 = nn.Conv2d(4, 5, 3, padding=1)
        self.conv3 = nn.Conv2d(5, 6, 1)
        self.relu = nn.ReLU(inplace=True)
        self.dropout = nn.Dropout(0.5)
        self.hidden = nn.Linear(6, 7)
        self.head = nn.Linear(7, 5)
        self.seen: list[Tensor] = []

    def see(self, x: Tensor) -> Tensor:
        self.seen.append(x.clone())
        return x

    def forward(self, images: Tensor) -> Tensor:
        self.seen = []
        x = F.relu(self.see(self.conv1(images)))
        x = self.relu(self.see(self.conv2(x)))
        x = F.gelu(self.see(self.conv3(x)))
        x = self.see(x - 0.1).relu_()
        x = F.leaky_relu(self.see(self.hidden(x.mean((2, 3)))), 0.2)
        logits: Tensor = self.head(self.dropout(x))
        return logits


@pytest.fixture
def probe() -> ProbeBatch:
    """Six images of 8 x 8 with 5 classes."""
    return white_noise(6, 5, (3, 8, 8), 0)


@pytest.fixture
def every_way() -> EveryWay:
    """A network that uses every way to call an activation."""
    module = EveryWay()
    initialize(module, 0)
    return module.eval()
