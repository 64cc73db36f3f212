"""The pages of distillations."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Depends, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import UUID7

from diswot.errors import InputError
from diswot_service.body import JsonRoute, json_only
from diswot_service.documents import State, etag
from diswot_service.jobs import KINDS
from diswot_service.routes.distillations import Artifact
from diswot_service.routes.listing import list_jobs
from diswot_service.routes.shared import PageSize, Principal, TheService
from diswot_service.web.form import DISTILLATION_FORM
from diswot_service.web.pages import Draft, answer_draft
from diswot_service.web.render import page
from diswot_service.web.views import JobView, say_progress

DISTILLATION = KINDS["distillation"]
ITEM = "/distillations/{job_id:uuid}"

routes = APIRouter(include_in_schema=False, route_class=JsonRoute)


@routes.get("/distillations")
def index(
    request: Request,
    service: TheService,
    principal: Principal,
    state: State | None = None,
    page_size: PageSize = 0,
    page_token: str = "",
) -> Response:
    """The list of distillations."""
    jobs, following = list_jobs(service, principal, DISTILLATION.name, state, page_size, page_token)
    views = [JobView(job, None) for job in jobs]
    return page(request, "distillations.html", "Distillations", jobs=views, following=following)


@routes.get("/distillations/new")
def new(
    request: Request,
    service: TheService,
    principal: Principal,
    search: UUID7 | None = None,
    arch: Annotated[str, Query(max_length=300)] = "",
    like: UUID7 | None = None,
) -> Response:
    """The form of a new distillation: of a student that a search has found, or like another one."""
    values: dict[str, str] = {}
    if like is not None:
        values = DISTILLATION_FORM.texts_of(service.store.get(principal, DISTILLATION.name, str(like)).spec)
    elif search is not None:
        spec = service.store.get(principal, "search", str(search)).spec
        if not isinstance(spec["space"], str):
            raise InputError("students of a space that is given as data are distilled by the command line alone")
        values = DISTILLATION_FORM.texts_of({"teacher": spec["teacher"], "student": f"{spec['space']}:{arch}"})
        values["train_teacher"] = "yes"
    groups = DISTILLATION_FORM.groups()
    return page(
        request, "new.html", "New distillation", groups=groups, values=values, form=DISTILLATION_FORM,
        what="distillation",
    )  # fmt: skip


@routes.post("/distillations/draft", dependencies=[Depends(json_only)])
def draft(service: TheService, principal: Principal, given: Annotated[Draft, Body()]) -> Response:
    """The body of the request that a form makes, and what it will take; or what is wrong, and with which field."""
    return answer_draft(DISTILLATION_FORM, service, principal, given)


@routes.get(ITEM)
def show(request: Request, job_id: UUID7, service: TheService, principal: Principal) -> Response:
    """The page of a distillation."""
    job = service.store.get(principal, DISTILLATION.name, str(job_id))
    told = {
        "id": job.id,
        "collection": "distillations",
        "finished": job.finished,
        "etag": etag(job),
        "events": service.store.last_event(job.id),
    }
    left = [name.value for name in Artifact] if job.state == "succeeded" else []
    title = f"{job.spec.get('student')} under {job.spec.get('teacher', {}).get('name')}"
    curves = {"trainings": job.result["trainings"] if job.result else []}
    view = JobView(job, None)
    return page(request, "distillation.html", title, job=view, told=told, artifacts=left, data=curves)


@routes.get(f"{ITEM}/rows")
def rows(job_id: UUID7, service: TheService, principal: Principal) -> Response:
    """How far a distillation has come, in words; it has no candidates."""
    job = service.store.get(principal, DISTILLATION.name, str(job_id))
    said = {"state": job.state, "doing": say_progress(job), "percent": job.progress.get("percent", 0.0)}
    return JSONResponse({"rows": [], **said}, headers={"Cache-Control": "no-store"})
