#!/usr/bin/env bash
# safetensors' save_file refuses the weights of a network in channels-last memory format (safetensors 0.8.0, torch 2.14.1).
# That format is the usual one for training convolutions; the refusal comes at the end of the training, and only where
# some kernel is larger than one pixel: for 1 x 1 convolutions both formats are the same. The message speaks of shared
# tensors. `save_model` takes the same network, and so does torch.save.
# Seen: ValueError "non contiguous tensor" for 3 x 3, none for 1 x 1, none by save_model.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet safetensors==0.8.0 torch==2.14.1 numpy==2.4.6
cd "$folder"
"$folder/venv/bin/python" - <<'PY'
import torch
from safetensors.torch import load_file, save_file, save_model
from torch import nn

networks = {kernel: nn.Conv2d(3, 4, kernel).to(memory_format=torch.channels_last) for kernel in (1, 3)}
save_file(networks[1].state_dict(), "one.safetensors")
try:
    save_file(networks[3].state_dict(), "three.safetensors")
except ValueError as error:
    print("3 x 3:", str(error)[:70])
    assert "non contiguous" in str(error)
else:
    raise AssertionError("save_file took it")
save_model(networks[3], "three.safetensors")
assert torch.equal(load_file("three.safetensors")["weight"], networks[3].weight)
print("as seen")
PY
