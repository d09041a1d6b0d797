"""Critical values: Task/$critical-values lists them, Task/[id]/$acknowledge takes note (docs/critical.md)."""

from __future__ import annotations

from itertools import islice
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from gateway.api import language, negotiation, operation
from gateway.api.context import MethodNotAllowed, NotFound, base_of, check_known, context, tenant_of
from gateway.api.interaction import Interaction
from gateway.api.outcome import warnings
from gateway.api.principal import principal_of
from gateway.api.visit_parameters import Parameter, kinds
from gateway.canonical import Resource, now_us
from gateway.canonical.elements import first
from gateway.canonical.json import dumps
from gateway.errors import Rejected
from gateway.feed.critical import UNREAD, Said, acknowledge, is_overdue, tasks
from gateway.security.caller import caller_of
from gateway.store import Desk, Transact

PARAMETERS: tuple[Parameter, ...] = (
    Parameter("by", "string", "Who has taken note: a name, or Practitioner/id; else who the client acts for"),
    Parameter("reported-by", "string", "Who told it, of the laboratory: a name, or Practitioner/id"),
    Parameter("read-back", "string", "The value as it was read back"),
    Parameter("treatment", "string", "What is done; may be told later"),
    Parameter("text", "string", "Whatever else there is to say"),
    Parameter("status", "code", "Status of the Task", "out", 1),
    Parameter("state", "code", "acknowledged, or acknowledged-late", "out", 1),
    Parameter("task", "Reference", "The Task", "out", 1),
)


async def acknowledge_value(request: Request, id: str) -> Response:
    """Complete the Task, and answer with Parameters once that is committed."""
    check_known("Task", id)
    tenant, caller, here = tenant_of(request), caller_of(request.scope), context(request)
    pretty, principal = negotiation.check(request), principal_of(request)
    given = await operation.parameters_of(request, kinds(PARAMETERS))
    if here.write is None:
        raise MethodNotAllowed("this server only reads", code="not-supported")

    def act(desk: Desk) -> Resource:
        names = ("text", "reported-by", "read-back", "treatment")
        said = Said(given.get("by", ""), *(given.get(one, "") for one in names))
        return acknowledge(desk, id, said, principal)

    done = await here.write(Transact(tenant, caller.source, [], base_of(request), act=act))
    if isinstance(done.error, Rejected) and done.error.code == "not-found":
        raise NotFound(done.error.reason, code="not-found")
    if done.error is not None:
        raise done.error
    return negotiation.answer(dumps(_parameters(done.answer)), pretty)


def _parameters(task: Any) -> dict[str, Any]:
    state = first(task, "businessStatus.coding.code", "")
    return {
        "resourceType": "Parameters",
        "parameter": [
            {"name": "status", "valueCode": task["status"]},
            {"name": "state", "valueCode": state},
            {"name": "task", "valueReference": {"reference": f"Task/{task['id']}"}},
        ],
    }


LISTING: tuple[Parameter, ...] = (
    Parameter("overdue", "boolean", "Only those that nobody has acknowledged in time"),
    Parameter("unread", "boolean", "Instead: of which results nobody can tell, by test and unit"),
    Parameter("return", "Bundle", "Their Tasks, the oldest first", "out", 1),
)
MOST = 1000
"""Tasks of one answer, the oldest; of more it says so, and no total."""
_MORE = "there are more: acknowledge these, or search for Tasks"


async def critical_values(request: Request) -> Response:
    """Answer with the Tasks of the critical values that nobody has acknowledged."""
    tenant, store = tenant_of(request), context(request).store
    given, pretty = await operation.given(request, kinds(LISTING))
    zh = language.in_chinese(request)
    only, unread = bool(given.get("overdue", False)), bool(given.get("unread", False))

    def work() -> dict[str, Any]:
        now = now_us()
        asked = tasks(store, tenant, code=UNREAD) if unread else tasks(store, tenant)
        due = (one for one in asked if not only or is_overdue(one, now))
        found = list(islice(due, MOST + 1))
        base = base_of(request)
        entries: list[dict[str, Any]] = [
            {"fullUrl": f"{base}/Task/{one['id']}", "resource": one, "search": {"mode": "match"}}
            for one in found[:MOST]
        ]
        bundle: dict[str, Any] = {"resourceType": "Bundle", "type": "searchset"}
        if len(found) > MOST:  # how many there are nobody has counted
            entries.append({"resource": warnings([_MORE], zh), "search": {"mode": "outcome"}})
        else:
            bundle["total"] = len(entries)
        return {**bundle, **({"entry": entries} if entries else {})}

    answer = await operation.answer(request, pretty, work)
    answer.headers.update(language.headers(zh))
    return answer


INTERACTIONS: tuple[Interaction, ...] = (
    Interaction(
        "", "GET", "/Task/$critical-values", critical_values, "Critical values to be acknowledged",
        definition="urn:qiao:operation:critical-values",
    ),
    Interaction(
        "", "POST", "/Task/{id}/$acknowledge", acknowledge_value, "Take note of a critical value",
        body="resource", definition="urn:qiao:operation:acknowledge",
    ),
)  # fmt: skip
