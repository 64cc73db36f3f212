#!/usr/bin/env bash
# torch's AveragedModel averages weights, and not the statistics of batch norms (torch 2.14.1).
# Without `use_buffers` the running mean is the model's own latest, not an average and not one of the averaged weights.
# With `use_buffers=True` the statistics are averaged, but `num_batches_tracked` stays at the first update: 1 after ten.
# That matters where a norm has `momentum=None`, which averages cumulatively by that counter when training goes on.
# Seen, with batches around 0, 100, ..., 900 and a decay of 0.9: the model's mean 348.7; averaged without buffers 348.7;
# with buffers 111.2, counter 1.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.14.1 numpy==2.4.6
"$folder/venv/bin/python" - <<'PY'
import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn


def statistics(use_buffers):
    torch.manual_seed(0)
    model = nn.Sequential(nn.BatchNorm1d(1)).train()
    averaged = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(0.9), use_buffers=use_buffers)
    for step in range(10):
        model(torch.randn(64, 1) + 100 * step)
        averaged.update_parameters(model)
    return [(float(one[0].running_mean), int(one[0].num_batches_tracked)) for one in (model, averaged.module)]


for use_buffers in (False, True):
    own, averaged = statistics(use_buffers)
    print("use_buffers", use_buffers, "| model", own, "| averaged", averaged)
    assert own[1] == 10
    if use_buffers:
        assert abs(averaged[0] - 111.2) < 1 and averaged[1] == 1
    else:
        assert averaged == own and abs(own[0] - 348.7) < 1
print("as seen")
PY
