"""Checkpoints of a training: what a killed one goes on from, at the batch where it was."""

from __future__ import annotations

import io
import logging
import pickle
import time
from collections.abc import Callable
from pathlib import Path

import torch

from diswot.distillation.loop import Training
from diswot.errors import UnreadableData
from diswot.storage.checkpoint import SHARE
from diswot.storage.generations import Generations
from diswot.storage.refusal import reason

CHECKPOINT = "checkpoint"

_LOG = logging.getLogger("diswot.distillation")


class Keeper:
    """Keeps the state of a training when called, unless the last time was costly and not long ago.

    Where there is no room the training goes on, and the last checkpoint stays good.

    Args:
        folder: of the training.
        training: to be kept.
        clock: seconds.
    """

    def __init__(self, folder: Path, training: Training, clock: Callable[[], float] = time.monotonic) -> None:
        self._files = Generations(folder, CHECKPOINT)
        self._training, self._clock = training, clock
        self._written, self._cost = clock(), 0.0
        self.missed: OSError | None = None
        """Why the last checkpoint could not be written, if it could not."""

    def __call__(self) -> None:
        """Keep the state, if it is time."""
        if self._clock() - self._written >= self._cost / SHARE:
            self.write()

    def write(self) -> None:
        """Keep the state now."""
        start = self._clock()
        content = io.BytesIO()
        torch.save(self._training.state(), content)
        try:
            self._files.write(content.getvalue())
        except OSError as error:
            if self.missed is None:
                _LOG.warning("no checkpoint could be written, the training goes on: %s", reason(error))
            self.missed = error
        else:
            self.missed = None
        self._written = self._clock()
        self._cost = self._written - start

    def restore(self) -> bool:
        """Take up what was kept; returns whether anything was.

        Raises:
            UnreadableData: it is damaged, or of another network.
        """
        content = self._files.read()
        if content is None:
            return False
        where = str(self._files.paths[0].parent)
        try:
            state = torch.load(io.BytesIO(content), map_location=self._training.device, weights_only=True)
            self._training.restore(state)
        except (KeyError, RuntimeError, TypeError, ValueError, pickle.UnpicklingError) as error:
            raise UnreadableData(
                f"the checkpoint in {where!r} is of another architecture, distiller or recipe than the job's"
            ) from error
        return True

    def remove(self) -> None:
        """Delete the checkpoints of a training that is over."""
        self._files.remove()
