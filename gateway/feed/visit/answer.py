"""Answer: what an operation of the visit tells, before the API makes Parameters of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from gateway.canonical import Resource
from gateway.errors import Ground


@dataclass(slots=True, frozen=True)
class Answer:
    """What became of a document.

    Attributes:
        status: state of the course, or of the Task.
        document: ``"Type/id"``.
        serial: Identifier element with the serial, None where the document has none.
        task: ``"Task/id"`` that goes with it, ``""`` for none.
        entry: number of its newest entry in the ledger, 0 for none.
        findings: what the rules found beside it.
        others: further references by the name of their parameter.
    """

    status: str
    document: str
    serial: Resource | None = None
    task: str = ""
    entry: int = 0
    findings: tuple[Ground, ...] = ()
    others: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
