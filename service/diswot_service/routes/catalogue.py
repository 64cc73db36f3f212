"""What requests may name: search spaces, teachers, proxies."""

from __future__ import annotations

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from diswot_service import catalogue
from diswot_service.errors import NotFound
from diswot_service.handlers import guarded
from diswot_service.routes.shared import caller_of

routes = APIRouter(prefix="/v1", tags=["catalogue"], dependencies=[Depends(caller_of)])


class SpaceList(BaseModel):
    """Every search space."""

    items: list[catalogue.SpaceItem]


class TeacherList(BaseModel):
    """Every family of teachers."""

    items: list[catalogue.TeacherItem]


class ProxyList(BaseModel):
    """Every score that a search can rank by."""

    items: list[catalogue.ProxyItem]


@routes.get("/search-spaces", responses=guarded())
def list_search_spaces() -> SpaceList:
    """Where students can be looked for."""
    return SpaceList(items=catalogue.spaces())


@routes.get("/search-spaces/{name}", responses=guarded(404))
def show_search_space(name: str) -> catalogue.SpaceItem:
    """One search space."""
    for item in catalogue.spaces():
        if item.name == name:
            return item
    raise NotFound(f"there is no search space {name!r}; valid: {', '.join(s.name for s in catalogue.spaces())}")


@routes.get("/teachers", responses=guarded())
def list_teachers() -> TeacherList:
    """Who can teach."""
    return TeacherList(items=catalogue.teachers())


@routes.get("/proxies", responses=guarded())
def list_proxies() -> ProxyList:
    """What can rank students."""
    return ProxyList(items=catalogue.proxies())
