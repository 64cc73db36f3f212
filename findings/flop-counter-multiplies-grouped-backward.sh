#!/usr/bin/env bash
# torch's FlopCounterMode counts the backward pass of a grouped convolution far too high (torch 2.14.1).
# Backward costs twice what forward does: once for the input's gradient, once for the weight's. So it is counted for one
# group. For g groups the counter says g + 1 times forward, as if the weight's gradient were that of a dense
# convolution: 65 times for a depthwise layer of 64 channels. The training cost of a MobileNet comes out many times too
# high, and of two students the one with depthwise layers looks the dearer one.
# Seen: forward 73,728 and 73,728 times 64 FLOPs; backward 2.0 times that for one group, 65.0 times for 64 groups.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.14.1 numpy==2.4.6
"$folder/venv/bin/python" - <<'PY'
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode


def counted(groups):
    conv = nn.Conv2d(64, 64, 3, padding=1, groups=groups)
    images = torch.randn(1, 64, 8, 8, requires_grad=True)
    with FlopCounterMode(display=False) as forward:
        total = conv(images).sum()
    with FlopCounterMode(display=False) as backward:
        total.backward()
    return forward.get_total_flops(), backward.get_total_flops()


for groups, ratio in ((1, 2), (2, 3), (64, 65)):
    forward, backward = counted(groups)
    print(groups, "groups: forward", forward, "backward", backward, "ratio", backward / forward)
    assert forward == 2 * 9 * 64 * 64 // groups * 8 * 8
    assert backward == ratio * forward
print("as seen")
PY
