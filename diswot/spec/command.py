"""The command that reproduces a spec."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import Any

from diswot.spec.compute import ComputeSpec
from diswot.spec.option import Declared, declared
from diswot.spec.score import ScoreSpec
from diswot.spec.search import SearchSpec


def to_command(spec: SearchSpec, *more: object) -> str:
    """The `diswot search` that a spec, and further ones such as where to compute, stand for."""
    return shlex.join(["diswot", "search", *words(spec), *(word for one in more for word in words(one))])


def to_score_command(spec: ScoreSpec, arch: str, *, device: str = "cpu") -> str:
    """The `diswot score` that gives an architecture the score that the search of this spec gives its finalists.

    Args:
        spec: of the search.
        arch: string of the architecture.
        device: that the search computed on.
    """
    where = words(ComputeSpec(device=device))
    return shlex.join(["diswot", "score", *words(spec, ScoreSpec), *where, *_flag("--arch", arch)])


def words(spec: Any, kind: Any = None) -> Iterator[str]:
    """The options of a spec that are not what they would be if they were left out.

    Args:
        spec: any spec.
        kind: a base of its type, if only the options of that are wanted.
    """
    for one in declared(kind or type(spec)):
        value = one.of(spec)
        if value != (one.default if one.option.derive is None else one.option.derive(spec)):
            yield from (
                _switch(one, value) if one.option.switch or one.type is bool else _flag(one.flag, one.write(value))
            )


def _switch(one: Declared, value: object) -> tuple[str, ...]:
    if one.type is bool:
        return (one.flag,) if value else ()
    return (f"--no-{one.flag[2:]}",) if value is None else ()


def _flag(flag: str, text: str) -> tuple[str, ...]:
    """An option with its value; one that might be taken for another option is tied to it."""
    return (f"{flag}={text}",) if text.startswith("-") else (flag, text)
