"""The training loop: plain torch, every random number a function of seed, epoch and batch.

So nothing of a random generator needs to be kept: a training that goes on from a checkpoint takes the very steps that
it would have taken.
"""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from diswot.data.training import Batch, EpochOrder, LabelledImages, VariedImages, epoch_batches
from diswot.distillation.cache import TeacherLogits
from diswot.distillation.distillers.base import Targets
from diswot.distillation.judging import predict
from diswot.distillation.mixing import mix
from diswot.distillation.objective import Loss, Network, Objective, smoothed
from diswot.distillation.optimization import AveragedWeights, learning_rate, make_optimizer
from diswot.errors import DiswotError
from diswot.seeds import derive_seed
from diswot.spec.recipe import RecipeSpec

State = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Epoch:
    """An epoch that is over.

    Attributes:
        epoch: its number, from 1.
        learning_rate: at its end.
        parts: mean over its images of what each term added to the loss.
        train_accuracy: on the images as they were trained on.
        valid_accuracy: on the validation images.
        valid_cross_entropy: likewise, in nats.
        images_per_second: trained on, validation left out.
    """

    epoch: int
    learning_rate: float
    parts: dict[str, float]
    train_accuracy: float
    valid_accuracy: float
    valid_cross_entropy: float
    images_per_second: float


@dataclass(frozen=True)
class Material:
    """What a training trains on.

    Attributes:
        train: images in their variations.
        valid: images that the best epoch is chosen on.
        num_classes: K.
        workers: processes that prepare images.
        cache: teacher logits that are kept, or `None`.
    """

    train: VariedImages
    valid: LabelledImages
    num_classes: int
    workers: int = 0
    cache: TeacherLogits | None = None


