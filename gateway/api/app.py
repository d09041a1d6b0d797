"""Puts the interactions together: routes, tenants, errors (R4 §3.1.0)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from gateway.api import (
    code_system,
    compartment,
    concept_map,
    create,
    delete,
    description,
    everything,
    evidence,
    export,
    export_file,
    export_status,
    feed,
    feedback,
    health,
    history,
    import_manifest,
    import_ndjson,
    lastn,
    ledger_proof,
    measure,
    metadata,
    operation_definition,
    outcome,
    patch,
    policy,
    read,
    readiness,
    reconciliation,
    search,
    structure_definition,
    subscription,
    transaction,
    translate,
    update,
    validate,
    value_set,
    visit,
    vread,
)
from gateway.api.context import Context, Examine, Options, Write
from gateway.api.guard import Guard
from gateway.api.interaction import Interaction, Served
from gateway.api.negotiation import NotAcceptable
from gateway.api.routes import Routes
from gateway.errors import QiaoError
from gateway.feed.obligations import Obligations
from gateway.feed.pull import Pull
from gateway.feed.subscription import Notifier
from gateway.feed.visit.governor import Visits
from gateway.mapping import Maps
from gateway.policy import Policy
from gateway.store import Store
from gateway.validation.terminology import Terminology

BASES = ("/fhir", "/t/{tenant}/fhir")
"""Where the API is mounted: the default tenant's base and that of any tenant."""

READING: tuple[Interaction, ...] = (
    read.INTERACTION,
    vread.INTERACTION,
    *history.INTERACTIONS,
    *search.INTERACTIONS,
    *everything.INTERACTIONS,
    *lastn.INTERACTIONS,
    *compartment.INTERACTIONS,
)
"""The interactions of every type."""

WRITING: tuple[Interaction, ...] = (
    create.INTERACTION,
    update.INTERACTION,
    update.CONDITIONAL,
    patch.INTERACTION,
    patch.CONDITIONAL,
    delete.INTERACTION,
    delete.CONDITIONAL,
    *transaction.INTERACTIONS,
    *import_ndjson.INTERACTIONS,
    *import_manifest.INTERACTIONS,
)
"""Those that a server without a writer does not have."""

BULK: tuple[Interaction, ...] = (
    *export.INTERACTIONS,
    *export_status.INTERACTIONS,
    *export_file.INTERACTIONS,
)
"""All at once, in the background."""

_CONCEPT_MAP = Served(
    "ConceptMap", (*translate.OPERATIONS, *concept_map.SEARCH, concept_map.READ), ("translate",)
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
    write: Write | None = None,
    notifier: Notifier | None = None,
    policies: Callable[[str], Policy] | None = None,
    visits: Visits | None = None,
    pull: Pull | None = None,
    obligations: Obligations | None = None,
) -> FastAPI:
    """Return the application that serves ``store``.

    Args:
        store: an open store; the caller closes it.
        options: see :class:`Options`; None: their defaults.
        version: of the program, for the CapabilityStatement.
        maps: whose code tables are served as ConceptMaps; None: none are.
        terminology: code systems, value sets and ConceptMaps that are served; None: none are.
        examine: see :class:`Context`.
        write: see :class:`Context`.
        notifier: see :class:`Context`.
        policies: see ``policy`` of :class:`Context`.
        visits: see :class:`Context`.
        pull: see :class:`Context`.
        obligations: see :class:`Context`.
    """
    options = options or Options()
    app = FastAPI(title="qiao", redirect_slashes=False, openapi_url=None)
    threads = ThreadPoolExecutor(options.search_threads, thread_name_prefix="qiao-search")
    app.state.context = Context(
        store,
        options,
        version,
        threads,
        maps,
        terminology,
        examine,
        write,
        notifier,
        policies,
        visits,
        pull,
        obligations,
    )
    known = TERMINOLOGY if terminology is not None else TERMINOLOGY[-1:] if maps is not None else ()
    checking = validate.INTERACTIONS if examine is not None else ()
    notified = subscription.INTERACTIONS if notifier is not None else ()
    ruled = (policy.INTERACTION,) if policies is not None else ()
    moved = (*visit.INTERACTIONS, *readiness.INTERACTIONS) if visits is not None and write is not None else ()
    served = (*checking, *BULK, *READING, *(WRITING if write is not None else ()), *notified, *ruled, *moved)
    if pull is not None:
        served = (*served, *feed.INTERACTIONS, ledger_proof.INTERACTION)
    if obligations is not None:
        served = (*served, *reconciliation.INTERACTIONS, evidence.INTERACTION)
        served = (*served, *(feedback.INTERACTIONS if write is not None else ()))
    known = (*known, measure.SERVED, operation_definition.served(served))
    more = {"Subscription": subscription.described(notifier)} if notifier is not None else {}
    described = metadata.interaction(served, known, version, more)
    all_ = [described, *(one for of in known for one in of.interactions), *served]
    routes = _routes([*all_, *everything.REFUSED])
    for short in (*feed.SHORT, ledger_proof.SHORT) if pull is not None else ():
        routes.add(feed.BASE, short)
    for short in (*reconciliation.SHORT, evidence.SHORT) if obligations is not None else ():
        routes.add(feed.BASE, short)
    app.router.routes.append(routes)
    app.add_route("/openapi.json", description.openapi(all_, version), include_in_schema=False)
    app.add_route("/docs", description.docs(all_), include_in_schema=False)
    app.add_route("/healthz", health.healthz, include_in_schema=False)
    app.add_route("/readyz", health.readyz, include_in_schema=False)
    app.add_exception_handler(QiaoError, outcome.of_error)
    app.add_exception_handler(NotAcceptable, _not_acceptable)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_middleware(Guard, max_url=options.max_url, max_parameters=options.max_parameters, threads=threads)
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
