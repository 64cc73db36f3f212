#!/usr/bin/env bash
# NAS-Bench-201's 6,466 "unique" cells are not its distinct functions (nats-bench 1.8, `to_unique_str(True)`).
# The strings name a convolution by its kind, not by its edge. So they join `conv_a(x) + conv_b(x)` (two convolutions
# with weights of their own) with `2 conv_a(x)` (one convolution, added twice), and they split one function, a
# convolution of the input, where another node adds zeros to that input.
# Seen: 6466 strings; the pair that differs has one string; the pair that is equal has two.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet nats-bench==1.8 numpy==2.4.6
"$folder/venv/bin/python" - <<'PY'
from itertools import product

import numpy as np
from nats_bench.genotype_utils import topology_str2structure

OPERATIONS = ("none", "skip_connect", "avg_pool_3x3", "nor_conv_1x1", "nor_conv_3x3")
FORM = "|{}~0|+|{}~0|{}~1|+|{}~0|{}~1|{}~2|"
C3 = "nor_conv_3x3"


def unique(*operations):
    return topology_str2structure(FORM.format(*operations)).to_unique_str(True)


def output(*operations):
    """The cell's output, with a random map followed by a nonlinearity in the place of each edge's convolution."""
    x = np.random.default_rng(1).normal(size=8)
    weights = np.random.default_rng(2).normal(size=(6, 8, 8))
    nodes = [x]
    edges = iter(zip(operations, weights))
    for node in (1, 2, 3):
        total = np.zeros(8)
        for source in range(node):
            operation, weight = next(edges)
            if operation == C3:
                total = total + np.tanh(weight @ nodes[source])
            elif operation == "skip_connect":
                total = total + nodes[source]
        nodes.append(total)
    return nodes[3]


classes = {unique(*operations) for operations in product(OPERATIONS, repeat=6)}
print(f"{len(classes)} unique strings")

two = (C3, C3, "none", "none", "skip_connect", "skip_connect")  # conv_a(x) + conv_b(x)
twice = (C3, "none", "skip_connect", "none", "skip_connect", "skip_connect")  # 2 conv_a(x)
print("different functions, strings:", unique(*two), unique(*twice))

plain = ("none", "none", "none", C3, "none", "none")  # conv(x)
behind = ("none", "skip_connect", "skip_connect", "none", "none", C3)  # conv(0 + x)
print("equal functions, strings:", unique(*plain), unique(*behind))

assert len(classes) == 6466
assert unique(*two) == unique(*twice)
assert not np.allclose(output(*two), output(*twice))
assert unique(*plain) != unique(*behind)
weights = np.random.default_rng(2).normal(size=(6, 8, 8))
x = np.random.default_rng(1).normal(size=8)
assert np.allclose(output(*plain), np.tanh(weights[3] @ x)) and np.allclose(output(*behind), np.tanh(weights[5] @ x))
print("as seen")
PY
