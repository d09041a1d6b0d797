"""Queries over real sockets: answered from the store, and what is answered can be sent back."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine
from itertools import count
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen
from xml.sax.saxutils import escape

import pytest
import zeep
from lxml import etree

from gateway import registry
from gateway.canonical import Resource
from gateway.errors import Retry
from gateway.store import Store
from gateway.store.model import Change, Transact

HL7 = "{urn:hl7-org:v3}"
OID = "2.16.156.10011."
PATIENT, OTHER = "1002345", "1000977"
SAMPLES = registry.one_root() / "adapters/his/xml_http/samples"
Open = Any
_numbers = count(1)


def run(made: Coroutine[Any, Any, None]) -> None:
    asyncio.run(made)


def sample(name: str) -> bytes:
    return next(SAMPLES.glob(f"{name}*.xml")).read_bytes()


def message(root: str, act: str) -> bytes:
    """Return an interaction with a number of its own."""
    head = f'<id root="{OID}2.5.1.1" extension="q-{next(_numbers)}"/><creationTime value="20260305090540"/>'
    sender = f'<sender><device><id><item root="{OID}2.5.1.3" extension="HIS"/></id></device></sender>'
    inner = f"<controlActProcess>{act}</controlActProcess>"
    opening = f'<{root} ITSVersion="XML_1.0" xmlns="urn:hl7-org:v3">'
    return f'{opening}{head}<processingCode code="P"/>{sender}{inner}</{root}>'.encode()


def query(root: str, parameters: str) -> bytes:
    return message(root, f"<queryByParameter>{parameters}</queryByParameter>")


def given(name: str, **numbers: str) -> str:
    """Return a parameter with its numbers, ``_1_3="…"`` for register 1.3."""
    items = "".join(
        f'<item root="{OID}{root[1:].replace("_", ".")}" extension="{value}"/>'
        for root, value in numbers.items()
    )
    return f"<{name}><value>{items}</value></{name}>"


def about(number: str = PATIENT) -> str:
    return given("patientId", _2_5_1_4=number)


def state(one: str) -> str:
    return f"<statusCodeParam><value><item code='{one}'/></value></statusCodeParam>"


def day(one: str) -> str:
    return f"<encounterTimeframe><value><low value='{one}'/></value></encounterTimeframe>"


def person(number: str, more: str = "") -> bytes:
    parameters = f'<parameterList><id root="{OID}2.5.1.4" extension="{number}"/>{more}</parameterList>'
    return query("PRPA_IN201305UV02", f'<queryId extension="a"/>{parameters}')


def orders(parameters: str) -> bytes:
    return query("QUMT_IN020030UV01", f"<queryByParameterPayload>{parameters}</queryByParameterPayload>")


def visits(parameters: str) -> bytes:
    return query("PRPA_IN900300UV", parameters)


async def asked(door: Any, body: bytes, service: str = "") -> etree._Element:
    status, answer = await door.post(body, path=f"/{service}")
    assert status == 200
    return etree.fromstring(answer)


def code(answer: etree._Element) -> str:
    """Return the acknowledgement and the response code of a query (``"AA NF"``)."""
    found = answer.find(f"{HL7}acknowledgement")
    assert found is not None
    ack = next(answer.iter(f"{HL7}queryResponseCode"), None)
    return f"{found.get('typeCode')} {'' if ack is None else ack.get('code')}".strip()


def text(answer: etree._Element) -> str:
    return "".join(str(one.get("value")) for one in answer.iter(f"{HL7}text") if one.get("value"))


def subjects(answer: etree._Element) -> list[etree._Element]:
    return answer.findall(f"{HL7}controlActProcess/{HL7}subject")


def numbers_in(answer: etree._Element, root: str) -> list[str]:
    return [str(one.get("extension")) for one in answer.iter() if one.get("root") == OID + root]


def quantities(answer: etree._Element) -> list[str]:
    names = ("resultTotalQuantity", "resultCurrentQuantity", "resultRemainingQuantity")
    return [str(next(answer.iter(HL7 + name)).get("value")) for name in names]


def resources(store: Store, tenant: str = "default", *, but: tuple[str, ...] = ()) -> dict[str, Resource]:
    """Return what is in a store, without trail and history."""
    made = {}
    for type_ in store.counts(tenant).resources:
        if type_ in ("Provenance", "AuditEvent", *but):
            continue
        for one in store.search(tenant, type_, [("_count", "500")]).matches:
            body = json.loads(one.body)
            del body["meta"]
            made[f"{type_}/{one.id}"] = body
    return made


TRIPS = {
    "patient": ("01", person(PATIENT), "", "PRPA_IN201311UV02"),
    "clinic": ("04", visits(about()), "OutPatientInfoQuery", "PRPA_IN400001UV"),
    "stay": ("05", visits(about()), "InPatientInfoQuery", "PRPA_IN400001UV"),
    "orders": ("08", orders(about(OTHER)), "OrderInfoQuery", "POOR_IN200901UV"),
    "laboratory": ("10", orders(about(OTHER)), "ExamAppInfoQuery", "POOR_IN200901UV"),
    "examination": ("11", orders(about()), "CheckAppInfoQuery", "POOR_IN200901UV"),
    "pathology": ("15", orders(about()), "PathologyAppInfoQuery", "POOR_IN200901UV"),
    "operation": ("16", orders(about()), "OperationAppInfoQuery", "POOR_IN200901UV"),
    "transfusion": ("17", orders(about()), "BloodTransAppInfoQuery", "POOR_IN200901UV"),
}


@pytest.mark.parametrize("name", TRIPS)
def test_what_is_answered_becomes_the_same_resources_again(opened: Open, name: str, tmp_path: Any) -> None:
    told, question, service, register = TRIPS[name]

    async def go() -> None:
        async with opened() as door:
            await door.post(sample(told))
            answer = await asked(door, question, service)
            assert code(answer) == "AA OK"
            before = resources(door.store)
        (tmp_path / "qiao.db").rename(tmp_path / "first.db")
        async with opened() as door:
            for one in subjects(answer):
                inner = etree.tostring(one, encoding="unicode").replace(
                    "registrationEvent", "registrationRequest"
                )
                assert code(await asked(door, message(register, inner))) == "AA"
            assert door.states() == {"stored": len(subjects(answer))}
            assert resources(door.store) == before

    run(go())


def test_a_stay_that_has_ended_has_its_ids(opened: Open, tmp_path: Any) -> None:
    """Of a discharge that is sent in one message the earlier bed and who registered it stay behind."""

    async def go() -> None:
        async with opened() as door:
            for one in ("05", "07"):
                await door.post(sample(one))
            answer = await asked(door, visits(about()), "DischargeInfoQuery")
            before = resources(door.store, but=("Location", "Practitioner", "Condition"))
        (tmp_path / "qiao.db").rename(tmp_path / "first.db")
        async with opened() as door:
            (one,) = subjects(answer)
            await asked(door, message("PRPA_IN400001UV", etree.tostring(one, encoding="unicode")))
            after = resources(door.store, but=("Location", "Practitioner", "Condition"))
            assert set(after) == set(before)
            (visit,) = (one for name, one in after.items() if name.startswith("Encounter"))
            assert (visit["status"], visit["period"]["end"]) == ("finished", "2026-03-12T10:15:00+08:00")

    run(go())


def test_a_patient_is_answered_in_the_registry_s_own_interaction(opened: Open) -> None:
    async def go() -> None:
        async with opened() as door:
            await door.post(sample("01"))
            answer = await asked(door, person(PATIENT))
            assert answer.tag == f"{HL7}PRPA_IN201306UV02"
            path = f"{HL7}registrationEvent/{HL7}subject1/{HL7}patient/{HL7}patientPerson/{HL7}birthTime"
            assert [one.find(path).get("value") for one in subjects(answer)] == ["19780512"]  # type: ignore[union-attr]
            ack = next(answer.iter(f"{HL7}queryAck"))
            assert ack[0].get("extension") == "a"
            assert quantities(answer) == ["1", "1", "0"]

    run(go())


@pytest.mark.parametrize("number", ["1000977", "", "990101195111230452"])
def test_orders_are_found_by_their_patient_and_their_number(opened: Open, number: str) -> None:
    by = about(number) if len(number) == 7 else given("patientId", _1_3=number)
    by = by if number else given("actId", _1_28="CF2026030500087-2")

    async def go() -> None:
        async with opened() as door:
            await door.post(sample("08"))
            answer = await asked(door, orders(by))
            found = ["CF2026030500087-1", "CF2026030500087-2", "YZ2026030500091"]
            assert sorted(numbers_in(answer, "1.28"))[: len(subjects(answer))] == (
                found if number else [found[1]]
            )

    run(go())


NOT_FOUND = {
    "a number of nobody": person("1"),
    "a number that would be two": person(f"1,{PATIENT}"),
    "a number with a register": person(f"1,urn:oid:{OID}1.13|{PATIENT}"),
    "a number of nobody's visits": visits(about("1")),
    "an order of another patient": orders(about(PATIENT) + given("actId", _1_28="CF2026030500087-1")),
    "numbers of two patients": visits(given("patientId", _2_5_1_4=PATIENT, _1_3="990101195111230452")),
    "another name than the number's": person(
        PATIENT, "<livingSubjectName><value><item><part value='林晓月'/></item></value></livingSubjectName>"
    ),
    "before it was ordered": orders(
        about(OTHER) + "<effectiveTime><value><high value='20260304'/></value></effectiveTime>"
    ),
    "done already": orders(about(OTHER) + state("completed")),
    "another physician's": orders(about(OTHER) + given("authorId", _1_4="D999")),
}  # fmt: skip


@pytest.mark.parametrize("name", NOT_FOUND)
def test_what_is_not_there_is_not_found(opened: Open, name: str) -> None:
    async def go() -> None:
        async with opened() as door:
            for one in ("01", "08"):
                await door.post(sample(one))
            answer = await asked(door, NOT_FOUND[name])
            assert (code(answer), subjects(answer)) == ("AA NF", [])
            assert quantities(answer) == ["0", "0", "0"]

    run(go())


TIMES = "<effectiveTime><value><low value='20260306'/><high value='20260305'/></value></effectiveTime>"
WOMEN = "<livingSubjectAdministrativeGender><value code='2'/></livingSubjectAdministrativeGender>"
REFUSED = {
    "everybody": (orders(""), "everybody"),
    "an empty value": (orders(about("-")), "everybody"),
    "everybody of a day": (visits(day("20260305")), "everybody"),
    "all women": (query("PRPA_IN201305UV02", f"<parameterList>{WOMEN}</parameterList>"), "everybody"),
    "a wildcard": (orders(about("10*")), "wildcards"),
    "another wildcard": (person("%"), "wildcards"),
    "an end before its beginning": (orders(about() + TIMES), "begins after"),
    "no time": (orders(about() + TIMES.replace("20260306", "yesterday")), "no time"),
    "an unknown state": (orders(about() + state("77")), "not known"),
    "an unknown register": (orders(given("patientId", _1_99="1")), "register"),
    "a long value": (orders(about("9" * 201)), "200 characters"),
    "many values": (orders("".join(given("actId", _1_28=f"A{one}") for one in range(21))), "20 values"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_asked_is_refused_with_the_reason(opened: Open, name: str) -> None:
    body, reason = REFUSED[name]

    async def go() -> None:
        async with opened() as door:
            await door.post(sample("01"))
            answer = await asked(door, body)
            assert (answer.tag, code(answer)) == (f"{HL7}MCCI_IN000002UV01", "AE")
            assert reason in text(answer)
            assert door.states() == {"stored": 2}

    run(go())


def test_what_is_not_looked_at_is_told(opened: Open) -> None:
    async def go() -> None:
        async with opened() as door:
            await door.post(sample("04"))
            more = given("careEventID", _2_5_1_8="3") + given("responsibleOrganization", _1_5="DQRM")
            answer = await asked(door, visits(about() + more))
            assert (code(answer), len(subjects(answer))) == ("AA OK", 1)
            assert "就诊次数, responsibleOrganization" in text(answer)

    run(go())


@pytest.mark.parametrize("service", ["CheckAppointStatusInfoQuery", "OperationScheduleInfoQuery"])
def test_what_no_file_answers_is_refused(opened: Open, service: str) -> None:
    async def go() -> None:
        async with opened() as door:
            answer = await asked(door, orders(about()), service)
            assert code(answer) == "AE"
            assert "mappings/queries" in text(answer)

    run(go())


def test_a_merged_patient_is_answered_with_who_stands_for_it(opened: Open) -> None:
    registered = sample("01").replace(PATIENT.encode(), b"9000156").replace(b"990101197805123714", b"")
    heir = registered.replace(b"9000156", b"1003871").replace(b"000000000001", b"000000000098")
    ordered = sample("08").replace(OTHER.encode(), b"9000156").replace(b"990101195111230452", b"")

    async def go() -> None:
        async with opened() as door:
            for one in (registered, heir, ordered, sample("03")):
                assert code(await asked(door, one)) == "AA"
            assert door.states() == {"stored": 4}
            answer = await asked(door, person("9000156"))
            assert (code(answer), len(subjects(answer))) == ("AA OK", 1)
            assert "1003871" in numbers_in(answer, "2.5.1.4")
            for number in ("9000156", "1003871"):
                assert len(subjects(await asked(door, orders(about(number))))) == 3

    run(go())


def test_another_hospital_s_patient_is_nobody_here(opened: Open, tmp_path: Any) -> None:
    async def go() -> None:
        async with opened(tenant="other") as door:
            await door.post(sample("01"))
            assert code(await asked(door, person(PATIENT))) == "AA OK"
        async with opened() as door:
            assert code(await asked(door, person(PATIENT))) == "AA NF"

    run(go())


def visit(number: int) -> Resource:
    return {
        "resourceType": "Encounter", "id": f"e{number}", "status": "finished",
        "subject": {"reference": "Patient/p"},
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
    }  # fmt: skip


def test_an_answer_is_bounded_and_says_how_many_remain(opened: Open) -> None:
    number = {"system": f"urn:oid:{OID}1.13", "value": "1"}
    patient: Resource = {"resourceType": "Patient", "id": "p", "identifier": [number]}
    made = [Change("update", "Patient", "p", patient)]
    made += [Change("update", "Encounter", f"e{one}", visit(one)) for one in range(1200)]

    async def go() -> None:
        async with opened() as door:
            (done,) = door.store.write([Transact("default", "test", made)])
            assert done.error is None
            answer = await asked(door, visits(about("1")))
            assert (quantities(answer), len(subjects(answer))) == (["1200", "100", "1100"], 100)
            few = await asked(door, visits('<initialQuantity value="2"/>' + about("1")))
            assert (quantities(few), len(subjects(few))) == (["1200", "2", "1198"], 2)

    run(go())


def test_the_question_is_kept_once_and_answered_anew_each_time(opened: Open) -> None:
    body = orders(about(OTHER))

    async def go() -> None:
        async with opened() as door:
            first = await asked(door, body)
            assert code(first) == "AA NF"
            await door.post(sample("08"))
            second = await asked(door, body)
            assert code(second) == "AA OK"
            assert first[0].get("extension") != second[0].get("extension")
            assert door.states() == {"stored": 2}
            assert door.raws().count(body) == 1

    run(go())


def test_who_was_shown_what_is_on_record_in_the_right_tenant(opened: Open) -> None:
    async def go() -> None:
        async with opened(user="nurse", password="s3cret-Word") as door:
            basic = {"Authorization": "Basic bnVyc2U6czNjcmV0LVdvcmQ="}
            await door.post(sample("08"), **basic)
            await door.post(orders(about(OTHER)), **basic)
            store = door.store
            patient = next(name for name in resources(store) if name.startswith("Patient/"))
            await door.trail.close()
            events = [json.loads(one.body) for one in store.search("default", "AuditEvent", []).matches]
            (event,) = (one for one in events if one["entity"][0]["what"]["reference"] == patient)
            assert event["agent"][0]["altId"] == "his/xml_http:nurse"
            shown = {one["what"]["reference"].partition("/")[0] for one in event["entity"] if "what" in one}
            assert {"Patient", "MedicationRequest", "ServiceRequest", "Encounter"} <= shown
            assert event["subtype"][0]["code"] == "search"

    run(go())


@pytest.mark.parametrize("where", ["search", "note"])
def test_a_store_that_cannot_answer_is_told_to_the_sender(
    opened: Open, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A read that cannot be put on record is not answered either."""

    def down(*_: object, **__: object) -> None:
        raise Retry("the database cannot be reached")

    async def go() -> None:
        async with opened() as door:
            await door.post(sample("01"))
            monkeypatch.setattr(
                *((door.store, "search") if where == "search" else (door.trail, "note")), down
            )
            status, answer = await door.post(person(PATIENT))
            assert status == 503
            assert "陈远航" not in answer.decode()
            monkeypatch.undo()
            assert code(await asked(door, person(PATIENT))) == "AA OK"

    run(go())


