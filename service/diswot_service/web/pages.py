"""The pages, and what their scripts ask for beside the API."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Depends, Query, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse
from pydantic import UUID7, BaseModel, ConfigDict, Field

from diswot.errors import InputError
from diswot_service.body import JsonRoute, json_only
from diswot_service.documents import State, etag
from diswot_service.jobs import KINDS
from diswot_service.requests import Label
from diswot_service.routes.jobs import ALIKE
from diswot_service.routes.listing import list_jobs
from diswot_service.routes.shared import PageSize, Principal, Service, TheService
from diswot_service.web.comparison import comparison
from diswot_service.web.form import SEARCH_FORM, Form
from diswot_service.web.render import page
from diswot_service.web.views import JobView, row_of, say_progress

SEARCH = KINDS["search"]
ITEM = "/searches/{job_id:uuid}"

routes = APIRouter(include_in_schema=False, route_class=JsonRoute)


class Draft(BaseModel):
    """A form as far as it is filled in."""

    model_config = ConfigDict(extra="forbid")

    fields: dict[Label, Annotated[str, Field(max_length=300)]] = Field(max_length=100)
    labels: dict[Label, Label] = Field(default_factory=dict, max_length=16)


@routes.get("/")
def home(request: Request) -> Response:
    """The list is where people begin."""
    return RedirectResponse(request.scope.get("root_path", "") + "/searches", 303)


@routes.get("/searches")
def index(
    request: Request,
    service: TheService,
    principal: Principal,
    state: State | None = None,
    page_size: PageSize = 0,
    page_token: str = "",
) -> Response:
    """The list of searches."""
    jobs, following = list_jobs(service, principal, SEARCH.name, state, page_size, page_token)
    views = [JobView.of(job) for job in jobs]
    return page(request, "searches.html", "Searches", jobs=views, state=state, following=following)


@routes.get("/searches/new")
def new(request: Request, service: TheService, principal: Principal, like: UUID7 | None = None) -> Response:
    """The form of a new search, filled in like another one if that is asked for."""
    form = SEARCH_FORM
    values = {} if like is None else form.texts_of(service.store.get(principal, SEARCH.name, str(like)).spec)
    return page(request, "new.html", "New search", groups=form.groups(), values=values, form=form, what="search")


@routes.post("/searches/draft", dependencies=[Depends(json_only)])
def draft(service: TheService, principal: Principal, given: Annotated[Draft, Body()]) -> Response:
    """The body of the request that a form makes, and what it will take; or what is wrong, and with which field."""
    return answer_draft(SEARCH_FORM, service, principal, given)


def answer_draft(form: Form, service: Service, principal: str, given: Draft) -> Response:
    """The same for any kind of job."""
    try:
        body = form.body_of(given.fields, given.labels)
        accepted = form.accepted(body, service)
    except InputError as error:
        return JSONResponse({"wrong": {"field": form.blamed(error), "detail": str(error)}})
    alike = service.store.page(principal, form.kind.name, ALIKE, "succeeded")
    return JSONResponse({"body": body, "estimate": form.kind.estimate(accepted.spec, alike).model_dump()})


@routes.get(ITEM)
def show(request: Request, job_id: UUID7, service: TheService, principal: Principal) -> Response:
    """The page of a search."""
    job = service.store.get(principal, SEARCH.name, str(job_id))
    view = JobView.of(job)
    search = view.search()
    title = view.name if search is None else search.title
    told = {
        "id": job.id,
        "collection": "searches",
        "finished": job.finished,
        "etag": etag(job),
        "events": service.store.last_event(job.id),
    }
    data = {} if search is None else search.data()
    return page(request, "search.html", title, job=view, view=search, told=told, data=data)


@routes.get(f"{ITEM}/rows")
def rows(
    job_id: UUID7, service: TheService, principal: Principal, start: Annotated[int, Query(ge=0, le=10**9)] = 0
) -> Response:
    """Candidates from a number on, as the charts take them, and how far the search has come in words."""
    job = service.store.get(principal, SEARCH.name, str(job_id))
    found = service.store.candidates(principal, SEARCH.name, str(job_id), start=start)
    said = {"state": job.state, "doing": say_progress(job), "percent": job.progress.get("percent", 0.0)}
    return JSONResponse({"rows": [row_of(one) for one in found], **said}, headers={"Cache-Control": "no-store"})


@routes.get("/compare")
def compare(
    request: Request,
    service: TheService,
    principal: Principal,
    one: Annotated[list[UUID7], Query(alias="id", max_length=100)],
) -> Response:
    """Two searches beside one another."""
    jobs = [service.store.get(principal, SEARCH.name, str(job_id)) for job_id in one]
    return page(request, "compare.html", "Compare searches", **comparison([JobView.of(job) for job in jobs]))
