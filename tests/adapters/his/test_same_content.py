"""A clinical document says the same through every door: all its resources, with all that is in them."""

from __future__ import annotations

import asyncio
import base64
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from adapters.his.xml_http.exchange import Request, Response
from adapters.his.xml_http.listener import Limits, Listener
from gateway import registry
from gateway.mapping import Maps, load_maps
from gateway.pipeline.engine import Engine, Parts
from gateway.settings import PipelineSettings
from gateway.store import Store, open_store

SAMPLES = {
    one.stem: one.read_bytes()
    for one in sorted((registry.one_root() / "adapters/his/cda/samples").glob("*.xml"))
}
RESOURCES = (
    "Patient",
    "Encounter",
    "Composition",
    "DocumentReference",
    "Condition",
    "Observation",
    "Procedure",
)
RESOURCES += ("MedicationRequest", "MedicationStatement", "DiagnosticReport", "ServiceRequest", "Specimen")
RESOURCES += ("AllergyIntolerance", "Practitioner", "Organization", "Location", "RelatedPerson", "Medication")
SOAP = '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>{}</s:Body></s:Envelope>'
CALL = '<Send xmlns="urn:his"><action>DocumentRegister</action><message><![CDATA[{}]]></message></Send>'
Door = Callable[["Hospital"], Awaitable[None]]


@cache
def maps() -> Maps:
    return load_maps()


def registered(document: bytes, number: int) -> str:
    """The message that registers a document; of whom it tells stands in the document."""
    text = document.decode("utf-8", "replace")
    (patient,) = re.findall(r'<patientRole.*?<id root="([^"]+)" extension="([^"]+)"', text, re.DOTALL)[:1]
    (own,) = re.findall(r'<id root="([^"]+)" extension="([^"]+)"', text)[:1]
    (moment,) = re.findall(r'<effectiveTime value="([^"]+)"', text)[:1]
    return (
        '<RCMR_IN000002UV02 ITSVersion="XML_1.0" xmlns="urn:hl7-org:v3">'
        f'<id root="2.16.156.10011.2.5.1.1" extension="register-{number}"/><creationTime value="{moment}"/>'
        '<controlActProcess classCode="STC" moodCode="EVN"><subject><clinicalDocument>'
        f'<id><item root="{own[0]}" extension="{own[1]}"/></id><effectiveTime value="{moment}"/>'
        f'<storageCode><originalText value="{base64.b64encode(document).decode()}"/></storageCode>'
        f'<recordTarget><patient><id><item root="{patient[0]}" extension="{patient[1]}"/></id></patient>'
        "</recordTarget></clinicalDocument></subject></controlActProcess></RCMR_IN000002UV02>"
    )


