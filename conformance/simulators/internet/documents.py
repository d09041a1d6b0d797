"""Owns the documents of one internet visit, all of them right; :mod:`attempts` makes some of them wrong."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from conformance.simulators.exact import Resource
from conformance.simulators.internet.hospital import CARDIOLOGY, ORGANIZATION, PHYSICIAN
from conformance.simulators.people import Person

CATEGORY_1 = ("I10.x00", "高血压")
"""The earlier diagnosis; those of today's visits are of the same ICD-10 category."""
_ICD = "urn:oid:2.16.156.10011.2.3.3.11"
_PARTICIPATION = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"


def moment(seconds: float = 0) -> str:
    """Return the moment some seconds from now, to the second, in UTC."""
    return (datetime.now(UTC) + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def today() -> datetime:
    """Return now, where the hospital is."""
    return datetime.now(UTC) + timedelta(hours=8)


@dataclass(slots=True, frozen=True)
class Visit:
    """The names of one visit.

    Attributes:
        number: unique among the visits of this hospital, letters and digits; ids and numbers are made of it.
    """

    number: str
    person: Person

    @property
    def patient(self) -> str:
        """``"Patient/id"``."""
        return f"Patient/p{self.number}"

    @property
    def encounter(self) -> str:
        """``"Encounter/id"``."""
        return f"Encounter/v{self.number}"

    def about(self) -> Resource:
        """Return what every document of the visit says: whose it is, and of which visit."""
        return {"subject": {"reference": self.patient}, "encounter": {"reference": self.encounter}}


def with_(body: Resource, **changes: Any) -> Resource:
    """Return a resource with some elements said otherwise; None takes one away."""
    made = {**copy.deepcopy(body), **changes}
    return {name: value for name, value in made.items() if value is not None}


def registration(visit: Visit) -> list[Resource]:
    """Return the patient, the paper of the earlier diagnosis, and the text of the consent."""
    person = visit.person
    patient = {
        "resourceType": "Patient",
        "id": f"p{visit.number}",
        "active": True,
        "identifier": [{"system": "urn:oid:2.16.156.10011.1.3", "value": person.resident_id}],
        "name": [{"text": person.name, "family": person.family, "given": [person.given]}],
        "telecom": [{"system": "phone", "value": person.phone}],
        "gender": "male" if person.sex == "M" else "female",
        "birthDate": person.birth.isoformat(),
    }
    return [patient, _paper(visit, "d", "门诊病历.pdf"), _paper(visit, "z", "知情同意书.pdf")]


def _paper(visit: Visit, letter: str, title: str) -> Resource:
    return {
        "resourceType": "DocumentReference",
        "id": f"{letter}{visit.number}",
        "status": "current",
        "subject": {"reference": visit.patient},
        "content": [{"attachment": {"contentType": "application/pdf", "title": title}}],
    }


def consent(visit: Visit) -> Resource:
    """Return the patient's consent."""
    covers = ("institution", "physician", "rules", "fees", "risks")
    told = {
        "url": "urn:qiao:extension:consent-covers",
        "extension": [{"url": one, "valueBoolean": True} for one in covers],
    }
    scope = {"system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": "treatment"}
    return {
        "resourceType": "Consent",
        "id": f"z{visit.number}",
        "extension": [told],
        "identifier": [{"system": "urn:oid:2.16.156.10011.1.34", "value": f"ZQ{visit.number}"}],
        "status": "active",
        "scope": {"coding": [scope]},
        "category": [{"coding": [{"system": "http://loinc.org", "code": "59284-0"}]}],
        "patient": {"reference": visit.patient},
        "dateTime": moment(-600),
        "performer": [{"reference": visit.patient}],
        "organization": [{"reference": ORGANIZATION}],
        "sourceReference": {"reference": f"DocumentReference/z{visit.number}"},
        "policy": [{"uri": "urn:qiao:policy:informed-consent"}],
    }


def encounter(visit: Visit) -> Resource:
    """Return the visit: a revisit that goes on."""
    earlier = [
        {"url": "institution", "valueString": "渡桥市人民医院"},
        {"url": "date", "valueDate": f"{today() - timedelta(days=90):%Y-%m-%d}"},
        {"url": "diagnosis", "valueCodeableConcept": _diagnosis(*CATEGORY_1)},
        {"url": "evidence", "valueReference": {"reference": f"DocumentReference/d{visit.number}"}},
    ]
    attending = {
        "type": [{"coding": [{"system": _PARTICIPATION, "code": "ATND"}]}],
        "individual": {"reference": PHYSICIAN},
    }
    service = {"system": "urn:qiao:codes:internet-service", "code": "revisit", "display": "复诊"}
    subject = {"system": "urn:qiao:codes:clinical-subjects", "code": CARDIOLOGY[0], "display": CARDIOLOGY[1]}
    return {
        "resourceType": "Encounter",
        "id": f"v{visit.number}",
        "extension": [{"url": "urn:qiao:extension:earlier-diagnosis", "extension": earlier}],
        "identifier": [{"system": "urn:oid:2.16.156.10011.1.11", "value": f"HL{visit.number}"}],
        "status": "in-progress",
        "class": {
            "system": "http://terminology.hl7.org/CodeSystem/v3-ActCode",
            "code": "VR",
            "display": "virtual",
        },
        "type": [{"coding": [service]}],
        "serviceType": {"coding": [subject]},
        "subject": {"reference": visit.patient},
        "participant": [attending],
        "period": {"start": moment(-60)},
        "serviceProvider": {"reference": ORGANIZATION},
    }


def _diagnosis(code: str, text: str) -> Resource:
    return {"coding": [{"system": _ICD, "code": code}], "text": text}


def diagnosis(visit: Visit, code: str = "I10.x02", text: str = "原发性高血压") -> list[Resource]:
    """Return today's diagnosis, that the papers were read, and that they talked."""
    read = {
        "resourceType": "AuditEvent",
        "id": f"a{visit.number}",
        "type": {"system": "http://terminology.hl7.org/CodeSystem/audit-event-type", "code": "rest"},
        "action": "R",
        "recorded": moment(),
        "agent": [{"who": {"reference": PHYSICIAN}, "requestor": True}],
        "source": {"observer": {"reference": ORGANIZATION}},
        "entity": [{"what": {"reference": f"DocumentReference/d{visit.number}"}}],
    }
    talk = {
        "resourceType": "Communication",
        "id": f"t{visit.number}",
        "status": "completed",
        **visit.about(),
        "sent": moment(),
        "payload": [{"contentString": "最近血压多少？有没有不舒服？"}],
    }
    condition = {
        "resourceType": "Condition",
        "id": f"c{visit.number}",
        "clinicalStatus": {
            "coding": [
                {"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "active"}
            ]
        },
        "code": _diagnosis(code, text),
        **visit.about(),
    }
    return [condition, read, talk]


def record(visit: Visit) -> Resource:
    """Return the record of the visit, not signed yet."""
    complaint = '<div xmlns="http://www.w3.org/1999/xhtml">血压控制平稳，要求续方</div>'
    return {
        "resourceType": "Composition",
        "id": f"r{visit.number}",
        "identifier": {"system": "urn:oid:2.16.156.10011.1.1", "value": f"BL{visit.number}"},
        "status": "preliminary",
        "type": {"coding": [{"system": "http://loinc.org", "code": "34133-9"}], "text": "互联网诊疗病历"},
        **visit.about(),
        "date": moment(),
        "author": [{"reference": PHYSICIAN}],
        "title": "互联网诊疗病历",
        "custodian": {"reference": ORGANIZATION},
        "section": [
            {
                "title": "主诉",
                "code": {"coding": [{"system": "http://loinc.org", "code": "10154-3"}]},
                "text": {"status": "generated", "div": complaint},
            },
            {
                "title": "诊断",
                "code": {"coding": [{"system": "http://loinc.org", "code": "29548-5"}]},
                "entry": [{"reference": f"Condition/c{visit.number}"}],
            },
        ],
    }
