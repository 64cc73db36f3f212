"""How a network is trained; data only, free of torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from diswot.errors import InputError
from diswot.spec.option import AUTO, Option, complete

OPTIMIZERS = ("sgd", "adamw")
SCHEDULES = ("cosine", "step", "constant")
RATES = {"sgd": 0.05, "adamw": 1e-3}
"""Learning rates for `REFERENCE_BATCH` images a step."""
DECAYS = {"sgd": 5e-4, "adamw": 0.05}
REFERENCE_BATCH = 64


def _rate(spec: RecipeSpec) -> float:
    """The rate of the reference batch scaled with the images of a step (Goyal et al., 2017, section 2.1)."""
    return RATES[spec.optimizer] * spec.step_images / REFERENCE_BATCH


def _decay(spec: RecipeSpec) -> float:
    return DECAYS[spec.optimizer]


@dataclass(frozen=True, slots=True)
class RecipeSpec:
    """Everything that training depends on beside networks, data and losses.

    The defaults are the recipe in which distillers for CIFAR are compared, with a cosine schedule: it suits any number
    of epochs.
    """

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 - pydantic's name

    epochs: Annotated[int, Option("Number of times that every training image is seen.", 1, 100_000)] = 30
    batch_size: Annotated[int, Option("Number of images in a batch.", 2, 65_536)] = 64
    accumulation: Annotated[int, Option("Number of batches whose gradients make one step.", 1, 4_096)] = 1
    optimizer: Annotated[str, Option("Optimizer.", choices=OPTIMIZERS)] = "sgd"
    learning_rate: Annotated[
        float,
        Option(
            "Highest learning rate.",
            above=0,
            maximum=1_000,
            derive=_rate,
            default="0.05 with sgd, 0.001 with adamw for 64 images a step, and in proportion for others",
        ),
    ] = AUTO
    momentum: Annotated[float, Option("Nesterov momentum of sgd.", 0, 1)] = 0.9
    weight_decay: Annotated[
        float,
        Option("Weight decay.", 0, 1, derive=_decay, default="0.0005 with sgd, 0.05 with adamw"),
    ] = AUTO
    schedule: Annotated[
        str, Option("Course of the learning rate: step divides by ten at 62.5%, 75% and 87.5%.", choices=SCHEDULES)
    ] = "cosine"
    warmup: Annotated[float, Option("Number of epochs over which the learning rate rises from zero.", 0, 100_000)] = 0.0
    label_smoothing: Annotated[float, Option("Share of the label that is spread over all classes.", 0, 1)] = 0.0
    mixup: Annotated[float, Option("Parameter of the beta distribution of mixup; 0 is no mixup.", 0, 100)] = 0.0
    cutmix: Annotated[float, Option("Parameter of the beta distribution of CutMix; 0 is no CutMix.", 0, 100)] = 0.0
    clip: Annotated[
        float | None, Option("Norm to which gradients are clipped.", above=0, maximum=10**6, default="not clipped")
    ] = None
    ema: Annotated[
        float | None,
        Option(
            "Decay of the moving average of weights that is validated and kept.", above=0, maximum=1, default="none"
        ),
    ] = None
    amp: Annotated[bool, Option("Whether the forward passes compute in bfloat16 where that is safe.")] = False
    compile: Annotated[bool, Option("Whether the networks are compiled by torch.compile.")] = False

    def __post_init__(self) -> None:
        """Check every field of its own, and that they go together.

        Raises:
            InputError: with one sentence.
        """
        complete(self)
        if self.warmup > self.epochs:
            raise InputError(f"warmup must not exceed the {self.epochs} epochs of training, not {self.warmup:g}")
        if self.mixup and self.cutmix:
            raise InputError("mixup and cutmix cannot both be used; set one of them to 0")

    @property
    def step_images(self) -> int:
        """Number of images whose gradients make one step."""
        return self.batch_size * self.accumulation
