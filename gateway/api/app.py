"""Puts the interactions together: routes, tenants, errors (R4 §3.1.0)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from gateway.api import (
    code_system,
    concept_map,
    health,
    metadata,
    outcome,
    read,
    search,
    structure_definition,
    translate,
    validate,
    value_set,
    vread,
)
from gateway.api.context import Context, Examine, Options
from gateway.api.guard import Guard
from gateway.api.interaction import Interaction, Served
from gateway.api.negotiation import NotAcceptable
from gateway.errors import QiaoError
from gateway.mapping import Maps
from gateway.store import Store
from gateway.validation.terminology import Terminology

BASES = ("/fhir", "/t/{tenant}/fhir")
"""Where the API is mounted: the default tenant's base and that of any tenant."""

SERVED: tuple[Interaction, ...] = (
    read.INTERACTION,
    vread.INTERACTION,
    search.INTERACTION,
    search.POST_INTERACTION,
)
"""The interactions of every type."""


_CONCEPT_MAP = Served(
    "ConceptMap", (*translate.OPERATIONS, concept_map.SEARCH, concept_map.READ), ("translate",)
)
TERMINOLOGY = (structure_definition.SERVED, code_system.SERVED, value_set.SERVED, _CONCEPT_MAP)
"""What codes mean; its interactions come before those of every type."""


def create_app(
    store: Store,
    options: Options | None = None,
    version: str = "0",
    maps: Maps | None = None,
    terminology: Terminology | None = None,
    examine: Examine | None = None,
) -> FastAPI:
    """Return the application that serves ``store``.

    Args:
        store: an open store; the caller closes it.
        options: see :class:`Options`; None: their defaults.
        version: of the program, for the CapabilityStatement.
        maps: whose code tables are served as ConceptMaps; None: none are.
        terminology: code systems, value sets and ConceptMaps that are served; None: none are.
        examine: see :class:`Context`.
    """
    options = options or Options()
    app = FastAPI(title="qiao", version=version, redirect_slashes=False, redoc_url=None)
    threads = ThreadPoolExecutor(options.search_threads, thread_name_prefix="qiao-search")
    app.state.context = Context(store, options, version, threads, maps, terminology, examine)
    known = TERMINOLOGY if terminology is not None else TERMINOLOGY[-1:] if maps is not None else ()
    of_types = [interaction for one in known for interaction in one.interactions]
    for base in BASES:
        for interaction in (metadata.interaction(SERVED, known), *validate.INTERACTIONS, *of_types, *SERVED):
            _mount(app, base, interaction)
    app.add_api_route("/healthz", health.healthz, include_in_schema=False)
    app.add_api_route("/readyz", health.readyz, include_in_schema=False)
    app.add_exception_handler(QiaoError, outcome.of_error)
    app.add_exception_handler(NotAcceptable, _not_acceptable)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_middleware(Guard, max_url=options.max_url, max_parameters=options.max_parameters, threads=threads)
    return app


def _mount(app: FastAPI, base: str, interaction: Interaction) -> None:
    name = f"{interaction.handler.__module__.rpartition('.')[2]}_{interaction.handler.__name__}"
    if "{id}/" in interaction.path:
        name += "_of_one"
    if interaction.method == "POST" and not name.endswith("_post"):
        name += "_post"
    if base != BASES[0]:
        name = f"tenant_{name}"
    app.add_api_route(
        base + interaction.path,
        interaction.handler,
        methods=[interaction.method],
        summary=interaction.summary,
        operation_id=name,
        response_class=Response,
    )
    if interaction.method == "GET":
        app.add_api_route(
            base + interaction.path, interaction.handler, methods=["HEAD"], include_in_schema=False
        )


async def _not_acceptable(_request: Request, _error: Exception) -> Response:
    return outcome.of_status(406)


async def _http_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return outcome.of_status(error.status_code, error.headers)


async def _invalid(_request: Request, _error: Exception) -> Response:
    return outcome.issue(400, "invalid", "the request is malformed")
