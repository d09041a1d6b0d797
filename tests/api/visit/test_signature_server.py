"""A signature server that verifies: the writer never waits for it, and its absence is told as what it is."""

from __future__ import annotations

import base64
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.canonical import Draft, Envelope, Stored, Translation, new_envelope_id, now_us
from gateway.errors import Misconfigured, Retry
from gateway.pipeline.beside import Beside
from gateway.security.signature import Signatures, open_signatures
from gateway.security.signature.server import ServerProvider
from gateway.security.signature.software import verify_value
from gateway.settings import SignatureSettings
from gateway.store import Receive, Settle, Store, Transact, Transacted

PHYSICIAN = "Practitioner/w1"


class Server(ServerProvider):
    """Verifies as a server does; may be away, or refuse the token. Notes on whose thread it is asked."""

    def __init__(self) -> None:
        super().__init__("http://127.0.0.1:9", verifies=True)
        self.fault: Exception | None = None
        self.asked: list[str] = []

    def _ask(self, method: str, path: str, body: dict[str, str] | None = None) -> dict[str, Any]:
        self.asked.append(threading.current_thread().name)
        if self.fault is not None:
            raise self.fault
        assert body is not None
        certificate, data, value = (
            base64.b64decode(body[one]) for one in ("certificate", "data", "signature")
        )
        return {"valid": verify_value(body["algorithm"], certificate, data, value)}  # type: ignore[arg-type]


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def signatures(keys: Path, server: Server) -> Signatures:
    """Signs with the keys of the folder, and lets the server verify."""
    made = open_signatures(SignatureSettings(trust=(str(keys / "trust.pem"),), keys=str(keys / "keys")))
    own = made._provider
    server.key, server.sign = own.key, own.sign  # type: ignore[method-assign]
    made._provider = server
    return made


@pytest.fixture
def writes(store: Store) -> Callable[[Transact], Awaitable[Transacted]]:
    """What the pipeline does, whose one writing thread is the test's own."""
    beside = Beside()

    async def once(transact: Transact) -> Transacted:
        return store.write([transact])[0]

    return lambda transact: beside.insist(once, transact)


def rules(answer: Any) -> list[str]:
    return [
        one["details"]["coding"][0]["code"] for one in answer.json()["issue"] if one["severity"] == "error"
    ]


def away(answer: Any) -> bool:
    return answer.status_code == 503 and answer.headers["retry-after"] == "5"


ABSENT = Retry("the signature server does not answer", after=5)


@pytest.mark.parametrize("given", ["inline", "named", "on file"])
def test_the_writer_does_not_wait_for_the_server(admitted: Any, server: Server, given: str) -> None:
    documents = admitted.draft()
    admitted.write(documents)
    signed = {**admitted.sign(documents), "id": "s1"}
    said = {"inline": signed, "named": {"reference": "Provenance/s1"}, "on file": None}[given]
    if given != "inline":
        assert admitted.put(signed).status_code == 201
    server.fault = ABSENT
    assert away(admitted.call("RequestGroup/g1", "submit", PHYSICIAN, signature=said))
    assert admitted.entries() == [("visit", "effective", "Encounter/v1")]
    server.fault = None
    done = admitted.call("RequestGroup/g1", "submit", PHYSICIAN, signature=said)
    assert done.status_code == 200, done.text
    assert server.asked, "somebody verified"
    assert {one.rpartition("_")[0] for one in server.asked} <= {"qiao-signatures", "qiao-beside"}


def test_a_bad_signature_is_refused_and_asked_for_once(admitted: Any, server: Server) -> None:
    documents = admitted.draft()
    admitted.write(documents)
    other = admitted.sign([{**one, "intent": "plan"} for one in documents])
    done = admitted.call("RequestGroup/g1", "submit", PHYSICIAN, signature=other)
    assert (done.status_code, rules(done)) == (422, ["signature.signature-value"])
    assert len(server.asked) == 1


def test_a_server_that_refuses_us_makes_no_signature_bad(admitted: Any, server: Server) -> None:
    documents = admitted.draft()
    admitted.write(documents)
    server.fault = Misconfigured("the signature server refuses the token")
    done = admitted.call("RequestGroup/g1", "submit", PHYSICIAN, signature=admitted.sign(documents))
    assert (done.status_code, done.headers["retry-after"]) == (503, "60")


def test_a_plain_write_of_what_is_signed_waits_for_the_server_beside_the_writer(
    admitted: Any, server: Server
) -> None:
    written = admitted.body("RequestGroup/g1")["authoredOn"]
    more = {"type": {"text": "互联网复诊病历"}, "title": "复诊病历"}
    record = admitted.body("Composition/r1", status="final", date=written, **more)
    signed = {**admitted.sign([record]), "id": "s1"}
    assert admitted.put(signed).status_code == 201
    server.fault = ABSENT
    assert away(admitted.put(record, PHYSICIAN))
    assert admitted.ask("GET", "Composition/r1").status_code == 404, "nothing of it is written"
    server.fault = None
    done = admitted.put(record, PHYSICIAN)
    assert done.status_code == 201, done.text
    assert set(server.asked) and {one.rpartition("_")[0] for one in server.asked} == {"qiao-beside"}


def test_a_message_waits_in_the_inbox_and_is_not_held(admitted: Any, server: Server, store: Store) -> None:
    admitted.approved()
    server._verdicts.clear()
    corrected = admitted.read("MedicationRequest/g1m0") | {"status": "stopped"}
    del corrected["meta"]
    server.asked.clear()
    at = now_us()
    envelope = Envelope(new_envelope_id(at), "default", "his/hl7v2", "his", at, "", "", b"MSH|")
    translation = Translation([Draft("MedicationRequest", corrected["id"], corrected)])
    settle = Settle(envelope, translation, lambda _outcome: b"AA")
    _, waits = store.write([Receive(envelope, "", b"", 0), settle])
    assert isinstance(waits.later, Retry) and waits.later.first is not None
    assert (waits.outcome, waits.answer, server.asked) == (None, None, [])
    assert store.counts("default").inbox["received"] == 1
    assert admitted.read("MedicationRequest/g1m0")["status"] == "active"
    waits.later.first()
    [ended] = store.write([settle])
    assert isinstance(ended.outcome, Stored) and ended.later is None
    assert store.counts("default").inbox["stored"] == 1
    assert admitted.read("MedicationRequest/g1m0")["status"] == "stopped"
    flags = admitted.ask("GET", "DetectedIssue?implicated=RequestGroup/g1&_count=99").json().get("entry", [])
    codes = {one["resource"]["code"]["coding"][0]["code"] for one in flags}
    assert not codes & {"nat-20-signed", "nat-20-unapproved"}
    assert store.ledger.verify("default").ok
