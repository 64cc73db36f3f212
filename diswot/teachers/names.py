"""Names that other people's code gives to the parameters of our teachers.

The public CIFAR ResNets and Wide ResNets (of the tables of distillation papers, and of model zoos) call their parts

    conv1, bn1                                      what stands here as   stem
    layerS.B.convK, layerS.B.bnK                                          blocks.I.convK.0, blocks.I.convK.1
    layerS.B.downsample.J or layerS.B.shortcut.J                          blocks.I.shortcut.J
    blockS.layer.B.bnK, .convK, .convShortcut       (wide ones)           blocks.I.pre, .mid, .convK, .shortcut
    fc or linear                                                          classifier

with stage S from 1, block B of the stage from 0, and block I of the network from 0.
"""

from __future__ import annotations

import re
from collections.abc import Callable

Rename = Callable[[str], str]
"""From a name in other people's code to our own; a name that it does not know stays."""


def public_resnet(name: str) -> Rename:
    """For `resnet8` to `resnet110`, and those four times as wide."""
    block = _numbered((int(name.removeprefix("resnet").removesuffix("x4")) - 2) // 6)
    return _renaming(
        (r"\blayer([123])\.(\d+)\.conv([12])\b", lambda m: f"{block(m)}.conv{m[3]}.0"),
        (r"\blayer([123])\.(\d+)\.bn([12])\b", lambda m: f"{block(m)}.conv{m[3]}.1"),
        (r"\blayer([123])\.(\d+)\.(?:downsample|shortcut)\b", lambda m: f"{block(m)}.shortcut"),
        (r"\bconv1\b", lambda _: "stem.0.0"),
        (r"\bbn1\b", lambda _: "stem.0.1"),
        (r"\b(?:fc|linear)\b", lambda _: "classifier"),
    )


def public_wide_resnet(name: str) -> Rename:
    """For `wrn-DEPTH-FACTOR`."""
    blocks = (int(name.split("-")[1]) - 4) // 6
    block = _numbered(blocks)
    at = r"\b(?:block|layer)([123])\.(?:layer\.)?(\d+)"
    return _renaming(
        (rf"{at}\.bn1\b", lambda m: f"{block(m)}.pre.0"),
        (rf"{at}\.bn2\b", lambda m: f"{block(m)}.mid.0"),
        (rf"{at}\.conv([12])\b", lambda m: f"{block(m)}.conv{m[3]}"),
        (rf"{at}\.(?:convShortcut|shortcut(?:\.0)?)\b", lambda m: f"{block(m)}.shortcut"),
        (r"\bconv1\b", lambda _: "stem"),
        (r"\bbn1\b", lambda _: f"blocks.{3 * blocks}"),
        (r"\b(?:fc|linear)\b", lambda _: "classifier"),
    )


def _numbered(blocks: int) -> Callable[[re.Match[str]], str]:
    """The block that a match of its stage and its place in that stage means, where each stage has so many."""
    return lambda match: f"blocks.{(int(match[1]) - 1) * blocks + int(match[2])}"


def _renaming(*rules: tuple[str, Callable[[re.Match[str]], str]]) -> Rename:
    """The first rule that matches, applied once."""

    def rename(name: str) -> str:
        for pattern, instead in rules:
            renamed, count = re.subn(pattern, instead, name, count=1)
            if count:
                return renamed
        return name

    return rename
