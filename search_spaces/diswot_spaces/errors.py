"""What can be wrong with an input to a search space.

DiswotError
└── InputError              the input is wrong: one sentence with what, the value, what is allowed
    ├── UnknownName         a name that is in no table
    └── InvalidArchitecture an architecture string or value that is outside its space

`diswot.errors` carries the tree on.
"""

from collections.abc import Iterable


class DiswotError(Exception):
    """Base of every error that this project raises on purpose."""


class InputError(DiswotError, ValueError):
    """An input is wrong; the message says what, the value, and what is allowed."""


class UnknownName(InputError):
    """A name that is in no table.

    Args:
        kind: what was looked up, such as `"search space"`.
        name: the name that was asked for.
        valid: the names that exist.
    """

    def __init__(self, kind: str, name: str, valid: Iterable[str]) -> None:
        super().__init__(f"unknown {kind} {name!r}; valid: {', '.join(valid)}")


class InvalidArchitecture(InputError):
    """An architecture that is not in its space; the message says where it goes wrong."""
