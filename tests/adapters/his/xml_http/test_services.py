"""Every service of a hospital platform, as its schema has it: taken, acknowledged, and made into FHIR."""

from __future__ import annotations

import asyncio
import importlib.util
from collections import Counter
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from lxml import etree

from adapters.his.xml_http.services import SERVICES


def _beside(name: str) -> ModuleType:
    """Return a module of this folder; tests are no packages."""
    spec = importlib.util.spec_from_file_location(f"xml_http_{name}", Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


messages = _beside("messages")

HL7 = "{urn:hl7-org:v3}"
PERSON = {"Patient": 1, "Encounter": 1}
ORDER = {**PERSON, "ServiceRequest": 1}
BECOMES: dict[str, dict[str, int]] = {
    "PatientInfoRegister": {"Patient": 1, "RelatedPerson": 1, "Coverage": 1},
    "PatientInfoUpdate": {"Patient": 1, "RelatedPerson": 1, "Coverage": 1},
    "PatientInfoMerge": {"Patient": 1},
    "OutPatientInfoAdd": PERSON,
    "OutPatientInfoUpdate": PERSON,
    "InPatientInfoAdd": {**PERSON, "Condition": 1},
    "InPatientInfoUpdate": {**PERSON, "Condition": 1},
    "DischargeInfoAdd": {**PERSON, "Condition": 1},
    "DischargeInfoUpdate": {**PERSON, "Condition": 1},
    "TransferInfoAdd": PERSON,
    "TransferInfoUpdate": PERSON,
    "OrderInfoAdd": {**PERSON, "MedicationRequest": 1},
    "OrderInfoUpdate": {**PERSON, "MedicationRequest": 1},
    "ExamAppInfoAdd": {**ORDER, "Specimen": 1},
    "ExamAppInfoUpdate": {**ORDER, "Specimen": 1},
    "CheckAppInfoAdd": ORDER,
    "CheckAppInfoUpdate": ORDER,
    "PathologyAppInfoAdd": {**ORDER, "Specimen": 1},
    "PathologyAppInfoUpdate": {**ORDER, "Specimen": 1},
    "OperationAppInfoAdd": ORDER,
    "OperationAppInfoUpdate": ORDER,
    "BloodTransAppInfoAdd": ORDER,
    "BloodTransAppInfoUpdate": ORDER,
    "DocumentRegister": {"Patient": 1, "DocumentReference": 1},
}
"""What the services of the HL7 v3 interactions that have a layout become, besides people and places."""


@pytest.mark.parametrize("service", BECOMES)
def test_a_message_as_its_schema_has_it_is_stored_and_acknowledged(opened: Any, service: str) -> None:
    message = messages.message(service)
    assert messages.valid(service, message) == []
    raw = etree.tostring(message, xml_declaration=True, encoding="UTF-8")

    async def go() -> None:
        async with opened() as door:
            status, answer = await door.post(raw, SOAPAction=f'"{service}"')
            root = etree.fromstring(answer)
            assert (status, root.tag) == (200, f"{HL7}MCCI_IN000002UV01")
            given = root.find(f"{HL7}acknowledgement")
            assert given is not None
            assert given.get("typeCode") == "AA"
            target = given.find(f"{HL7}targetMessage/{HL7}id")
            assert target is not None
            assert target.get("extension") == message.find(f"{HL7}id").get("extension")
            assert door.states() == {"stored": 1}
            made = Counter(door.store.counts("default").resources)
            assert {name: made[name] for name in BECOMES[service]} == BECOMES[service]

    asyncio.run(go())


QUERIES = [one for one in SERVICES if one.endswith("Query") or one in ("DocumentAccess", "DocumentRetrieve")]
ANSWERED = [
    "PatientInfoQuery", "OutPatientInfoQuery", "InPatientInfoQuery", "DischargeInfoQuery", "OrderInfoQuery",
    "OrderFillerStatusInfoQuery", "ExamAppInfoQuery", "ExamStatusInfoQuery", "CheckAppInfoQuery",
    "CheckStatusInfoQuery", "PathologyAppInfoQuery", "OperationAppInfoQuery", "OperationStatusInfoQuery",
    "BloodTransAppInfoQuery",
]  # fmt: skip
OTHERS = [one for one in SERVICES if one not in BECOMES and one not in QUERIES]


ROOTS = {
    "patientId": "2.5.1.4",
    "actId": "1.24",
    "careEventID": "2.5.1.9",
    "id": "2.5.1.4",
    "livingSubjectId": "1.3",
}


def question(service: str) -> etree._Element:
    """Return a query as its schema has it, with registers, times and states that mean something."""
    made = messages.message(service)
    for one in made.find(f"{HL7}controlActProcess").iter():
        above = [one, *one.iterancestors()][:3]
        name = next((name for each in above if (name := etree.QName(each).localname) in ROOTS), "")
        if one.get("root") and name:
            one.set("root", f"2.16.156.10011.{ROOTS[name]}")
        if etree.QName(one).localname in ("low", "high") and one.get("value") == "1":
            one.set("value", "20260305")
        if etree.QName(above[-1]).localname == "statusCodeParam":
            one.set("code", "active")
    return made


@pytest.mark.parametrize("service", ANSWERED)
def test_a_query_as_its_schema_has_it_is_answered(opened: Any, service: str) -> None:
    asks = question(service)
    assert messages.valid(service, asks) == []

    async def go() -> None:
        async with opened() as door:
            _, answer = await door.post(etree.tostring(asks), path=f"/hip/{service}")
            root = etree.fromstring(answer)
            assert next(root.iter(f"{HL7}queryResponseCode")).get("code") == "NF"
            assert root.find(f"{HL7}acknowledgement").get("typeCode") == "AA"
            assert door.states() == {"stored": 1}

    asyncio.run(go())


NOT_ANSWERED = [one for one in QUERIES if one not in ANSWERED]


@pytest.mark.parametrize(
    ("services", "code"), [(NOT_ANSWERED, "AE"), (OTHERS, "AA")], ids=["queries", "others"]
)
def test_what_has_no_layout_is_answered_too(opened: Any, services: list[str], code: str) -> None:
    """A query is told that it is not answered here; everything else is kept in quarantine."""

    async def go() -> None:
        async with opened() as door:
            for number, service in enumerate(services):
                _, answer = await door.post(
                    etree.tostring(messages.message(service, number)), path=f"/hip/{service}"
                )
                given = etree.fromstring(answer).find(f"{HL7}acknowledgement")
                assert given is not None, service
                assert given.get("typeCode") == code, service
            assert door.states().get("quarantined", 0) == (0 if code == "AE" else len(services))

    asyncio.run(go())
