"""Modules that are named as those which show the last map and the head."""

import pytest
import torch
from torch import Tensor, nn

from diswot.errors import InputError
from diswot.observation import observe
from diswot.observation.capture import Capture
from diswot.observation.named import NamedTaps
from diswot.probes.batch import ProbeBatch

PROBE = ProbeBatch(torch.randn(4, 3, 8, 8), torch.arange(4), "random")


class Parted(nn.Module):
    """Its logits come from two heads, so that no linear layer makes them; the map that counts is an early one."""

    def __init__(self) -> None:
        super().__init__()
        self.early, self.late = nn.Conv2d(3, 5, 3, 2, 1), nn.Conv2d(5, 6, 3, 2, 1)
        self.relu = nn.ReLU(inplace=True)
        self.one, self.other, self.idle = nn.Linear(6, 4), nn.Linear(6, 4), nn.Linear(6, 4)

    def forward(self, images: Tensor) -> Tensor:
        """The mean of both heads."""
        pooled = self.late(self.relu(self.early(images))).mean((2, 3))
        out: Tensor = (self.one(pooled) + self.other(pooled)) / 2
        return out


def test_named_modules_show_map_and_features() -> None:
    module = Parted().eval()
    found = observe(module, PROBE, Capture.MAPS)
    assert found.head_input is None
    assert found.last_map is not None
    assert found.last_map.shape == (4, 6, 2, 2)
    told = observe(module, PROBE, Capture.MAPS, named=NamedTaps("early", "one"))
    with torch.inference_mode():
        assert torch.equal(told.map_before_pooling, module.early(PROBE.images)), "before the ReLU wrote to it"
        pooled = module.late(module.relu(module.early(PROBE.images))).mean((2, 3))
    assert torch.equal(told.pooled, pooled)
    assert all(not layer._forward_hooks for layer in module.modules())


@pytest.mark.parametrize(
    ("named", "said"),
    [
        (NamedTaps("lat"), "unknown module of Parted 'lat'; valid: late"),
        (
            NamedTaps("one"),
            "the output of module 'one' of Parted is (4, 4), which is no feature map (N, C, H, W) or tokens",
        ),
        (NamedTaps(None, "late"), "the input of module 'late' of Parted is (4, 5, 4, 4), which is no pooled features"),
        (NamedTaps(None, "idle"), "there is no input of module 'idle' of Parted: it takes no part in the forward pass"),
    ],
)
def test_what_shows_no_such_thing_is_refused(named: NamedTaps, said: str) -> None:
    with pytest.raises(InputError) as raised:
        observe(Parted(), PROBE, Capture.MAPS, named=named)
    assert str(raised.value).startswith(said)
