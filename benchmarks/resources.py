"""The resources that validators are timed on: a small Observation and a Patient, each a little different."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any


def observation(number: int) -> bytes:
    """Return a laboratory result: a code, a quantity with a range, who and when."""
    value = f"{3 + number % 30 / 10:.1f}"
    unit = {"unit": "mmol/L", "system": "http://unitsofmeasure.org", "code": "mmol/L"}
    category = "http://terminology.hl7.org/CodeSystem/observation-category"
    resource = {
        "resourceType": "Observation",
        "id": f"result-{number}",
        "status": "final",
        "category": [{"coding": [{"system": category, "code": "laboratory"}]}],
        "code": {"coding": [{"system": "http://loinc.org", "code": "2823-3"}], "text": "钾"},
        "subject": {"reference": f"Patient/p{number}"},
        "effectiveDateTime": f"2026-03-{1 + number % 28:02}T08:{number % 60:02}:00+08:00",
        "valueQuantity": {"value": "VALUE", **unit},
        "referenceRange": [{"low": {"value": 3, **unit}, "high": {"value": 5, **unit}}],
    }
    return json.dumps(resource, ensure_ascii=False).replace('"VALUE"', value).encode()


def patient(number: int) -> bytes:
    """Return a patient with two identifiers, a name, a telephone, an address and a contact."""
    resource: dict[str, Any] = {
        "resourceType": "Patient",
        "id": f"p{number}",
        "identifier": [
            {"use": "official", "system": "urn:oid:2.16.156.10011.1.3", "value": f"9901011990{number:08}"},
            {"use": "usual", "system": "urn:oid:1.2.156.112604.1", "value": f"MR{number}"},
        ],
        "active": True,
        "name": [{"use": "official", "text": "张三", "family": "张", "given": ["三"]}],
        "telecom": [{"system": "phone", "value": f"1390000{number % 10000:04}", "use": "mobile"}],
        "gender": "male" if number % 2 else "female",
        "birthDate": f"19{50 + number % 50}-0{1 + number % 9}-1{number % 10}",
        "address": [{"use": "home", "text": f"测试路{number}号", "city": "测试市", "country": "CN"}],
        "maritalStatus": {
            "coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-MaritalStatus", "code": "M"}]
        },
        "contact": [{"name": {"text": "李四"}, "telecom": [{"system": "phone", "value": "13900000001"}]}],
        "managingOrganization": {"reference": "Organization/o1", "display": "测试医院"},
    }
    return json.dumps(resource, ensure_ascii=False).encode()


RESOURCES: dict[str, Callable[[int], bytes]] = {"Observation": observation, "Patient": patient}
