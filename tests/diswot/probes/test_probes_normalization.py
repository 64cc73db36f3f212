"""Pictures as networks expect them that were trained on images of another normalization."""

import pytest
import torch

from diswot.probes.batch import Normalization, ProbeBatch
from diswot.probes.draw import draw
from diswot.probes.noise import white_noise
from tests.diswot.probes.images import images_of

HALF = Normalization((0.5,) * 3, (0.5,) * 3)


def test_pixels_come_back() -> None:
    pixels = torch.arange(3 * 2 * 2 * 4).reshape(4, 3, 2, 2).to(torch.uint8) * 5
    probe = draw(images_of(pixels), 4, 4, (3, 2, 2), seed=0)
    found = probe.normalized(Normalization((0.0,) * 3, (1 / 255,) * 3)).images
    assert torch.allclose(found.sort(0).values, pixels.sort(0).values.float(), atol=1e-3)


def test_seeded_images_stand_for_photographs() -> None:
    probe = white_noise(4, 4, (3, 2, 2), 0)
    seen = probe.normalized(HALF)
    assert torch.allclose(seen.images[:, 0], (probe.images[:, 0] * 0.229 + 0.485 - 0.5) / 0.5, atol=1e-6)
    assert seen.normalization == HALF


@pytest.mark.parametrize(
    "probe",
    [
        ProbeBatch(torch.ones(1, 3, 2, 2), torch.zeros(1), "unknown"),
        ProbeBatch(torch.ones(1, 1, 2, 2), torch.zeros(1), "grey", Normalization((0.5,), (0.5,))),
        white_noise(2, 2, (1, 2, 2), 0),
    ],
)
def test_what_is_not_known_stays(probe: ProbeBatch) -> None:
    assert probe.normalized(HALF) is probe
