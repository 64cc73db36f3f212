#!/usr/bin/env bash
# A score that is the same for all architectures has no rank correlation. torchmetrics answers 0.0 for Spearman's and NaN
# for Kendall's and Pearson's (torchmetrics 1.9.0); scipy answers NaN for all three, with a warning (scipy 1.17.1).
# Averaged over spaces, a proxy that does not work at all thus looks unrelated in one figure and is missing in the other.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.14.1 numpy==2.4.6 torchmetrics==1.9.0 scipy==1.17.1
"$folder/venv/bin/python" -W ignore - <<'PY'
import math

import torch
from scipy.stats import kendalltau, pearsonr, spearmanr
from torchmetrics.functional import kendall_rank_corrcoef, pearson_corrcoef, spearman_corrcoef

score, accuracy = torch.full((5,), 0.5), torch.tensor([1.0, 2.0, 3.0, 4.0, 5.0])
ours = [float(f(score, accuracy)) for f in (spearman_corrcoef, kendall_rank_corrcoef, pearson_corrcoef)]
scipys = [float(f(score.numpy(), accuracy.numpy()).statistic) for f in (spearmanr, kendalltau, pearsonr)]
print("torchmetrics", ours, "scipy", scipys)
assert ours[0] == 0.0 and math.isnan(ours[1]) and math.isnan(ours[2])
assert all(map(math.isnan, scipys))
print("as seen")
PY
