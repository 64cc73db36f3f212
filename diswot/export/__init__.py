"""The student in hand: networks as JSON, Python, ONNX, TorchScript, weights and pictures."""

from diswot.export.export import export_network

__all__ = ["export_network"]
