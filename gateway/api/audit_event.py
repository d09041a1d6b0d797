"""AuditEvent: who read what of one patient, as a resource (R4 auditevent.html; IHE BALP, Read and Query)."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from gateway.canonical import Resource
from gateway.feed.subscription.owner import SYSTEM
from gateway.store.clock import instant

ENTITIES = 200
"""Resources, and queries, that one AuditEvent names; more make another one."""
OBSERVER = {"display": "qiao"}
"""``source.observer``: who wrote the event."""
_TYPES = "http://terminology.hl7.org/CodeSystem/audit-event-type"
_INTERACTIONS = "http://hl7.org/fhir/restful-interaction"
_ROLES = "http://terminology.hl7.org/CodeSystem/object-role"


class Reader(NamedTuple):
    """Who read, and how.

    Attributes:
        tenant: whose resources.
        client: its name in ``clients.toml``.
        person: ``"Practitioner/id"`` or ``"SYSTEM|VALUE"``; ``""`` where nobody says.
        code: R4 ``restful-interaction`` code.
    """

    tenant: str
    client: str
    person: str
    code: str


def audit_events(
    reader: Reader, patient: str, names: Sequence[str], queries: Sequence[str], span: tuple[int, int]
) -> Iterator[Resource]:
    """Yield what says that somebody read these resources of a patient, and by which queries.

    Args:
        patient: ``"Patient/id"``, ``""`` where it is not known whose they are.
        names: ``"Type/id"``, the patient's own among them where it was read.
        queries: as they came, without the base.
        span: when the first and the last of them was read, microseconds since 1970.
    """
    others = [one for one in names if one != patient]
    for at in range(0, max(1, len(others), len(queries)), ENTITIES):
        asked = queries[at : at + ENTITIES] or queries[:1]
        yield _event(reader, patient, others[at : at + ENTITIES], asked, span)


def _event(
    reader: Reader, patient: str, names: Sequence[str], queries: Sequence[str], span: tuple[int, int]
) -> Resource:
    asked = bool(queries)
    return {
        "resourceType": "AuditEvent",
        "type": {"system": _TYPES, "code": "rest", "display": "RESTful Operation"},
        "subtype": [{"system": _INTERACTIONS, "code": reader.code}],
        "action": "E" if asked else "R",
        "period": {"start": instant(span[0]), "end": instant(span[1])},
        "recorded": instant(span[1]),
        "outcome": "0",
        "agent": [_agent(reader)],
        "source": {"observer": OBSERVER},
        "entity": [
            *([_entity(patient, "1", "Patient")] if patient else ()),
            *(_entity(name, "4", "Domain Resource") for name in names),
            *(_query(one) for one in queries),
        ],
    }


def _agent(reader: Reader) -> Resource:
    who: Resource = {"identifier": {"system": SYSTEM, "value": reader.client}}
    if "|" in reader.person:
        system, _, value = reader.person.partition("|")
        who = {"identifier": {"system": system, "value": value}}
    elif reader.person:
        who = {"reference": reader.person}
    return {"who": who, "altId": reader.client, "requestor": True}


def _entity(name: str, code: str, display: str) -> Resource:
    return {
        "what": {"reference": name},
        "role": {"system": _ROLES, "code": code, "display": display},
    }


def _query(text: str) -> Resource:
    role = {"system": _ROLES, "code": "24", "display": "Query"}
    return {"role": role, "query": base64.b64encode(text.encode()).decode()}
