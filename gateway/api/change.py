"""A change: handed to the writer, and answered once it is committed (R4 http.html#create, #update)."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response

from gateway.api import language, negotiation, outcome, own, subscription
from gateway.api.audit_event import OBSERVER
from gateway.api.context import Context, MethodNotAllowed, base_of, context, tenant_of
from gateway.api.prefer import prefer
from gateway.api.principal import principal_of
from gateway.api.read import noted
from gateway.api.version import location, tags
from gateway.canonical import Resource
from gateway.canonical.json import dumps, loads
from gateway.errors import Rejected, Retry
from gateway.security.caller import caller_of
from gateway.store.model import Change, Result, Transact, Transacted
from gateway.validation import Located


async def make(request: Request, change: Change, size: int = 0) -> Result:
    """Make one change.

    Args:
        size: bytes of its body.

    Raises:
        Rejected: why it was not made.
        Retry: nothing was committed.
    """
    done = await transact(request, [change], size)
    if done.error is not None:
        raise done.error
    return done.results[0]


async def transact(request: Request, changes: list[Change], size: int = 0) -> Transacted:
    """Make changes together or none of them; returns what became of them.

    Raises:
        MethodNotAllowed: this server only reads.
        Retry: nothing was committed.
    """
    write = context(request).write
    if write is None:
        raise MethodNotAllowed("this server only reads", code="not-supported")
    caller, tenant = caller_of(request.scope), tenant_of(request)
    for at, change in enumerate(changes):
        try:
            await own.check(context(request), tenant, change, caller)
            await _check_trail(context(request), tenant, change)
        except Rejected as error:
            return Transacted(error=error, at=at)
        changes[at] = own.claimed(change, caller)
    refused = subscription.guarded(context(request).notifier, changes)
    if refused is not None:
        return refused
    return await write(
        Transact(
            tenant,
            caller.source,
            changes,
            base_of(request),
            size,
            own.view_of(caller),
            caller=principal_of(request),
        )
    )


def answer(request: Request, result: Result, issues: Sequence[Located], pretty: bool) -> Response:
    """Return the answer to a create, update or patch: 201 or 200, and what the client prefers to have."""
    version = result.version
    assert version is not None
    status = 201 if result.status == "created" else 200
    headers = {"Location": location(base_of(request), version), **tags(request, version)}
    wanted = prefer(request).returns
    if wanted == "minimal":
        return Response(status_code=status, headers=headers)
    if wanted == "OperationOutcome":
        zh = language.in_chinese(request)
        told = dumps(outcome.listed(issues, zh, result.remarks))
        return negotiation.answer(told, pretty, status=status, headers=headers | language.headers(zh))
    if not shown(request, request.method, result):
        return Response(status_code=status, headers=headers)
    return negotiation.answer(version.body, pretty, status=status, headers=headers)


def shown(request: Request, method: str, result: Result) -> bool:
    """Tell whether an answer may have the resource: what its client did not write itself is read by it.

    What cannot be noted is left out: the change is committed, and no error may say otherwise.
    """
    version = result.version
    if version is None or method == "PUT" or result.status == "created":
        return True
    try:
        noted(request, version, "read")
    except Retry:
        return False
    return True


async def _check_trail(here: Context, tenant: str, change: Change) -> None:
    """Make sure that the trail of reads stays as it is, whoever asks. Raises :class:`MethodNotAllowed`."""
    if change.type != "AuditEvent" or change.method == "create" or here.trail is None:
        return
    if not here.trail.wants(tenant):
        return
    version = await here.reads.current(tenant, change.type, change.id) if change.id else None
    by_id = change.id and change.condition is None
    if not by_id or (version is not None and not version.deleted and _is_trail(version.body)):
        raise MethodNotAllowed("what was read stays on record as it is", code="not-supported")


def _is_trail(body: bytes) -> bool:
    event: Resource = loads(body)
    return bool(event["source"]["observer"] == OBSERVER)
