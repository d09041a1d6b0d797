"""Parameters of the operations of a visit: what they take, and what they answer (docs/visit.md)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from gateway.api import outcome
from gateway.api.operation import Kind
from gateway.canonical.operation_outcome import operation_outcome
from gateway.feed.visit.answer import Answer


@dataclass(slots=True, frozen=True)
class Parameter:
    """One parameter of an operation.

    Attributes:
        name: as in Parameters.
        type: FHIR type, or resource type.
        text: what it says.
        use: of the operation.
        least: how often at least.
        most: how often at most, ``"*"`` for any.
    """

    name: str
    type: str
    text: str
    use: Literal["in", "out"] = "in"
    least: int = 0
    most: str = "1"

    @property
    def kind(self) -> Kind:
        """How its values are read."""
        if self.type == "boolean":
            return "boolean"
        if self.type in ("string", "code"):
            return "text"
        return "objects" if self.most == "*" else "object"


PRACTITIONER = Parameter(
    "practitioner",
    "string",
    "Who acts, where the header X-Qiao-Practitioner does not say: a reference or SYSTEM|VALUE",
)
SIGNATURE = Parameter(
    "signature",
    "Provenance",
    "The signature under the document, as a resource or a reference; absent: the one on file",
)
REASON = Parameter("reason", "string", "Why")
OUT: tuple[Parameter, ...] = (
    Parameter("status", "code", "State of the document or of its Task", "out", 1),
    Parameter("document", "Reference", "The document", "out", 1),
    Parameter("serial", "Identifier", "Its serial", "out"),
    Parameter("task", "Reference", "The Task that goes with it", "out"),
    Parameter("entry", "integer", "Number of its newest entry in the ledger", "out"),
    Parameter("findings", "OperationOutcome", "What the rules remark", "out"),
)
"""What all of them answer."""


def kinds(parameters: tuple[Parameter, ...]) -> Mapping[str, Kind]:
    """Return how the in-parameters of an operation are read."""
    return {one.name: one.kind for one in parameters if one.use == "in"}


def parameters_of(answer: Answer, zh: bool) -> dict[str, Any]:
    """Return an answer as a Parameters resource."""
    made: list[dict[str, Any]] = [
        {"name": "status", "valueCode": answer.status},
        {"name": "document", "valueReference": {"reference": answer.document}},
    ]
    if answer.serial is not None:
        made.append({"name": "serial", "valueIdentifier": answer.serial})
    if answer.task:
        made.append({"name": "task", "valueReference": {"reference": answer.task}})
    if answer.entry:
        made.append({"name": "entry", "valueInteger": answer.entry})
    made += [
        {"name": name, "valueReference": {"reference": one}}
        for name, references in answer.others.items()
        for one in references
    ]
    if answer.findings:
        issues = [outcome.ground(one, "business-rule", zh) for one in answer.findings]
        made.append({"name": "findings", "resource": operation_outcome(issues)})
    return {"resourceType": "Parameters", "parameter": made}
