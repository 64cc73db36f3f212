"""The networks of a job: teachers and students out of one table, with random weights or those of a file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import nn

from diswot.errors import InputError, UnfitInput, reason_of
from diswot.seeds import derive_seed
from diswot.spec.teacher import TeacherSpec
from diswot.teachers.teacher import build_teacher
from diswot_spaces import Costs
from diswot_spaces.cifar_resnet import WIDTHS
from diswot_spaces.networks.cifar_resnet import CifarResNet
from diswot_spaces.networks.counting import count_costs

PLAIN = "resnet"
"""How the names of teachers begin that can be thinned."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A network that can be trained, for a task.

    Attributes:
        title: what it is, for people.
        spec: its name and task.
        make: makes it, with random weights.
    """

    title: str
    spec: TeacherSpec
    make: Callable[[], nn.Module]

    def build(self, seed: int) -> nn.Module:
        """The network with random weights by seed, as its builder draws them, ready to be trained."""
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(derive_seed(seed, "weights", self.title))
            try:
                module = self.make()
            except InputError:
                raise
            except Exception as error:  # a builder may fail at anything
                raise InputError(f"{self.title} cannot be built: {reason_of(error)}") from error
        return module.train().requires_grad_(True)

    def costs(self) -> Costs:
        """What the network costs for one image, counted on it.

        Raises:
            UnfitInput: it cannot take images of this shape.
        """
        try:
            with torch.random.fork_rng(devices=[]):
                return count_costs(lambda _: self.make(), self.spec.in_shape)[0]
        except Exception as error:  # a network may fail at anything
            shape = " x ".join(map(str, self.spec.in_shape))
            raise UnfitInput(f"{self.title} cannot take images of {shape} ({reason_of(error)})") from error


def candidate(spec: TeacherSpec) -> Candidate:
    """The network of a name, as a candidate."""
    family = spec.family
    return Candidate(spec.name, spec, lambda: family.build(spec.argument, spec.num_classes, spec.in_shape))


def trained_teacher(spec: TeacherSpec, device: str) -> nn.Module:
    """The teacher with the weights of its file, or those that it was given with."""
    return build_teacher(spec, 0, device)


def thinned(teacher: TeacherSpec, params: int) -> Candidate:
    """The member of the teacher's family that is as deep, and so narrow that it has about so many parameters.

    Args:
        teacher: a CIFAR ResNet, `resnet20` to `resnet110`.
        params: trainable parameters to come nearest to.

    Raises:
        InputError: the teacher is none.
    """
    if not teacher.name.startswith(PLAIN):
        raise InputError(
            f"a plain student is a thinned CIFAR ResNet, resnet20 to resnet110, and teacher {teacher.name} is none; "
            "leave the plain student out of --compare"
        )
    depth = (int(teacher.name.removeprefix(PLAIN)) - 2) // 6

    def of(last: int) -> Candidate:
        stages = [(depth, max(1, round(last * width / WIDTHS[-1]))) for width in WIDTHS]
        return Candidate(
            f"{teacher.name} of widths {'-'.join(str(one) for _, one in stages)}",
            teacher,
            lambda: CifarResNet(stages, teacher.num_classes, teacher.in_shape[0]),
        )

    def distance(last: int) -> int:
        with torch.device("meta"):
            return abs(sum(one.numel() for one in of(last).make().parameters()) - params)

    return of(min(range(1, 4 * WIDTHS[-1]), key=distance))
