"""The HTTP API; imports neither torch nor ray."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from diswot_service import handlers
from diswot_service.jobs import KINDS
from diswot_service.metrics import Metrics
from diswot_service.middleware import Guard
from diswot_service.routes import catalogue, distillations, health, searches
from diswot_service.routes.jobs import JobRoutes
from diswot_service.routes.shared import Service
from diswot_service.settings import Settings
from diswot_service.stopwatch import Stopwatch
from diswot_service.store import Keys, Store, open_database
from diswot_service.web import distillations as distillation_pages
from diswot_service.web import login, pages, static_files

MAX_BODY = 64 * 1024


def create_app(settings: Settings) -> FastAPI:
    """The API of the service that keeps its data there; one process at a time may have it.

    Raises:
        InputError: the data folder cannot be used.
    """
    database = open_database(settings.database, min_free=settings.min_free)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        database.close()

    app = FastAPI(title="DisWOT", version="1", docs_url=None, redoc_url=None, lifespan=lifespan)
    store, metrics = Store(database, settings.queue, settings.lifetime, settings.quota), Metrics(database)
    app.state.service = Service(settings, store, Keys(database), metrics)
    app.add_middleware(Guard, hosts=settings.hosts, max_body=MAX_BODY, max_seconds=settings.body_seconds)
    app.add_middleware(Stopwatch, requests=metrics.requests)
    handlers.install(app)
    scores = JobRoutes(KINDS["score"]).router
    api = (searches.routes, distillations.routes, scores, catalogue.routes, health.routes)
    for router in (*api, login.routes, pages.routes, distillation_pages.routes, static_files.routes):
        app.include_router(router)
    return app