class Training:
    """A training under way.

    Args:
        objective: what is minimized.
        material: what is trained on.
        recipe: how.
        seed: of order, variations, mixing and dropout.
        averaged: where the moving average of the student's weights is kept, or `None`.

    Attributes:
        epoch: epochs that are over.
        batch: batches of the present epoch that are over.
        history: of the epochs that are over.
        best: weights of the student after the epoch that validated best.
        best_epoch: its number, from 1.
    """

    def __init__(
        self,
        objective: Objective,
        material: Material,
        recipe: RecipeSpec,
        seed: int,
        averaged: Network | None = None,
    ) -> None:
        self.objective, self.material, self.recipe, self.seed = objective, material, recipe, seed
        self.optimizer = make_optimizer(objective.trained(), recipe)
        self.averaged = None if averaged is None or recipe.ema is None else AveragedWeights(averaged, recipe.ema)
        self.device = next(objective.student.parameters()).device
        self.epoch = self.batch = self.best_epoch = 0
        self.history: list[Epoch] = []
        self.best: dict[str, Tensor] = {}
        self._sums: dict[str, Tensor] = {}
        self._seconds = 0.0

    @property
    def batches(self) -> int:
        """Number of batches in an epoch."""
        return len(self._order(0))

    @property
    def judged(self) -> Network:
        """The network that is validated and kept: the average where there is one."""
        return self.objective.student if self.averaged is None else self.averaged.network  # type: ignore[return-value]

    def run(self, keep: Callable[[], None], tell: Callable[[], None] = lambda: None) -> None:
        """Train to the end.

        Args:
            keep: called where the state may be kept: after each step, and after each epoch.
            tell: called after each batch.

        Raises:
            DiswotError: the loss is no longer a number.
        """
        while self.epoch < self.recipe.epochs:
            self._train_epoch(keep, tell)
            self._end_epoch()
            keep()

    def step(self, batch: Batch) -> Loss:
        """One batch: its loss, its gradient and, where enough of them are gathered, a step of the optimizer."""
        ends = (self.batch + 1) % self.recipe.accumulation == 0 or self.batch + 1 == self.batches
        loss = self._loss(batch)
        (loss.loss / self.recipe.accumulation).backward()  # type: ignore[no-untyped-call]
        if ends:
            for group in self.optimizer.param_groups:
                group["lr"] = learning_rate(self.recipe, self._now(self.batch + 1))
            if self.recipe.clip is not None:
                torch.nn.utils.clip_grad_norm_(self.objective.trained(), self.recipe.clip)
            self.optimizer.step()
            self.optimizer.zero_grad(set_to_none=True)
            if self.averaged is not None:
                self.averaged.update(self.objective.student)
        return loss

    def _loss(self, batch: Batch) -> Loss:
        batch = Batch(*(one.to(self.device, non_blocking=True) for one in batch))
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(derive_seed(self.seed, "step", self.epoch, self.batch))
            images, probabilities = mix(batch, self.recipe, self.material.num_classes)
            labels = probabilities.argmax(1) if self.recipe.mixup or self.recipe.cutmix else batch.labels
            targets = Targets(
                labels, smoothed(probabilities, self.recipe.label_smoothing), batch.indices, self._now(self.batch)
            )
            with torch.autocast(self.device.type, torch.bfloat16, enabled=self.recipe.amp):
                seen = None
                if self.material.cache is not None:
                    seen = self.material.cache.look(self.objective, images, batch.indices, self._order(0).variation)
                loss: Loss = self.objective(images, targets, seen)
        return loss

    def _train_epoch(self, keep: Callable[[], None], tell: Callable[[], None]) -> None:
        self.objective.train()
        start = time.perf_counter()
        for batch in epoch_batches(self.material.train, self._order(self.batch), self.material.workers):
            loss = self.step(batch)
            self.batch += 1
            self._add(loss, len(batch.labels))
            now = time.perf_counter()
            self._seconds, start = self._seconds + now - start, now
            tell()
            if self.batch < self.batches and self.batch % self.recipe.accumulation == 0:
                keep()

    def _end_epoch(self) -> None:
        """Validate, and begin the next epoch."""
        parts = self.means()
        if not all(map(math.isfinite, parts.values())):
            raise DiswotError(
                f"the loss is no longer a number in epoch {self.epoch + 1}; lower --learning-rate, or set --clip"
            )
        accuracy, entropy = self._validate()
        count = float(self._sums["images"])
        rate = learning_rate(self.recipe, self._now(self.batches))
        train_accuracy = parts.pop("accuracy")
        speed = count / max(self._seconds, 1e-9)
        self.history.append(Epoch(self.epoch + 1, rate, parts, train_accuracy, accuracy, entropy, speed))
        if accuracy > max((one.valid_accuracy for one in self.history[:-1]), default=-1.0):
            self.best_epoch = self.epoch + 1
            self.best = {name: one.detach().clone() for name, one in self.weights().items()}
        self.epoch, self.batch, self._sums, self._seconds = self.epoch + 1, 0, {}, 0.0

    def weights(self) -> dict[str, Tensor]:
        """The weights of the network that is judged, as they are now."""
        return self.judged.tapped.network.state_dict()

    def means(self) -> dict[str, float]:
        """Means over the images of the present epoch: the parts of the loss, and `accuracy`."""
        count = float(self._sums["images"])
        return {name: float(total) / count for name, total in self._sums.items() if name != "images"}

    def state(self) -> State:
        """Everything that a training goes on from, as `torch.save` takes it."""
        return {
            "objective": {**self.objective.student.state_dict(prefix="student."), **self._of_distillers()},
            "optimizer": self.optimizer.state_dict(),
            "averaged": None if self.averaged is None else self.averaged.network.state_dict(),
            "updates": 0 if self.averaged is None else self.averaged.updates,
            "epoch": self.epoch,
            "batch": self.batch,
            "best": self.best,
            "best_epoch": self.best_epoch,
            "history": [asdict(one) for one in self.history],
            "sums": self._sums,
            "seconds": self._seconds,
        }

    def restore(self, state: State) -> None:
        """Go on from a state that was kept.

        Raises:
            RuntimeError: it is that of other networks.
        """
        known = {name: one for name, one in self.objective.state_dict().items() if name.startswith("teacher.")}
        self.objective.load_state_dict({**state["objective"], **known})
        self.optimizer.load_state_dict(copy.deepcopy(state["optimizer"]))
        if self.averaged is not None:
            self.averaged.network.load_state_dict(state["averaged"])
            self.averaged.updates = state["updates"]
        self.epoch, self.batch = state["epoch"], state["batch"]
        self.best, self.best_epoch = state["best"], state["best_epoch"]
        self.history = [Epoch(**one) for one in state["history"]]
        self._sums, self._seconds = state["sums"], state["seconds"]

    def _of_distillers(self) -> dict[str, Tensor]:
        found: dict[str, Tensor] = self.objective.distillers.state_dict(prefix="distillers.")
        return found

    def _validate(self) -> tuple[float, float]:
        found = predict(self.judged, self.material.valid, self.recipe.batch_size, self.device)
        right = (found.logits.argmax(1) == found.labels).double().mean()
        return float(right), float(F.cross_entropy(found.logits.double(), found.labels))

    def _order(self, start: int) -> EpochOrder:
        variations = None if self.material.cache is None else self.material.cache.variations
        return EpochOrder(
            len(self.material.train.images),
            self.recipe.batch_size,
            seed=self.seed,
            epoch=self.epoch,
            start=start,
            variations=variations,
        )

    def _now(self, batch: int) -> float:
        """Epochs that have passed after that many batches of the present one."""
        return self.epoch + batch / self.batches

    def _add(self, loss: Loss, count: int) -> None:
        sums = {name: part.double() * count for name, part in loss.parts.items()}
        sums["accuracy"], sums["images"] = loss.correct.double(), torch.tensor(float(count), dtype=torch.float64)
        self._sums = {name: self._sums.get(name, 0.0) + one for name, one in sums.items()}
