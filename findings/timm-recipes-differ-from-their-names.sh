#!/usr/bin/env bash
# What timm's training names say is not what they do (timm 1.0.31, torch 2.14.1).
# `opt="sgd"` is Nesterov's momentum of 0.9, where torch's SGD of the same name has neither; plain momentum is called
# "momentum". Mixup smooths labels by 0.1 unless told otherwise: a distillation with soft targets smooths twice.
# Seen: nesterov True and momentum 0.9; rows of two images of classes 0 and 1 hold 0.025 for classes 2 and 3.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet timm==1.0.31 torch==2.14.1 torchvision==0.29.1 numpy==2.4.6
"$folder/venv/bin/python" -W ignore - <<'PY'
import torch
from timm.data import Mixup
from timm.optim import create_optimizer_v2
from torch import nn

plain = torch.optim.SGD(nn.Linear(2, 2).parameters(), lr=0.1).defaults
for name, nesterov in (("sgd", True), ("momentum", False)):
    made = create_optimizer_v2(nn.Linear(2, 2), opt=name, lr=0.1).defaults
    print(name, "nesterov", made["nesterov"], "momentum", made["momentum"])
    assert (made["nesterov"], made["momentum"]) == (nesterov, 0.9)
assert (plain["nesterov"], plain["momentum"]) == (False, 0)
_, targets = Mixup(mixup_alpha=1.0, num_classes=4)(torch.randn(2, 3, 4, 4), torch.tensor([0, 1]))
print("targets", targets.tolist())
assert torch.allclose(targets[:, 2:], torch.tensor(0.025))
print("as seen")
PY
