#!/usr/bin/env bash
# kneed finds another knee when the same points come in another order (kneed 0.9.0).
# Nothing says that x must ascend, and nothing is raised: the curve is taken as it comes. Points of a Pareto front, which
# come in the order in which they were measured, so give a knee that depends on that order.
# Seen: 2 for y = 1 - 1/(x + 1) on 0 to 9 in order; other values, or none, for the same pairs shuffled.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet kneed==0.9.0 numpy==2.4.6 scipy==1.17.1
"$folder/venv/bin/python" -W ignore - <<'PY'
import numpy as np
from kneed import KneeLocator

x = np.arange(10.0)
y = 1 - 1 / (x + 1)
found = []
for seed in range(6):
    order = np.random.default_rng(seed).permutation(10)
    found.append(KneeLocator(x[order], y[order], curve="concave", direction="increasing").knee)
knee = KneeLocator(x, y, curve="concave", direction="increasing").knee
print("in order", knee, "| shuffled", found)
assert knee == 2
assert any(one != knee for one in found)
print("as seen")
PY
