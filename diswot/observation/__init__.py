"""What a network shows when the probe batch runs through it once."""

from diswot.observation.observe import observe
from diswot.observation.record import Activation, Observation

__all__ = ["Activation", "Observation", "observe"]
