"""FHIR answers: what an OperationOutcome, a response message or a transaction-response says of entries.

R4 messaging.html (MessageHeader.response), http.html#transaction-response. What a receiver says of single
entries it says in a Parameters: a parameter ``result`` for each, with the parts ``entry`` (number in the
ledger), ``code`` (``ok``, ``repeat``, ``transient-error``, ``fatal-error``), ``receipt``, ``serial`` and
``reason``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from gateway.canonical import Resource
from gateway.canonical.elements import each, first
from gateway.canonical.json import loads
from gateway.feed.document import Document
from gateway.feed.receiver.wire import ACKNOWLEDGED, Reply, State, Verdict, by_status, not_understood
from gateway.validation.source_text import Unreadable
from gateway.validation.xml.reading import from_xml, is_xml

_CODES: dict[str, State] = {
    "ok": "acknowledged",
    "repeat": "acknowledged",
    "transient-error": "again",
    "fatal-error": "refused",
}
_REPEATED = frozenset(("duplicate",))
"""Codes of issues (R4 issue-type) that say: it is there already."""
_PASSING = frozenset(
    ("transient", "lock-error", "no-store", "exception", "timeout", "throttled", "incomplete")
)


def read(reply: Reply) -> Resource | None:
    """Return the resource that was answered, None where it is none."""
    if not reply.whole:
        return None
    try:
        found = from_xml(reply.body) if is_xml(reply.body) else loads(reply.body)
    except (ValueError, RecursionError, Unreadable):
        return None
    return found if isinstance(found, dict) and isinstance(found.get("resourceType"), str) else None


def judged(documents: Sequence[Document], reply: Reply, message: str = "") -> Verdict | list[Verdict]:
    """Return what the answer to a message says.

    Args:
        message: MessageHeader.id that it must answer to, ``""`` for any.
    """
    status = by_status(reply)
    if status is None and not reply.body.strip():
        return Verdict("acknowledged", receipt=reply.headers.get("location", ""))
    answer = read(reply)
    if answer is None:
        return status or not_understood()
    if answer["resourceType"] == "OperationOutcome":
        return _outcome(answer, status)
    header = next(_of(answer, "MessageHeader"), None)
    if header is None or (status is not None and status.state == "again"):
        return status or not_understood("no MessageHeader")
    return _response(documents, answer, header, message)


def _response(
    documents: Sequence[Document], answer: Resource, header: Resource, message: str
) -> Verdict | list[Verdict]:
    said = first(header, "response.identifier", "")
    if message and said != message:
        return not_understood("it answers another message")
    outcome = next(_of(answer, "OperationOutcome"), None)
    receipt = str(header.get("id", ""))
    results = [one for found in _of(answer, "Parameters") for one in each(found, "parameter")]
    if any(one.get("name") == "result" for one in results if isinstance(one, dict)):
        return _results(documents, results, receipt)
    state = _CODES.get(str(first(header, "response.code", "")))
    if state is None:
        return not_understood("no code")
    if state == "acknowledged":
        return Verdict(state, receipt=receipt)
    if outcome is not None and all(one.get("code") in _REPEATED for one in _errors(outcome)):
        return Verdict("acknowledged", receipt=receipt)
    return Verdict(state, reason=_text(outcome) or state, code=str(first(header, "response.code", "")))


def _results(documents: Sequence[Document], results: Sequence[Any], receipt: str) -> list[Verdict]:
    """Return the verdict on each document; what nothing is said of is sent again."""
    known: dict[int, Verdict] = {}
    for one in results:
        parts = {part.get("name"): _value(part) for part in each(one, "part") if isinstance(part, dict)}
        state = _CODES.get(str(parts.get("code", "")))
        if isinstance(parts.get("entry"), int) and state is not None:
            known[parts["entry"]] = Verdict(
                state,
                receipt=str(parts.get("receipt") or receipt),
                serial=str(parts.get("serial") or ""),
                reason=str(parts.get("reason") or ""),
                code=str(parts["code"]),
            )
    missing = Verdict("again", reason="the answer says nothing of it", code="unmentioned")
    return [known.get(document.entry.n, missing) for document in documents]


def transacted(documents: Sequence[Document], reply: Reply) -> Verdict | list[Verdict]:
    """Return what the answer to a transaction says; it is made as a whole or not at all."""
    status = by_status(reply)
    answer = read(reply)
    if answer is not None and answer["resourceType"] == "OperationOutcome":
        return _outcome(answer, status)
    if status is not None:
        return status
    if answer is None or answer.get("type") != "transaction-response":
        return not_understood("no transaction-response")
    if any(not str(one).startswith("2") for one in each(answer, "entry.response.status")):
        return not_understood("an entry without success")
    places = {_place(str(one)): str(one) for one in each(answer, "entry.response.location")}
    return [
        Verdict("acknowledged", receipt=places.get(f"{one.entry.type}/{one.entry.id}", ""))
        for one in documents
    ]


def _outcome(outcome: Resource, status: Verdict | None) -> Verdict:
    errors = list(_errors(outcome))
    if errors and all(one.get("code") in _REPEATED for one in errors):
        return ACKNOWLEDGED
    if status is not None:
        reason = _text(outcome) or status.reason
        return Verdict(status.state, reason=reason, after=status.after, code=status.code)
    if not errors:
        return ACKNOWLEDGED
    state: State = "again" if all(one.get("code") in _PASSING for one in errors) else "refused"
    return Verdict(state, reason=_text(outcome), code=str(errors[0].get("code", "")))


def _errors(outcome: Resource) -> Iterator[dict[str, Any]]:
    for one in each(outcome, "issue"):
        if isinstance(one, dict) and one.get("severity") in ("fatal", "error"):
            yield one


def _text(outcome: Resource | None) -> str:
    """Return what an outcome says in words."""
    if outcome is None:
        return ""
    found = [
        str(first(one, "details.text") or one.get("diagnostics") or one.get("code") or "")
        for one in _errors(outcome)
    ]
    return "; ".join(one for one in found if one)


def _of(bundle: Resource, type_: str) -> Iterator[Resource]:
    for one in each(bundle, "entry.resource"):
        if isinstance(one, dict) and one.get("resourceType") == type_:
            yield one


def _value(part: dict[str, Any]) -> Any:
    return next((value for name, value in part.items() if name.startswith("value")), None)


def _place(location: str) -> str:
    """Return ``"Type/id"`` of a location, absolute or not."""
    parts = location.partition("/_history/")[0].rsplit("/", 2)
    return "/".join(parts[-2:])
