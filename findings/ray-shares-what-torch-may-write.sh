#!/usr/bin/env bash
# An array from Ray's object store is read-only to numpy, but torch.from_numpy makes a tensor of it that can be written,
# and writing changes the object for every reader, other processes included (ray 2.60.0, torch 2.14.1).
# torch warns once; ray does not know. A probe batch that one worker normalises in place is another batch for the next.
# Seen: 0.0 before, 7.0 afterwards in a new `ray.get` and in another worker.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.14.1 numpy==2.4.6 ray==2.60.0
"$folder/venv/bin/python" -W ignore - <<'PY'
import numpy as np
import ray
import torch

ray.init(num_cpus=1, logging_level="ERROR", include_dashboard=False)


@ray.remote
def first(array):
    return float(array[0])


probe = ray.put(np.zeros(1_000_000, dtype=np.float32))
array = ray.get(probe)
before = ray.get(first.remote(probe))
torch.from_numpy(array)[0] = 7
here, there = float(ray.get(probe)[0]), ray.get(first.remote(probe))
print("numpy may write:", array.flags.writeable, "| before", before, "| here", here, "| another worker", there)
assert (array.flags.writeable, before, here, there) == (False, 0.0, 7.0, 7.0)
print("as seen")
PY
