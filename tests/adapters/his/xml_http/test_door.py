"""The door over real sockets: every caller is answered in its own style, what is no message is told so."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Coroutine
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import escape

import pytest
import zeep
from lxml import etree

from adapters.his.xml_http import ADAPTER
from adapters.his.xml_http.answer import read
from adapters.his.xml_http.answered import Answered, Item
from adapters.his.xml_http.polls import Poll
from adapters.his.xml_http.services import SERVICES
from gateway import registry
from gateway.canonical import Envelope
from gateway.errors import Misconfigured, Retry

Open = Any
HL7 = "{urn:hl7-org:v3}"
SOAP11 = "http://schemas.xmlsoap.org/soap/envelope/"
SOAP12 = "http://www.w3.org/2003/05/soap-envelope"
PDF = b"%PDF-1.4\n% synthetic\n%%EOF\n"


def sample(name: str) -> bytes:
    root = Path(registry.__file__).parent.parent / "adapters/his/xml_http/samples"
    return next(root.glob(f"{name}*.xml")).read_bytes()


def bare(name: str) -> str:
    return sample(name).decode().partition("?>")[2]


def enveloped(inner: str, space: str = SOAP11) -> bytes:
    return f'<s:Envelope xmlns:s="{space}"><s:Header/><s:Body>{inner}</s:Body></s:Envelope>'.encode()


def called(message: str, action: str = "PatientInfoRegister", space: str = SOAP11) -> bytes:
    inner = f"<action>{action}</action><message>{message}</message>"
    return enveloped(f'<HIPMessageServer xmlns="urn:hl7-org:v3">{inner}</HIPMessageServer>', space)


def run(made: Coroutine[Any, Any, None]) -> None:
    asyncio.run(made)


def acknowledged(root: etree._Element) -> tuple[str, str, str]:
    """Return code, number of the message that is answered, and text."""
    found = root if root.tag == f"{HL7}MCCI_IN000002UV01" else next(root.iter(f"{HL7}MCCI_IN000002UV01"))
    given = found.find(f"{HL7}acknowledgement")
    assert given is not None
    target = given.find(f"{HL7}targetMessage/{HL7}id")
    text = given.find(f"{HL7}acknowledgementDetail/{HL7}text")
    assert target is not None
    assert text is not None
    return str(given.get("typeCode")), str(target.get("extension")), str(text.get("value"))


IDENT = "6f1d2c3b-4a5e-4f60-8a7b-000000000001"


def test_an_interaction_is_acknowledged_and_stored(opened: Open) -> None:
    async def go() -> None:
        async with opened() as door:
            status, answer = await door.post(sample("01"))
            assert status == 200
            root = etree.fromstring(answer)
            assert acknowledged(root)[:2] == ("AA", IDENT)
            receiver = root.find(f"{HL7}receiver/{HL7}device/{HL7}id/{HL7}item")
            assert receiver is not None
            assert receiver.get("extension") == "HIS"
            assert door.states() == {"stored": 1}

    run(go())


@pytest.mark.parametrize("how", ["escaped", "cdata", "base64"])
@pytest.mark.parametrize("space", [SOAP11, SOAP12])
def test_soap_with_the_message_as_a_text_is_answered_with_a_text(opened: Open, how: str, space: str) -> None:
    text = bare("01").strip()
    written = {
        "escaped": escape(text),
        "cdata": f"<![CDATA[{text}]]>",
        "base64": base64.b64encode(text.encode()).decode(),
    }[how]

    async def go() -> None:
        async with opened() as door:
            status, answer = await door.post(called(written, space=space), "text/xml; charset=utf-8")
            root = etree.fromstring(answer)
            assert status == 200
            assert root.tag == f"{{{space}}}Envelope"
            result = root.find(f".//{HL7}HIPMessageServerResponse/{HL7}HIPMessageServerResult")
            assert result is not None
            assert acknowledged(etree.fromstring(str(result.text)))[:2] == ("AA", IDENT)
            assert door.states() == {"stored": 1}

    run(go())


@pytest.mark.parametrize("space", [SOAP11, SOAP12])
def test_soap_with_the_message_itself_is_answered_with_a_message(opened: Open, space: str) -> None:
    async def go() -> None:
        async with opened() as door:
            _, answer = await door.post(enveloped(bare("01"), space))
            (body,) = etree.fromstring(answer)
            assert acknowledged(body[0])[:2] == ("AA", IDENT)

    run(go())


def test_a_vendor_s_own_xml_is_answered_in_plain_xml(opened: Open) -> None:
    async def go() -> None:
        async with opened() as door:
            status, answer = await door.post(sample("14"))
            root = etree.fromstring(answer)
            assert (status, root.tag, root.findtext("code")) == (200, "response", "AA")
            assert len(root.findtext("inbox") or "") == 32

    run(go())


def test_the_same_message_gets_the_same_answer_and_is_stored_once(opened: Open) -> None:
    async def go() -> None:
        async with opened() as door:
            first = await door.post(sample("01"))
            assert await door.post(sample("01")) == first
            _, wrapped = await door.post(enveloped(bare("01")))
            assert first[1].partition(b"<id ")[2].partition(b"/>")[0] in wrapped
            assert door.states() == {"stored": 1}

    run(go())


def test_only_the_moment_of_a_repeat_differs(opened: Open) -> None:
    async def go() -> None:
        async with opened() as door:
            first = await door.post(sample("01"))
            again = sample("01").replace(
                b'<creationTime value="20260305142310"/>', b'<creationTime value="20260305142355"/>'
            )
            assert await door.post(again) == first
            assert door.states() == {"stored": 1}

    run(go())


@pytest.mark.parametrize("service", [one for one in SERVICES if not one.endswith("Query")])
def test_every_service_of_a_platform_is_kept_and_answered(opened: Open, service: str) -> None:
    """What no layout knows waits in quarantine; its sender is told so, and not to send it again."""
    message = f'<ABCD_IN999999UV01 xmlns="urn:hl7-org:v3"><id extension="{service}"/></ABCD_IN999999UV01>'

    async def go() -> None:
        async with opened() as door:
            _, answer = await door.post(called(escape(message), service))
            result = etree.fromstring(answer).find(f".//{HL7}HIPMessageServerResult")
            assert result is not None
            code, target, text = acknowledged(etree.fromstring(str(result.text)))
            assert (code, target) == ("AA", service)
            assert "no layout" in text
            assert door.states() == {"quarantined": 1}

    run(go())


def test_a_card_is_no_patient(opened: Open) -> None:
    """EncounterCardInfoAdd has the name of a registration, but the number of the card."""

    async def go() -> None:
        async with opened() as door:
            _, answer = await door.post(called(escape(bare("01").strip()), "EncounterCardInfoAdd"))
            assert "no layout" in answer.decode()

    run(go())


def test_the_service_that_was_called_tells_a_discharge_from_an_admission(opened: Open) -> None:
    async def go() -> None:
        async with opened() as door:
            await door.post(called(escape(bare("05").strip()), "DischargeInfoAdd"))
            assert door.one("Encounter")["status"] == "finished"

    run(go())


def test_the_action_of_a_form_decides(opened: Open) -> None:
    """As in SOAP: what is sent for a card is no patient, wherever the form says so."""
    card, patient = "EncounterCardInfoAdd", "PatientInfoRegister"
    message = quote(bare("01").strip())
    other = message.replace(quote(IDENT), "another")

    async def go() -> None:
        async with opened() as door:

            async def post(form: str, path: str = "/") -> str:
                said = await door.post(form.encode(), "application/x-www-form-urlencoded", path)
                return str(said[1].decode())

            assert "no layout" in await post(f"action={card}&message={message}")
            assert "no layout" in await post(f"message={message}&Action={card}")
            assert not door.store.search("default", "Patient", []).matches
            assert "no layout" not in await post(f"action={patient}&message={other}", f"/{card}")
            assert door.one("Patient")["name"]

    run(go())


def test_what_a_call_refers_to_is_read(opened: Open) -> None:
    """Axis 1 writes the parameters of a call beside it."""
    message = escape(bare("01").strip())
    call = (
        '<c:HIPMessageServer xmlns:c="urn:x"><action href="#id0"/><message href="#id1"/></c:HIPMessageServer>'
        f'<multiRef id="id0">PatientInfoRegister</multiRef><multiRef id="id1">{message}</multiRef>'
    )

    async def go() -> None:
        async with opened() as door:
            _, answer = await door.post(enveloped(call), "text/xml", SOAPAction='""')
            result = etree.fromstring(answer).findtext(".//{urn:x}HIPMessageServerResult")
            assert acknowledged(etree.fromstring(str(result)))[:2] == ("AA", IDENT)
            assert door.one("Patient")["name"]

    run(go())


def test_a_fault_of_ours_is_told_and_the_message_stays_with_its_sender(
    opened: Open, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(_: object) -> bytes:
        raise ZeroDivisionError(IDENT)

    async def go() -> None:
        async with opened() as door:
            door.door._deliver = broken
            for body in (sample("01"), sample("14"), enveloped(bare("01").strip(), SOAP12)):
                head = f"POST / HTTP/1.1\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
                answer = await door.raw(head.encode() + body)
                assert answer.startswith(b"HTTP/1.1 503 ")
                assert b"Retry-After" in answer
                assert b"no answer could be made" in answer
            assert door.states() == {}

    run(go())
    assert "ZeroDivisionError" in caplog.text
    assert IDENT not in caplog.text


@pytest.mark.parametrize("interaction", ["PRPM_IN306010UV01", "RCMR_IN000029UV01"])
def test_a_query_is_told_that_it_is_not_answered(opened: Open, interaction: str) -> None:
    message = f'<{interaction} xmlns="urn:hl7-org:v3"><id extension="q1"/></{interaction}>'

    async def go() -> None:
        async with opened() as door:
            _, answer = await door.post(enveloped(message, SOAP12))
            code, target, text = acknowledged(etree.fromstring(answer))
            assert (code, target) == ("AE", "q1")
            assert "FHIR API" in text
            assert door.states() == {}

    run(go())


def test_a_document_inside_a_message_goes_into_the_inbox_beside_it(opened: Open) -> None:
    inner = '<ClinicalDocument xmlns="urn:hl7-org:v3"><title>出院小结</title></ClinicalDocument>'
    pdf = base64.b64encode(PDF).decode()
    raw = sample("12").decode().replace(pdf, base64.b64encode(inner.encode()).decode())

    async def go() -> None:
        async with opened() as door:
            _, answer = await door.post(raw.encode())
            assert acknowledged(etree.fromstring(answer))[0] == "AA"
            assert sum(door.states().values()) == 2
            assert inner.encode() in door.raws()

    run(go())


def test_what_is_no_clinical_document_stays_in_the_message(opened: Open) -> None:
    """XML of a vendor looks alike in base64; nothing else keeps its bytes."""
    inner = base64.b64encode('<?xml version="1.0"?><Note>出院</Note>'.encode()).decode()
    raw = sample("12").decode().replace(base64.b64encode(PDF).decode(), inner)

    async def go() -> None:
        async with opened() as door:
            await door.post(raw.encode())
            assert door.states() == {"stored": 1}
            assert door.one("DocumentReference")["content"][0]["attachment"]["data"] == inner

    run(go())


def test_a_document_in_what_a_service_answered_is_kept_with_it(opened: Open) -> None:
    """Once, also where the first try kept only the message; how both ended is one answer."""
    document = b'<ClinicalDocument xmlns="urn:hl7-org:v3"><title>note</title></ClinicalDocument>'
    raw = sample("12").replace(base64.b64encode(PDF), base64.b64encode(document))
    items = [Item(raw, "application/xml", "docs-1")]

    async def go() -> None:
        async with opened() as door:
            many, tries = door.door._deliver.many, []

            async def full(envelopes: list[Envelope]) -> list[bytes | Retry]:
                tries.append([one.raw for one in envelopes])
                return [Retry("the disk is full")] if len(tries) == 2 else list(await many(envelopes))

            door.door._deliver = SimpleNamespace(many=full)
            with pytest.raises(Retry):
                await door.door._hand(items, "docs")
            (answer,) = await door.door._hand(items, "docs")
            assert tries == [[raw], [document], [raw], [document]]
            assert sum(door.states().values()) == 2
            assert read(answer).reason == "no-patient"

    run(go())


@pytest.mark.parametrize("tls", [False])
def test_the_wsdl_is_one_that_clients_can_be_made_from(opened: Open, tls: bool) -> None:
    """zeep reads it, and calls a service of its own and the generic one."""

    def call(port: int) -> list[str]:
        client = zeep.Client(f"http://127.0.0.1:{port}/hip?wsdl")
        first = client.service.HIPMessageServer("PatientInfoRegister", bare("01").strip())
        other = zeep.Client(f"http://127.0.0.1:{port}/hip?wsdl", port_name="HIPServiceSoap12")
        return [first, other.service.OutPatientInfoAdd(bare("04").strip())]

    async def go() -> None:
        async with opened() as door:
            answers = await asyncio.to_thread(call, door.port)
            assert [acknowledged(etree.fromstring(one))[0] for one in answers] == ["AA", "AA"]
            assert door.states() == {"stored": 2}

    run(go())


BAD = {
    "xxe": b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
    "billion laughs": b'<!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;&b;">]><a>&c;</a>',
    "quadratic blowup": b'<!DOCTYPE a [<!ENTITY b "' + b"x" * 50_000 + b'">]><a>' + b"&b;" * 50_000 + b"</a>",
    "parameter entity": b'<!DOCTYPE a [<!ENTITY % p SYSTEM "http://127.0.0.1:1/x.dtd">%p;]><a/>',
    "outer dtd": b'<!DOCTYPE a PUBLIC "x" "http://127.0.0.1:1/x.dtd"><a/>',
    "doctype in utf-16": '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>'.encode("utf-16"),
    "many elements": b"<a>" + b"<b/>" * 200_000 + b"</a>",
    "half a character": b"<a>\xe5\xad</a",
    "no xml": b"\x01\x02 hello",
    "html": b"<html><body><p>502 Bad Gateway</body></html>",
    "empty": b"",
    "deep": b"<a>" * 5000 + b"</a>" * 5000,
    "cut": b'<PRPA_IN201311UV02 xmlns="urn:hl7-org:v3"><id',
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_message_is_refused_and_not_kept(opened: Open, name: str) -> None:
    async def go() -> None:
        async with opened() as door:
            status, answer = await door.post(BAD[name])
            assert status == 400
            assert etree.fromstring(answer).findtext("code") == "AR"
            status, answer = await door.post(
                called(escape(BAD[name].decode("latin-1").replace("\x01", "").replace("\x02", "")))
            )
            assert b"root:" not in answer
            assert (await door.post(sample("01")))[0] == 200

    run(go())


def test_an_envelope_with_attachments_is_told_what_to_do(opened: Open) -> None:
    async def go() -> None:
        async with opened() as door:
            body = b"--a\r\nContent-Type: application/xop+xml\r\n\r\n<a/>\r\n--a--"
            status, answer = await door.post(body, 'multipart/related; boundary="a"; type="text/xml"')
            assert status == 400
            assert b"MTOM" in answer
            assert door.states() == {}

    run(go())


@pytest.mark.parametrize("space", [SOAP11, SOAP12])
def test_a_caller_in_soap_gets_a_fault(opened: Open, space: str) -> None:
    async def go() -> None:
        async with opened() as door:
            for bad in (enveloped("", space), enveloped("<a>", space), enveloped("<s:Fault/>", space)):
                status, answer = await door.post(bad)
                assert status == (500 if space == SOAP11 else 400)
                (fault,) = etree.fromstring(answer).iter(f"{{{space}}}Fault")
                assert b"soap:Client" in answer if space == SOAP11 else b"soap:Sender" in answer
                assert "".join(fault.itertext())
            assert door.states() == {}

    run(go())


@pytest.mark.parametrize("declared", ["UTF-8", "GBK", "ISO-8859-1", "nonsense"])
@pytest.mark.parametrize("written", ["utf-8", "gb18030"])
def test_a_wrong_declaration_of_the_charset_costs_no_name(opened: Open, declared: str, written: str) -> None:
    text = sample("01").decode().replace('encoding="UTF-8"', f'encoding="{declared}"')

    async def go() -> None:
        async with opened() as door:
            await door.post(text.encode(written))
            if (declared, written) == ("ISO-8859-1", "gb18030"):
                return  # as good as any other text in that charset: only the sender's profile can tell
            assert door.one("Patient")["name"] == [{"text": "陈远航"}]

    run(go())


def test_both_charsets_in_one_message(opened: Open) -> None:
    name, kin = "陈远航", "陈思远"
    head, _, tail = sample("01").decode().partition(kin)
    raw = head.encode() + kin.encode("gb18030") + tail.encode()

    async def go() -> None:
        async with opened() as door:
            await door.post(raw)
            assert door.one("Patient")["name"] == [{"text": name}]
            assert door.one("RelatedPerson")["name"] == [{"text": kin}]

    run(go())


def test_dashes_and_the_word_for_nothing_are_nothing(opened: Open) -> None:
    async def go() -> None:
        async with opened() as door:
            await door.post(sample("14"))
            assert not {"telecom", "address"} & set(door.one("Patient"))

    run(go())


def test_a_message_that_is_too_long_is_refused_before_it_is_read(opened: Open) -> None:
    async def go() -> None:
        async with opened(max_message=10_000) as door:
            head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 200000000\r\n\r\n"
            assert (await door.raw(head)).startswith(b"HTTP/1.1 413 ")
            chunks = (
                b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                b"1000\r\n" + b"x" * 4096 + b"\r\n"
            )
            assert (await door.raw(chunks + (b"1000\r\n" + b"x" * 4096 + b"\r\n") * 3)).startswith(
                b"HTTP/1.1 413 "
            )
            assert door.door.status()["oversize"] == 2
            assert (await door.post(sample("14")))[0] == 200

    run(go())


@pytest.mark.parametrize(
    "slow", [b"POST / HT", b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n<a>"]
)
def test_a_sender_that_stops_in_the_middle_is_told_and_dropped(opened: Open, slow: bytes) -> None:
    async def go() -> None:
        async with opened(head_timeout=0.2, body_timeout=0.2) as door:
            assert (await door.raw(slow)).startswith(b"HTTP/1.1 408 ")
            assert door.door.status()["timeouts"] == 1

    run(go())


def test_too_many_connections_are_turned_away(opened: Open) -> None:
    async def go() -> None:
        async with opened(max_connections=1) as door:
            reader, writer = await asyncio.open_connection("127.0.0.1", door.port)
            writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n")
            assert (await reader.readline()).startswith(b"HTTP/1.1 100")
            assert (await door.raw(b"")).startswith(b"HTTP/1.1 503 ")
            writer.close()

    run(go())


@pytest.mark.parametrize("noise", [b"\x16\x03\x01\x02\x00\x01\x00", b"HELLO\r\n\r\n", b"GET " + b"a" * 70000])
def test_what_is_no_http_is_refused(opened: Open, noise: bytes) -> None:
    async def go() -> None:
        async with opened() as door:
            assert (await door.raw(noise + b"\r\n\r\n"))[:12] in (b"HTTP/1.1 400", b"HTTP/1.1 431")

    run(go())


def test_two_requests_on_one_connection_are_answered_in_order(opened: Open) -> None:
    async def go() -> None:
        async with opened() as door:
            one = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%b"
            both = b"".join(one % (len(sample(n)), sample(n)) for n in ("01", "14"))
            both += b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
            answer = await door.raw(both)
            assert answer.index(b"MCCI_IN000002UV01") < answer.index(b"<response>") < answer.index(b" 405 ")

    run(go())


def test_user_and_token(opened: Open) -> None:
    async def go() -> None:
        async with opened(user="his", password="correct", token="sesame") as door:
            good = base64.b64encode(b"his:correct").decode()
            bad = base64.b64encode(b"his:wrong").decode()
            assert (await door.post(sample("14")))[0] == 401
            assert (await door.post(sample("14"), Authorization=f"Basic {bad}"))[0] == 401
            assert (await door.post(sample("14"), Authorization="Bearer wrong"))[0] == 401
            assert (await door.post(sample("14"), Authorization=f"Basic {good}"))[0] == 200
            assert (await door.post(sample("14"), Authorization="Bearer sesame"))[0] == 200

    run(go())


def test_an_item_that_comes_again_is_kept_once(opened: Open) -> None:
    """It has no number of its own; the door gives it one, and the inbox knows that."""
    item = {"item_no": "RX1-1", "drug_code": "D1", "drug_name": "阿莫西林", "dose": 0.50}
    row = {"rx_no": "RX1", "patient_no": "1", "visit_no": "V1", "visit_type": "O", "status": "SC"}
    data = {"data": [{**row, "items": [item]}]}
    poll = Poll("rx", "http://127.0.0.1/", rows="data", view="prescription")
    rows = Answered(poll).items(200, "application/json", json.dumps(data).encode())
    visit = Answered(Poll("v", "http://127.0.0.1/")).items(200, "text/xml", b"<Unknown/>")
    items = [replace(one, control=str(number)) for number, one in enumerate([*rows, *visit])]

    async def go() -> None:
        async with opened() as door:
            await door.door._hand(items, "rx")
            await door.door._hand(items, "rx")
            assert door.states() == {"stored": 1, "quarantined": 1}
            dosage = door.one("MedicationRequest")["dosageInstruction"][0]
            assert dosage["doseAndRate"][0]["doseQuantity"]["value"] == 0.5

    run(go())


def test_a_taken_port_is_named(opened: Open) -> None:
    async def go() -> None:
        async with opened() as door:
            other = ADAPTER.source(registry.options(ADAPTER, {"port": door.port}))
            with pytest.raises(Misconfigured, match="set another port"):
                await other.start(None)

    run(go())


def test_a_vendor_is_answered_in_its_own_form(opened: Open, tmp_path: Path) -> None:
    form = tmp_path / "reply.xml"
    form.write_text('<Response Id="{inbox}"><ResultCode>{number}</ResultCode><Msg>{text}</Msg></Response>')

    async def go() -> None:
        async with opened(reply=str(form)) as door:
            good = etree.fromstring((await door.post(sample("14")))[1])
            assert (good.findtext("ResultCode"), len(good.get("Id", ""))) == ("0", 32)
            status, said = await door.post(b"<Request><a></Request>")
            bad = etree.fromstring(said)
            assert (status, bad.tag, bad.findtext("ResultCode")) == (400, "Response", "1")
            _, said = await door.post(sample("01"))
            assert acknowledged(etree.fromstring(said))[0] == "AA"

    run(go())


def test_a_form_that_is_no_xml_is_told(tmp_path: Path) -> None:
    for text in ("<a>", None):
        form = tmp_path / "reply.xml"
        form.unlink(missing_ok=True)
        if text:
            form.write_text(text)
        with pytest.raises(Misconfigured, match="reply"):
            ADAPTER.source(registry.options(ADAPTER, {"reply": str(form)}))


@pytest.mark.parametrize("space", ["", SOAP11, SOAP12])
def test_what_cannot_be_committed_is_to_be_sent_again(opened: Open, space: str) -> None:
    """Every caller hears it in its own style, with 503 and Retry-After, and nothing is acknowledged."""

    async def full(_: object) -> bytes:
        raise Retry("the disk is full")

    async def go() -> None:
        async with opened() as door:
            door.door._deliver = full
            v3, vendor = bare("01"), bare("14")
            for inner in (v3, vendor):
                raw = enveloped(inner, space) if space else inner.strip().encode()
                status, said = await door.post(raw)
                root = etree.fromstring(said)
                assert status == 503
                assert b"the disk is full" in said
                if inner is v3:
                    assert acknowledged(root)[0] == "AR"
                elif space:
                    assert next(root.iter(f"{{{space}}}Fault"), None) is not None
                else:
                    assert root.findtext("code") == "AR"

    run(go())
