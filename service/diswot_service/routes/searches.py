"""Searches: the routes of every job, their candidates, and what they recommend."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Depends, Path, Query, Response
from fastapi.responses import JSONResponse
from pydantic import UUID7

from diswot.spec.constraints import Constraints
from diswot_service import cursor
from diswot_service.documents import CandidateItem, CandidatePage, candidate_item
from diswot_service.handlers import guarded
from diswot_service.jobs import KINDS
from diswot_service.recommendation import Recommendation, recommend
from diswot_service.routes.jobs import ITEM, JobRoutes
from diswot_service.routes.shared import PageSize, Principal, TheService, page_of

SEARCH = KINDS["search"]
routes = JobRoutes(SEARCH).router

Count = Annotated[int | None, Query(ge=1, le=10**15)]
Seconds = Annotated[float | None, Query(gt=0, le=3_600, allow_inf_nan=False)]


def _limits(
    min_params: Count = None,
    max_params: Count = None,
    min_macs: Count = None,
    max_macs: Count = None,
    min_memory: Count = None,
    max_memory: Count = None,
    min_latency: Seconds = None,
    max_latency: Seconds = None,
) -> Constraints:
    """Limits that students must hold beside those of the search."""
    return Constraints(
        max_params, max_macs, max_memory, max_latency, min_params, min_macs, min_memory, min_latency
    )  # fmt: skip


@routes.get(f"{ITEM}/candidates", response_model=CandidatePage, responses=guarded(404, 503))
def candidates(
    job_id: UUID7,
    service: TheService,
    principal: Principal,
    order: Literal["evaluation", "score"] = "evaluation",
    page_size: PageSize = 0,
    page_token: str = "",
) -> Response:
    """List the candidates of a search so far, in the order of evaluation or the best first."""
    start = cursor.number_of(page_token, order)
    items, more = page_of(
        page_size,
        lambda size: service.store.candidates(
            principal, SEARCH.name, str(job_id), size, start, best_first=order == "score"
        ),
    )
    following = cursor.token(str(start + len(items)), order) if more else ""
    return JSONResponse({"items": [candidate_item(c) for c in items], "next_page_token": following})


@routes.get(f"{ITEM}/candidates/{{number}}", response_model=CandidateItem, responses=guarded(404, 503))
def candidate(
    job_id: UUID7, number: Annotated[int, Path(ge=0, le=10**9)], service: TheService, principal: Principal
) -> Response:
    """Show one candidate of a search."""
    return JSONResponse(candidate_item(service.store.candidate(principal, SEARCH.name, str(job_id), number)))


@routes.get(f"{ITEM}/recommendation", response_model=Recommendation, responses=guarded(404, 409, 503))
def recommendation(
    job_id: UUID7,
    service: TheService,
    principal: Principal,
    limits: Annotated[Constraints, Depends(_limits)],
    k: Annotated[int, Query(ge=1, le=20, description="how many students")] = 3,
) -> Response:
    """Recommend students out of what was measured so far, under tighter limits if any are given; nothing is scored."""
    whose = (principal, SEARCH.name, str(job_id))
    job = service.store.get(*whose)
    found = recommend(service.store.candidates(*whose), limits, k, provisional=job.state != "succeeded")
    return JSONResponse(found.model_dump())
