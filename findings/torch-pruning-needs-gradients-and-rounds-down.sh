#!/usr/bin/env bash
# Torch-Pruning prunes nothing, without a word, where weights do not require gradients, and its `round_to` takes away
# more than was asked or nothing at all (torch-pruning 1.6.1, torch 2.14.1).
# Of 64 channels at a ratio of .3, 44 are left; to multiples of 16 only 32 are, not the nearer 48. At a ratio of .1 it is
# 48, and of 20 or 24 channels no ratio of .3 or .4 takes any. With weights frozen, as a teacher's are, all 64 stay.
# A student of "70% of the teacher" made with it may be the teacher.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.14.1 numpy==2.4.6 torch-pruning==1.6.1
"$folder/venv/bin/python" -W ignore - <<'PY'
import torch
import torch_pruning
from torch import nn


def left(channels, ratio, multiple, trainable=True):
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(3, channels, 3, padding=1), nn.ReLU(), nn.Conv2d(channels, 8, 3, padding=1))
    network.requires_grad_(trainable)
    torch_pruning.pruner.MagnitudePruner(
        network,
        torch.randn(1, 3, 8, 8),
        importance=torch_pruning.importance.MagnitudeImportance(),
        pruning_ratio=ratio,
        ignored_layers=[network[2]],
        round_to=multiple,
    ).step()
    return network[0].out_channels


plain, rounded = left(64, 0.3, None), left(64, 0.3, 16)
little, small, odd = left(64, 0.1, 16), left(24, 0.4, 16), left(20, 0.3, 16)
frozen = left(64, 0.5, None, trainable=False)
print({"64 at .3": plain, "by 16": rounded, "64 at .1": little, "24 at .4": small, "20 at .3": odd, "frozen": frozen})
assert (plain, rounded, little, small, odd, frozen) == (44, 32, 48, 24, 20, 64)
print("as seen")
PY
