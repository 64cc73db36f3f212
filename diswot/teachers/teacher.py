"""The teacher: a module, and what it shows on a probe batch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from importlib import import_module

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from diswot.errors import InputError, UnreadableData
from diswot.networks import build_random
from diswot.observation import Observation, observe
from diswot.observation.capture import Want
from diswot.probes.batch import ProbeBatch
from diswot.seeds import derive_seed
from diswot.teachers.spec import TeacherSpec


@dataclass(frozen=True)
class TeacherView:
    """What a teacher shows on the probe batch, under one or several random initialisations.

    Attributes:
        observations: one for each initialisation; a teacher with trained weights has one.
    """

    observations: tuple[Observation, ...]

    @property
    def first(self) -> Observation:
        """The one fixed initialisation that published scores use."""
        return self.observations[0]

    @cached_property
    def kernels(self) -> Tensor:
        """Activation-pattern kernels `(3, N, N)` by thirds of the depth, mean over the initialisations."""
        return torch.stack([observation.kernels() for observation in self.observations]).mean(0)


def build_teacher(spec: TeacherSpec, seed: int, device: torch.device | str = "cpu") -> nn.Module:
    """The teacher's network with weights from its file, or random ones by seed.

    Raises:
        InputError: the family cannot build it.
        UnreadableData: the weights file is damaged or does not fit the network.
    """
    module_name, function = spec.family.builder.split(":")
    builder: Callable[..., nn.Module] = getattr(import_module(module_name), function)
    build = partial(builder, spec.argument, spec.num_classes, spec.in_shape)
    if spec.family.draws_own_weights:
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(derive_seed(seed, spec.name))
            module = build().to(device).eval().requires_grad_(False)
    else:
        module = build_random(build, seed, device)
    if spec.weights is not None:
        _load(module, spec)
    return module


def observe_teacher(
    spec: TeacherSpec,
    probe: ProbeBatch,
    want: Want,
    *,
    seed: int,
    initialisations: int = 8,
    device: torch.device | str = "cpu",
) -> TeacherView:
    """Run the probe batch through the teacher, once for each random initialisation.

    Averaging the teacher costs nothing per candidate. Trained weights are observed once, with their running statistics.
    Who wants a student's last kernel compares it with kernels of the teacher's whole depth.
    """
    if initialisations < 1:
        raise InputError(f"teacher initialisations must be at least 1, not {initialisations}")
    if Want.LAST_KERNEL in want:
        want |= Want.KERNELS
    trained = spec.weights is not None
    dtype = probe.images.dtype
    observations = []
    for i in range(1 if trained else initialisations):
        kept = want if i == 0 else want & ~Want.MAPS  # Only the first initialisation's maps are ever looked at.
        module = build_teacher(spec, derive_seed(seed, "teacher", i), device).to(
            dtype=dtype, memory_format=torch.channels_last
        )  # type: ignore[call-overload]
        observations.append(observe(module, probe, kept, batch_statistics=not trained))
    return TeacherView(tuple(observations))


def _load(module: nn.Module, spec: TeacherSpec) -> None:
    try:
        weights = load_file(str(spec.weights))
    except (SafetensorError, OSError) as error:
        raise UnreadableData(f"{str(spec.weights)!r} is not a readable safetensors file: {error}") from error
    misfits = _misfits(weights, module.state_dict())
    if misfits:
        more = f" (and {len(misfits) - 1} more)" if len(misfits) > 1 else ""
        raise UnreadableData(f"the weights in {str(spec.weights)!r} do not fit {spec.name}: {misfits[0]}{more}")
    module.load_state_dict(weights, strict=False)


def _misfits(weights: dict[str, Tensor], own: dict[str, Tensor]) -> list[str]:
    """Where weights and a network's own differ in names and shapes; counters of batches seen may be left out."""
    shared = weights.keys() & own.keys()
    misshaped = [name for name in own if name in shared and weights[name].shape != own[name].shape]
    missing = [name for name in own if name not in shared and not name.endswith("num_batches_tracked")]
    return [
        *(f"{name!r} is {tuple(weights[name].shape)} and should be {tuple(own[name].shape)}" for name in misshaped),
        *(f"{name!r} is missing" for name in missing),
        *(f"{name!r} is unknown to the network" for name in weights if name not in shared),
    ]
