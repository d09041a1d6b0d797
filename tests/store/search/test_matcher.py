"""What a filter means, told of one resource: every type of parameter, its modifiers and prefixes."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.errors import Rejected
from gateway.store.search import Criteria

LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"

OBSERVATION: dict[str, Any] = {
    "resourceType": "Observation",
    "id": "o1",
    "meta": {"profile": ["http://example.org/p/lab|2.0"], "tag": [{"system": "urn:t", "code": "A"}]},
    "text": {"status": "generated", "div": "<div>Haemoglobin <b>normal</b></div>"},
    "status": "final",
    "code": {
        "coding": [{"system": LOINC, "code": "718-7", "display": "Hemoglobin mass"}, {"code": "HGB"}],
        "text": "血红蛋白测定",
    },
    "subject": {"reference": "Patient/p1/_history/3", "identifier": {"system": "urn:mrn", "value": "M1"}},
    "effectivePeriod": {"start": "2026-03-05", "end": "2026-03-07"},
    "valueQuantity": {"value": 5.40, "unit": "g/dl", "system": UCUM, "code": "g/dL"},
    "component": [
        {"code": {"coding": [{"code": "sys"}]}, "valueQuantity": {"value": 120}},
        {"code": {"coding": [{"code": "dia"}]}, "valueQuantity": {"value": 80}},
    ],
}
PATIENT: dict[str, Any] = {
    "resourceType": "Patient",
    "id": "p1",
    "active": True,
    "identifier": [
        {
            "system": "urn:mrn",
            "value": "M,1|x$",
            "type": {"coding": [{"system": "urn:v2", "code": "MR"}], "text": "病案号"},
        }
    ],
    "name": [{"family": "Müller", "given": ["José", "Karl"]}, {"text": "张三"}],
    "gender": "male",
    "birthDate": "1990-03",
    "telecom": [{"system": "phone", "value": "13800000000"}],
    "managingOrganization": {"reference": "http://elsewhere.example/fhir/Organization/7"},
}
RISK: dict[str, Any] = {
    "resourceType": "RiskAssessment",
    "id": "r1",
    "prediction": [
        {"probabilityDecimal": 100},
        {"probabilityRange": {"low": {"value": 1}, "high": {"value": 3}}},
    ],
}
QUESTIONNAIRE: dict[str, Any] = {
    "resourceType": "Questionnaire",
    "id": "q1",
    "meta": {"source": "http://his.example.org/lis#7"},
    "url": "http://example.org/fhir/Questionnaire/q1",
    "version": "2",
}
LOCATION: dict[str, Any] = {
    "resourceType": "Location",
    "id": "l1",
    "position": {"latitude": 29.56, "longitude": 106.55},
}


def holds(resource: dict[str, Any], name: str, value: str, **more: Any) -> bool:
    return Criteria(resource["resourceType"], [(name, value)], zone="+08:00", **more).matches(resource)


@pytest.mark.parametrize(
    ("resource", "name", "value", "expected"),
    [
        # token
        (OBSERVATION, "code", "718-7", True),
        (OBSERVATION, "code", "hgb", True),
        (OBSERVATION, "code", f"{LOINC}|718-7", True),
        (OBSERVATION, "code", f"{LOINC}|HGB", False),
        (OBSERVATION, "code", "|HGB", True),
        (OBSERVATION, "code", "|718-7", False),
        (OBSERVATION, "code", f"{LOINC}|", True),
        (OBSERVATION, "code", "urn:x|", False),
        (OBSERVATION, "code", "x,HGB", True),
        (OBSERVATION, "code:not", "HGB", False),
        (OBSERVATION, "code:not", "x", True),
        (OBSERVATION, "code:not", "x,HGB", False),
        (OBSERVATION, "method:not", "x", True),
        (OBSERVATION, "code:text", "hemo", True),
        (OBSERVATION, "code:text", "MASS", True),
        (OBSERVATION, "code:text", "globin", False),
        (OBSERVATION, "code:text", "蛋白", True),
        (OBSERVATION, "code:missing", "false", True),
        (OBSERVATION, "method:missing", "true", True),
        (OBSERVATION, "code-value-quantity:missing", "false", True),
        (OBSERVATION, "code-value-quantity:missing", "true", False),
        (OBSERVATION, "code-value-string:missing", "true", True),
        (OBSERVATION, "status", "http://hl7.org/fhir/observation-status|final", True),
        (OBSERVATION, "_tag", "urn:t|a", True),
        (PATIENT, "active", "true", True),
        (PATIENT, "identifier", r"urn:mrn|M\,1\|x\$", True),
        (PATIENT, "identifier", r"M\,1\|x\$", True),
        (PATIENT, "identifier", "M", False),
        (PATIENT, "identifier:of-type", r"urn:v2|MR|M\,1\|x\$", True),
        (PATIENT, "identifier:of-type", r"urn:v2|SS|M\,1\|x\$", False),
        (PATIENT, "identifier:text", "病案", True),
        (PATIENT, "phone", "13800000000", True),
        (PATIENT, "email", "13800000000", False),
        (PATIENT, "_id", "p1", True),
        (PATIENT, "_id", "p2,p3", False),
        # string
        (PATIENT, "name", "mull", True),
        (PATIENT, "name", "ULLER", False),
        (PATIENT, "name:contains", "ULLER", True),
        (PATIENT, "name:exact", "Müller", True),
        (PATIENT, "name:exact", "müller", False),
        (PATIENT, "given", "jose", True),
        (PATIENT, "family", "jose", False),
        (PATIENT, "name", "张", True),
        (PATIENT, "name", "x,karl", True),
        # date
        (OBSERVATION, "date", "2026-03", True),
        (OBSERVATION, "date", "2026-03-05", False),
        (OBSERVATION, "date", "ge2026-03-07", True),
        (OBSERVATION, "date", "gt2026-03-07", False),
        (OBSERVATION, "date", "sa2026-03-04", True),
        (OBSERVATION, "date", "eb2026-03-07", False),
        (PATIENT, "birthdate", "1990", True),
        (PATIENT, "birthdate", "1990-03-07", False),
        (PATIENT, "birthdate", "ne1990", False),
        (PATIENT, "birthdate", "lt1991,gt2000", True),
        # number: the digits of the value are its precision
        (RISK, "probability", "100", True),
        (RISK, "probability", "100.00", True),
        (RISK, "probability", "1e2", True),
        (RISK, "probability", "99", False),
        (RISK, "probability", "gt99.9", True),
        (RISK, "probability", "gt100", False),
        (RISK, "probability", "ge100", True),
        (RISK, "probability", "ap109", True),
        (RISK, "probability", "ap120", False),
        (RISK, "probability", "sa100", False),
        (RISK, "probability", "eb1", False),
        # quantity
        (OBSERVATION, "value-quantity", "5.4", True),
        (OBSERVATION, "value-quantity", "5.41", False),
        (OBSERVATION, "value-quantity", "ne5.4", False),
        (OBSERVATION, "value-quantity", f"5.4|{UCUM}|g/dL", True),
        (OBSERVATION, "value-quantity", f"5.4|{UCUM}|g/dl", False),
        (OBSERVATION, "value-quantity", "5.4||g/dl", True),
        (OBSERVATION, "value-quantity", "5.4||mg", False),
        (OBSERVATION, "value-quantity", f"le5.4|{UCUM}|g/dL", True),
        # reference
        (OBSERVATION, "subject", "Patient/p1", True),
        (OBSERVATION, "subject", "p1", True),
        (OBSERVATION, "subject:Patient", "p1", True),
        (OBSERVATION, "subject:Group", "p1", False),
        (OBSERVATION, "subject:identifier", "urn:mrn|M1", True),
        (OBSERVATION, "subject:identifier", "M1", True),
        (OBSERVATION, "subject:identifier", "urn:x|M1", False),
        (OBSERVATION, "patient", "p2,p1", True),
        (PATIENT, "organization", "http://elsewhere.example/fhir/Organization/7", True),
        (PATIENT, "organization", "Organization/7", False),
        # uri
        (QUESTIONNAIRE, "url", "http://example.org/fhir/Questionnaire/q1", True),
        (QUESTIONNAIRE, "url", "http://example.org/fhir/Questionnaire/Q1", False),
        (QUESTIONNAIRE, "url:below", "http://example.org/fhir", True),
        (QUESTIONNAIRE, "url:below", "http://example.org/fh", False),
        (QUESTIONNAIRE, "_source", "http://his.example.org/lis#7", True),
        (QUESTIONNAIRE, "_source", "http://his.example.org/lis", False),
        (QUESTIONNAIRE, "_source", "http://his.example.org/lis#", False),
        (QUESTIONNAIRE, "_source:below", "http://his.example.org/lis", True),
        (QUESTIONNAIRE, "_source:below", "http://his.example.org/lis#7", True),
        (QUESTIONNAIRE, "_source:below", "http://his.example.org/lis#8", False),
        (QUESTIONNAIRE, "_source:below", "http://his.example.org", True),
        (QUESTIONNAIRE, "url:above", "http://example.org/fhir/Questionnaire/q1/x", True),
        (OBSERVATION, "_profile", "http://example.org/p/lab", True),
        (OBSERVATION, "_profile", "http://example.org/p/lab|2.0", True),
        (OBSERVATION, "_profile", "http://example.org/p/lab|1.0", False),
        # composite: both parts in one and the same element
        (OBSERVATION, "code-value-quantity", "718-7$5.4", True),
        (OBSERVATION, "code-value-quantity", "718-7$gt5.4", False),
        (OBSERVATION, "component-code-value-quantity", "sys$gt100", True),
        (OBSERVATION, "component-code-value-quantity", "dia$gt100", False),
        # special
        (LOCATION, "near", "29.5|106.5|10|km", True),
        (LOCATION, "near", "29.5|106.5|5000|m", False),
        (LOCATION, "near", "29.5|106.5", True),
        (OBSERVATION, "_text", "normal haemoglobin", True),
        (OBSERVATION, "_text", "718-7", False),
        (OBSERVATION, "_content", "718-7", True),
        (OBSERVATION, "_content", "absent", False),
        (OBSERVATION, "_content", "hemoglob", False),
        (OBSERVATION, "_content", "emoglobin", False),
        (OBSERVATION, "_content", "hemoglobin", True),
        (OBSERVATION, "_content", "红蛋白", True),
        (OBSERVATION, "_text", "haemo", False),
    ],
)
def test_what_a_filter_means(resource: dict[str, Any], name: str, value: str, expected: bool) -> None:
    assert holds(resource, name, value) is expected


@pytest.mark.parametrize(
    ("type_", "name", "value", "code"),
    [
        ("Patient", "foo", "1", "not-supported"),
        ("Patient", "_filter", "name eq x", "not-supported"),
        ("Patient", "_query", "x", "not-supported"),
        ("Patient", "name:text", "x", "not-supported"),
        ("Patient", "gender:exact", "x", "not-supported"),
        ("Patient", "birthdate:not", "2026", "not-supported"),
        ("Patient", "_lastUpdated:not", "2026", "not-supported"),
        ("Patient", "gender:in", "http://x", "not-supported"),
        ("Patient", "gender:below", "http://x|y", "not-supported"),
        ("Patient", "gender:missing", "yes", "value"),
        ("Patient", "_text:missing", "true", "not-supported"),
        ("Patient", "name", "", "value"),
        ("Patient", "name", "a,,b", "value"),
        ("Patient", "gender", "|", "value"),
        ("Patient", "gender", "a|b|c", "value"),
        ("Patient", "identifier:of-type", "a|b", "value"),
        ("Patient", "organization:Patient", "1", "value"),
        ("Patient", "organization", "Patient/1", "value"),
        ("Patient", "birthdate", "xx2026", "value"),
        ("Patient", "birthdate", "2026-02-30", "value"),
        ("RiskAssessment", "probability", "much", "value"),
        ("RiskAssessment", "probability", "1e999999999", "value"),
        ("RiskAssessment", "probability", "gtlt5", "value"),
        ("Observation", "value-quantity", "5|g", "value"),
        ("Observation", "code-value-quantity", "718-7", "value"),
        ("Observation", "code-value-quantity", "718-7$", "value"),
        ("Location", "near", "north", "value"),
        ("Location", "near", "91|0|1", "value"),
        ("Location", "near", "nan|0", "value"),
        ("Observation", "subject.name", "x", "not-supported"),
        ("Patient", "_has:Observation:patient:code", "x", "not-supported"),
        ("Patient", "_list", "1", "not-supported"),
        ("QuestionnaireResponse", "questionnaire", "Questionnaire/1", "not-supported"),
    ],
)
def test_what_criteria_refuse(type_: str, name: str, value: str, code: str) -> None:
    with pytest.raises(Rejected) as raised:
        Criteria(type_, [(name, value)], zone="+08:00")
    assert raised.value.code == code


class Terms:
    """A value set of two codes, and a tree: X above Y."""

    def expand(self, value_set: str) -> frozenset[tuple[str, str]]:
        if value_set != "http://example.org/vs":
            raise Rejected("not known", code="value", where="in")
        return frozenset({(LOINC, "718-7"), (LOINC, "2-2")})

    def below(self, system: str, code: str) -> frozenset[str]:
        return frozenset({"X", "718-7"} if code == "X" else {code})

    def above(self, system: str, code: str) -> frozenset[str]:
        return frozenset({"X", "718-7"} if code == "718-7" else {code})


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("code:in", "http://example.org/vs", True),
        ("code:not-in", "http://example.org/vs", False),
        ("method:in", "http://example.org/vs", False),
        ("code:below", f"{LOINC}|X", True),
        ("code:above", f"{LOINC}|X", False),
        ("code:below", "urn:other|X", False),
        ("code:above", f"{LOINC}|718-7", True),
    ],
)
def test_terminology_is_asked(name: str, value: str, expected: bool) -> None:
    assert holds(OBSERVATION, name, value, terms=Terms()) is expected


def test_a_date_without_a_zone_is_read_in_the_configured_one() -> None:
    encounter = {
        "resourceType": "Encounter",
        "period": {"start": "2026-03-05T23:30:00Z", "end": "2026-03-05T23:40:00Z"},
    }
    for zone, day in (("+08:00", "2026-03-06"), ("Z", "2026-03-05"), ("-05:00", "2026-03-05")):
        assert Criteria("Encounter", [("date", day)], zone=zone).matches(encounter)
    assert not Criteria("Encounter", [("date", "2026-03-05")], zone="+08:00").matches(encounter)


def test_a_malformed_element_is_not_found_and_breaks_nothing() -> None:
    broken = {
        "resourceType": "Patient",
        "name": "x",
        "birthDate": 7,
        "identifier": [None, {"value": 1}],
        "gender": [],
    }
    for name, value in (("name", "x"), ("birthdate", "7"), ("identifier", "1"), ("gender", "x")):
        if name != "birthdate":
            assert not holds(broken, name, value)
    assert not holds(broken, "birthdate", "ge1800")


def test_all_criteria_must_hold_and_the_type_too() -> None:
    criteria = Criteria("Patient", [("gender", "male"), ("name", "zhang"), ("_count", "5")], zone="Z")
    assert not criteria.matches(PATIENT)
    assert Criteria("Patient", [("gender", "male"), ("name", "张")], zone="Z").matches(PATIENT)
    assert not Criteria("Patient", [], zone="Z").matches(OBSERVATION)
