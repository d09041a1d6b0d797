"""The simulated platform: takes each entry once, finds what is wrong, misbehaves as it is told."""

from __future__ import annotations

import base64
import http.client
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from conformance.simulators.exact import dumps
from conformance.simulators.regulator import ledger, message
from conformance.simulators.regulator.book import Book
from conformance.simulators.regulator.envelope import Keys
from conformance.simulators.regulator.message import Checks
from conformance.simulators.regulator.mischief import Mischief
from conformance.simulators.regulator.platform import Platform
from conformance.simulators.regulator.server import Server

Resource = dict[str, Any]
KEY = bytes(range(16))


class Hospital:
    """Sends a small ledger of its own making."""

    def __init__(self, url: str) -> None:
        self.address = url.removeprefix("http://")
        self.entries: list[Resource] = []
        self.bodies: dict[str, Resource] = {}

    def enter(self, serial: str = "", document: str = "", kind: str = "prescription", **changes: Any) -> None:
        n = len(self.entries) + 1
        id_ = document or f"g{n}"
        about = f"RequestGroup/{id_}/_history/{n}"
        body = {"resourceType": "RequestGroup", "id": id_, "meta": {"versionId": str(n)}, "status": "active"}
        self.bodies[about] = body
        values = {
            "tenant": "default", "n": n, "algorithm": "sm3", "time": f"2026-03-06T0{n % 10}:00:00Z",
            "kind": kind, "event": "effective", "serial": serial, "about": about, "members": 1, "back": 0,
            "sha": ledger.members_hash("sm3", [dumps(body).encode()]),
            "prev": self.entries[-1]["hash"] if self.entries else ledger.FIRST,
        }  # fmt: skip
        self.entries.append({**values, "hash": ledger.entry_hash(values), **changes})

    def message(self, *numbers: int) -> bytes:
        """The entries of these numbers as a message."""
        chosen = [self.entries[n - 1] for n in numbers]
        parameters = [{"name": "entry", "part": _parts(one)} for one in chosen]
        resources = [
            {"resourceType": "MessageHeader", "id": "h1"},
            {"resourceType": "Parameters", "id": "ledger", "parameter": parameters},
            *(self.bodies[one["about"]] for one in chosen),
        ]
        entry = [{"resource": one} for one in resources]
        return dumps({"resourceType": "Bundle", "type": "message", "entry": entry}).encode()

    def send(self, *numbers: int) -> dict[int, str]:
        """Send entries as a message; returns the code of each."""
        status, body = self.post("/$process-message", self.message(*numbers))
        assert status == 200, body
        told = json.loads(body)["entry"][1]["resource"]["parameter"]
        said = [{part["name"]: list(part.values())[1] for part in one["part"]} for one in told]
        return {one["entry"]: one["code"] for one in said}

    def post(self, path: str, body: bytes, **headers: str) -> tuple[int, bytes]:
        line = http.client.HTTPConnection(self.address, timeout=10)
        try:
            line.request("POST", path, body, headers)
            answer = line.getresponse()
            return answer.status, answer.read()
        finally:
            line.close()

    def get(self, path: str) -> Any:
        line = http.client.HTTPConnection(self.address, timeout=10)
        line.request("GET", path)
        found = line.getresponse().read()
        line.close()
        return json.loads(found)

    def misbehave(self, mode: str, **more: Any) -> None:
        assert self.post("/misbehave", json.dumps({"mode": mode, **more}).encode())[0] == 200


def _parts(entry: Resource) -> list[Resource]:
    kinds = {int: "valueUnsignedInt", str: "valueString"}
    said = [{"name": name, kinds[type(value)]: value} for name, value in entry.items() if name != "members"]
    return [*said, {"name": "member", "valueString": entry["about"]}]


@pytest.fixture
def hospital(tmp_path: Path) -> Iterator[Hospital]:
    book = Book(tmp_path / "regulator.db")
    server = Server("127.0.0.1", 0, Platform(book, Mischief(), Checks(book, ()), Keys(KEY)))
    server.start()
    yield Hospital(server.url)
    server.stop()


