#!/usr/bin/env bash
# scipy.stats.weightedtau answers a number where a score is NaN, without a warning (scipy 1.17.1).
# Its neighbours kendalltau and spearmanr answer NaN for the same input. The number even depends on where the NaN
# stands, so a benchmark that ranks architectures by it silently counts a failed measurement as a rank.
# Seen: 0.533 with the NaN third, 1.000 with the NaN first, nan from the other two.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet scipy==1.17.1 numpy==2.4.6
"$folder/venv/bin/python" -W error - <<'PY'
import math

from scipy.stats import kendalltau, spearmanr, weightedtau

nan, accuracy = math.nan, [1.0, 2.0, 3.0, 4.0]
third, first = [1.0, 2.0, nan, 3.5], [nan, 1.0, 2.0, 3.5]
print("weightedtau", weightedtau(third, accuracy).statistic, weightedtau(first, accuracy).statistic)
print("kendalltau", kendalltau(third, accuracy).statistic, "spearmanr", spearmanr(third, accuracy).statistic)
assert abs(weightedtau(third, accuracy).statistic - 0.5333) < 1e-3
assert abs(weightedtau(first, accuracy).statistic - 1.0) < 1e-9
assert math.isnan(kendalltau(third, accuracy).statistic) and math.isnan(spearmanr(third, accuracy).statistic)
print("as seen")
PY
