"""Looks at the target before the first check: does it answer, as what, which FHIR, which clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from conformance.harness.answer import Answer
from conformance.harness.client import Client, Scribe
from conformance.harness.paths import each
from conformance.harness.session import Session
from conformance.harness.target import Identity
from conformance.harness.verdict import Ended, Unanswered
from conformance.harness.words import Words

CLOCK = 5.0
"""Seconds by which clocks may differ before the report says so; a header tells whole seconds."""


@dataclass(slots=True, frozen=True)
class Probed:
    """What the target says of itself.

    Attributes:
        trouble: why it cannot be tested at all; None where it can.
        remark: what a reader should know: it answers HTML, its clock is off.
        capabilities: what follows from its CapabilityStatement.
        offset: seconds that its clock is ahead of ours.
    """

    software: str = ""
    version: str = ""
    fhir_version: str = ""
    offset: float = 0.0
    capabilities: frozenset[str] = frozenset()
    trouble: Words | None = None
    remarks: tuple[Words, ...] = ()


def probe(session: Session) -> Probed:
    """Ask for the CapabilityStatement (R4 http §3.1.0.7); whatever comes, say what it is."""
    try:
        answer = _client(session).get("metadata")
    except Ended as error:  # it does not answer, or lets the operator not log in
        return Probed(trouble=error.reason)
    body = answer.body
    if answer.kind != "CapabilityStatement":
        what = answer.type or f"HTTP {answer.status}"
        remark = Words(
            f"/metadata 未返回 CapabilityStatement（{what}）",
            f"/metadata gives no CapabilityStatement ({what})",
        )
        return Probed(offset=_offset(answer), remarks=(remark, *_late(_offset(answer))))
    software = body.get("software") if isinstance(body.get("software"), dict) else {}
    assert isinstance(software, dict)
    return Probed(
        str(software.get("name") or ""),
        str(software.get("version") or ""),
        str(body.get("fhirVersion") or ""),
        _offset(answer),
        frozenset(_offered(body)),
        None,
        _late(_offset(answer)),
    )


def alive(session: Session) -> bool:
    """Tell whether the target answers anything at all."""
    try:
        return _client(session).get("metadata").status > 0
    except Unanswered:
        return False
    except Ended:  # a login was refused: it answers
        return True


def _client(session: Session) -> Client:
    identity = session.target.identities.get("operator", Identity("operator"))
    return Client(session.line, identity, Scribe("probe"))


def _offered(statement: dict[str, Any]) -> list[str]:
    """Return ``operations.NAME`` for every operation, of the system or of a type."""
    names = [*each(statement, "rest.operation.name"), *each(statement, "rest.resource.operation.name")]
    return [f"operations.{str(one).lstrip('$')}" for one in names]


def _offset(answer: Answer) -> float:
    try:
        theirs = parsedate_to_datetime(answer.headers.get("date", ""))
    except (TypeError, ValueError):
        return 0.0
    seconds = (theirs - datetime.now(UTC)).total_seconds() if theirs.tzinfo else 0.0
    return 0.0 if abs(seconds) < CLOCK else round(seconds)


def _late(offset: float) -> tuple[Words, ...]:
    if not offset:
        return ()
    return (
        Words(
            f"目标时钟与本机相差 {offset:+.0f} 秒", f"the target's clock differs from ours by {offset:+.0f} s"
        ),
    )
