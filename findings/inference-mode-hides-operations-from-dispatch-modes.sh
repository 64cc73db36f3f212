#!/usr/bin/env bash
# Under torch.inference_mode a TorchDispatchMode sees composite operations whole, under torch.no_grad their parts
# (torch 2.14.1).
# A linear layer is `aten.addmm` under no_grad and `aten.linear` under inference_mode; a "same" convolution is
# `aten.convolution` and `aten.conv2d.padding`; reshape is `aten.view` and `aten.reshape`. A profiler or cost counter
# that looks for addmm and convolution counts nothing in the mode that is recommended for evaluation, without a word.
# Seen: [addmm, convolution] found under no_grad, none of them under inference_mode.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.14.1 numpy==2.4.6
"$folder/venv/bin/python" - <<'PY'
import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode


class Names(TorchDispatchMode):
    def __init__(self):
        super().__init__()
        self.seen = []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        self.seen.append(str(func))
        return func(*args, **(kwargs or {}))


conv, linear = nn.Conv2d(3, 3, 3, padding="same"), nn.Linear(192, 4)
images, found = torch.randn(2, 3, 8, 8), {}
for mode in (torch.no_grad, torch.inference_mode):
    with mode(), Names() as names:
        linear(conv(images).reshape(2, 192))
    found[mode.__name__] = names.seen
    print(mode.__name__, names.seen)
assert {"aten.addmm.default", "aten.convolution.default", "aten.view.default"} <= set(found["no_grad"])
assert set(found["inference_mode"]) == {"aten.conv2d.padding", "aten.reshape.default", "aten.linear.default"}
print("as seen")
PY
