"""The table of distillers; free of torch.

A distiller of your own is given as an object or by import path, or comes by the entry point `diswot.distillers`.
"""

from __future__ import annotations

from diswot.distillation.methods import Method, method_of
from diswot_spaces import Registry


def _at(place: str) -> str:
    return f"diswot.distillation.distillers.{place}"


DISTILLERS: Registry[Method] = Registry(
    "distiller",
    "diswot.distillers",
    {
        "none": Method(_at("none:NoDistiller"), "no distillation: cross-entropy with the labels alone", teacher=False),
        "kd": Method(
            _at("kd:KD"),
            "softened logits of the teacher",
            'Hinton et al., "Distilling the Knowledge in a Neural Network", 2014',
            weight=0.9,
            hard_weight=0.1,
        ),
    },
    method_of,
)
"""The distillers by name."""
