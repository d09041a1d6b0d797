"""Owns the orders of one internet visit: prescriptions, requests, and what a pharmacy hands out of them."""

from __future__ import annotations

from datetime import timedelta

from conformance.simulators.exact import Resource
from conformance.simulators.internet.documents import Visit, moment, today
from conformance.simulators.internet.hospital import HOSPITAL, PHARMACY, PHYSICIAN

DRUGS = (
    ("氨氯地平片 5mg", "每日一次，每次一片，口服", "片"),
    ("缬沙坦胶囊 80mg", "每日一次，每次一粒，口服", "粒"),
    ("美托洛尔片 25mg", "每日两次，每次一片，口服", "片"),
    ("阿托伐他汀片 20mg", "每晚一次，每次一片，口服", "片"),
    ("氢氯噻嗪片 25mg", "每日一次，每次半片，口服", "片"),
)
"""Name, usage and unit; all of them common drugs without any restriction."""


def prescription(visit: Visit, drugs: int = 2, suffix: str = "") -> list[Resource]:
    """Return a prescription as a draft: the group, then its drugs.

    Args:
        suffix: tells several prescriptions of one visit apart.
    """
    name = f"{visit.number}{suffix}"
    first = int(visit.person.resident_id[-4:-1]) if visit.person.resident_id else 0
    lines = [_line(visit, name, at, *DRUGS[(first + at) % len(DRUGS)]) for at in range(drugs)]
    group = {
        "resourceType": "RequestGroup",
        "id": f"g{name}",
        "identifier": [{"system": "urn:oid:2.16.156.10011.1.20", "value": f"CF{name}"}],
        "status": "draft",
        "intent": "order",
        **visit.about(),
        "authoredOn": moment(),
        "author": {"reference": PHYSICIAN},
        "action": [{"resource": {"reference": f"MedicationRequest/{one['id']}"}} for one in lines],
    }
    return [group, *lines]


def _line(visit: Visit, name: str, at: int, drug: str, usage: str, unit: str) -> Resource:
    day = today()
    kind = {"system": "urn:qiao:codes:prescription-type", "code": "western", "display": "西药"}
    return {
        "resourceType": "MedicationRequest",
        "id": f"m{name}-{at + 1}",
        "identifier": [{"system": "urn:oid:2.16.156.10011.1.20", "value": f"CF{name}"}],
        "status": "draft",
        "intent": "order",
        "category": [{"coding": [kind]}],
        "medicationCodeableConcept": {"text": drug},
        **visit.about(),
        "authoredOn": moment(),
        "requester": {"reference": PHYSICIAN},
        "reasonReference": [{"reference": f"Condition/c{visit.number}"}],
        "dosageInstruction": [{"text": usage}],
        "dispenseRequest": {
            "validityPeriod": {"start": f"{day:%Y-%m-%d}", "end": f"{day + timedelta(days=3):%Y-%m-%d}"},
            "quantity": {"value": 7, "unit": unit},
            "expectedSupplyDuration": {
                "value": 7,
                "unit": "d",
                "system": "http://unitsofmeasure.org",
                "code": "d",
            },
        },
    }


def request(visit: Visit, kind: str, text: str) -> Resource:
    """Return a request as a draft.

    Args:
        kind: code of ``urn:qiao:codes:request-kind``.
    """
    name = f"{visit.number}-{kind}"
    away = {"performer": [{"reference": HOSPITAL}]} if kind in ("admission", "transfer", "referral") else {}
    return {
        "resourceType": "ServiceRequest",
        "id": f"s{name}",
        "identifier": [{"system": "urn:oid:2.16.156.10011.1.24", "value": f"SQ{name}"}],
        "status": "draft",
        "intent": "order",
        "category": [{"coding": [{"system": "urn:qiao:codes:request-kind", "code": kind}]}],
        "code": {"text": text},
        **visit.about(),
        "authoredOn": moment(),
        "requester": {"reference": PHYSICIAN},
        "reasonCode": [{"text": "高血压复查"}],
        **away,
    }


def dispenses(visit: Visit, lines: list[Resource]) -> list[Resource]:
    """Return what a pharmacy hands out, each of one line."""
    return [
        {
            "resourceType": "MedicationDispense",
            "status": "completed",
            "medicationCodeableConcept": one["medicationCodeableConcept"],
            "subject": {"reference": visit.patient},
            "performer": [
                {"actor": {"reference": PHARMACY}},
                {"actor": {"reference": "Organization/ih-courier"}},
            ],
            "authorizingPrescription": [{"reference": f"MedicationRequest/{one['id']}"}],
            "quantity": one["dispenseRequest"]["quantity"],
            "whenHandedOver": moment(),
        }
        for one in lines
    ]
