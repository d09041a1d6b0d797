"""$readiness: what an internet hospital or a physician on file lacks by the rules (docs/policy.md)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence

from starlette.requests import Request
from starlette.responses import Response

from gateway.api import language, negotiation, outcome
from gateway.api.context import MethodNotAllowed, NotFound, base_of, check_known, context, tenant_of
from gateway.api.interaction import Interaction
from gateway.api.own import view_of
from gateway.canonical.json import dumps
from gateway.feed.visit.grounds import grounds_of
from gateway.feed.visit.hospital import Hospitals
from gateway.policy import Event, Finding
from gateway.security.caller import caller_of
from gateway.store import Desk, Transact

DEFINITION = "urn:qiao:operation:readiness"
_EVENTS: Mapping[str, Sequence[Event]] = {
    "Organization": ("organization", "readiness"),
    "Practitioner": ("practitioner",),
}
_TEXT = "What an internet hospital or a physician on file lacks by the rules"


async def readiness(request: Request, type_: str, id_: str) -> Response:
    """Answer with an OperationOutcome: an issue for each rule that applies; all is well where none does."""
    check_known(type_, id_)
    tenant = tenant_of(request)
    pretty = negotiation.check(request)
    here = context(request)
    visits, write = here.visits, here.write
    if visits is None or write is None:
        raise MethodNotAllowed("this server only reads", code="not-supported")
    caller, hospitals = caller_of(request.scope), visits.hospitals

    def ask(desk: Desk) -> list[Finding]:
        return asked(desk, hospitals, type_, id_)

    done = await write(Transact(tenant, caller.source, [], base_of(request), 0, view_of(caller), act=ask))
    if done.error is not None:
        raise done.error
    assert isinstance(done.answer, list)
    zh = language.in_chinese(request)
    told = [outcome.ground(one, "business-rule", zh) for one in grounds_of(done.answer)]
    whole = {"resourceType": "OperationOutcome", "issue": told} if told else outcome.listed((), zh)
    return negotiation.answer(dumps(whole), pretty, headers=language.headers(zh))


def asked(desk: Desk, hospitals: Hospitals, type_: str, id_: str) -> list[Finding]:
    """Return what the rules find, each once; nothing is written.

    Raises:
        NotFound: there is no such resource, or no rules hold in this tenant.
    """
    resource, hospital = desk.read(type_, id_), hospitals.of(desk.tenant)
    if resource is None or hospital is None:
        raise NotFound("there is no such resource", code="not-found")
    found: dict[str, Finding] = {}
    for event in _EVENTS[type_]:
        for one in hospital.decide(desk, event, [resource], None).findings:
            found.setdefault(one.rule, one)
    return list(found.values())


def _handler(type_: str) -> Callable[..., Awaitable[Response]]:
    async def handle(request: Request, id: str) -> Response:
        return await readiness(request, type_, id)

    handle.__doc__ = _TEXT
    return handle


INTERACTIONS: tuple[Interaction, ...] = tuple(
    Interaction("", "GET", f"/{type_}/{{id}}/$readiness", _handler(type_), _TEXT, definition=DEFINITION)
    for type_ in _EVENTS
)