def test_a_query_that_is_no_production_is_not_answered(opened: Open) -> None:
    async def go() -> None:
        async with opened() as door:
            await door.post(sample("01"))
            answer = await asked(
                door, person(PATIENT).replace(b'processingCode code="P"', b'processingCode code="D"')
            )
            assert (code(answer), subjects(answer)) == ("AE", [])

    run(go())


@pytest.mark.parametrize("port", ["HIPServiceSoap11", "HIPServiceSoap12"])
def test_a_soap_client_is_answered_with_the_text_of_the_answer(opened: Open, port: str) -> None:
    def call(number: int) -> list[str]:
        client = zeep.Client(f"http://127.0.0.1:{number}/hip?wsdl", port_name=port)
        own = client.service.PatientInfoQuery(person(PATIENT).decode())
        return [own, client.service.HIPMessageServer("InPatientInfoQuery", visits(about()).decode())]

    async def go() -> None:
        async with opened() as door:
            for one in ("01", "05"):
                await door.post(sample(one))
            answers = [etree.fromstring(one) for one in await asyncio.to_thread(call, door.port)]
            assert [code(one) for one in answers] == ["AA OK", "AA OK"]
            assert [one[0].tag for one in (subjects(answer)[0] for answer in answers)] == [
                f"{HL7}registrationEvent", f"{HL7}encounterEvent",
            ]  # fmt: skip

    run(go())


