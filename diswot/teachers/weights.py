"""Weights of a teacher out of a file, under whatever names people keep them."""

from __future__ import annotations

import pickle
import re
import warnings
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from diswot.errors import UnreadableData
from diswot.teachers.names import Rename
from diswot.teachers.weight_files import weights_format

CONTAINERS = (
    "state_dict_ema", "model_ema", "ema_state_dict", "ema",
    "state_dict", "model_state_dict", "model", "net", "network", "module", "params", "weights",
)  # fmt: skip
"""Where a checkpoint keeps the weights; the first that is there is taken, averaged ones before others, as timm does."""

WRAPPERS = ("_orig_mod.", "_fsdp_wrapped_module.", "_checkpoint_wrapped_module.")
"""Names that compiling and sharding put in the middle of others."""

COUNTER = "num_batches_tracked"
"""Counters of the batches seen, which may be left out."""

BROKEN = (
    pickle.UnpicklingError, RuntimeError, EOFError, OSError, ValueError, TypeError, LookupError, AttributeError,
    AssertionError,
)  # fmt: skip
"""What `torch.load` raises for a file that it cannot or shall not read."""

SHOWN = 3
"""Names of a kind that a message lists."""


def load_weights(module: nn.Module, path: Path, title: str, rename: Rename | None = None) -> None:
    """Load the weights in a file into a network.

    The names may carry a prefix in front of the network's own (`module.`, `_orig_mod.`, `model.`, `backbone.`); what
    lies outside it belongs to something else and is passed over. Names of other code are translated by `rename`. In a
    file of `torch.save`, which keeps the order of definition, tensors are taken by their place where all shapes and all
    last parts of the names (`weight`, `running_mean`) agree in that order.

    Args:
        module: of which nothing is kept.
        path: a safetensors file, or a file that `torch.save` wrote: a state_dict, or a checkpoint that holds one.
        title: the network, for messages.
        rename: from the names of other code to the network's.

    Raises:
        UnreadableData: the file is none of weights or damaged, does not fit the network, or holds numbers that cannot
            be a trained teacher's; the message names the tensors.
    """
    own = module.state_dict()
    weights, in_order = read_weights(path)
    places = _by_name(weights, own, rename) or (_by_place(weights, own) if in_order else None)
    if places is None:
        raise UnreadableData(f"the weights in {str(path)!r} do not fit {title}: {_misfits(weights, own, rename)}")
    _check_kind(weights, own, places, path)
    finite = {name for name in places if bool(torch.isfinite(own[name]).all())}
    module.load_state_dict({name: weights[place] for name, place in places.items()}, strict=False)
    for name in finite:
        if not torch.isfinite(own[name]).all():
            found = "NaN" if torch.isnan(own[name]).any() else "infinity"
            raise UnreadableData(
                f"tensor {places[name]!r} in {str(path)!r} holds {found}; such a teacher shows nothing"
            )


def read_weights(path: Path) -> tuple[dict[str, Tensor], bool]:
    """The tensors in a file by name, and whether they are in the order of the network's definition.

    Raises:
        UnreadableData: the file is none of weights, or damaged.
    """
    if weights_format(path) == "safetensors":
        try:
            return load_file(str(path)), False
        except (SafetensorError, OSError) as error:
            raise UnreadableData(
                f"{str(path)!r} is a damaged safetensors file, perhaps one that was not copied whole: {error}"
            ) from error
    found = _state_dict(_unpickled(path))
    if not found:
        raise UnreadableData(f"{str(path)!r} holds no state_dict: names of parameters with their tensors")
    return found, True


def _unpickled(path: Path) -> object:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # What an archive is of is said below.
            return torch.load(path, map_location="cpu", weights_only=True)
    except BROKEN as error:
        raise UnreadableData(f"{str(path)!r} {_why_it_is_not_read(str(error))}") from error


def _why_it_is_not_read(error: str) -> str:
    if refused := re.search(r"GLOBAL (\S+)", error):
        return (
            f"holds {refused[1]} beside tensors, which is not read, since it can run code; "
            "save the state_dict alone: torch.save(model.state_dict(), FILE)"
        )
    if "TorchScript" in error:
        return (
            "is a TorchScript program, which can run code; save the state_dict alone: "
            "torch.save(torch.jit.load(FILE).state_dict(), OTHER)"
        )
    return "is a damaged file of torch.save, perhaps one that was not copied whole"


