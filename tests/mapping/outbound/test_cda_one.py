"""In a document of WS/T 500 number and name are of one person, department, ward; what is old is not told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from lxml import etree

from gateway.errors import Rejected
from gateway.mapping.outbound import Dialect, OutMaps, around, said_body
from gateway.wire.xml.write import write as written

HL7 = {"h": "urn:hl7-org:v3"}
STAFF, RESIDENT = "urn:oid:2.16.156.10011.1.4", "urn:oid:2.16.156.10011.1.3"
CODE = "12990101MB0000000X"
Faults = Callable[[str, bytes], list[str]]


def person(id_: str, name: str, *numbers: str, system: str = STAFF) -> dict[str, Any]:
    return {"resourceType": "Practitioner", "id": id_, "name": [{"text": name}],
            "identifier": [{"system": system, "value": one} for one in numbers]}  # fmt: skip


def at_hand(**report: Any) -> dict[str, dict[str, Any]]:
    every = [
        {"resourceType": "Patient", "id": "p", "gender": "female", "birthDate": "1991-04-12",
         "name": [{"text": "林旧名", "use": "old"}, {"text": "林知夏"}],
         "telecom": [{"system": "phone", "value": "13900000000", "use": "old"}],
         "identifier": [{"system": RESIDENT, "value": "OLD", "use": "old"},
                        {"system": RESIDENT, "value": "990101199104120024"}]},
        {"resourceType": "Organization", "id": "h", "name": "渡桥市人民医院",
         "identifier": [{"value": CODE}]},
        {"resourceType": "Encounter", "id": "e", "status": "finished", "class": {"code": "IMP"},
         "subject": {"reference": "Patient/p"}, "serviceProvider": {"reference": "Organization/h"},
         "serviceType": {"coding": [{"code": "0301", "display": "呼吸内科"}]}},
        person("d", "温如玉", "D1"),
        {"resourceType": "DiagnosticReport", "id": "r", "status": "final", "code": {"text": "血常规"},
         "subject": {"reference": "Patient/p"}, "encounter": {"reference": "Encounter/e"},
         "issued": "2026-03-05T09:00:00+08:00", "effectiveDateTime": "2026-03-05T08:00:00+08:00",
         "identifier": [{"value": "BG1"}], "performer": [{"reference": "Practitioner/d"}],
         "result": [{"reference": "Observation/o"}], **report},
        {"resourceType": "Observation", "id": "o", "status": "final", "code": {"text": "WBC"},
         "subject": {"reference": "Patient/p"}, "valueQuantity": {"value": 5.6, "unit": "10^9/L"}},
    ]  # fmt: skip
    return {one["id"]: one for one in every}


@pytest.fixture
def write(out: OutMaps, dialect: Dialect, faults: Faults) -> Callable[..., Any]:
    """``write("C0007", resources)`` → the root of a valid document."""

    def made(code: str, resources: dict[str, dict[str, Any]]) -> Any:
        map_ = out.maps[code]
        pool = around(map_.about, resources.values(), {})
        body = said_body(map_, pool, dialect, {"organization": CODE})
        data = written(map_.root, body, map_.namespace)
        assert faults(code, data) == []
        return etree.fromstring(data)

    return made


def one(root: Any, path: str) -> str:
    (found,) = root.xpath(path, namespaces=HL7)
    return str(found)


def signed(root: Any, who: str) -> tuple[str, str]:
    role = "assignedAuthor" if who == "author" else "assignedEntity"
    at = f"/*/h:{who}/h:{role}"
    return one(root, f"{at}/h:id/@extension"), one(root, f"{at}/h:assignedPerson/h:name/text()")


LAB = {"resourceType": "Organization", "id": "lab", "name": "检验科", "identifier": [{"value": "0501"}]}


def test_the_author_is_a_person_also_where_the_laboratory_stands_first(write: Callable[..., Any]) -> None:
    said = at_hand(performer=[{"reference": "Organization/lab"}, {"reference": "Practitioner/d"}])
    assert signed(write("C0007", {**said, "lab": LAB}), "author") == ("D1", "温如玉")


def test_a_reviewer_without_a_number_has_not_that_of_another(write: Callable[..., Any]) -> None:
    said = at_hand(resultsInterpreter=[{"reference": "Practitioner/i"}, {"reference": "Practitioner/d"}])
    root = write("C0007", {**said, "i": person("i", "审核无号")})
    assert signed(root, "legalAuthenticator") == ("--", "审核无号")
    assert signed(root, "author") == ("D1", "温如玉")


def test_a_department_has_not_reviewed(write: Callable[..., Any]) -> None:
    root = write("C0007", {**at_hand(resultsInterpreter=[{"reference": "Organization/lab"}]), "lab": LAB})
    assert signed(root, "legalAuthenticator") == ("--", "-")
    assert root.xpath("string(/*/h:legalAuthenticator/h:time)", namespaces=HL7) == ""


def test_a_number_of_a_citizen_is_none_of_staff(write: Callable[..., Any]) -> None:
    both = person("d", "温如玉")
    both["identifier"] = [{"system": RESIDENT, "value": "990101198005060019"}, {"value": "D1"}]
    assert signed(write("C0007", {**at_hand(), "d": both}), "author") == ("D1", "温如玉")
    both["identifier"] = both["identifier"][:1]
    with pytest.raises(Rejected, match="identifier"):
        write("C0007", {**at_hand(), "d": both})


@pytest.mark.parametrize("number", ["", "0204"])
def test_who_asked_is_one_department(number: str, write: Callable[..., Any]) -> None:
    said = at_hand(basedOn=[{"reference": "ServiceRequest/s"}])
    said["s"] = {
        "resourceType": "ServiceRequest", "id": "s", "status": "active", "intent": "order",
        "subject": {"reference": "Patient/p"}, "authoredOn": "2026-03-05T07:00:00+08:00",
        "code": {"text": "血常规"}, "requester": {"reference": "PractitionerRole/q"},
    }  # fmt: skip
    said["q"] = {"resourceType": "PractitionerRole", "id": "q",
                 "practitioner": {"reference": "Practitioner/d"},
                 "organization": {"reference": "Organization/dep"}}  # fmt: skip
    said["dep"] = {"resourceType": "Organization", "id": "dep", "name": "心内科",
                   "identifier": [{"value": number}] if number else []}  # fmt: skip
    root = write("C0006", said)
    at = "/*/h:participant//h:scopingOrganization"
    assert one(root, f"{at}/h:id/@extension") == (number or "--")
    assert one(root, f"{at}/h:name/text()") == "心内科"
    at = "//h:serviceProviderOrganization//h:wholeOrganization[h:id/@root='2.16.156.10011.1.26']"
    assert (one(root, f"{at}/h:id/@extension"), one(root, f"{at}/h:name/text()")) == ("0301", "呼吸内科")


def test_a_ward_has_not_the_name_of_another(write: Callable[..., Any]) -> None:
    said = at_hand()
    wards = [{"name": "一病区"}, {"name": "二病区", "description": "内科二病区"}]
    ward = {"coding": [{"code": "wa"}]}
    said |= {
        f"w{at}": {"resourceType": "Location", "id": f"w{at}", "physicalType": ward, **some}
        for at, some in enumerate(wards)
    }
    said["e"]["location"] = [{"location": {"reference": f"Location/w{at}"}} for at in range(2)]
    root = write("C0007", said)
    at = "//h:wholeOrganization[h:id/@root='2.16.156.10011.1.27']"
    assert (one(root, f"{at}/h:id/@extension"), one(root, f"{at}/h:name/text()")) == ("一病区", "一病区")


def test_what_is_old_is_not_told(write: Callable[..., Any]) -> None:
    text = etree.tostring(write("C0007", at_hand()), encoding="unicode")
    assert "林知夏" in text
    assert "990101199104120024" in text
    assert not [said for said in ("林旧名", "OLD", "13900000000") if said in text]
