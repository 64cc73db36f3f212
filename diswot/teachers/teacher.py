"""The teacher: a module, and what it shows on a probe batch."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, partial

import torch
from torch import Tensor, nn

from diswot.errors import InputError, NotAClassifier, UnfitInput, reason_of
from diswot.memory import check_teacher
from diswot.networks import build_random
from diswot.observation import Observation, observe
from diswot.observation.capture import Capture
from diswot.observation.named import NamedTaps
from diswot.probes.batch import Normalization, ProbeBatch
from diswot.runtime.memory import free_memory
from diswot.seeds import derive_seed
from diswot.spec.teacher import TeacherSpec
from diswot.teachers.costs import teacher_costs
from diswot.teachers.family import imported
from diswot.teachers.weights import load_weights
from diswot_spaces import Shape


@dataclass(frozen=True)
class TeacherView:
    """What a teacher shows on the probe batch, under one or several random initializations.

    Attributes:
        observations: one for each initialization; a teacher with trained weights has one.
    """

    observations: tuple[Observation, ...]

    @property
    def first(self) -> Observation:
        """The one fixed initialization that published scores use."""
        return self.observations[0]

    @cached_property
    def kernels(self) -> Tensor:
        """Activation-pattern kernels `(3, N, N)` by thirds of the depth, mean over the initializations."""
        return torch.stack([observation.kernels() for observation in self.observations]).mean(0)


def build_teacher(spec: TeacherSpec, seed: int, device: torch.device | str = "cpu") -> nn.Module:
    """The teacher's network with weights from its file, or random ones by seed.

    Raises:
        InputError: the family cannot build it.
        UnreadableData: the weights file is damaged, does not fit the network, or holds numbers of no use.
    """
    try:
        module = _built(spec, seed, device)
    except InputError:
        raise
    except Exception as error:  # a builder may fail at anything
        raise InputError(f"teacher {spec.name} cannot be built: {reason_of(error)}") from error
    if spec.weights is not None:
        names = spec.family.public_names
        load_weights(module, spec.weights, spec.title, None if names is None else imported(names)(spec.name))
    return module


def _built(spec: TeacherSpec, seed: int, device: torch.device | str) -> nn.Module:
    family = spec.family
    build = partial(family.build, spec.argument, spec.num_classes, spec.in_shape)
    if family.module is None and not family.draws_own_weights:
        return build_random(build, seed, device)
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(derive_seed(seed, spec.seed_name))
        return build().to(device).eval().requires_grad_(False)


def observe_teacher(
    spec: TeacherSpec,
    probe: ProbeBatch,
    capture: Capture,
    *,
    seed: int,
    inits: int = 8,
    device: torch.device | str = "cpu",
) -> TeacherView:
    """Run the probe batch through the teacher, once for each random initialization.

    Averaging the teacher costs nothing per candidate. Trained weights are observed once, with their running statistics.
    Who wants a student's last kernel compares it with kernels of the teacher's whole depth.
    """
    if inits < 1:
        raise InputError(f"teacher initializations must be at least 1, not {inits}")
    if Capture.LAST_KERNEL in capture:
        capture |= Capture.KERNELS
    if torch.device(device).type == "cpu" and (costs := teacher_costs(spec)) is not None:
        dtype = str(probe.images.dtype).removeprefix("torch.")
        check_teacher(spec, costs, len(probe.labels), dtype, free_memory())
    view = TeacherView(
        tuple(
            # Only the first initialization's maps are ever looked at.
            _observe_once(
                spec, probe, capture if i == 0 else capture & ~Capture.MAPS, derive_seed(seed, "teacher", i), device
            )
            for i in range(1 if spec.is_trained else inits)
        )
    )
    if Capture.MAPS in capture and view.first.last_map is None:
        raise NotAClassifier(f"teacher {spec.name} computes no feature map (N, C, H, W), and the score compares them")
    if Capture.KERNELS in capture:
        _check_kernels(view, spec)
    return view


def _observe_once(
    spec: TeacherSpec, probe: ProbeBatch, capture: Capture, seed: int, device: torch.device | str
) -> Observation:
    probe = _as_trained_on(spec, probe)
    module = build_teacher(spec, seed, device).to(dtype=probe.images.dtype, memory_format=torch.channels_last)  # type: ignore[call-overload]
    try:
        seen = observe(
            module,
            probe,
            capture,
            batch_statistics=not (spec.is_trained and _has_statistics(module)),
            title=f"teacher {spec.name}",
            named=NamedTaps(spec.map_path, spec.head_path),
        )
    except UnfitInput as error:
        raise UnfitInput(f"{error}{_hint(spec)}") from error
    check_classes(spec, seen)
    if not torch.isfinite(seen.logits).all():
        raise NotAClassifier(f"the logits of teacher {spec.name} on the probe are not finite; it shows nothing")
    return seen


def check_classes(spec: TeacherSpec, seen: Observation) -> None:
    """Raise `NotAClassifier` if what was seen of a teacher are logits of another number of classes."""
    found = seen.logits.shape[1]
    if found != spec.num_classes:
        raise NotAClassifier(
            f"teacher {spec.name} is no classifier of {spec.num_classes} classes: it gives {found} logits"
        )


def _as_trained_on(spec: TeacherSpec, probe: ProbeBatch) -> ProbeBatch:
    """The probe in the teacher's own normalization, if it has weights that were trained in one that is known."""
    if not spec.is_trained or spec.family.normalization is None:
        return probe
    wanted: Normalization | None = imported(spec.family.normalization)(spec.argument)
    return probe if wanted is None else probe.normalized(wanted)


def _has_statistics(module: nn.Module) -> bool:
    """Whether any of the network's norms has seen a batch; running statistics that begin with say nothing."""
    norms = [layer for layer in module.modules() if isinstance(layer, nn.modules.batchnorm._BatchNorm)]
    seen = (norm.running_mean is not None and bool(norm.running_mean.any()) for norm in norms)
    return not norms or any(seen)


def _hint(spec: TeacherSpec) -> str:
    """What images the teacher was made for, if that is known and not what it failed at."""
    if spec.family.native_input is None:
        return ""
    made_for: Shape | None = imported(spec.family.native_input)(spec.argument)
    if made_for in (None, spec.in_shape):
        return ""
    return f"; give an input that it takes, such as {'x'.join(map(str, made_for))}, which it was made for"


def _check_kernels(view: TeacherView, spec: TeacherSpec) -> None:
    """Refuse a teacher against whose kernels every student would score the same.

    Raises:
        NotAClassifier: no nonlinearity was seen, or none that tells two images apart in the first third of the depth.
    """
    if not view.first.activations:
        raise NotAClassifier(
            f"teacher {spec.name} has no nonlinearity whose units could be watched, such as ReLU, GELU or SiLU"
        )
    early = view.kernels[0]
    if bool((early == early[0, 0]).all()):
        raise NotAClassifier(
            f"teacher {spec.name} tells no two of the {len(early)} images apart: all units in the first third of its "
            "depth switch alike on all of them"
        )
