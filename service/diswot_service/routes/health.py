"""Whether the service works, for whoever watches over it."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from pydantic import BaseModel
from sqlalchemy import func, select

from diswot_service.errors import StorageFault
from diswot_service.handlers import error_responses, guarded
from diswot_service.metrics import SILENCE
from diswot_service.routes.shared import TheCaller, TheService
from diswot_service.store import Database, WorkerBeat

routes = APIRouter(tags=["health"])


class Health(BaseModel):
    """Whether the service works; `reasons` names the parts that do not."""

    status: Literal["ok", "unavailable"]
    reasons: list[str] = []


@routes.get("/livez", responses=error_responses())
def alive() -> Health:
    """Whether the API answers."""
    return Health(status="ok")


@routes.get("/readyz", response_model=Health, responses={**error_responses(), 503: {"model": Health}})
def ready(service: TheService) -> Response:
    """Whether jobs are accepted and worked on."""
    reasons = _reasons(service.store.database)
    health = Health(status="unavailable" if reasons else "ok", reasons=reasons)
    return JSONResponse(health.model_dump(), 503 if reasons else 200)


@routes.get("/metrics", response_class=PlainTextResponse, responses=guarded(503))
def metrics(service: TheService, caller: TheCaller) -> Response:
    """Figures for Prometheus; where there are keys, one with the scope `admin` is needed."""
    caller.check("admin")
    return Response(generate_latest(service.metrics.registry), media_type=CONTENT_TYPE_PLAIN_0_0_4)


def _reasons(database: Database) -> list[str]:
    storage, worker = _storage(database), None
    try:
        worker = _worker(database)
    except StorageFault as fault:
        storage = storage or str(fault)
    named = {"storage": storage, "worker": worker}
    return [f"{name}: {reason}" for name, reason in named.items() if reason is not None]


def _storage(database: Database) -> str | None:
    try:
        database.check()
    except StorageFault as fault:
        return str(fault)
    return None


def _worker(database: Database) -> str | None:
    with database.read() as session:
        latest = session.scalar(select(func.max(WorkerBeat.heartbeat_at)))
    if latest is None:
        return "not started yet"
    age = max(0.0, database.clock() - latest)
    return f"silent for {age:.0f} s" if age > SILENCE else None
