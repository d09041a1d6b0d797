"""$purge: documents whose time is over are taken away for good (docs/ledger.md); the operator's alone.

All of the documents of a request go, or none: where one must be kept it is refused, with the article.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from gateway.api import negotiation, operation
from gateway.api.context import MethodNotAllowed, base_of, context, tenant_of
from gateway.api.interaction import Interaction
from gateway.api.operation import Kind
from gateway.api.own import view_of
from gateway.api.principal import principal_of
from gateway.api.visit_parameters import Parameter
from gateway.canonical.actor import Principal
from gateway.canonical.json import dumps
from gateway.errors import Rejected
from gateway.feed.purging import Plan, Purged, draw_all, purge
from gateway.feed.visit.hospital import Hospitals
from gateway.security.caller import caller_of
from gateway.store import Desk, Transact

DEFINITION = "urn:qiao:operation:purge"
MOST = 100
"""Documents of one request: each is looked for in the whole ledger."""

PARAMETERS = (
    Parameter("document", "string", "Serial of a document, or Type/id", least=1, most="*"),
    Parameter("reason", "string", "Why; kept in an AuditEvent"),
    Parameter("dryRun", "boolean", "Only say what would go, and whether the rules allow it"),
    Parameter("document", "BackboneElement", "What became of each: see the parts", "out", 1, "*"),
)
_KINDS: Mapping[str, Kind] = {"document": "texts", "reason": "text", "dryRun": "boolean"}


async def call(request: Request) -> Response:
    """Purge documents, all of them or none; answer with what is gone."""
    tenant, pretty = tenant_of(request), negotiation.check(request)
    given = await operation.parameters_of(request, _KINDS)
    principal, asked = principal_of(request), given.get("document", [])
    if not 1 <= len(asked) <= MOST:
        raise Rejected(f"name 1 to {MOST} documents", code="value", where="document")
    here, caller = context(request), caller_of(request.scope)
    visits, write = here.visits, here.write
    if visits is None or write is None:
        raise MethodNotAllowed("this server only reads", code="not-supported")
    plans = await asyncio.get_running_loop().run_in_executor(
        here.threads, partial(draw_all, here.store, tenant, asked)
    )
    for plan in plans:
        if isinstance(plan, Rejected):
            raise plan
    said = partial(
        _each, visits.hospitals, plans, principal, given.get("reason", ""), dry=given.get("dryRun", False)
    )
    done = await write(
        Transact(tenant, caller.source, [], base_of(request), 0, view_of(caller), act=said, caller=principal)
    )
    if done.error is not None:
        raise done.error
    assert isinstance(done.answer, list)
    made = {"resourceType": "Parameters", "parameter": [_part(one) for one in done.answer]}
    return negotiation.answer(dumps(made), pretty)


def _each(
    hospitals: Hospitals,
    plans: Sequence[Plan | Rejected],
    principal: Principal,
    reason: str,
    desk: Desk,
    *,
    dry: bool,
) -> list[Purged]:
    return [purge(desk, hospitals, one, principal, reason, dry=dry) for one in plans if isinstance(one, Plan)]


def _part(one: Purged) -> dict[str, Any]:
    said: list[dict[str, Any]] = [
        {"name": "name", "valueString": one.asked},
        {"name": "purged", "valueBoolean": one.done},
        *({"name": "entry", "valueInteger": n} for n in one.entries),
        *({"name": "resource", "valueReference": {"reference": name}} for name in one.resources),
        *({"name": "kept", "valueReference": {"reference": name}} for name in one.kept),
        {"name": "versions", "valueInteger": one.versions},
        *({"name": "message", "valueString": id_} for id_ in one.messages),
    ]
    return {"name": "document", "part": said}


INTERACTION = Interaction(
    "", "POST", "/$purge", call, "Take documents away for good; hash and tombstone stay",
    body="resource", definition=DEFINITION,
)  # fmt: skip
