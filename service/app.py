"""The HTTP API; imports neither torch nor ray."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Literal

from fastapi import Depends, FastAPI, Header, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import UUID7, BaseModel

from diswot.spec.document import to_json
from service import catalogue, handlers
from service.database import open_database
from service.documents import SearchJob, SearchPage, State, etag, search_document
from service.errors import InvalidKey, NotFound, WrongMediaType
from service.guard import Guard
from service.handlers import declared
from service.paging import Pager, load_secret
from service.requests import SearchRequest, check_feasible
from service.settings import Settings
from service.store import Key, Store
from service.tables import Job

MAX_BODY = 64 * 1024
MAX_PAGE = 100
POLL_SECONDS = 2
SILENCE = 20.0
"""Seconds without a sign of life after which the worker is taken to be down."""
KIND = "search"


class SpaceList(BaseModel):
    """Every search space."""

    items: list[catalogue.SpaceItem]


class TeacherList(BaseModel):
    """Every family of teachers."""

    items: list[catalogue.TeacherItem]


class ProxyList(BaseModel):
    """Every score that a search can rank by."""

    items: list[catalogue.ProxyItem]


class Health(BaseModel):
    """Whether the service works; `reasons` names the parts that do not."""

    status: Literal["ok", "unavailable"]
    reasons: list[str] = []


def create_app(settings: Settings) -> FastAPI:
    """The API of the service that keeps its data there.

    Raises:
        InputError: the data folder cannot be used.
    """
    store = Store(open_database(settings.database))
    pager = Pager(load_secret(settings.data / "secret"))

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        store.engine.dispose()

    app = FastAPI(title="DisWOT", version="1", docs_url=None, redoc_url=None, lifespan=lifespan)
    app.add_middleware(Guard, hosts=settings.hosts, max_body=MAX_BODY)
    handlers.install(app)
    _add_searches(app, store, pager, settings.queue)
    _add_catalogue(app)
    _add_health(app, store)
    return app


def _add_searches(app: FastAPI, store: Store, pager: Pager, queue: int) -> None:
    @app.post(
        "/v1/searches",
        status_code=202,
        response_model=SearchJob,
        responses=declared(403, 413, 415, 503),
        dependencies=[Depends(_json_only)],
    )
    def start_search(
        request: Request,
        body: SearchRequest,
        idempotency_key: Annotated[str | None, Header()] = None,
    ) -> Response:
        """Start a search; answers at once with the job."""
        spec = body.search_spec()
        check_feasible(spec)
        progress = {"done": 0, "total": spec.evaluations, "percent": 0.0}
        key = _key(request, body, idempotency_key)
        job, replayed = store.create(KIND, to_json(spec), body.labels, progress, key=key, queue=queue)
        return _job(job, 202, {"Idempotency-Replayed": "true"} if replayed else {})

    @app.get("/v1/searches", response_model=SearchPage, responses=declared())
    def list_searches(
        page_size: Annotated[int, Query(ge=0, description="0 for the default; more than 100 is 100")] = 0,
        page_token: str = "",
        state: State | None = None,
    ) -> Response:
        """Searches, the newest first."""
        size = min(page_size or MAX_PAGE // 4, MAX_PAGE)
        filters = f"state={state or ''}"
        before = pager.last_id(page_token, filters) if page_token else None
        found = store.page(KIND, size + 1, state, before)
        jobs, more = found[:size], len(found) > size
        following = pager.token(jobs[-1].id, filters) if more else ""
        return JSONResponse({"items": [search_document(job) for job in jobs], "next_page_token": following})

    @app.get("/v1/searches/{search_id}", response_model=SearchJob, responses={**declared(404), 304: {}})
    def show_search(search_id: UUID7, if_none_match: Annotated[str | None, Header()] = None) -> Response:
        """A search: its progress, then its result."""
        job = store.get(KIND, str(search_id))
        if if_none_match is not None and etag(job) in if_none_match.replace("W/", "").split(", "):
            return Response(status_code=304, headers={"ETag": etag(job)})
        return _job(job, 200)

    @app.post(
        "/v1/searches/{search_id}:cancel",
        status_code=202,
        response_model=SearchJob,
        responses={**declared(403, 404, 409), 200: {"model": SearchJob}},
    )
    def cancel_search(search_id: UUID7) -> Response:
        """Ask a search to stop; 200 when it has, 202 while its worker is still to notice."""
        job = store.cancel(KIND, str(search_id))
        return _job(job, 200 if job.finished else 202)


def _add_catalogue(app: FastAPI) -> None:
    @app.get("/v1/search-spaces", responses=declared())
    def list_search_spaces() -> SpaceList:
        """Where students can be looked for."""
        return SpaceList(items=catalogue.spaces())

    @app.get("/v1/search-spaces/{name}", responses=declared(404))
    def show_search_space(name: str) -> catalogue.SpaceItem:
        """One search space."""
        for item in catalogue.spaces():
            if item.name == name:
                return item
        raise NotFound(f"there is no search space {name!r}; valid: {', '.join(s.name for s in catalogue.spaces())}")

    @app.get("/v1/teachers", responses=declared())
    def list_teachers() -> TeacherList:
        """Who can teach."""
        return TeacherList(items=catalogue.teachers())

    @app.get("/v1/proxies", responses=declared())
    def list_proxies() -> ProxyList:
        """What can rank students."""
        return ProxyList(items=catalogue.proxies())


def _add_health(app: FastAPI, store: Store) -> None:
    @app.get("/livez", responses=declared())
    def alive() -> Health:
        """Whether the API answers."""
        return Health(status="ok")

    @app.get("/readyz", response_model=Health, responses={**declared(), 503: {"model": Health}})
    def ready() -> Response:
        """Whether jobs are being worked on."""
        age = store.heartbeat_age()
        reasons = []
        if age is None:
            reasons.append("worker: not started yet")
        elif age > SILENCE:
            reasons.append(f"worker: silent for {age:.0f} s")
        health = Health(status="unavailable" if reasons else "ok", reasons=reasons)
        return JSONResponse(health.model_dump(), 503 if reasons else 200)


def _job(job: Job, status: int, headers: dict[str, str] | None = None) -> JSONResponse:
    document = search_document(job)
    every = {"ETag": etag(job), **(headers or {})}
    if not job.finished:
        every["Retry-After"] = str(POLL_SECONDS)
    if status == 202:
        every["Location"] = document["links"]["self"]
    return JSONResponse(document, status, every)


def _json_only(request: Request) -> None:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise WrongMediaType(f"the body must be application/json, not {kind or 'of no stated type'}")


def _key(request: Request, body: SearchRequest, key: str | None) -> Key | None:
    if key is None:
        return None
    if not (0 < len(key) <= 255 and key.isascii() and key.isprintable()):
        raise InvalidKey(f"Idempotency-Key must be 1 to 255 printable ASCII characters, not {key[:40]!r}")
    canonical = json.dumps(body.model_dump(mode="json"), sort_keys=True)
    return Key(f"POST {request.url.path}", key, hashlib.sha256(canonical.encode()).hexdigest())
