"""The door over real sockets: a document is stored as it came, what is none is told so."""

from __future__ import annotations

import asyncio
import base64
import ssl
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from gateway import registry
from gateway.errors import Misconfigured

Open = Any
Sample = Callable[[str], bytes]
ARCHIVE = Path(__file__).parents[3] / "reference/wst-schemas/cda-and-v3-xsd.tar.xz"


def run(made: Coroutine[Any, Any, None]) -> None:
    asyncio.run(made)


@pytest.mark.parametrize(("method", "path"), [("POST", "/cda"), ("PUT", "/cda/"), ("POST", "/cda?from=his")])
def test_a_document_is_stored_with_its_bytes(opened: Open, sample: Sample, method: str, path: str) -> None:
    async def go() -> None:
        async with opened() as door:
            status, answer = await door.post(sample("06"), method=method, path=path)
            assert (status, answer["outcome"]) == (200, "stored")
            assert len(answer["inbox"]) == 32
            (composition,), (document,) = door.each("Composition"), door.each("DocumentReference")
            assert composition["section"][2]["section"][0]["title"] == "心脏"
            data = document["content"][0]["attachment"]["data"]
            assert base64.b64decode(data) == sample("06")

    run(go())


def test_a_document_that_comes_again_is_stored_once(opened: Open, sample: Sample) -> None:
    async def go() -> None:
        async with opened() as door:
            for _ in range(2):
                assert (await door.post(sample("04")))[0] == 200
            counted = {name: len(door.each(name)) for name in ("Composition", "DiagnosticReport", "Specimen")}
            assert counted == {"Composition": 1, "DiagnosticReport": 1, "Specimen": 1}

    run(go())


def test_a_document_that_is_corrected_replaces_what_it_said(opened: Open, sample: Sample) -> None:
    async def go() -> None:
        async with opened() as door:
            assert (await door.post(sample("06")))[0] == 200
            corrected = sample("06").replace("胸闷气促三天".encode(), "胸闷气促五天".encode())
            assert (await door.post(corrected))[0] == 200
            (composition,) = door.each("Composition")
            assert "胸闷气促五天" in composition["section"][0]["text"]["div"]
            said = [one.get("valueString") for one in door.each("Observation")]
            assert "胸闷气促五天" in said and "胸闷气促三天" not in said

    run(go())


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"method": "GET"}, 405), ({"path": "/fhir"}, 404), ({"Content_Length": ""}, 411),
        ({"Content_Length": "x"}, 411), ({"Transfer_Encoding": "chunked"}, 411),
        ({"X_Long": "x" * 40_000}, 431),
    ],
)  # fmt: skip
def test_what_is_no_such_request_is_told_so(
    opened: Open, sample: Sample, said: dict[str, str], status: int
) -> None:
    async def go() -> None:
        async with opened() as door:
            found, answer = await door.post(b"", **said)
            assert (found, answer["outcome"]) == (status, "not-understood")
            assert door.states() == {}
            assert (await door.post(sample("01")))[0] == 200  # the door still serves

    run(go())


def test_200_megabytes_are_refused_before_they_are_read(opened: Open) -> None:
    async def go() -> None:
        async with opened() as door:
            status, answer = await door.post(b"", Content_Length="200000000", Expect="100-continue")
            assert (status, answer["reason"]) == (413, "too-large")

    run(go())


HL7 = "urn:hl7-org:v3"
BOMB = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
NO_DOCUMENTS = {
    "has-doctype": (
        '<!DOCTYPE ClinicalDocument [<!ENTITY x SYSTEM "file:///etc/hostname">]>'
        '<ClinicalDocument xmlns="urn:hl7-org:v3"><title>&x;</title></ClinicalDocument>',
        f'<!DOCTYPE l [<!ENTITY l0 "ha">{BOMB}]><ClinicalDocument xmlns="{HL7}">&l9;</ClinicalDocument>',
        f'<!doctype ClinicalDocument SYSTEM "http://127.0.0.1:1/x.dtd"><ClinicalDocument xmlns="{HL7}"/>',
    ),
    "not-cda": (
        "<Document/>",
        '<ClinicalDocument xmlns="urn:other"/>',
        '<Bundle xmlns="http://hl7.org/fhir"/>',
    ),
    "not-xml": ("", "ORDER;1", '<ClinicalDocument xmlns="urn:hl7-org:v3"><title>'),
    "too-deep": (f'<ClinicalDocument xmlns="urn:hl7-org:v3">{"<a>" * 300}{"</a>" * 300}</ClinicalDocument>',),
}


@pytest.mark.parametrize(
    ("reason", "text"), [(key, one) for key, texts in NO_DOCUMENTS.items() for one in texts]
)
def test_what_is_no_document_is_not_understood(opened: Open, reason: str, text: str) -> None:
    async def go() -> None:
        async with opened() as door:
            status, answer = await door.post(text.encode())
            assert (status, answer["outcome"], answer["reason"]) == (400, "not-understood", reason)
            assert door.each("Patient") == []

    run(go())


def test_a_document_of_nobody_waits_in_quarantine(opened: Open, sample: Sample) -> None:
    raw = sample("08").replace(b'extension="ZY2026000400"', b'extension="-"')

    async def go() -> None:
        async with opened() as door:
            status, answer = await door.post(raw)
            assert (status, answer["outcome"], answer["reason"]) == (202, "kept", "no-patient")
            assert door.states() == {"quarantined": 1}

    run(go())


