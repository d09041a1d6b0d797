"""The operations of feedback: $finding, $complaint, $breach; $accept, $answer, $close ... (docs/feedback.md).

Each is one act in one write transaction, and may be repeated. The role says whose side acts: ``regulator``
the regulator's, ``write`` the hospital's, ``operator`` either.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from starlette.requests import Request
from starlette.responses import Response

from gateway.api import body, language, negotiation, operation
from gateway.api.context import MethodNotAllowed, base_of, check_known, context, tenant_of
from gateway.api.evidence import obligations_of
from gateway.api.interaction import Interaction
from gateway.api.operation import Kind
from gateway.api.own import view_of
from gateway.api.visit_parameters import Parameter
from gateway.canonical.json import dumps, loads
from gateway.errors import Rejected
from gateway.feed.feedback import (
    Breach,
    Complaint,
    Finding,
    Outcome,
    Said,
    move,
    open_breach,
    open_complaint,
    open_finding,
    resume,
    stop,
)
from gateway.feed.feedback.deadlines import Duties
from gateway.feed.feedback.grounds import refuse
from gateway.feed.feedback.opening import Severity
from gateway.feed.feedback.received import finding_of
from gateway.feed.feedback.states import Act as Step
from gateway.feed.feedback.states import Party
from gateway.security.caller import Caller, caller_of
from gateway.store import Desk, Transact

Given = Mapping[str, Any]
Act = Callable[[Desk, Duties], Outcome]
Make = Callable[[Given, Party, str, str], Act]
"""(in-parameters, side, client, id) → what is done."""

_DEFINITION = "urn:qiao:operation:"
_KINDS: Mapping[str, Kind] = {"boolean": "boolean", "integer": "integer", "string": "text", "code": "text"}
_PARTIES: Mapping[str, Party] = {"regulator": "regulator", "operator": "operator"}


@dataclass(slots=True, frozen=True)
class Operation:
    """One operation.

    Attributes:
        name: without ``$``.
        level: of the system, or of a Task.
        text: one line.
        parameters: in and out.
        make: makes what is done in the write transaction.
    """

    name: str
    level: Literal["system", "Task"]
    text: str
    parameters: tuple[Parameter, ...]
    make: Make

    @property
    def kinds(self) -> Mapping[str, Kind]:
        """How its in-parameters are read."""
        return {one.name: _kind(one) for one in self.parameters if one.use == "in"}


def _kind(one: Parameter) -> Kind:
    return _KINDS.get(one.type) or ("objects" if one.most == "*" else "object")


def _finding(given: Given, by: Party, client: str, _id: str) -> Act:
    severity: Severity = _one_of("severity", given, get_args(Severity), "moderate")
    said = given.get("finding") or Finding(
        given.get("detail", ""), _number(given), given.get("serial", ""),
        _reference("about", given.get("about")), severity, given.get("code"),
        given.get("due", ""), given.get("evidence", ()), client,
    )  # fmt: skip
    return lambda desk, duties: open_finding(desk, duties, said, by)


def _complaint(given: Given, by: Party, client: str, _id: str) -> Act:
    _hospital(by)
    said = Complaint(given.get("detail", ""), _number(given), _reference("about", given.get("about")), client)
    return lambda desk, duties: open_complaint(desk, duties, said)


def _breach(given: Given, by: Party, client: str, _id: str) -> Act:
    _hospital(by)
    said = Breach(
        given.get("detail", ""), _number(given), given.get("discovered", ""), given.get("persons"),
        given.get("measures", ""), given.get("drill", False), client,
    )  # fmt: skip
    return lambda desk, duties: open_breach(desk, duties, said)


def _stop(given: Given, _by: Party, _client: str, _id: str) -> Act:
    return lambda desk, duties: stop(desk, given.get("reason", ""), duties.organization)


def _resume(given: Given, _by: Party, _client: str, _id: str) -> Act:
    return lambda desk, _duties: resume(desk, given.get("reason", ""))


def _step(step: Step) -> Make:
    def make(given: Given, by: Party, client: str, id_: str) -> Act:
        said = Said(
            by, client, given.get("reason", ""), given.get("text", ""),
            [_evidence(one) for one in given.get("evidence", ())], given.get("owner", ""),
            given.get("due", ""),
        )  # fmt: skip
        return lambda desk, duties: move(desk, duties, id_, step, said)

    return make


_DETAIL = Parameter("detail", "string", "What is the matter", least=1)
_NUMBER = Parameter("number", "Identifier", "The sender's own number; a repeat with it is answered the same")
_ABOUT = Parameter("about", "Reference", "The resource that it is about")
_REASON = Parameter("reason", "string", "Why", least=1)
_DUE = Parameter("due", "string", "dateTime until when it is to be answered; else as the deadlines say")
_EVIDENCE = Parameter(
    "evidence",
    "Reference",
    "What shows it: a Reference, or a DocumentReference as a resource",
    least=1,
    most="*",
)
_OUT = (
    Parameter("status", "code", "Where it stands (urn:qiao:codes:feedback-state)", "out", 1),
    Parameter("task", "Reference", "Its Task; a breach has one for each authority", "out", most="*"),
    Parameter("about", "Reference", "What it is about", "out"),
    Parameter("due", "instant", "When it is due", "out"),
    Parameter("entry", "integer", "Number of its newest entry in the ledger", "out"),
)

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "finding", "system", "The regulator has found something: of a serial, a resource or all",
        (
            _DETAIL, _NUMBER, _ABOUT, Parameter("serial", "string", "Serial of the document it is about"),
            Parameter("severity", "code", "high, moderate (default) or low"),
            Parameter("code", "CodeableConcept", "What kind of finding"), _DUE,
            Parameter("evidence", "Reference", "What the regulator has", most="*"), *_OUT,
        ), _finding,
    ),
    Operation(
        "complaint", "system", "A complaint is to be handled", (_DETAIL, _NUMBER, _ABOUT, *_OUT), _complaint,
    ),
    Operation(
        "breach", "system", "Data got out: report it to every authority that the law names",
        (
            _DETAIL, _NUMBER, Parameter("discovered", "string", "dateTime; now, where it is not said"),
            Parameter("persons", "integer", "How many people it concerns"),
            Parameter("measures", "string", "What was done at once"),
            Parameter("drill", "boolean", "Nothing happened: it is an exercise"), *_OUT,
        ), _breach,
    ),
    Operation("stop-service", "system", "End the service: no new visits (YN-39)", (_REASON, *_OUT), _stop),
    Operation("resume-service", "system", "Let the service go on", (_REASON, *_OUT), _resume),
    Operation(
        "accept", "Task", "The hospital handles it, and says who",
        (Parameter("owner", "string", "Type/id or SYSTEM|VALUE of who handles it"), *_OUT), _step("accept"),
    ),
    Operation(
        "answer", "Task", "The hospital answers, with evidence",
        (Parameter("text", "string", "What was done"), _EVIDENCE, *_OUT), _step("answer"),
    ),
    Operation("return", "Task", "The answer is not enough", (_REASON, _DUE, *_OUT), _step("return")),
    Operation("close", "Task", "It is done with; not without evidence (SC-42)", _OUT, _step("close")),
    Operation("reopen", "Task", "It is not done with after all", (_REASON, _DUE, *_OUT), _step("reopen")),
    Operation("withdraw", "Task", "It was none", (_REASON, *_OUT), _step("withdraw")),
)  # fmt: skip
"""All of them."""


async def call(request: Request, one: Operation, id_: str = "") -> Response:
    """Do an operation, and answer with Parameters once it is committed."""
    if id_:
        check_known("Task", id_)
    tenant, pretty = tenant_of(request), negotiation.check(request)
    given = await _given(request, one)
    caller = caller_of(request.scope)
    act = one.make(given, _PARTIES.get(caller.role, "hospital"), caller.client, id_)
    duties = obligations_of(request).duties(tenant)
    write = context(request).write
    if write is None:
        raise MethodNotAllowed("this server only reads", code="not-supported")
    _check_seen(request, tenant, caller, given)
    done = await write(
        Transact(
            tenant,
            caller.source,
            [],
            base_of(request),
            0,
            view_of(caller),
            act=lambda desk: act(desk, duties),
        )
    )
    if done.error is not None:
        raise done.error
    assert isinstance(done.answer, Outcome)
    zh = language.in_chinese(request)
    return negotiation.answer(dumps(done.answer.parameters()), pretty, headers=language.headers(zh))


async def _given(request: Request, one: Operation) -> Given:
    """Return the in-parameters; a Bundle is what ``$finding`` takes instead."""
    if body.is_empty(request):
        return {}
    text = await body.json_of(request, operation.LONGEST)
    if one.name == "finding" and b'"Bundle"' in text[:4096]:
        return {"finding": finding_of(loads(text), caller_of(request.scope).client)}
    return operation.parameters_in(text, one.kinds)


def _check_seen(request: Request, tenant: str, caller: Caller, given: Given) -> None:
    """Let a regulator ask about what he may see alone. Raises ``Rejected`` (``not-found``)."""
    said = given.get("finding")
    about = said.about if isinstance(said, Finding) else _reference("about", given.get("about"))
    type_, _, id_ = about.partition("/")
    if (
        about
        and caller.sees != "all"
        and not context(request).store.supervised_business.has(tenant, type_, id_)
    ):
        raise Rejected("what it is about is not here", code="not-found", where="about")


def _hospital(by: Party) -> None:
    if by == "regulator":
        raise refuse("feedback-party", also="the hospital reports it", also_zh="应由医疗机构办理")


def _number(given: Given) -> tuple[str, str]:
    said = given.get("number") or {}
    system, value = said.get("system", ""), said.get("value", "")
    if not isinstance(system, str) or not isinstance(value, str) or len(value) > 256:
        raise Rejected("it must be an Identifier", code="value", where="number")
    return system, value


def _reference(name: str, said: object) -> str:
    if said is None:
        return ""
    found = said.get("reference") if isinstance(said, dict) else None
    if not isinstance(found, str) or found.count("/") != 1:
        raise Rejected("it must be a Reference to a resource of this server", code="value", where=name)
    return found


def _evidence(said: Mapping[str, Any]) -> Any:
    return dict(said) if "resourceType" in said else _reference("evidence", said)


def _one_of(name: str, given: Given, values: tuple[Any, ...], default: str) -> Any:
    found = given.get(name, default)
    if found not in values:
        raise Rejected(f"is one of {', '.join(values)}", code="value", where=name)
    return found


def _handler(one: Operation) -> Callable[..., Awaitable[Response]]:
    if one.level == "system":

        async def of_system(request: Request) -> Response:
            return await call(request, one)

        return of_system

    async def of_task(request: Request, id: str) -> Response:
        return await call(request, one, id)

    return of_task


INTERACTIONS: tuple[Interaction, ...] = tuple(
    Interaction(
        "",
        "POST",
        f"/${one.name}" if one.level == "system" else f"/Task/{{id}}/${one.name}",
        _handler(one),
        one.text,
        body="resource",
        definition=_DEFINITION + one.name,
    )
    for one in OPERATIONS
)