def _state_dict(content: object) -> dict[str, Tensor]:
    """The weights in a checkpoint, however deep they lie in its containers."""
    if not isinstance(content, Mapping):
        return {}
    for key in CONTAINERS:
        if found := _state_dict(content.get(key)):
            return found
    return {name: value for name, value in content.items() if isinstance(name, str) and isinstance(value, Tensor)}


def _by_name(weights: Mapping[str, Tensor], own: Mapping[str, Tensor], rename: Rename | None) -> dict[str, str] | None:
    """For each tensor of the network the name in the file, if all are there in the right shape and none is left."""
    for names in _readings(weights, own, rename):
        if not any(_sorted_out(names, weights, own)):
            return {name: names[name] for name in own if name in names}
    return None


def _readings(weights: Mapping[str, Tensor], own: Mapping[str, Tensor], rename: Rename | None) -> list[dict[str, str]]:
    """What the names in the file can mean: as they are or renamed, less the prefix of most that the network knows."""
    plain = {re.sub("|".join(map(re.escape, WRAPPERS)), "", name): name for name in weights}
    readings = [plain]
    if rename is not None:
        readings.append({rename(name): place for name, place in plain.items()})
    return [_under_prefix(names, own) for names in readings]


def _under_prefix(names: Mapping[str, str], own: Mapping[str, Tensor]) -> dict[str, str]:
    votes = Counter(
        ".".join(parts[:i]) + "." * bool(i)
        for parts in (name.split(".") for name in names)
        for i in range(len(parts))
        if ".".join(parts[i:]) in own
    )
    prefix = min(votes, key=lambda one: (-votes[one], len(one)), default="")
    return {name.removeprefix(prefix): place for name, place in names.items() if name.startswith(prefix)}


def _sorted_out(
    names: Mapping[str, str], weights: Mapping[str, Tensor], own: Mapping[str, Tensor]
) -> tuple[list[str], list[str], list[str]]:
    """Tensors of the network of another shape, those that are missing, and those that are unknown to it."""
    shapes = [name for name in own if name in names and weights[names[name]].shape != own[name].shape]
    missing = [name for name in own if name not in names and not name.endswith(COUNTER)]
    unknown = [place for name, place in names.items() if name not in own and not name.endswith(COUNTER)]
    return shapes, missing, unknown


def _by_place(weights: Mapping[str, Tensor], own: Mapping[str, Tensor]) -> dict[str, str] | None:
    """For each tensor of the network the one at its place in the file, if all of them are alike in shape and kind."""
    ours, theirs = ([name for name in names if not name.endswith(COUNTER)] for names in (own, weights))

    def alike(name: str, place: str) -> bool:
        return own[name].shape == weights[place].shape and name.rpartition(".")[2] == place.rpartition(".")[2]

    if len(ours) == len(theirs) and all(map(alike, ours, theirs)):
        return dict(zip(ours, theirs, strict=True))
    return None


def _misfits(weights: Mapping[str, Tensor], own: Mapping[str, Tensor], rename: Rename | None) -> str:
    """Why the weights do not fit, by kind, in the reading that comes nearest."""
    readings = _readings(weights, own, rename)
    names = min(readings, key=lambda names: sum(map(len, _sorted_out(names, weights, own))))
    shapes, missing, unknown = _sorted_out(names, weights, own)
    if not names.keys() & own.keys():
        theirs, ours = next(iter(weights)), next(iter(own))
        return f"they go by other names, such as {theirs!r}, where the network's are such as {ours!r}"
    wrong = [
        f"{names[name]!r} is {tuple(weights[names[name]].shape)} and should be {tuple(own[name].shape)}"
        for name in shapes
    ]
    kinds = [
        _listed(wrong, "of another shape"),
        _listed([repr(name) for name in missing], "missing"),
        _listed([repr(name) for name in unknown], "unknown to the network"),
    ]
    return "; ".join(filter(None, kinds))


def _listed(found: Sequence[str], kind: str) -> str:
    if not found:
        return ""
    more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    return f"{len(found)} {'is' if len(found) == 1 else 'are'} {kind} ({', '.join(found[:SHOWN])}{more})"


def _check_kind(
    weights: Mapping[str, Tensor], own: Mapping[str, Tensor], places: Mapping[str, str], path: Path
) -> None:
    """Refuse tensors of integers, as quantization leaves them, where the network computes with real numbers."""
    for name, place in places.items():
        if own[name].is_floating_point() and not weights[place].is_floating_point():
            kind = str(weights[place].dtype).removeprefix("torch.")
            raise UnreadableData(
                f"tensor {place!r} in {str(path)!r} holds {kind}, and a teacher computes with real numbers; "
                "give the weights as they were before quantization"
            )
