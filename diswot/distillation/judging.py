"""How good a trained classifier is: accuracy, calibration, classes, agreement with its teacher."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from diswot.data.training import LabelledImages
from diswot.distillation.objective import Network
from diswot.report.document import Document

BINS = 15
"""Of the expected calibration error."""


class Judgement(Document):
    """What a network does on a set of images.

    Attributes:
        images: number of them.
        accuracy: share of images whose label is said.
        cross_entropy: mean negative log-likelihood of the labels, in nats.
        ece: expected calibration error, over 15 bins of equal width.
        agreement: share of images of which teacher and student say the same; `null` without a teacher.
        per_class: accuracy on the images of each class.
    """

    images: int
    accuracy: float
    cross_entropy: float
    ece: float
    agreement: float | None
    per_class: list[float]


@dataclass(frozen=True, slots=True)
class Predictions:
    """Logits `(n, K)` of a set of images, and their labels `(n,)`."""

    logits: Tensor
    labels: Tensor


@torch.no_grad()
def predict(network: Network, images: LabelledImages, size: int, device: torch.device | str = "cpu") -> Predictions:
    """The logits of every image, in evaluation mode; the mode is left as it was."""
    training = network.training
    network.eval()
    found = [network(batch.images.to(device).float() / 255).logits.float().cpu() for batch in images.batches(size)]
    network.train(training)
    return Predictions(torch.cat(found), images.labels)


def judge(found: Predictions, teacher: Predictions | None = None) -> Judgement:
    """What predictions are worth.

    Args:
        found: of the network.
        teacher: of its teacher, on the same images.
    """
    said = found.logits.argmax(1)
    right = said == found.labels
    classes = range(found.logits.shape[1])
    return Judgement(
        images=len(found.labels),
        accuracy=float(right.double().mean()),
        cross_entropy=float(F.cross_entropy(found.logits.double(), found.labels)),
        ece=calibration_error(found),
        agreement=None if teacher is None else float((said == teacher.logits.argmax(1)).double().mean()),
        per_class=[float(right[found.labels == label].double().mean().nan_to_num(0.0)) for label in classes],
    )


def calibration_error(found: Predictions, bins: int = BINS) -> float:
    """Expected calibration error: the mean over images of |accuracy - confidence| of their bin of confidence.

    Source: Guo et al., "On Calibration of Modern Neural Networks", ICML 2017, equation 3.
    """
    confidence, said = found.logits.double().softmax(1).max(1)
    right = (said == found.labels).double()
    place = (confidence * bins).ceil().long().clamp(1, bins) - 1
    gaps = torch.zeros(bins, dtype=torch.float64).index_add_(0, place, right - confidence)
    return float(gaps.abs().sum() / len(right))
