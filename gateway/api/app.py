"""Puts the interactions together: routes, tenants, errors (R4 §3.1.0)."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from gateway.api import description, disclosure, everything, feed, health, offer, outcome
from gateway.api.context import Context
from gateway.api.guard import Guard
from gateway.api.interaction import Interaction
from gateway.api.negotiation import NotAcceptable
from gateway.api.routes import Routes
from gateway.errors import QiaoError

BASES = ("/fhir", "/t/{tenant}/fhir")
"""Where the API is mounted: the default tenant's base and that of any tenant."""


def create_app(here: Context, version: str = "0") -> FastAPI:
    """Return the application that serves a store.

    Args:
        here: the open store, which the caller closes, and what else there is to serve.
        version: of the program, for the CapabilityStatement.
    """
    app = FastAPI(title="qiao", redirect_slashes=False, openapi_url=None)
    app.state.context = here
    served = offer.interactions(here, version)
    routes = _routes([*served, *everything.REFUSED])
    for short in offer.short(here):
        routes.add(feed.BASE, short)
    for public in disclosure.interactions(here):
        routes.add(disclosure.BASE, public)
    app.router.routes.append(routes)
    app.add_route("/openapi.json", description.openapi(served, version), include_in_schema=False)
    app.add_route("/docs", description.docs(served), include_in_schema=False)
    app.add_route("/healthz", health.healthz, include_in_schema=False)
    app.add_route("/readyz", health.readyz, include_in_schema=False)
    app.add_exception_handler(QiaoError, outcome.of_error)
    app.add_exception_handler(NotAcceptable, _not_acceptable)
    app.add_exception_handler(HTTPException, _http_error)
    limits = here.options
    app.add_middleware(
        Guard, max_url=limits.max_url, max_parameters=limits.max_parameters, threads=here.threads
    )
    return app


def _routes(interactions: Sequence[Interaction]) -> Routes:
    routes = Routes()
    for base in BASES:
        for interaction in interactions:
            routes.add(base, interaction)
    return routes


async def _not_acceptable(_request: Request, _error: Exception) -> Response:
    return outcome.of_status(406)


async def _http_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return outcome.of_status(error.status_code, error.headers)
