"""The right student for a teacher, without training.

The public names below are imported at first use, so that `import diswot` stays free of torch.

Example:
    >>> import diswot
    >>> result = diswot.recommend("resnet20", num_classes=10, space="cifar-resnet", evaluations=4, progress=False)
    >>> type(result.recommended.build()).__name__
    'CifarResNet'
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from diswot.api import distill, recommend
    from diswot.distillation.student import DistilledStudent, load_student
    from diswot.errors import DiswotError, InputError
    from diswot.evaluation import EvaluatorSpec
    from diswot.export.document import build
    from diswot.probes import load_probe
    from diswot.report.result import Result
    from diswot.scoring import Scorer
    from diswot.search.search import Search
    from diswot.spec.compute import ComputeSpec
    from diswot.spec.constraints import Constraints
    from diswot.spec.distillation import DistillSpec
    from diswot.spec.probe import ProbeSpec
    from diswot.spec.search import SearchSpec
    from diswot.spec.teacher import TeacherSpec
    from diswot.workflow import explain, run_search

_HOMES = {
    "ComputeSpec": "diswot.spec.compute",
    "Constraints": "diswot.spec.constraints",
    "DistillSpec": "diswot.spec.distillation",
    "DistilledStudent": "diswot.distillation.student",
    "DiswotError": "diswot.errors",
    "EvaluatorSpec": "diswot.evaluation",
    "InputError": "diswot.errors",
    "ProbeSpec": "diswot.spec.probe",
    "Result": "diswot.report.result",
    "Scorer": "diswot.scoring",
    "Search": "diswot.search.search",
    "SearchSpec": "diswot.spec.search",
    "TeacherSpec": "diswot.spec.teacher",
    "build": "diswot.export.document",
    "distill": "diswot.api",
    "explain": "diswot.workflow",
    "load_probe": "diswot.probes",
    "load_student": "diswot.distillation.student",
    "recommend": "diswot.api",
    "run_search": "diswot.workflow",
}

__all__ = [
    "ComputeSpec",
    "Constraints",
    "DistillSpec",
    "DistilledStudent",
    "DiswotError",
    "EvaluatorSpec",
    "InputError",
    "ProbeSpec",
    "Result",
    "Scorer",
    "Search",
    "SearchSpec",
    "TeacherSpec",
    "build",
    "distill",
    "explain",
    "load_probe",
    "load_student",
    "recommend",
    "run_search",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'diswot' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
