"""Latency as measured on a named device: a network alone in a fresh process, after warm-up, median and spread.

The figures depend on the machine and on what else runs on it, so they differ from run to run.
"""

from diswot.latency.meter import LatencyMeter
from diswot.latency.setup import Latency
from diswot.spec.latency import LatencySetup

__all__ = ["Latency", "LatencyMeter", "LatencySetup"]
