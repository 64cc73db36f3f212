"""What a network shows when the probe batch runs through it once; free of torch until a name is used."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from diswot.observation.forward import observe
    from diswot.observation.record import Activation, Observation

_HOMES = {
    "Activation": "diswot.observation.record",
    "Observation": "diswot.observation.record",
    "observe": "diswot.observation.forward",
}

__all__ = ["Activation", "Observation", "observe"]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'diswot.observation' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
