"""What a benchmark tells while it works."""

from collections.abc import Callable

Report = Callable[[str, int, int], None]
"""Told what is being done, how far it is, and of how much."""