def serial(number: int) -> str:
    return ledger.with_check_character(f"CQP000990101001202603060{number:06d}")


def test_an_entry_is_taken_once_and_a_repeat_is_said_to_be_one(hospital: Hospital) -> None:
    for number in (1, 2):
        hospital.enter(serial(number))
    assert hospital.send(1, 2) == {1: "ok", 2: "ok"}
    assert hospital.send(2) == {2: "repeat"}
    state = hospital.get("/state")
    assert (state["entries"], state["serials"], state["faults"]) == (2, 2, {})
    assert state["ledgers"]["default"]["head"] == hospital.entries[1]["hash"]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"kind": "exam"}, "the hash of the entry"),
        ({"serial": "CQP0009901010012026030600000011"}, "the hash of the entry"),
        ({"sha": "00" * 32}, "the hash over the members"),
    ],
)
def test_an_entry_that_was_changed_is_refused(hospital: Hospital, changes: Resource, reason: str) -> None:
    hospital.enter(serial(1))
    hospital.entries[0] |= changes
    assert hospital.send(1) == {1: "fatal-error"}
    assert reason in hospital.get("/state")["newest_faults"][0]


def test_a_wrong_check_character_is_refused(hospital: Hospital) -> None:
    right = serial(1)
    hospital.enter(right[:-1] + ("0" if right[-1] != "0" else "1"))
    assert hospital.send(1) == {1: "fatal-error"}


def test_two_documents_with_one_serial_are_found(hospital: Hospital) -> None:
    hospital.enter(serial(1), "a")
    hospital.enter(serial(1), "b")
    assert hospital.send(1, 2) == {1: "ok", 2: "fatal-error"}


def test_a_ledger_that_was_written_anew_is_found(hospital: Hospital) -> None:
    hospital.enter(serial(1))
    hospital.send(1)
    hospital.entries.clear()
    hospital.enter(serial(2), "other")
    hospital.enter(serial(3))
    assert hospital.send(1) == {1: "fatal-error"}
    assert hospital.send(2) == {2: "fatal-error"}
    assert hospital.get("/state")["faults"]["rewritten"] == 1


def test_order_matters_within_a_document_alone(hospital: Hospital) -> None:
    hospital.enter(serial(1), "a")
    hospital.enter(serial(2), "b")
    hospital.enter(serial(1), "a")
    hospital.send(2)
    hospital.send(1)
    assert not hospital.get("/state")["faults"]
    hospital.enter(serial(1), "a")
    hospital.send(4)
    hospital.send(3)
    assert hospital.get("/state")["faults"] == {"out of order": 1}


def test_a_lost_acknowledgement_was_taken(hospital: Hospital) -> None:
    hospital.enter(serial(1))
    hospital.misbehave("lost", times=1)
    with pytest.raises((http.client.HTTPException, ConnectionError)):
        hospital.send(1)
    assert hospital.get("/state")["entries"] == 1
    assert hospital.send(1) == {1: "repeat"}


def test_a_timeout_took_nothing(hospital: Hospital) -> None:
    hospital.enter(serial(1))
    hospital.misbehave("timeout", times=1, seconds=0)
    with pytest.raises((http.client.HTTPException, ConnectionError)):
        hospital.send(1)
    assert hospital.get("/state")["entries"] == 0


@pytest.mark.parametrize(("mode", "status"), [("error", 500), ("away", 503)])
def test_it_is_broken_or_away_until_it_is_told_otherwise(hospital: Hospital, mode: str, status: int) -> None:
    hospital.enter(serial(1))
    hospital.misbehave(mode)
    for _ in range(3):
        assert hospital.post("/$process-message", hospital.message(1))[0] == status
    assert hospital.get("/state")["entries"] == 0
    hospital.misbehave("")
    assert hospital.send(1) == {1: "ok"}


def test_it_takes_half_a_batch_and_says_which(hospital: Hospital) -> None:
    for number in range(1, 5):
        hospital.enter(serial(number))
    hospital.misbehave("half", times=1)
    assert list(hospital.send(1, 2, 3, 4).values()) == ["ok", "transient-error"] * 2
    assert list(hospital.send(2, 4).values()) == ["ok", "ok"]


