"""Every block of declared families is exported to ONNX, and computes there what it computes in torch."""

import warnings
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch

from diswot.export import export_network
from diswot.export.document import describe
from diswot_spaces import SPACES
from tests.search_spaces.declared.made import made
from tests.search_spaces.declared.test_spaces import TOKENS

SHAPE = (3, 16, 16)
MAPS = """
    name: maps
    stem: [{block: patchify, width: 8, patch: 2}, {block: max_pool}]
    stages:
      - {block: basic, width: 8, se: 0.25}
      - {block: bottleneck, width: 16, reduction: 2, groups: 2, activation: silu}
      - {block: preactivation, width: 16}
      - {block: inverted_residual, width: 16, expansion: 2, se: 0.25, activation: hardswish}
      - {block: fused_mbconv, width: 16, expansion: 2}
      - {block: shuffle, width: 24, stride: 2, depth: 2}
      - {block: convnext, width: 16, layer_scale: 1}
      - {block: nasbench201_cell, width: 24}
      - {block: nasbench201_reduction, width: 24}
      - {width: 24, depth: 2, blocks: [identity, conv]}
    head: {width: 32, norm: batch, hidden: 16}
"""


@pytest.mark.parametrize("text", [MAPS, TOKENS], ids=["maps", "tokens"])
def test_a_declared_network_gives_its_logits_in_onnx(text: str, tmp_path: Path) -> None:
    space = made(text)
    arch = list(space.enumerate())[-1]
    document = describe(SPACES.name_of(space), space.encode(arch), 7, SHAPE)
    path = tmp_path / "student.onnx"
    export_network(document, path, seed=3)
    export_network(document, tmp_path / "student.ts", "torchscript", seed=3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        network = torch.jit.load(tmp_path / "student.ts")  # type: ignore[no-untyped-call]
    images = torch.randn(3, *SHAPE, generator=torch.Generator().manual_seed(0))
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    (found,) = session.run(None, {"images": images.numpy()})
    with torch.inference_mode():
        wanted = network(images)
    np.testing.assert_allclose(np.asarray(found), wanted.numpy(), rtol=1e-4, atol=1e-4)
