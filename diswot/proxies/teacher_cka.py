"""What the end of a student still tells apart of what its teacher does; see docs/research/score.md."""

from __future__ import annotations

from diswot.losses import alignment
from diswot.proxies.base import ProxyInput


def teacher_cka(inputs: ProxyInput) -> float:
    """Kernel alignment of the student's last activation patterns with the early ones of the teacher.

    Which images fall alike in the student's last nonlinearity, against which fall alike in the first third of the
    teacher's depth, mean over its initializations: between -1 and 1. A student whose end has lost what a teacher sees
    at the start cannot learn what the teacher makes of it.
    """
    last = inputs.student.last_kernel[None]
    return float(alignment(last, inputs.teachers.kernels[:1]))
