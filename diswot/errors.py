"""Every error that the library raises on purpose.

DiswotError
├── InputError              the input is wrong: one sentence with what, the value, what is allowed
│   ├── UnknownName         a name that is in no table
│   ├── InvalidArchitecture an architecture string or value outside its space
│   ├── InfeasibleBudget    no architecture of the space meets the budget
│   ├── UnreadableData      a file or folder that is missing, damaged or of another kind
│   └── NotAClassifier      a network that gives no logits, or shows nothing that a score could use
│       └── UnfitInput      a network that cannot take images of this shape
├── ExecutorError           workers could not be started or were lost for good
├── ServerError             a service does not answer, or does not let us in
└── StorageError            a file cannot be written: the disk is full, or gone
"""

import traceback
from pathlib import Path

from diswot_spaces.errors import DiswotError, InputError, InvalidArchitecture, UnknownName


class InfeasibleBudget(InputError):
    """No architecture of the space meets the budget; the message says what the smallest one costs."""


class UnreadableData(InputError):
    """A file or folder is missing, damaged or of another kind than asked for."""


class NotAClassifier(InputError):
    """A network cannot be observed as a classifier: it gives no logits, or shows nothing that a score could use."""


class UnfitInput(NotAClassifier):
    """A network cannot take images of this shape; the message says what it failed at."""


class ExecutorError(DiswotError, RuntimeError):
    """Workers could not be started, or were lost for good."""


class ServerError(DiswotError):
    """A service does not answer, or does not let us in; the message says which, and why."""


class StorageError(DiswotError, OSError):
    """A file cannot be written; the message says which, and why."""


__all__ = [
    "DiswotError",
    "ExecutorError",
    "InfeasibleBudget",
    "InputError",
    "InvalidArchitecture",
    "NotAClassifier",
    "ServerError",
    "StorageError",
    "UnfitInput",
    "UnknownName",
    "UnreadableData",
    "reason_of",
]

_HERE = str(Path(__file__).parent)
"""What runs other people's code, and so is no reason of theirs."""
_LONGEST = 200
"""Letters of an error of somebody else's that are quoted."""


def reason_of(error: Exception) -> str:
    """What an error of somebody else's code says, in one line; of a check without words, the check itself."""
    lines = [line.strip().rstrip(".") for line in str(error).splitlines() if line.strip()]
    if lines:
        return lines[0] if len(lines[0]) <= _LONGEST else f"{lines[0][:_LONGEST]}..."
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.line]
    own = [frame for frame in frames if not frame.filename.startswith(_HERE) and "/torch/" not in frame.filename]
    return f"{type(error).__name__} at `{(own or frames)[-1].line}`" if frames else type(error).__name__
