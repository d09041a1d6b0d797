"""Operations of an internet visit: $submit, $review, $cancel, $terminate, $redeem, $refer, $assign-serial.

Each is one act in one write transaction, and may be repeated (docs/visit.md, ``gateway.feed.visit``).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, get_args

from starlette.requests import Request
from starlette.responses import Response

from gateway.api import language, negotiation, operation, resource, visit_signatures
from gateway.api.context import MethodNotAllowed, base_of, check_known, context, tenant_of
from gateway.api.interaction import Interaction
from gateway.api.own import view_of
from gateway.api.principal import principal_of
from gateway.api.visit_parameters import (
    OUT,
    PRACTITIONER,
    REASON,
    SIGNATURE,
    Parameter,
    kinds,
    parameters_of,
)
from gateway.canonical import Resource
from gateway.canonical.actor import Principal
from gateway.canonical.json import dumps
from gateway.errors import Rejected
from gateway.feed.visit import refer as referral
from gateway.feed.visit import review as reviewing
from gateway.feed.visit.answer import Answer
from gateway.feed.visit.assign import assign
from gateway.feed.visit.cancel import cancel
from gateway.feed.visit.hospital import Hospitals
from gateway.feed.visit.redeem import redeem
from gateway.feed.visit.submit import submit
from gateway.feed.visit.terminate import terminate
from gateway.security.caller import caller_of
from gateway.store import Desk, Transact

Given = Mapping[str, Any]
Act = Callable[[Desk, Hospitals, Principal], Answer]

DEFINITION = "urn:qiao:operation:"
"""What the canonical URLs of own operations begin with."""


@dataclass(slots=True, frozen=True)
class Operation:
    """One operation of a visit.

    Attributes:
        name: without ``$``.
        types: resource types that have it, on the level of an instance.
        text: one line.
        parameters: in and out.
        act: makes what is done in the write transaction of the address and the in-parameters.
    """

    name: str
    types: tuple[str, ...]
    text: str
    parameters: tuple[Parameter, ...]
    act: Callable[[str, str, Given], Act]

    @property
    def url(self) -> str:
        """Canonical URL of its definition."""
        return DEFINITION + self.name


def _submit(type_: str, id_: str, given: Given) -> Act:
    signature = _signature(given)
    return lambda desk, hospitals, principal: submit(desk, hospitals, type_, id_, principal, signature)


def _review(_type: str, id_: str, given: Given) -> Act:
    verdict = _one_of("decision", given, get_args(reviewing.Verdict))
    return lambda desk, hospitals, principal: reviewing.review(
        desk, hospitals, id_, principal, verdict,
        reason=given.get("reason", ""), signature=_signature(given), confirm=given.get("confirm", False),
    )  # fmt: skip


def _cancel(type_: str, id_: str, given: Given) -> Act:
    return lambda desk, hospitals, principal: cancel(
        desk, hospitals, type_, id_, principal, given.get("reason", "")
    )


def _terminate(_type: str, id_: str, given: Given) -> Act:
    return lambda desk, hospitals, principal: terminate(
        desk, hospitals, id_, principal, given.get("reason", "")
    )


def _redeem(_type: str, id_: str, given: Given) -> Act:
    pharmacy = _reference("pharmacy", given.get("pharmacy"))
    return lambda desk, hospitals, principal: redeem(
        desk, hospitals, id_, principal, pharmacy, given.get("number", ""), given.get("dispense", ())
    )


def _refer(_type: str, id_: str, given: Given) -> Act:
    step = _one_of("decision", {"decision": "request", **given}, get_args(referral.Step))
    return lambda desk, hospitals, principal: referral.refer(
        desk, hospitals, id_, principal, step, given.get("reason", "")
    )


def _assign(type_: str, id_: str, given: Given) -> Act:
    if not given.get("serial"):
        raise Rejected("say the serial", code="value", where="serial")
    return lambda desk, hospitals, principal: assign(
        desk, hospitals, type_, id_, principal, given["serial"], given.get("platform", "")
    )


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "submit", ("RequestGroup", "ServiceRequest", "Composition"),
        "Submit a draft to the rules; a prescription then goes to the pharmacist, the rest takes effect",
        (SIGNATURE, PRACTITIONER, *OUT), _submit,
    ),
    Operation(
        "review", ("Task",), "End a pharmacist's review: the prescription takes effect or is rejected",
        (
            Parameter("decision", "code", "approved or rejected", least=1), REASON, SIGNATURE, PRACTITIONER,
            Parameter("confirm", "boolean", "The pharmacist has looked at why it is held"), *OUT,
        ), _review,
    ),
    Operation(
        "cancel", ("RequestGroup", "ServiceRequest"), "Take back what was submitted; serial and entries stay",
        (Parameter("reason", "string", "Why", least=1), PRACTITIONER, *OUT), _cancel,
    ),
    Operation(
        "terminate", ("Encounter",), "End a visit at once: the patient must go to a hospital",
        (
            Parameter("reason", "string", "Why", least=1), PRACTITIONER, *OUT,
            Parameter("notice", "Reference", "The Communication to the patient", "out", 1),
        ), _terminate,
    ),
    Operation(
        "redeem", ("RequestGroup",), "Use a prescription at a pharmacy, once",
        (
            Parameter("pharmacy", "Reference", "Organization that dispenses", least=1),
            Parameter("number", "string", "The pharmacy's own number; a repeat with it is answered the same"),
            Parameter("dispense", "MedicationDispense", "What is handed out, each of one line", most="*"),
            PRACTITIONER, *OUT,
            Parameter("dispense", "Reference", "The dispenses", "out", most="*"),
        ), _redeem,
    ),
    Operation(
        "refer", ("ServiceRequest",), "Offer, accept, decline or complete a referral, transfer or admission",
        (
            Parameter("decision", "code", "request (default), accept, decline or complete"),
            REASON, PRACTITIONER, *OUT,
        ), _refer,
    ),
    Operation(
        "assign-serial", ("RequestGroup", "ServiceRequest"), "Write down the serial that a platform gave",
        (
            Parameter("serial", "string", "The serial", least=1),
            Parameter("platform", "string", "Name of the platform"), *OUT,
        ), _assign,
    ),
)  # fmt: skip
"""All of them."""


async def call(request: Request, operation_: Operation, type_: str, id_: str) -> Response:
    """Do an operation, and answer with Parameters once it is committed."""
    check_known(type_, id_)
    tenant = tenant_of(request)
    pretty = negotiation.check(request)
    known = kinds(operation_.parameters)
    given = await operation.parameters_of(request, known)
    principal = principal_of(request, given.get("practitioner", ""))
    act = operation_.act(type_, id_, given)
    await _examined(request, given)
    if SIGNATURE in operation_.parameters:
        await visit_signatures.prepare(request, tenant, type_, id_, given)
    here = context(request)
    visits, write = here.visits, here.write
    if visits is None or write is None:
        raise MethodNotAllowed("this server only reads", code="not-supported")
    caller = caller_of(request.scope)

    def work(desk: Desk) -> Answer:
        return act(desk, visits.hospitals, principal)

    done = await write(
        Transact(tenant, caller.source, [], base_of(request), 0, view_of(caller), act=work, caller=principal)
    )
    if done.error is not None:
        raise done.error
    assert isinstance(done.answer, Answer)
    zh = language.in_chinese(request)
    return negotiation.answer(dumps(parameters_of(done.answer, zh)), pretty, headers=language.headers(zh))


async def _examined(request: Request, given: Given) -> None:
    """Check resources that come as parameters like those that are written. Raises ``Unfit``."""
    here = context(request)
    for one in (given.get("signature"), *given.get("dispense", ())):
        if isinstance(one, dict) and "resourceType" in one:
            data = dumps(one)
            found = await asyncio.get_running_loop().run_in_executor(
                here.checker(len(data)), resource.read, here, data
            )
            resource.fit(here, found.issues)


def _signature(given: Given) -> Resource | str | None:
    said = given.get("signature")
    if said is None:
        return None
    if said.get("resourceType") == "Provenance":
        return dict(said)
    return _reference("signature", said)


def _reference(name: str, said: Any) -> str:
    reference = said.get("reference") if isinstance(said, dict) else None
    if not isinstance(reference, str) or reference.count("/") != 1:
        raise Rejected("it must be a Reference to a resource of this server", code="value", where=name)
    return reference


def _one_of(name: str, given: Given, values: tuple[Any, ...]) -> Any:
    if given.get(name) not in values:
        raise Rejected(f"is one of {', '.join(values)}", code="value", where=name)
    return given[name]


def _handler(one: Operation, type_: str) -> Callable[..., Awaitable[Response]]:
    async def handle(request: Request, id: str) -> Response:
        return await call(request, one, type_, id)

    handle.__doc__ = one.text
    return handle


INTERACTIONS: tuple[Interaction, ...] = tuple(
    Interaction(
        "",
        "POST",
        f"/{type_}/{{id}}/${one.name}",
        _handler(one, type_),
        one.text,
        body="resource",
        definition=one.url,
    )
    for one in OPERATIONS
    for type_ in one.types
)
