"""The right student for a teacher, without training.

The public names below are imported at first use, so that `import diswot` stays free of torch.

Example:
    >>> from diswot import Constraints, Search, SearchSpec, TeacherSpec
    >>> Search(SearchSpec(TeacherSpec("resnet56"), constraints=Constraints(max_params=500_000))).done
    False
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from diswot.errors import DiswotError, InputError
    from diswot.evaluation import EvaluatorSpec
    from diswot.probes import load_probe
    from diswot.recommend import explain, run_search
    from diswot.report.result import Result
    from diswot.scoring import Scorer
    from diswot.search.search import Search
    from diswot.spec.compute import ComputeSpec
    from diswot.spec.constraints import Constraints
    from diswot.spec.probe import ProbeSpec
    from diswot.spec.search import SearchSpec
    from diswot.spec.teacher import TeacherSpec

_HOMES = {
    "ComputeSpec": "diswot.spec.compute",
    "Constraints": "diswot.spec.constraints",
    "DiswotError": "diswot.errors",
    "EvaluatorSpec": "diswot.evaluation",
    "InputError": "diswot.errors",
    "ProbeSpec": "diswot.spec.probe",
    "Result": "diswot.report.result",
    "Scorer": "diswot.scoring",
    "Search": "diswot.search.search",
    "SearchSpec": "diswot.spec.search",
    "TeacherSpec": "diswot.spec.teacher",
    "explain": "diswot.recommend",
    "load_probe": "diswot.probes",
    "run_search": "diswot.recommend",
}

__all__ = [
    "ComputeSpec",
    "Constraints",
    "DiswotError",
    "EvaluatorSpec",
    "InputError",
    "ProbeSpec",
    "Result",
    "Scorer",
    "Search",
    "SearchSpec",
    "TeacherSpec",
    "explain",
    "load_probe",
    "run_search",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'diswot' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
