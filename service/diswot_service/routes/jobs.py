"""The routes that every kind of job has: start, list, show, cancel, resume, delete, and follow what happens."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import UUID7
from starlette.concurrency import run_in_threadpool

from diswot_service.body import JsonRoute, json_only
from diswot_service.documents import (
    DryRun,
    EventList,
    JobDocument,
    JobPage,
    State,
    etag,
    event_item,
    job_document,
    job_summary,
)
from diswot_service.errors import Busy, InvalidKey
from diswot_service.etags import names
from diswot_service.handlers import guarded
from diswot_service.jobs import Accepted, JobKind
from diswot_service.routes.listing import list_jobs
from diswot_service.routes.shared import PageSize, Principal, Service, TheService, page_of
from diswot_service.store import Job, Key
from diswot_service.stream import MEDIA_TYPE, Whose, follow

POLL_SECONDS = 2
LOOK = 0.25
"""Seconds between two looks at a job while a client waits for it to change."""
ALIKE = 50
"""Latest jobs that an estimate looks at."""
ITEM = "/{job_id:uuid}"


class JobRoutes:
    """The routes of one kind of job.

    Attributes:
        router: with all of them.
    """

    def __init__(self, kind: JobKind) -> None:
        self.kind = kind
        self.router = APIRouter(prefix=kind.collection, tags=[kind.name], route_class=JsonRoute)
        start = guarded(408, 413, 415, 503)
        cancel = {**guarded(404, 409, 503), 200: {"model": JobDocument}}
        dry = {**start, 200: {"model": DryRun, "description": "What `validate_only` answers"}}
        self._add("POST", "", self._start(), JobDocument, dry, 202, [Depends(json_only)])
        self._add("GET", "", self.index, JobPage, guarded(503))
        self._add("GET", ITEM, self.show, JobDocument, {**guarded(404, 503), 304: {}})
        self._add("DELETE", ITEM, self.delete, None, guarded(404, 409, 412, 503), 204)
        self._add("POST", f"{ITEM}:cancel", self.cancel, JobDocument, cancel, 202)
        self._add("POST", f"{ITEM}:resume", self.resume, JobDocument, guarded(404, 409, 412, 503), 202)
        events = {**guarded(404, 503), 200: {"content": {MEDIA_TYPE: {"schema": {"type": "string"}}}}}
        self._add("GET", f"{ITEM}/events", self.events, EventList, events)

    def _add(
        self,
        method: str,
        path: str,
        handler: Callable[..., Response | Awaitable[Response]],
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
            validate_only: bool = False,
        ) -> Response:
            """Start a job; answers at once, with the job. With `validate_only` it is checked and priced only."""
            if validate_only:
                alike = service.store.page(principal, self.kind.name, ALIKE, "succeeded")
                estimate = self.kind.estimate(accepted.spec, alike)
                return JSONResponse({"spec": accepted.spec, "estimate": estimate.model_dump()})
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
        label: Annotated[str, Query(max_length=401, description="NAME:VALUE of a label that the jobs have")] = "",
    ) -> Response:
        """List jobs without their results, the newest first."""
        jobs, following = list_jobs(service, principal, self.kind.name, state, page_size, page_token, label)
        items = [job_summary(job, self.kind, service.settings) for job in jobs]
        return JSONResponse({"items": items, "next_page_token": following})

    async def show(
        self,
        job_id: UUID7,
        service: TheService,
        principal: Principal,
        if_none_match: Annotated[str | None, Header()] = None,
        wait: Annotated[float, Query(ge=0, le=25, description="seconds to wait for a change, at most")] = 0.0,
    ) -> Response:
        """Show a job: its progress, then its result; with `wait` as soon as `If-None-Match` does not name it."""
        end = asyncio.get_running_loop().time() + wait
        while True:
            job = await run_in_threadpool(service.store.get, principal, self.kind.name, str(job_id))
            if if_none_match is None or not names(if_none_match, etag(job), weakly=True):
                return self._respond(service, job, 200)
            if job.finished or asyncio.get_running_loop().time() >= end:
                return Response(status_code=304, headers={"ETag": etag(job)})
            await asyncio.sleep(LOOK)

    def cancel(self, job_id: UUID7, service: TheService, principal: Principal) -> Response:
        """Ask a job to stop; 200 when it has, 202 while its worker is still to notice."""
        job = service.store.cancel(principal, self.kind.name, str(job_id))
        return self._respond(service, job, 200 if job.finished else 202)

    def resume(
        self,
        job_id: UUID7,
        service: TheService,
        principal: Principal,
        if_match: Annotated[str | None, Header()] = None,
    ) -> Response:
        """Put a job that has failed or was cancelled back into the queue; it goes on from its last checkpoint."""
        job = service.store.resume(principal, self.kind.name, str(job_id), _expected(if_match))
        return self._respond(service, job, 202)

    def delete(
        self,
        job_id: UUID7,
        service: TheService,
        principal: Principal,
        if_match: Annotated[str | None, Header()] = None,
    ) -> Response:
        """Remove a finished job and all that belongs to it."""
        service.store.delete(principal, self.kind.name, str(job_id), _expected(if_match))
        return Response(status_code=204)

    def events(
        self,
        job_id: UUID7,
        service: TheService,
        principal: Principal,
        after: Annotated[int, Query(ge=0, description="number of the last event that is known")] = 0,
        page_size: PageSize = 0,
        accept: Annotated[str, Header()] = "",
        last_event_id: Annotated[str, Header()] = "",
    ) -> Response:
        """What has happened to a job, in order; as a stream of what happens, too, for those that accept one."""
        if MEDIA_TYPE in accept:
            return self._stream(service, Whose(principal, self.kind.name, str(job_id)), _number(last_event_id, after))
        found = page_of(
            page_size, lambda size: service.store.events(principal, self.kind.name, str(job_id), size, after)
        )
        return JSONResponse({"items": [event_item(event) for event in found.items]})

    def _stream(self, service: Service, whose: Whose, after: int) -> Response:
        service.store.get(*whose)
        if not service.streams.acquire(blocking=False):
            raise Busy("as many clients as this service bears follow events already")
        stream = follow(service.store, whose, after, service.streams.release)
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(stream, media_type=MEDIA_TYPE, headers=headers)

    def _respond(self, service: Service, job: Job, status: int, headers: dict[str, str] | None = None) -> Response:
        document = job_document(job, self.kind, service.settings)
        every = {"ETag": etag(job), **(headers or {})}
        if not job.finished:
            every["Retry-After"] = str(POLL_SECONDS)
        if status == 202:
            every["Location"] = document["links"]["self"]
        return JSONResponse(document, status, every)


def _expected(if_match: str | None) -> Callable[[Job], bool]:
    return lambda job: if_match is None or names(if_match, etag(job), weakly=False)


def _number(last_event_id: str, after: int) -> int:
    """Where a stream begins: a client that was cut off says it itself."""
    return int(last_event_id) if last_event_id.isascii() and last_event_id.isdecimal() else after


def _key(route: str, accepted: Accepted, key: str | None) -> Key | None:
    if key is None:
        return None
    if not (0 < len(key) <= 255 and key.isascii() and key.isprintable()):
        raise InvalidKey(f"Idempotency-Key must be 1 to 255 printable ASCII characters, not {key[:40]!r}")
    canonical = json.dumps({**accepted.spec, "labels": accepted.labels}, sort_keys=True)
    return Key(route, key, hashlib.sha256(canonical.encode()).hexdigest())
