"""Owns what the internet hospital has on file before the first visit; everybody is fictional."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from conformance.simulators.exact import Resource
from conformance.simulators.people import resident_id

ORGANIZATION, HOSPITAL, PHARMACY = "Organization/iho", "Organization/ih-hospital", "Organization/ih-pharmacy"
PHYSICIAN, PHARMACIST, EXPIRED = "Practitioner/iw1", "Practitioner/iy1", "Practitioner/iw2"
PAEDIATRICIAN, DEVICE = "Practitioner/iw3", "Device/i-assistant"
PATIENT = "Patient/i-patient"
NAME, INSTITUTION, CREDIT = "渡桥市人民医院互联网医院", "990101001", "12990101MA0000017Q"
CARDIOLOGY, CHILDREN = ("03.04", "心血管内科专业"), ("07", "儿科")
_OFFERED = (CARDIOLOGY, CHILDREN, ("03", "内科"))
_PRESENT, _PAST = "2016-07-01", "2012-07-01"
_SUBJECTS = "urn:qiao:codes:clinical-subjects"
_ROLES = "http://terminology.hl7.org/CodeSystem/practitioner-role"


def on_file(today: date) -> list[Resource]:
    """Return the institution, its people, their registrations and its evidence, as of a day."""
    return [
        *_organizations(),
        *_physician("iw1", "温如玉", "110990101000017", "内科专业", "03", today + timedelta(days=900), today),
        *_physician("iw2", "纪云舟", "110990101000041", "内科专业", "03", today - timedelta(days=30), today),
        *_physician("iw3", "叶青禾", "110990101000033", "儿科专业", "07", today + timedelta(days=900), today),
        *_pharmacist(today),
        *_evidence(today),
        _patient(),
        {"resourceType": "Device", "id": "i-assistant", "status": "active",
         "deviceName": [{"name": "智能问诊助手", "type": "user-friendly-name"}]},
    ]  # fmt: skip


def _patient() -> Resource:
    """Return who has an account at the portal of the hospital."""
    born = date(1981, 9, 23)
    return {
        "resourceType": "Patient",
        "id": PATIENT.partition("/")[2],
        "active": True,
        "identifier": [{"system": "urn:oid:2.16.156.10011.1.3", "value": resident_id("990101", born, 728)}],
        "name": [{"text": "苏晚晴"}],
        "gender": "female",
        "birthDate": born.isoformat(),
    }


def _organizations() -> list[Resource]:
    prov = {"system": "http://terminology.hl7.org/CodeSystem/organization-type", "code": "prov"}
    level = {"url": "urn:qiao:extension:hospital-level", "valueCode": "3"}
    provider = {"type": [{"coding": [prov]}], "extension": [level]}
    phone = {"system": "phone", "value": "10000010000"}
    internet = _organization(
        "iho",
        NAME,
        **provider,
        identifier=[
            {"system": "urn:oid:2.16.156.10011.1.5", "value": INSTITUTION},
            {"system": "urn:qiao:id:unified-social-credit-code", "value": CREDIT},
        ],
        partOf={"reference": HOSPITAL},
        contact=[{"name": {"text": "互联网医院管理办公室"}, "telecom": [phone]}],
    )
    parts = (("quality", "医疗质量管理部"), ("it", "信息技术服务与管理部"), ("pharmacy", "药学服务部"))
    own = {"reference": ORGANIZATION}
    return [
        _organization(
            "ih-hospital",
            "渡桥市人民医院",
            **provider,
            identifier=[{"system": "urn:oid:2.16.156.10011.1.5", "value": "990101000"}],
            address=[{"state": "重庆市"}],
        ),
        internet,
        *(_organization(f"ih-{id_}", name, partOf=own) for id_, name in parts),
        _organization("ih-courier", "渡桥医药配送有限公司"),
        _organization("ih-partner", "云桥科技有限公司"),
        *(_service(whose, *subject) for whose in (ORGANIZATION, HOSPITAL) for subject in _OFFERED),
    ]


def _organization(id_: str, name: str, **more: Any) -> Resource:
    return {"resourceType": "Organization", "id": id_, "active": True, "name": name, **more}


def _service(whose: str, code: str, name: str) -> Resource:
    return {
        "resourceType": "HealthcareService",
        "id": f"ihs-{whose[-1]}-{code.replace('.', '-')}",
        "active": True,
        "providedBy": {"reference": whose},
        "specialty": [_subject(code, name)],
    }


def _subject(code: str, name: str = "") -> Resource:
    return {"coding": [{"system": _SUBJECTS, "code": code, **({"display": name} if name else {})}]}


def _physician(
    id_: str, name: str, number: str, scope: str, subject: str, until: date, today: date
) -> list[Resource]:
    period = {"start": _PRESENT, "end": until.isoformat()}
    qualification = {
        "identifier": [{"value": f"2016{number}"}],
        "code": {"text": f"执业医师：{scope}"},
        "period": period,
    }
    role = _role(id_, "doctor", HOSPITAL)
    role["code"].append({"coding": [{"system": "urn:oid:2.16.156.10011.2.3.1.209", "code": "231"}]})
    role["specialty"] = [_subject(subject)]
    certificate = [{"system": "urn:qiao:id:practice-certificate", "value": number}]
    return [
        _practitioner(id_, name, certificate, qualification),
        role,
        _registered(id_, today),
        _document(f"insurance-{id_}", f"Practitioner/{id_}", today, "liability-insurance"),
    ]


def _pharmacist(today: date) -> list[Resource]:
    qualification = {
        "identifier": [{"value": "YS990101"}],
        "code": {"text": "执业药师"},
        "period": {"start": _PAST},
    }
    numbers = [
        {"system": "urn:oid:2.16.156.10011.1.4", "value": "990101000000028"},
        {"system": "urn:qiao:id:practice-certificate", "value": "310990101000025"},
    ]
    role = _role("iy1", "pharmacist", ORGANIZATION)
    return [_practitioner("iy1", "方知白", numbers, qualification), role, _registered("iy1", today)]


def _practitioner(id_: str, name: str, numbers: list[Resource], qualification: Resource) -> Resource:
    return {
        "resourceType": "Practitioner",
        "id": id_,
        "active": True,
        "identifier": numbers,
        "name": [{"text": name}],
        "qualification": [qualification],
    }


def _role(id_: str, code: str, where: str) -> Resource:
    filing = [{"url": "registration", "valueCode": "main"}, {"url": "filed", "valueDate": "2024-02-20"}]
    return {
        "resourceType": "PractitionerRole",
        "id": id_,
        "active": True,
        "practitioner": {"reference": f"Practitioner/{id_}"},
        "organization": {"reference": where},
        "code": [{"coding": [{"system": _ROLES, "code": code}]}],
        "extension": [{"url": "urn:qiao:extension:practice-filing", "extension": filing}],
    }


def _registered(id_: str, today: date) -> Resource:
    return {
        "resourceType": "VerificationResult",
        "id": id_,
        "status": "validated",
        "statusDate": f"{today - timedelta(days=90)}T08:00:00+08:00",
        "target": [{"reference": f"Practitioner/{id_}"}],
    }


def _evidence(today: date) -> list[Resource]:
    kinds = (
        "training", "rule-documents", "declaration", "mlps-certificate", "platform-connection",
        "normative-test",
    )  # fmt: skip
    contract: Resource = {
        "resourceType": "Contract",
        "id": "ih-partner",
        "status": "executed",
        "type": {"coding": [{"system": "urn:qiao:codes:contract-kind", "code": "partner"}]},
        "subject": [{"reference": ORGANIZATION}, {"reference": "Organization/ih-partner"}],
        "applies": _around(today),
    }
    return [
        _document("ih-evidence", ORGANIZATION, today, *kinds),
        _document("ih-courier", "Organization/ih-courier", today, "delivery-qualification"),
        contract,
    ]


def _document(id_: str, about: str, today: date, *kinds: str) -> Resource:
    """Return evidence; R4 lets it be about a person as its subject, an institution in its context."""
    place = about.startswith("Organization/")
    return {
        "resourceType": "DocumentReference",
        "id": id_,
        "status": "current",
        "type": {"coding": [{"system": "urn:qiao:codes:evidence-kind", "code": kind} for kind in kinds]},
        **({} if place else {"subject": {"reference": about}}),
        "content": [{"attachment": {"contentType": "application/pdf", "title": "扫描件"}}],
        "context": {"period": _around(today), **({"related": [{"reference": about}]} if place else {})},
    }


def _around(today: date) -> Resource:
    return {
        "start": (today - timedelta(days=120)).isoformat(),
        "end": (today + timedelta(days=240)).isoformat(),
    }
