"""Devices that torch can compute on."""

from __future__ import annotations


def devices() -> list[str]:
    """Names of the devices of this machine."""
    import torch

    return ["cpu", *(f"cuda:{i}" for i in range(torch.cuda.device_count()))]


def is_available(device: str) -> bool:
    """Whether this machine has a device; `cuda` is its first GPU."""
    return device in devices() or (device == "cuda" and len(devices()) > 1)
