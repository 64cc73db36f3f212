#!/usr/bin/env bash
# torch.onnx.export writes a network that is in training mode half as in training and half as in evaluation, and in two
# files (torch 2.14.1, onnx 1.23.2, onnxscript 0.7.2, onnxruntime 1.32.0).
# A warning says that training mode "may lead to different behavior during inference". What comes out is neither mode:
# batch norms are folded into the convolutions by their running statistics, as in evaluation, and dropout goes on
# dropping, at random in each run. And however few the weights are, they go to a second file `NAME.onnx.data`, without
# which the first does not load: 112 numbers here.
# Seen: no batch norm left; two runs on the same images differ; each number is 0 or twice that of evaluation.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.14.1 numpy==2.4.6 onnx==1.23.2 onnxscript==0.7.2 onnxruntime==1.32.0
cd "$folder"
"$folder/venv/bin/python" -W ignore - <<'PY'
import copy
import os
import tempfile

import numpy as np
import onnxruntime
import torch
from torch import nn

torch.manual_seed(0)
network = nn.Sequential(nn.Conv2d(3, 4, 3, bias=False), nn.BatchNorm2d(4), nn.Dropout(0.5)).train()
images = torch.randn(2, 3, 8, 8) + 3
folder = tempfile.mkdtemp(dir=".")
path = f"{folder}/network.onnx"
program = torch.onnx.export(network, (images,), path, input_names=["images"], dynamo=True, verbose=False)
operators = [node.op_type for node in program.model_proto.graph.node]
session = onnxruntime.InferenceSession(path)
one, other = (session.run(None, {"images": images.numpy()})[0] for _ in range(2))
with torch.no_grad():
    evaluated = copy.deepcopy(network).eval()(images).numpy()
dropped, kept = one == 0, np.isclose(one, 2 * evaluated, atol=1e-4)
print("operators", operators, "| files", sorted(os.listdir(folder)))
print("two runs equal", bool((one == other).all()), "| dropped", int(dropped.sum()), "| twice evaluation", int(kept.sum()))
assert operators == ["Conv", "Dropout"]
assert sorted(os.listdir(folder)) == ["network.onnx", "network.onnx.data"]
assert (one != other).any() and dropped.any() and (dropped | kept).all()
print("as seen")
PY
