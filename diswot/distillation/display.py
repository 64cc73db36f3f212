"""Progress of a distillation on a console: loss terms, images a second, how long the rest will take."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from rich.console import Console

from diswot.distillation.job import Stage
from diswot.distillation.loop import Training
from diswot.progress import search_bar
from diswot.quantities import say_duration

TELL = 0.25
"""Seconds between two looks at the numbers, which wait for the device."""


class TrainingDisplay:
    """Shows how far the trainings of a job have come, inside a block.

    Args:
        console: to draw on.
        clock: seconds.
    """

    def __init__(self, console: Console, clock: Callable[[], float] = time.monotonic) -> None:
        self._bar, self._clock = search_bar(console), clock
        self._task = self._bar.add_task("reading the images", total=None, left="")
        self._name, self._began, self._first, self._told = "", 0.0, 0, 0.0

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def tell(self, stage: Stage, training: Training) -> None:
        """One more batch of a training is over."""
        now, done = self._clock(), training.epoch * training.batches + training.batch
        if stage.name != self._name:
            self._name, self._began, self._first = stage.name, now, done
        elif now - self._told < TELL:
            return
        self._told = now
        total = training.recipe.epochs * training.batches
        fresh, seconds = done - self._first, now - self._began
        left = f"about {say_duration((total - done) * seconds / fresh)} left" if fresh else ""
        rate = f", {fresh * training.recipe.batch_size / seconds:,.0f} images/s" if fresh and seconds else ""
        means = training.means()
        accuracy = means.pop("accuracy")
        parts = ", ".join(f"{name} {value:.3f}" for name, value in means.items())
        self._bar.update(
            self._task,
            description=f"{stage.name} ({stage.number} of {stage.total}): {parts}, accuracy {accuracy:.1%}{rate}",
            completed=done,
            total=total,
            left=left,
        )
