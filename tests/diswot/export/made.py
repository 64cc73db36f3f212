"""Networks that tests export."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from diswot.export.document import NetworkDocument, describe
from diswot_spaces import SPACES, SearchSpace

CLASSES = 7
SHAPE = (3, 32, 32)
SPACES_TO_EXPORT = list(SPACES.builtin.values())


def document_of(space: SearchSpace) -> NetworkDocument:
    """The smallest architecture of a space, or its first that is drawn."""
    import numpy as np

    arch = space.smallest if space.monotone else space.sample(np.random.default_rng(0))
    return describe(space.name, space.encode(arch), CLASSES, SHAPE)


class Gate(nn.Module):
    """A block that torch does not have."""

    def __init__(self, width: int, kernel: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(width, width, kernel, padding=kernel // 2)
        self.scale = nn.Parameter(torch.ones(1))

    def forward(self, x: Tensor, amount: float = 2.0) -> Tensor:
        """Map `(N, width, H, W)` to the same shape."""
        return x + amount * self.scale * torch.sigmoid(self.conv(x))


class Gates(nn.Module):
    """Three gates, two of them alike."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 4, 3, stride=2, padding=1, bias=False)
        self.gates = nn.Sequential(Gate(4, 3), Gate(4, 3), Gate(4, 5))
        self.head = nn.Linear(4, 7)

    def forward(self, images: Tensor) -> Tensor:
        """Map images `(N, 3, H, W)` to logits `(N, 7)`."""
        return self.head(self.gates(self.stem(images)).mean((2, 3)))  # type: ignore[no-any-return]


GATES = '''"""Three gates.

    network = Gates()
    network.load_state_dict(...)
"""

import torch
from torch import nn


class Gate(nn.Module):
    """A block that torch does not have."""

    def __init__(self, kernel_size: int, padding: int) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.full((1,), 1.0))
        self.conv = nn.Conv2d(4, 4, kernel_size, padding=padding)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + (2.0 * self.scale) * torch.sigmoid(self.conv(x))


class Gates(nn.Module):
    """Three gates, two of them alike."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 4, 3, stride=2, padding=1, bias=False)
        self.gates = nn.Sequential(*(Gate(3, 1) for _ in range(2)), Gate(5, 2))
        self.head = nn.Linear(4, 7)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.head(self.gates(self.stem(images)).mean((2, 3)))
'''
