"""The right student for a teacher, without training.

The public names below are imported at first use, so that `import diswot` stays free of torch.

Example:
    >>> from diswot import Budget, Search, SearchSpec, TeacherSpec
    >>> Search(SearchSpec(TeacherSpec("resnet56"), budget=Budget(max_params=500_000))).done
    False
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from diswot.errors import DiswotError, InputError
    from diswot.evaluation import prepare
    from diswot.executors.compute import Compute
    from diswot.probes import ProbeSpec, load_probe
    from diswot.recommend import explain, run_search
    from diswot.report.result import Result
    from diswot.scoring import Scorer
    from diswot.search.budget import Budget
    from diswot.search.run import Search
    from diswot.search.spec import SearchSpec
    from diswot.teachers import TeacherSpec

_HOMES = {
    "Budget": "diswot.search.budget",
    "Compute": "diswot.executors.compute",
    "DiswotError": "diswot.errors",
    "InputError": "diswot.errors",
    "ProbeSpec": "diswot.probes",
    "Result": "diswot.report.result",
    "Scorer": "diswot.scoring",
    "Search": "diswot.search.run",
    "SearchSpec": "diswot.search.spec",
    "TeacherSpec": "diswot.teachers",
    "explain": "diswot.recommend",
    "load_probe": "diswot.probes",
    "prepare": "diswot.evaluation",
    "run_search": "diswot.recommend",
}

__all__ = [
    "Budget",
    "Compute",
    "DiswotError",
    "InputError",
    "ProbeSpec",
    "Result",
    "Scorer",
    "Search",
    "SearchSpec",
    "TeacherSpec",
    "explain",
    "load_probe",
    "prepare",
    "run_search",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'diswot' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
