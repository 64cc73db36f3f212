"""The routes that every kind of job has: start, list, show, cancel, delete, and follow what happens."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import UUID7

from diswot_service import cursor
from diswot_service.body import JsonRoute, json_only
from diswot_service.documents import EventList, JobDocument, JobPage, State, etag, event_item, job_document, job_summary
from diswot_service.errors import InvalidKey
from diswot_service.etags import names
from diswot_service.handlers import declared
from diswot_service.jobs import Accepted, JobKind
from diswot_service.routes.shared import PageSize, Principal, Service, TheService, page_of
from diswot_service.store import Job, Key

POLL_SECONDS = 2
ITEM = "/{job_id:uuid}"


class JobRoutes:
    """The routes of one kind of job.

    Attributes:
        router: with all of them.
    """

    def __init__(self, kind: JobKind) -> None:
        self.kind = kind
        self.router = APIRouter(prefix=kind.collection, tags=[kind.name], route_class=JsonRoute)
        start = declared(403, 408, 413, 415, 503)
        cancel = {**declared(403, 404, 409, 503), 200: {"model": JobDocument}}
        self._add("POST", "", self._start(), JobDocument, start, 202, [Depends(json_only)])
        self._add("GET", "", self.index, JobPage, declared(503))
        self._add("GET", ITEM, self.show, JobDocument, {**declared(404, 503), 304: {}})
        self._add("DELETE", ITEM, self.delete, None, declared(403, 404, 409, 412, 503), 204)
        self._add("POST", f"{ITEM}:cancel", self.cancel, JobDocument, cancel, 202)
        self._add("GET", f"{ITEM}/events", self.events, EventList, declared(404, 503))

    def _add(
        self,
        method: str,
        path: str,
        handler: Callable[..., Response],
        model: Any,
        responses: dict[int | str, dict[str, Any]],
        status: int = 200,
        dependencies: list[Any] | None = None,
    ) -> None:
        self.router.add_api_route(
            path,
            handler,
            methods=[method],
            response_model=model,
            responses=responses,
            status_code=status,
            dependencies=dependencies,
        )

    def _start(self) -> Callable[..., Response]:
        def start(
            request: Request,
            service: TheService,
            principal: Principal,
            accepted: Accepted = Depends(self.kind.accept),  # noqa: B008 - how FastAPI is told of a dependency by value
            idempotency_key: Annotated[str | None, Header()] = None,
        ) -> Response:
            """Start a job; answers at once, with the job."""
            key = _key(f"POST {request.url.path}", accepted, idempotency_key)
            job, replayed = service.store.create(
                principal, self.kind.name, accepted.spec, accepted.labels, accepted.progress.model_dump(), key
            )
            return self._respond(service, job, 202, {"Idempotency-Replayed": "true"} if replayed else {})

        return start

    def index(
        self,
        service: TheService,
        principal: Principal,
        page_size: PageSize = 0,
        page_token: str = "",
        state: State | None = None,
    ) -> Response:
        """List jobs without their results, the newest first."""
        filters = f"state={state or ''}"
        before = cursor.start_of(page_token, filters) if page_token else None
        jobs, more = page_of(page_size, lambda size: service.store.page(principal, self.kind.name, size, state, before))
        items = [job_summary(job, self.kind, service.settings.lifetime) for job in jobs]
        return JSONResponse({"items": items, "next_page_token": cursor.token(jobs[-1].id, filters) if more else ""})

    def show(
        self,
        job_id: UUID7,
        service: TheService,
        principal: Principal,
        if_none_match: Annotated[str | None, Header()] = None,
    ) -> Response:
        """Show a job: its progress, then its result."""
        job = service.store.get(principal, self.kind.name, str(job_id))
        if if_none_match is not None and names(if_none_match, etag(job), weakly=True):
            return Response(status_code=304, headers={"ETag": etag(job)})
        return self._respond(service, job, 200)

    def cancel(self, job_id: UUID7, service: TheService, principal: Principal) -> Response:
        """Ask a job to stop; 200 when it has, 202 while its worker is still to notice."""
        job = service.store.cancel(principal, self.kind.name, str(job_id))
        return self._respond(service, job, 200 if job.finished else 202)

    def delete(
        self,
        job_id: UUID7,
        service: TheService,
        principal: Principal,
        if_match: Annotated[str | None, Header()] = None,
    ) -> Response:
        """Remove a finished job and all that belongs to it."""

        def expected(job: Job) -> bool:
            return if_match is None or names(if_match, etag(job), weakly=False)

        service.store.delete(principal, self.kind.name, str(job_id), expected)
        return Response(status_code=204)

    def events(
        self,
        job_id: UUID7,
        service: TheService,
        principal: Principal,
        after: Annotated[int, Query(ge=0, description="number of the last event that is known")] = 0,
        page_size: PageSize = 0,
    ) -> Response:
        """What has happened to a job, in order."""
        found = page_of(
            page_size, lambda size: service.store.events(principal, self.kind.name, str(job_id), size, after)
        )
        return JSONResponse({"items": [event_item(event) for event in found.items]})

    def _respond(self, service: Service, job: Job, status: int, headers: dict[str, str] | None = None) -> Response:
        document = job_document(job, self.kind, service.settings.lifetime)
        every = {"ETag": etag(job), **(headers or {})}
        if not job.finished:
            every["Retry-After"] = str(POLL_SECONDS)
        if status == 202:
            every["Location"] = document["links"]["self"]
        return JSONResponse(document, status, every)


def _key(route: str, accepted: Accepted, key: str | None) -> Key | None:
    if key is None:
        return None
    if not (0 < len(key) <= 255 and key.isascii() and key.isprintable()):
        raise InvalidKey(f"Idempotency-Key must be 1 to 255 printable ASCII characters, not {key[:40]!r}")
    canonical = json.dumps({**accepted.spec, "labels": accepted.labels}, sort_keys=True)
    return Key(route, key, hashlib.sha256(canonical.encode()).hexdigest())
