"""Distillations: the routes of every job, and the files that a finished one leaves."""

from __future__ import annotations

import hashlib
from enum import StrEnum
from pathlib import Path

from fastapi import Response
from fastapi.responses import FileResponse, JSONResponse
from pydantic import UUID7, BaseModel

from diswot_service.errors import NotFound
from diswot_service.handlers import error_responses
from diswot_service.jobs import KINDS
from diswot_service.routes.jobs import ITEM, JobRoutes
from diswot_service.routes.shared import Principal, Service, TheService

DISTILLATION = KINDS["distillation"]
routes = JobRoutes(DISTILLATION).router


class Artifact(StrEnum):
    """The files of a finished distillation."""

    WEIGHTS = "student.safetensors"
    ARCHITECTURE = "student.json"
    REPORT = "report.json"
    PAGE = "report.html"


MEDIA_TYPES = {".safetensors": "application/octet-stream", ".json": "application/json", ".html": "text/html"}


class ArtifactItem(BaseModel):
    """A file, with its checksum."""

    name: str
    bytes: int
    sha256: str
    media_type: str


class ArtifactList(BaseModel):
    """The files of a distillation; none before it is finished."""

    items: list[ArtifactItem]


@routes.get(f"{ITEM}/artifacts", response_model=ArtifactList, responses=error_responses(404, 503))
def artifacts(job_id: UUID7, service: TheService, principal: Principal) -> Response:
    """List the files that a distillation has left."""
    found = {name: _path(service, principal, str(job_id), name) for name in Artifact}
    items = [_item(name, path.read_bytes()) for name, path in found.items() if path.exists()]
    return JSONResponse({"items": [one.model_dump() for one in items]})


@routes.get(f"{ITEM}/artifacts/{{name}}", responses=error_responses(404, 503), response_class=FileResponse)
def artifact(job_id: UUID7, name: Artifact, service: TheService, principal: Principal) -> Response:
    """One file of a finished distillation."""
    path = _path(service, principal, str(job_id), name)
    if not path.exists():
        raise NotFound(f"the distillation {job_id} has not left {name.value} yet")
    headers = {"X-Content-Type-Options": "nosniff"}
    return FileResponse(path, media_type=MEDIA_TYPES[path.suffix], filename=name.value, headers=headers)


def _path(service: Service, principal: str, job_id: str, name: Artifact) -> Path:
    job = service.store.get(principal, DISTILLATION.name, job_id)
    return service.settings.distillations / job.id / name.value


def _item(name: Artifact, content: bytes) -> ArtifactItem:
    suffix = f".{name.value.rpartition('.')[2]}"
    digest = hashlib.sha256(content).hexdigest()
    return ArtifactItem(name=name.value, bytes=len(content), sha256=digest, media_type=MEDIA_TYPES[suffix])
