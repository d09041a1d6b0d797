"""Reconciliation and counts: what sources and platforms state, against ledger and receivers.

docs/reconciliation.md. Served as operations below the FHIR base, and below ``/feed/{tenant}``.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from gateway.api import body, negotiation, operation
from gateway.api.context import MethodNotAllowed, context, tenant_of
from gateway.api.evidence import obligations_of
from gateway.api.interaction import Interaction
from gateway.api.query import pairs_of
from gateway.canonical.operation_outcome import issue, operation_outcome
from gateway.errors import Rejected
from gateway.feed.calendar import day
from gateway.feed.reconciliation import (
    check_counts,
    check_receiver,
    of_csv,
    of_json,
    of_parameters,
    reconcile,
)
from gateway.security.caller import caller_of

DEFINITION = "urn:qiao:operation"
LONGEST = 16 * 1024 * 1024
"""Bytes of the counts that are posted at once."""
CSV = "text/csv"
PARAMETERS = ("day", "from", "to", "receiver")


async def counts(request: Request) -> Response:
    """Keep what a source, or a platform, says to have: Parameters, ``{"counts": [...]}`` or CSV."""
    tenant = tenant_of(request)
    pretty = negotiation.check(request)
    if context(request).write is None:
        raise MethodNotAllowed("this server only reads", code="not-supported")
    data = await body.bytes_of(request, LONGEST, media={*body.JSON, CSV})
    is_csv = body.media_of(request) == CSV
    store, caller = context(request).store, caller_of(request.scope)
    also = [caller.client] if caller.role == "regulator" else []  # it may pull, and not have begun yet

    def work() -> dict[str, Any]:
        said = of_csv(_text(data)) if is_csv else _of_json(data)
        if caller.role == "regulator" and any(one.party == "source" for one in said):
            raise Rejected("a regulator states what its platform has (receiver)", code="forbidden")
        check_counts(store, tenant, said, also)
        told = f"{store.reconciliation.state(tenant, said)} counts are kept"
        return operation_outcome([issue("information", "informational", told)])

    return await operation.answer(request, pretty, work)


async def reconciliation(request: Request) -> Response:
    """Answer with what agrees and what does not, for a day or several."""
    tenant = tenant_of(request)
    negotiation.check(request, allowed=PARAMETERS)
    given = _once(request)
    first = given.get("day") or given.get("from")
    if not first or ("day" in given and ("from" in given or "to" in given)):
        raise Rejected("say day, or from and to", code="value", where="day")
    last, name = given.get("day") or given.get("to") or first, "day" if "day" in given else ""
    store, obligations = context(request).store, obligations_of(request)
    caller = caller_of(request.scope)
    also = [caller.client] if caller.role == "regulator" else []
    whole = caller.sees == "all"  # the senders of the wards are nobody else's business

    def work() -> dict[str, Any]:
        if asked := given.get("receiver"):
            check_receiver(store, tenant, asked, "receiver", also)
        found = reconcile(
            store,
            tenant,
            day(first, name or "from"),
            day(last, name or "to"),
            given.get("receiver", ""),
            inbox=whole,
            sources=obligations.duties(tenant).settings.sources,
        )
        return found.row()

    return await operation.told(request, work)


def _of_json(data: bytes) -> Any:
    try:
        said = json.loads(data)
    except (ValueError, RecursionError):
        raise Rejected("the body is not JSON", code="invalid") from None
    is_parameters = isinstance(said, dict) and said.get("resourceType") == "Parameters"
    return of_parameters(said) if is_parameters else of_json(said)


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Rejected("the body is not UTF-8", code="invalid") from None


def _once(request: Request) -> dict[str, str]:
    pairs = [(name, value) for name, value in pairs_of(request) if name in PARAMETERS]
    if len({name for name, _ in pairs}) != len(pairs):
        raise Rejected("it may be given once only", code="value", where=pairs[0][0])
    return dict(pairs)


INTERACTIONS = (
    Interaction(
        "", "POST", "/$feed-counts", counts, "State how many documents there are of a day and kind",
        body="resource", definition=f"{DEFINITION}:feed-counts",
    ),
    Interaction(
        "", "GET", "/$feed-reconciliation", reconciliation,
        "What was stated, entered, sent and acknowledged of a day",
        parameters=PARAMETERS, definition=f"{DEFINITION}:feed-reconciliation",
        media=("application/json",),
    ),
)  # fmt: skip
SHORT = tuple(
    replace(one, path=path) for one, path in zip(INTERACTIONS, ("/counts", "/reconciliation"), strict=True)
)
"""The same below ``/feed/{tenant}``."""
