"""Messages: what the profiles ask of them, whole, and the hashes of the ledger can be computed from them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.canonical.json import dumps, loads
from gateway.feed.bundle import Bundler, Destination, Seal, message_id
from gateway.feed.document import MARK, Documents
from gateway.settings import Settings
from gateway.store import Desk, Entered, Entry, Store, Transact, open_store
from gateway.validation import examine, validator_of

EXAMPLES = Path(__file__).parents[2] / "mappings" / "profiles" / "examples"
BASE = "https://qiao.example/fhir"
HOSPITAL = {"resourceType": "Organization", "id": "h1", "name": "渡桥市人民医院互联网医院"}
START = 2_000_000_000_000_000


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path / 'qiao.db'}")
    yield opened
    opened.close()


def act(desk: Desk) -> Entered:
    desk.write({"resourceType": "Patient", "id": "p1", "name": [{"text": "林知夏"}]})
    desk.write({"resourceType": "Practitioner", "id": "w1", "name": [{"text": "温如玉"}]})
    desk.write({"resourceType": "Encounter", "id": "e1", "status": "in-progress", "class": {"code": "VR"},
                "subject": {"reference": "Patient/p1"},
                "serviceProvider": {"reference": "Organization/h1"}})  # fmt: skip
    desk.write(HOSPITAL)
    order = {"encounter": {"reference": "Encounter/e1"}, "subject": {"reference": "Patient/p1"},
             "status": "active", "intent": "order"}  # fmt: skip
    author = {"reference": "Practitioner/w1"}
    group = desk.write({"resourceType": "RequestGroup", "id": "g1", "author": author, **order})
    drug = desk.write({"resourceType": "MedicationRequest", "id": "m1", **order})
    seal = [{"who": {"reference": "Practitioner/w1"}}]
    target = [{"reference": "RequestGroup/g1/_history/1"}]
    desk.write({"resourceType": "Provenance", "id": "s1", "target": target, "signature": seal})
    desk.write({"resourceType": "Provenance", "id": "unsigned", "target": [{"reference": "RequestGroup/g1"}]})
    return desk.append(Entry("prescription", "submitted", group, (group, drug), "S1"))


def ended(desk: Desk) -> Entered:
    gone = desk.delete("RequestGroup", "g1")
    assert gone is not None
    return desk.append(Entry("prescription", "cancelled", gone, (), "S1", 1))


def entered(store: Store, *acts: Any) -> list[Entered]:
    done = store.write([Transact("default", "t", [], act=one) for one in acts])
    assert not any(one.error for one in done)
    return [one.answer for one in done]  # type: ignore[misc]


def resources(bundle: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {f"{one['resource']['resourceType']}/{one['resource']['id']}": one for one in bundle["entry"]}


@pytest.fixture
def bundler() -> Bundler:
    return Bundler(lambda _: BASE, lambda _: HOSPITAL)


TO = Destination("province", "https://platform.example")


def test_a_document_comes_with_what_it_refers_to_and_its_signatures(store: Store, bundler: Bundler) -> None:
    documents = Documents(store).of(entered(store, act))
    found = resources(bundler.message(documents, TO, START))
    names = set(found) - {"Parameters/ledger", f"MessageHeader/{message_id(documents)}"}
    assert names == {
        "RequestGroup/g1", "MedicationRequest/m1", "Patient/p1", "Practitioner/w1", "Encounter/e1",
        "Organization/h1", "Provenance/s1",
    }  # fmt: skip
    assert found["Patient/p1"]["fullUrl"] == f"{BASE}/Patient/p1"


def test_the_hash_of_an_entry_can_be_computed_from_what_was_sent(store: Store, bundler: Bundler) -> None:
    (entry,) = entered(store, act)
    found = resources(bundler.message(Documents(store).of([entry]), TO, START))
    bodies = [dumps(found[name]["resource"]) for name in ("RequestGroup/g1", "MedicationRequest/m1")]
    sm3 = lambda data: hashlib.new("sm3", data).digest()  # noqa: E731
    assert sm3(b"".join(map(sm3, bodies))) == entry.sha


def test_entries_of_several_events_are_one_message_and_each_says_its_own(
    store: Store, bundler: Bundler
) -> None:
    entries = entered(store, act, ended)
    documents = Documents(store).of(entries)
    bundle = bundler.message(documents, TO, START)
    header = bundle["entry"][0]["resource"]
    assert header["eventCoding"]["code"] == "several"
    lines = bundle["entry"][1]["resource"]["parameter"]
    told = [{part["name"]: part for part in line["part"]} for line in lines]
    assert [one["event"]["valueCode"] for one in told] == ["submitted", "cancelled"]
    assert told[1]["about"]["valueString"] == "RequestGroup/g1/_history/2", "a tombstone is told, not sent"
    assert documents[1].about is None


def test_the_same_entries_are_the_same_message_whenever_they_are_sent(store: Store, bundler: Bundler) -> None:
    documents = Documents(store).of(entered(store, act))
    one, two = bundler.message(documents, TO, START), bundler.message(documents, TO, START + 10**9)
    assert one["identifier"] == two["identifier"]
    assert one["entry"][0]["resource"]["id"] == two["entry"][0]["resource"]["id"]


def test_a_message_is_signed_with_the_key_of_the_tenant(store: Store) -> None:
    class Signatures:
        def seal(self, payload: bytes, key: str, targets: list[str], **_: Any) -> str:
            assert key == "k1" and targets[0].startswith("urn:qiao:id:feed|default-1-1-1-")
            return "c2VhbA=="

    seal: Any = Seal(Signatures(), "k1")  # type: ignore[arg-type]
    bundler = Bundler(lambda _: BASE, lambda _: HOSPITAL, lambda _: seal)
    signature = bundler.message(Documents(store).of(entered(store, act)), TO, START)["signature"]
    assert signature["data"] == "c2VhbA==" and signature["who"] == {"reference": f"{BASE}/Organization/h1"}


def test_what_was_deleted_is_sent_as_it_last_stood_and_says_so(store: Store, bundler: Bundler) -> None:
    entries = entered(store, act)
    entered(store, lambda desk: desk.delete("Patient", "p1"), lambda desk: desk.delete("Practitioner", "w1"))
    found = resources(bundler.message(Documents(store).of(entries), TO, START))
    for name, text in (("Patient/p1", "林知夏"), ("Practitioner/w1", "温如玉")):
        sent = found[name]["resource"]
        assert sent["name"] == [{"text": text}]
        assert (sent["meta"]["versionId"], sent["meta"]["tag"]) == ("1", [MARK])
    assert "tag" not in found["Encounter/e1"]["resource"]["meta"]


@pytest.mark.parametrize("deleted", [False, True])
def test_a_message_of_conforming_documents_conforms_to_the_profile(store: Store, deleted: bool) -> None:
    """The documents of the shipped example come out as a message that is what ``feed-bundle`` asks for."""
    example = loads((EXAMPLES / "feed-bundle" / "good-prescription.json").read_bytes())
    text = dumps([one["resource"] | {"id": one["fullUrl"][-3:]} for one in example["entry"][1:]]).decode()
    for one in example["entry"]:
        text = text.replace(one["fullUrl"], f"{one['resource']['resourceType']}/{one['fullUrl'][-3:]}")
    found = {one["resourceType"]: one for one in loads(text)}

    def enter(desk: Desk) -> Entered:
        made = {type_: desk.write(one) for type_, one in found.items()}
        group = made["RequestGroup"]
        return desk.append(
            Entry("prescription", "effective", group, (group, made["MedicationRequest"]), "S1")
        )

    class Signatures:
        def seal(self, *_: Any, **__: Any) -> str:
            return "c2VhbA=="

    seal: Any = Seal(Signatures(), "k1")  # type: ignore[arg-type]
    bundler = Bundler(lambda _: BASE, lambda _: found["Organization"], lambda _: seal)

    def diagnose(desk: Desk) -> Entered:
        subject = found["RequestGroup"]["subject"]
        made = {"resourceType": "Condition", "id": "c1", "subject": subject, "code": {"text": "高血压"}}
        return desk.append(Entry("diagnosis", "corrected", desk.write(made), (), "S1", 1))

    entries = entered(store, enter, diagnose)
    if deleted:
        entered(store, lambda desk: desk.delete("Patient", found["Patient"]["id"]))
    bundle = bundler.message(Documents(store).of(entries), TO, START)
    assert ("feed-mark" in str(bundle)) is deleted
    checked = examine(validator_of(Settings()), dumps(bundle), ["urn:qiao:profile:feed-bundle"])
    assert [one.issue for one in checked.issues if one.issue.severity == "error"] == []
