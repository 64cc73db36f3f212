"""How well a student's random features can take over what the teacher's do; docs/score.md says how they were found."""

from __future__ import annotations

import math

import torch

from diswot.proxies.base import Evidence
from diswot.proxies.kernel_regression import alignment, held_out_r2, principal_targets

LEAST_R2_GAIN = 0.05
LEAST_UNEXPLAINED = 1e-3
LEAST_MISALIGNED = 1e-4


def prediction(evidence: Evidence) -> float:
    """How well late features of the student predict what early features of the teacher tell about images not fitted on.

    With `f(K) = ln(.05 + max(0, -ln(1 - R^2)))`, the mean of f over two activation-pattern kernels of the student: the
    last nonlinearity's, and that of the last third of the depth. `R^2` is that of kernel ridge regression onto the
    leading N / 2 eigenvectors of the teacher's kernel of the first third.
    """
    kernels = torch.stack([evidence.student.last_kernel, evidence.student.kernels()[2]])
    targets = principal_targets(evidence.teachers.kernels[0], len(kernels[0]) // 2)
    gains = [-math.log(max(1.0 - held_out_r2(kernel, targets), LEAST_UNEXPLAINED)) for kernel in kernels]
    return sum(math.log(LEAST_R2_GAIN + max(gain, 0.0)) for gain in gains) / len(gains)


def resemblance(evidence: Evidence) -> float:
    """How closely each layer of the student resembles some layer of the teacher.

    Mean over the student's nonlinearities of `max_g -ln(1 - CKA(k_a, k_g))` between activation-pattern kernels, where g
    runs over ten depths of the teacher.
    """
    best = alignment(evidence.student.layer_kernels, evidence.teachers.profile).max(1).values
    return -float(torch.log((1.0 - best).clamp_min(LEAST_MISALIGNED)).mean())