class Hospital:
    """All doors before one store.

    Attributes:
        folder: what is dropped into it is taken; ``answers``: what a service that is asked says.
    """

    def __init__(self, folder: Path, store: Store, answers: list[str]) -> None:
        self.folder, self.store, self.answers = folder, store, answers
        self.ports: dict[str, int] = {}

    async def post(self, door: str, body: bytes, content_type: str = "text/xml") -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.ports[door])
        head = (
            f"POST /cda HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: {content_type}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        writer.write(head.encode() + body)
        status = (await reader.read()).split()[1]
        writer.close()
        assert status == b"200"

    async def stored(self, count: int) -> None:
        """Wait until so many messages are stored."""
        async with asyncio.timeout(60):
            while dict(self.store.counts("default").inbox).get("stored", 0) < count:  # noqa: ASYNC110
                await asyncio.sleep(0.02)

    def content(self) -> dict[str, dict[str, Any]]:
        """Return every resource but Provenance, without what the store says of it."""
        made = {}
        for type_name in RESOURCES:
            for match in self.store.search("default", type_name, []).matches:
                found = self.store.read("default", type_name, match.id)
                assert found is not None
                body = json.loads(found.body)
                body.pop("meta", None)
                made[f"{type_name}/{match.id}"] = body
        return made


@asynccontextmanager
async def hospital(folder: Path) -> AsyncIterator[Hospital]:
    answers: list[str] = []

    async def asked(_: Request) -> Response:
        return Response(200, f"<Documents>{''.join(answers)}</Documents>".encode(), "text/xml")

    service = Listener(asked, Response, "127.0.0.1", 0, Limits(), None)
    await service.start()
    polls = folder / "polls.yaml"
    url = f"http://127.0.0.1:{service.address[1]}/"
    polls.write_text(f"polls: [{{name: docs, url: '{url}', every: 0.05, items: '/*/*'}}]", "utf-8")
    drop = folder / "drop"
    drop.mkdir(parents=True)
    given: dict[str, dict[str, Any]] = {
        "his/cda": {"port": 0},
        "his/xml_http": {"port": 0, "polls": str(polls), "state": str(folder / "state.json")},
        "his/files": {"folder": str(drop), "settle": 0.0, "interval": 0.02},
    }
    specs = {name: registry.find()[name] for name in given}
    store = open_store(f"sqlite:///{folder / 'qiao.db'}")
    engine = Engine(Parts(store, maps(), specs, PipelineSettings()))
    doors = {name: one.source(registry.options(one, given[name])) for name, one in specs.items()}
    made = Hospital(drop, store, answers)
    await engine.start()
    try:
        for name, door in doors.items():
            await door.start(engine.deliver)
            if given[name].get("port") == 0:
                made.ports[name] = int(str(door.status()["address"]).rpartition(":")[2])
        yield made
    finally:
        for door in doors.values():
            await door.stop()
        await engine.stop()
        await service.stop()
        store.close()


async def by_cda(at: Hospital) -> None:
    for one in SAMPLES.values():
        await at.post("his/cda", one)


async def by_post(at: Hospital) -> None:
    for one in SAMPLES.values():
        await at.post("his/xml_http", one)


async def by_call(at: Hospital) -> None:
    for one in SAMPLES.values():
        message = f"<message>{base64.b64encode(one).decode()}</message>"
        await at.post("his/xml_http", SOAP.format(f'<Send xmlns="urn:his">{message}</Send>').encode())


async def by_soap(at: Hospital) -> None:
    for number, one in enumerate(SAMPLES.values()):
        await at.post("his/xml_http", SOAP.format(CALL.format(registered(one, number))).encode())


async def by_file(at: Hospital) -> None:
    for number, (name, one) in enumerate(SAMPLES.items(), start=1):
        (at.folder / f"{name}.xml").write_bytes(one)
        await at.stored(number)


async def by_registering_file(at: Hospital) -> None:
    for number, (name, one) in enumerate(SAMPLES.items(), start=1):
        (at.folder / f"{name}.xml").write_text(registered(one, number), "utf-8")
        await at.stored(2 * number)


async def by_poll(at: Hospital) -> None:
    at.answers[:] = [registered(one, number) for number, one in enumerate(SAMPLES.values())]
    await at.stored(2 * len(SAMPLES))


async def by_both(at: Hospital) -> None:
    """What came by itself is registered afterwards: nothing of it is taken back."""
    await by_cda(at)
    await by_soap(at)


def content(folder: Path, door: Door) -> dict[str, dict[str, Any]]:
    folder.mkdir()

    async def go() -> dict[str, dict[str, Any]]:
        async with hospital(folder) as at:
            await door(at)
            return at.content()

    return asyncio.run(go())


@pytest.fixture(scope="module")
def by_itself(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    return content(tmp_path_factory.mktemp("cda") / "cda", by_cda)


@pytest.mark.parametrize("door", [by_post, by_call, by_soap, by_file, by_registering_file, by_poll, by_both])
def test_a_document_says_the_same_through_every_door(
    by_itself: dict[str, dict[str, Any]], tmp_path: Path, door: Door
) -> None:
    made = content(tmp_path / "other", door)
    assert sum(one.startswith("Observation/") for one in by_itself) > 20
    assert sorted(made) == sorted(by_itself)
    for name, body in by_itself.items():
        assert made[name] == body, name


def test_a_document_whose_xmlns_was_forgotten_says_the_same_through_every_door(tmp_path: Path) -> None:
    raw = SAMPLES["05-C0002-outpatient"].replace(b' xmlns="urn:hl7-org:v3"', b"")

    async def cda(at: Hospital) -> None:
        await at.post("his/cda", raw)

    async def post(at: Hospital) -> None:
        await at.post("his/xml_http", raw)

    async def file(at: Hospital) -> None:
        (at.folder / "note.xml").write_bytes(raw)
        await at.stored(1)

    made = [content(tmp_path / door.__name__, door) for door in (cda, post, file)]
    assert any(one.startswith("Condition/") for one in made[0])
    assert made[0] == made[1] == made[2]
