"""Searches: the routes of every job, and their candidates."""

from __future__ import annotations

from typing import Literal

from fastapi import Response
from fastapi.responses import JSONResponse
from pydantic import UUID7

from diswot_service import cursor
from diswot_service.documents import CandidatePage, candidate_item
from diswot_service.handlers import declared
from diswot_service.jobs import KINDS
from diswot_service.routes.jobs import ITEM, JobRoutes
from diswot_service.routes.shared import PageSize, Principal, TheService, page_of

SEARCH = KINDS["search"]
routes = JobRoutes(SEARCH).router


@routes.get(f"{ITEM}/candidates", response_model=CandidatePage, responses=declared(404, 503))
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