def test_an_entity_in_a_query_is_refused(opened: Open) -> None:
    body = b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + person("&x;")

    async def go() -> None:
        async with opened() as door:
            status, _ = await door.post(
                b"<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'><s:Body>"
                b"<m>" + escape(body.decode()).encode() + b"</m></s:Body></s:Envelope>"
            )
            assert status == 500
            assert (await door.post(body))[0] == 400
            assert door.states() == {}

    run(go())


def post(port: int, body: bytes) -> tuple[int, bytes]:
    request = Request(f"http://127.0.0.1:{port}/", body, {"Content-Type": "application/xml"})
    try:
        with urlopen(request, timeout=60) as answer:
            return int(answer.status), answer.read()
    except HTTPError as error:
        return error.code, error.read()


def test_a_whole_gateway_answers_and_says_so_when_its_database_is_down(
    serve: Any, postgresql: Any, tmp_path: Any
) -> None:
    """The question itself could not be kept: it is to be sent again, and then it is answered."""
    settings = {"QIAO_ADAPTERS__HIS_XML_HTTP__PORT": "0", "QIAO_TENANTS__DEFAULT__AUDIT_READS": "true"}
    gateway = serve(tmp_path / "qiao", postgresql.database(), **settings)
    try:
        _, port = gateway.address("his/xml_http")
        assert post(port, sample("01"))[0] == 200
        assert code(etree.fromstring(post(port, person(PATIENT))[1])) == "AA OK"
        postgresql.stop()
        status, answer = post(port, person(PATIENT))
        assert (status, "陈远航" in answer.decode()) == (503, False)
        postgresql.start()
        again = person(PATIENT)
        while (found := post(port, again))[0] == 503:
            pass
        assert code(etree.fromstring(found[1])) == "AA OK"
        gateway.stop()
    finally:
        gateway.kill()