@pytest.mark.parametrize("declared", [b"", b'<?xml version="1.0" encoding="UTF-8"?>'])
@pytest.mark.parametrize("content_type", ["text/xml", "text/xml; charset=utf-8", "text/xml; charset=gbk"])
def test_a_wrong_charset_costs_nothing(
    opened: Open, sample: Sample, declared: bytes, content_type: str
) -> None:
    async def go() -> None:
        async with opened() as door:
            assert (await door.post(declared + sample("08"), Content_Type=content_type))[0] == 200
            (patient,) = door.each("Patient")
            assert patient["name"][0]["text"] == "孟秋禾"

    run(go())


def test_bytes_of_two_charsets_are_kept_and_the_rest_is_read(opened: Open, sample: Sample) -> None:
    raw = sample("06").replace("心脏".encode(), "心脏".encode("gbk"))

    async def go() -> None:
        async with opened() as door:
            assert (await door.post(raw))[0] == 200
            (document,) = door.each("DocumentReference")
            assert base64.b64decode(document["content"][0]["attachment"]["data"]) == raw
            assert door.each("Patient")[0]["name"][0]["text"] == "陈远航"

    run(go())


def test_a_token_is_asked_for(opened: Open, sample: Sample) -> None:
    async def go() -> None:
        async with opened(token="geheim") as door:
            assert (await door.post(sample("01")))[0] == 401
            assert (await door.post(sample("01"), Authorization="Bearer falsch"))[0] == 401
            assert (await door.post(sample("01"), Authorization="Bearer geheim"))[0] == 200

    run(go())


def test_who_says_nothing_is_let_go(opened: Open) -> None:
    async def go() -> None:
        async with opened(timeout=0.05) as door:
            assert await door.raw(b"POST /cda HTTP/1.1\r\n") == b""
            assert door.doors["his/cda"].status()["timeouts"] == 1

    run(go())


def test_more_connections_than_allowed_are_sent_away(opened: Open, sample: Sample) -> None:
    async def go() -> None:
        async with opened(max_connections=1) as door:
            _, writer = await asyncio.open_connection("127.0.0.1", door.port())
            writer.write(b"POST")
            await writer.drain()
            while not door.doors["his/cda"].status()["open"]:  # noqa: ASYNC110 -- the door has no event for it
                await asyncio.sleep(0)
            assert (await door.post(sample("01")))[0] == 503
            writer.close()

    run(go())


def test_tls(opened: Open, sample: Sample, certificate: Path) -> None:
    context = ssl.create_default_context(cafile=certificate / "cert.pem")
    said = {"tls_cert": str(certificate / "cert.pem"), "tls_key": str(certificate / "key.pem")}

    async def go() -> None:
        async with opened(tls=context, **said) as door:
            assert (await door.post(sample("01")))[0] == 200
            door.tls = None
            assert b"200" not in (await door.raw(b"POST /cda HTTP/1.1\r\n\r\n"))[:20]

    run(go())


def test_deviations_from_the_schemas_are_remarks_and_no_refusal(opened: Open, sample: Sample) -> None:
    async def go() -> None:
        async with opened(schemas=str(ARCHIVE)) as door:
            status, answer = await door.post(sample("08"))
            assert (status, answer["outcome"]) == (200, "stored")
            remarks = door.store.inbox_show(answer["inbox"]).issues
            assert any("ClinicalDocument" in one.where for one in remarks if one.rule == "xsd")

    run(go())


@pytest.mark.parametrize("first", ["his/cda", "his/xml_http"])
def test_one_document_by_two_doors_is_one(opened: Open, sample: Sample, first: str) -> None:
    document = sample("07")
    register = (
        registry.one_root() / "adapters/his/xml_http/samples/12-document-registered-pdf.xml"
    ).read_bytes()
    register = register.replace(b"WD2026031200012", b"CY20260310003180000000000000000001").replace(
        b"JVBERi0xLjQKJSBzeW50aGV0aWMKJSVFT0YK", base64.b64encode(document)
    )

    async def go() -> None:
        async with opened(beside="his/xml_http") as door:
            for adapter in sorted(("his/cda", "his/xml_http"), key=lambda one: one != first):
                sent = document if adapter == "his/cda" else register
                assert (await door.post(sent, adapter, path="/cda"))[0] == 200
            (found,) = door.each("DocumentReference")
            assert [base64.b64decode(one["attachment"]["data"]) for one in found["content"]
                    if "data" in one["attachment"]] == [document]  # fmt: skip
            assert len(door.each("Composition")) == 1

    run(go())


def test_the_door_stays_on_loopback_without_tls() -> None:
    with pytest.raises(Misconfigured):
        registry.options(registry.find()["his/cda"], {"host": "0.0.0.0"})


@pytest.mark.parametrize("where", ["/no/such/folder", "."])
def test_a_folder_without_schemas_is_said_at_the_start(opened: Open, where: str, tmp_path: Path) -> None:
    async def go() -> None:
        with pytest.raises(Misconfigured, match="schemas"):
            async with opened(schemas=where if where[0] == "/" else str(tmp_path)):
                pass

    run(go())
