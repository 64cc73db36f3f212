"""What there is to choose from: search spaces, teachers, proxies."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel

from diswot.proxies import SCORES, Aggregate, Proxy, get_proxy
from diswot.teachers.spec import TEACHERS
from diswot_spaces import SPACES


class SpaceItem(BaseModel):
    """A search space; `options` has the choices of each decision; `size` is null where it cannot be counted."""

    name: str
    summary: str
    size: int | None
    options: list[list[Any]]


class TeacherItem(BaseModel):
    """A family of teachers; `name` is how it is written, with what goes behind the colon in capitals."""

    name: str
    summary: str


class ProxyItem(BaseModel):
    """What can rank students: a proxy, or an aggregate with the weight of each of its terms."""

    name: str
    kind: Literal["proxy", "aggregate"]
    summary: str
    reference: str
    version: int
    needs_teacher: bool
    terms: dict[str, float] | None = None


def spaces() -> list[SpaceItem]:
    """Every search space."""
    return [
        SpaceItem(name=s.name, summary=s.summary, size=s.size, options=[list(options) for options in s.options])
        for s in SPACES.values()
    ]


def teachers() -> list[TeacherItem]:
    """Every family of teachers."""
    return [TeacherItem(name=family.form, summary=family.summary) for family in TEACHERS.values()]


def proxies() -> list[ProxyItem]:
    """Every score that a search can rank by, aggregates first."""
    return [
        ProxyItem(
            name=a.name, kind="aggregate", summary=a.summary, reference=a.reference, version=a.version,
            needs_teacher=any(get_proxy(term).teacher for term in a.terms), terms=dict(a.terms),
        )
        for a in SCORES.values() if isinstance(a, Aggregate)
    ] + [
        ProxyItem(
            name=p.name, kind="proxy", summary=p.summary, reference=p.reference, version=p.version,
            needs_teacher=p.teacher,
        )
        for p in SCORES.values() if isinstance(p, Proxy)
    ]  # fmt: skip
