"""Task/[id]/$decide-match: what a human says of two patients who may be one person (docs/matching.md)."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from gateway.api import negotiation, operation
from gateway.api.context import MethodNotAllowed, NotFound, base_of, check_known, context, tenant_of
from gateway.api.interaction import Interaction
from gateway.api.visit_parameters import Parameter, kinds
from gateway.canonical.json import dumps
from gateway.errors import Rejected
from gateway.feed.matching import Decided, decide
from gateway.feed.matching.proposal import outcome_of
from gateway.security.caller import caller_of
from gateway.store import Desk, Transact

PARAMETERS: tuple[Parameter, ...] = (
    Parameter("decision", "code", "link, merge, reject or unmerge (split)", least=1),
    Parameter("survivor", "string", "Patient/id that goes on; of a merge"),
    Parameter("reason", "string", "Why"),
    Parameter("by", "string", "Who decides; else the client"),
    Parameter("status", "code", "Status of the Task", "out", 1),
    Parameter("decision", "code", "What was decided", "out", 1),
    Parameter("task", "Reference", "The Task", "out", 1),
    Parameter("moved", "integer", "Resources that refer to the survivor now; unmerge: that went back", "out"),
    Parameter(
        "left", "Reference", "Unmerge: what came since and stays with the survivor, to be looked at", "out"
    ),
)


async def decide_match(request: Request, id: str) -> Response:
    """Do what was decided, and answer with Parameters once it is committed."""
    check_known("Task", id)
    tenant, caller, here = tenant_of(request), caller_of(request.scope), context(request)
    pretty = negotiation.check(request)
    given = await operation.parameters_of(request, kinds(PARAMETERS))
    if here.write is None:
        raise MethodNotAllowed("this server only reads", code="not-supported")

    def act(desk: Desk) -> Decided:
        return decide(
            desk, id, given.get("decision", ""), by=given.get("by") or caller.client,
            survivor=given.get("survivor", ""), reason=given.get("reason", ""),
        )  # fmt: skip

    done = await here.write(Transact(tenant, caller.source, [], base_of(request), act=act, joins=True))
    if isinstance(done.error, Rejected) and done.error.code == "not-found":
        raise NotFound(done.error.reason, code="not-found")
    if done.error is not None:
        raise done.error
    assert isinstance(done.answer, Decided)
    return negotiation.answer(dumps(_parameters(done.answer)), pretty)


def _parameters(done: Decided) -> dict[str, Any]:
    task = done.task
    made: list[dict[str, Any]] = [
        {"name": "status", "valueCode": task["status"]},
        {"name": "decision", "valueCode": outcome_of(task)},
        {"name": "task", "valueReference": {"reference": f"Task/{task['id']}"}},
    ]
    if done.moved:
        made.append({"name": "moved", "valueInteger": done.moved})
    made += [{"name": "left", "valueReference": {"reference": one}} for one in done.left]
    return {"resourceType": "Parameters", "parameter": made}


INTERACTION = Interaction(
    "", "POST", "/Task/{id}/$decide-match", decide_match, "Say whether two patients are one person",
    body="resource", definition="urn:qiao:operation:decide-match",
)  # fmt: skip
