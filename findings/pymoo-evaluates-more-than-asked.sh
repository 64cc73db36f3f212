#!/usr/bin/env bash
# pymoo's limit of evaluations is looked at between generations only (pymoo 0.6.2).
# NSGA2 with a population of 20 and `("n_eval", 50)` evaluates 60 candidates: a budget of measurements is overspent.
# Seen: 60.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet pymoo==0.6.2 numpy==2.4.6
"$folder/venv/bin/python" - <<'PY'
import numpy as np
from pymoo.algorithms.moo.nsga2 import NSGA2
from pymoo.core.problem import Problem
from pymoo.optimize import minimize


class Counted(Problem):
    def __init__(self):
        super().__init__(n_var=2, n_obj=2, xl=0.0, xu=1.0)
        self.evaluated = 0

    def _evaluate(self, x, out, *args, **kwargs):
        self.evaluated += len(x)
        out["F"] = np.column_stack([x[:, 0], 1 - x[:, 0] + x[:, 1]])


problem = Counted()
minimize(problem, NSGA2(pop_size=20), ("n_eval", 50), seed=0)
print("asked for 50, evaluated", problem.evaluated)
assert problem.evaluated == 60
print("as seen")
PY