def test_it_counts_and_counts_wrong_when_told(hospital: Hospital) -> None:
    hospital.enter(serial(1))
    hospital.send(1)
    (right,) = hospital.get("/counts")["counts"]
    assert (right["day"], right["kind"], right["count"]) == ("2026-03-06", "prescription", 1)
    (named,) = hospital.get("/counts?numbers=true")["counts"]
    assert named["numbers"] == [serial(1)]
    hospital.misbehave("miscount")
    assert hospital.get("/counts?day=2026-03-06")["counts"][0]["count"] == 2


def test_it_lists_what_it_has_after_a_number(hospital: Hospital) -> None:
    for number in (1, 2, 3):
        hospital.enter(serial(number))
    hospital.send(1, 2, 3)
    found = hospital.get("/entries?tenant=default&after=1")["entries"]
    assert [(one["n"], one["serial"]) for one in found] == [(2, serial(2)), (3, serial(3))]
    assert hospital.get("/entries?tenant=east&after=x")["entries"] == []


def test_it_gives_a_document_one_serial(hospital: Hospital) -> None:
    asked = json.dumps({"tenant": "default", "document": "RequestGroup/g1"}).encode()
    first, again = (json.loads(hospital.post("/serials", asked)[1])["serial"] for _ in range(2))
    assert first == again
    assert ledger.check_character(first)


def test_a_message_in_xml_is_taken_and_answered_in_xml(hospital: Hospital) -> None:
    hospital.enter(serial(1))
    text = message.to_xml(json.loads(hospital.message(1)))
    status, answer = hospital.post("/$process-message", text)
    assert (status, b'<code value="ok" />' in answer or b'valueCode value="ok"' in answer) == (200, True)
    assert hospital.get("/state")["wires"] == {"xml": 1}


def test_a_transaction_is_kept_version_by_version(hospital: Hospital) -> None:
    resource = {"resourceType": "RequestGroup", "id": "g1", "meta": {"versionId": "2"}}
    put = {"resource": resource, "request": {"method": "PUT", "url": "RequestGroup/g1"}}
    body = json.dumps({"resourceType": "Bundle", "type": "transaction", "entry": [put]}).encode()
    for expected in ("201 Created", "200 OK"):
        answer = json.loads(hospital.post("/", body)[1])
        assert answer["entry"][0]["response"]["status"] == expected
    assert hospital.get("/state")["records"] == {"transaction": 1}


def test_an_encrypted_list_is_opened_and_answered_item_by_item(hospital: Hospital) -> None:
    plain = json.dumps([{"prescNo": "CF1"}, {"prescNo": "CF2"}]).encode()
    padder, iv = padding.PKCS7(128).padder(), bytes(16)
    work = Cipher(algorithms.SM4(KEY), modes.CBC(iv)).encryptor()
    sealed = base64.b64encode(iv + work.update(padder.update(plain) + padder.finalize()) + work.finalize())
    status, body = hospital.post("/api/recipe", sealed)
    assert (status, [one["code"] for one in json.loads(body)["data"]]) == (200, ["200", "200"])
    again = json.loads(hospital.post("/api/recipe", sealed)[1])
    assert [one["code"] for one in again["data"]] == ["2001", "2001"]
    assert json.loads(hospital.post("/api/recipe", sealed[:-8])[1])["code"] == "400"
    assert json.loads(hospital.post("/api/recipe", sealed, digest="00" * 32)[1])["code"] == "400"


def test_what_is_no_message_is_refused_as_one(hospital: Hospital) -> None:
    for body in (b"{", b"[]", b"<a/>", b'{"resourceType": "Bundle", "entry": []}', b"<!DOCTYPE x><x/>"):
        assert hospital.post("/$process-message", body)[0] == 422


def test_the_page_shows_what_it_has(hospital: Hospital) -> None:
    hospital.enter(serial(1))
    hospital.send(1)
    line = http.client.HTTPConnection(hospital.address, timeout=10)
    line.request("GET", "/")
    text = line.getresponse().read().decode()
    line.close()
    assert "监管平台" in text
    assert "prescription" in text
