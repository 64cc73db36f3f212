"""Architectures as values, and the task that their networks are built for."""

from __future__ import annotations

from dataclasses import dataclass

from diswot_spaces.errors import InputError

Shape = tuple[int, int, int]
"""Input of a network: channels, height, width."""

CIFAR: Shape = (3, 32, 32)


@dataclass(frozen=True, slots=True, order=True)
class Architecture:
    """One point of a search space: an immutable, hashable value.

    Attributes:
        space: name of the space.
        choices: for each decision of the space, the index of the option taken.
    """

    space: str
    choices: tuple[int, ...]

    def changed(self, decision: int, choice: int) -> Architecture:
        """The architecture that takes another option at one decision, be it valid or not."""
        return Architecture(self.space, (*self.choices[:decision], choice, *self.choices[decision + 1 :]))


def check_input(num_classes: int, in_shape: Shape) -> None:
    """Raise `InputError` unless a classifier of this many classes can take images of this shape."""
    if num_classes < 1:
        raise InputError(f"classes must be at least 1, not {num_classes}")
    if len(in_shape) != 3 or min(in_shape) < 1:
        raise InputError(f"input shape must be three positive numbers (channels, height, width), not {in_shape}")
