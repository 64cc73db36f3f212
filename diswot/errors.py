"""Every error that the library raises on purpose.

DiswotError
├── InputError              the input is wrong: one sentence with what, the value, what is allowed
│   ├── UnknownName         a name that is in no table
│   ├── InvalidArchitecture an architecture string or value outside its space
│   ├── InfeasibleBudget    no architecture of the space meets the budget
│   ├── UnreadableData      a file or folder that is missing, damaged or of another kind
│   └── NotAClassifier      a network without a linear classifier head or with wrong shapes
├── ExecutorError           workers could not be started or were lost for good
└── StorageError            a file cannot be written: the disk is full, or gone
"""

from search_spaces.errors import DiswotError, InputError, InvalidArchitecture, UnknownName


class InfeasibleBudget(InputError):
    """No architecture of the space meets the budget; the message says what the smallest one costs."""


class UnreadableData(InputError):
    """A file or folder is missing, damaged or of another kind than asked for."""


class NotAClassifier(InputError):
    """A network cannot be observed as a classifier: no linear head, or tensors of unexpected shapes."""


class ExecutorError(DiswotError, RuntimeError):
    """Workers could not be started, or were lost for good."""


class StorageError(DiswotError, OSError):
    """A file cannot be written; the message says which, and why."""


__all__ = [
    "DiswotError",
    "ExecutorError",
    "InfeasibleBudget",
    "InputError",
    "InvalidArchitecture",
    "NotAClassifier",
    "StorageError",
    "UnknownName",
    "UnreadableData",
]
