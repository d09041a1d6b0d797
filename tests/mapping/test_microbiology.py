"""Microbiology: susceptibilities become members of their isolate (row key ``find``)."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.canonical import Envelope
from gateway.mapping import Maps, load_maps
from gateway.wire import er7

HEAD = (
    "MSH|^~\\&|LIS|DQRM|QIAO|DQRM|20260315100000||ORU^R01^ORU_R01|1|P|2.5.1||||||UNICODE UTF-8",
    "PID|1||1002402^^^DQRM^MR",
    "OBR|1||T1|CULT^culture^99LIS",
)
ISOLATES = (
    "OBX|1|CWE|ORG^organism^99LIS^6463-4^^LN|1|KPN^K. pneumoniae^99LIS||||||F",
    "OBX|2|CWE|ORG^organism^99LIS^6463-4^^LN|2|PAE^P. aeruginosa^99LIS||||||F",
)


@pytest.fixture(scope="module")
def maps() -> Maps:
    return load_maps()


def members(maps: Maps, *segments: str, head: tuple[str, ...] = HEAD) -> dict[str, list[str]]:
    """Return the codes of the members of every isolate, by its organism."""
    raw = "\r".join((*head, *segments, "")).encode()
    envelope = Envelope("0" * 32, "default", "lis/hl7v2", "", 0, "x-application/hl7-v2+er7", "", raw)
    made = maps.translate(er7.parse(raw), envelope, maps.profiles["default"])
    results: list[dict[str, Any]] = [d.body for d in made.drafts if d.type == "Observation"]
    names = {f"Observation/{one['id']}": one["code"]["coding"][0]["code"] for one in results}
    return {
        one["valueCodeableConcept"]["coding"][0]["code"]: [
            names[r["reference"]] for r in one.get("hasMember", ())
        ]
        for one in results
        if "valueCodeableConcept" in one
    }


def test_obr_26_names_the_isolate(maps: Maps) -> None:
    child = "OBR|{}||T1-{}|MIC^mic^99LIS||||||||||||||||||||||ORG&organism&99LIS^{}|||^T1"
    made = members(
        maps,
        *ISOLATES,
        child.format(2, 1, 1),
        "OBX|1|SN|CRO^ceftriaxone^99LIS||<=^1|ug/mL||S|||F",
        child.format(3, 2, 2),
        "OBX|1|SN|AMK^amikacin^99LIS||<=^2|ug/mL||S|||F",
    )
    assert made == {"KPN": ["CRO"], "PAE": ["AMK"]}


def test_the_sub_id_names_the_isolate_inside_one_request(maps: Maps) -> None:
    flat = ("OBX|3|SN|CRO^c^99LIS|1|<=^1|ug/mL||S|||F", "OBX|4|SN|AMK^a^99LIS|2|<=^2|ug/mL||S|||F")
    assert members(maps, *ISOLATES, *flat) == {"KPN": ["CRO"], "PAE": ["AMK"]}


def test_an_isolate_that_is_not_there_or_not_the_only_one_gets_no_members(maps: Maps) -> None:
    child = "OBR|2||T1-1|MIC^mic^99LIS||||||||||||||||||||||ORG&organism&99LIS|||^T1"
    assert members(maps, *ISOLATES, child, "OBX|1|SN|CRO^c^99LIS||<=^1|ug/mL||S|||F") == {
        "KPN": [],
        "PAE": [],
    }


@pytest.mark.parametrize("event", ["R21", "R22", "R23", "R24"])
def test_susceptibilities_by_specimen_are_members_too(maps: Maps, event: str) -> None:
    """Culture instruments send OUL: the isolates stand under the order of the specimen."""
    head, patient, order = HEAD
    head = head.replace("ORU^R01^ORU_R01", f"OUL^{event}^OUL_{event}")
    specimen, container = "SPM|1|S1||BLD^Blood^HL70487", "SAC|||S1"
    structures = {
        "R21": (head, patient, order),
        "R22": (head, patient, specimen, order),
        "R23": (head, patient, specimen, container, order),
        "R24": (head, patient, order),
    }
    flat = ("OBX|3|SN|CRO^c^99LIS|1|<=^1|ug/mL||S|||F", "OBX|4|SN|AMK^a^99LIS|2|<=^2|ug/mL||S|||F")
    found = members(maps, *ISOLATES, *flat, head=structures[event])
    assert found == {"KPN": ["CRO"], "PAE": ["AMK"]}
