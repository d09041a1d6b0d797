"""The wire forms: what a platform gets is what was entered, and its answer means what it says."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from lxml import etree

from gateway.canonical.json import dumps, loads
from gateway.errors import Misconfigured
from gateway.feed.bundle import Bundler
from gateway.feed.receiver import Reply, Request, open_wire
from gateway.feed.receiver.map_file import load_map, read_map
from gateway.feed.receiver.opening import Sender
from gateway.security.sm.sm3 import sm3
from gateway.security.sm.sm4 import sm4_decrypt
from gateway.settings import ReceiverSettings
from gateway.store import Entry, Store
from gateway.validation.xml.reading import from_xml

Make = Callable[..., Any]
VISITS = "urn:oid:2.16.156.10011.1.11"
KEY = "0123456789abcdeffedcba9876543210"


@pytest.fixture
def sender(kit: Any) -> Sender:
    return Sender(Bundler(lambda _: kit.BASE, lambda _: kit.HOSPITAL), kit.BASE, "990101001", "+08:00")


@pytest.fixture
def wired(bench: Make, sender: Sender, kit: Any) -> Make:
    def make(platform: Any, **settings: Any) -> Any:
        wire = open_wire("province", ReceiverSettings(url=kit.URL, **settings), sender)
        return bench(platform, wire, **settings)

    return make


@dataclass
class Posts:
    """A platform that keeps requests and answers as it is told."""

    answer: Callable[[Request], Reply]
    got: list[Request] = field(default_factory=list)

    async def __call__(self, request: Request, seconds: float) -> Reply:
        self.got.append(request)
        return self.answer(request)

    async def close(self) -> None:
        """Nothing is open."""


def plain(request: Request) -> Any:
    """What an encrypted list says; its digests are what they must be."""
    headers = dict(request.headers)
    assert headers["digest"] == sm3(request.body).hex()
    secret = f"{headers['organID']}{headers['timestamp']}{request.body.decode()}00ff"
    assert headers["sign"] == sm3(secret.encode()).hex()
    data = base64.b64decode(request.body)
    return loads(sm4_decrypt(bytes.fromhex(KEY), data[:16], data[16:]))


LIST = {
    "kind": "list", "map": "example-list", "sm4_key": KEY, "mac_key": "00ff", "token": "t0ken",
    "values": {"organID": "990101001"},
}  # fmt: skip


def test_a_list_is_encrypted_and_says_the_document_in_the_words_of_the_platform(
    store: Store, wired: Make, kit: Any
) -> None:
    (entry,) = kit.enter(store, kit.prescription(1))
    on = wired(Posts(lambda _: Reply(200, body=b'{"code": 200}')), **LIST)
    on.run()
    (request,) = on.platform.got
    assert request.url == f"{kit.URL}/uploadRecipe"
    assert ("Authorization", "Bearer t0ken") in request.headers
    assert plain(request) == [
        {
            "bussKey": f"1-{entry.hash.hex()}",
            "organID": "990101001",
            "recipeUniqueID": "S1",
            "recipeStatus": "1",
            "patientName": "林1",
            "orderList": [{"drname": "氨氯地平片", "dosage": "5", "drunit": "mg"}],
        }
    ]
    assert on.counts()["acknowledged"] == 1


def test_a_list_that_is_refused_for_one_item_costs_that_one_only(store: Store, wired: Make, kit: Any) -> None:
    """Observed practice: one bad item rejects the list. Which one is named, or must be found by halving."""
    kit.enter(store, *(kit.prescription(at) for at in range(1, 9)))

    def named(request: Request) -> Reply:
        bad = [one["bussKey"] for one in plain(request) if one["recipeUniqueID"] == "S3"]
        items = [{"bussKey": key, "code": 1002, "msg": "医师未备案"} for key in bad]
        return Reply(200, body=dumps({"code": 1001 if bad else 200, "data": items}))

    def unnamed(request: Request) -> Reply:
        bad = any(one["recipeUniqueID"] == "S3" for one in plain(request))
        return Reply(200, body=dumps({"code": 1001 if bad else 200, "msg": "批次驳回"}))

    for name, answer, most in (("one", named, 2), ("two", unnamed, 7)):
        on = wired(Posts(answer), **LIST)
        on.relay.name = name
        on.run()
        assert on.counts()["acknowledged"] == 7 and on.states()[3] == "refused"
        assert len(on.platform.got) <= most
    assert on.store.deliveries.delivery("default", on.receiver, 3).reason == "1001 批次驳回"


def test_codes_of_a_list_mean_what_the_map_says(store: Store, wired: Make, kit: Any) -> None:
    kit.enter(store, *(kit.prescription(at) for at in range(1, 4)))
    claimed: dict[int, str] = {}

    async def claim(entry: Any, serial: str) -> None:
        claimed[entry.n] = serial

    def answer(request: Request) -> Reply:
        keys = {one["recipeUniqueID"]: one["bussKey"] for one in plain(request)}
        data = [
            {"bussKey": keys.get("S1"), "code": 200, "platformID": "P-1", "platformSerial": "G17"},
            {"bussKey": keys.get("S2"), "code": "2001"},
            {"bussKey": keys.get("S3"), "code": 500 if len(keys) == 3 else 200},
        ]
        return Reply(200, body=dumps({"code": 200, "data": data}))

    on = wired(Posts(answer), **LIST)
    on.relay._claim = claim
    on.turn()
    assert on.states() == {1: "acknowledged", 2: "acknowledged", 3: "sent"}
    assert claimed == {1: "G17"} and store.deliveries.delivery("default", on.receiver, 1).receipt == "P-1"
    on.run()
    assert on.states()[3] == "acknowledged"


def test_a_document_that_the_map_cannot_say_is_refused_before_it_leaves(
    store: Store, wired: Make, kit: Any
) -> None:
    kit.enter(
        store, kit.prescription(1), kit.prescription(2, medicationCodeableConcept={}), kit.prescription(3)
    )
    on = wired(Posts(lambda _: Reply(200, body=b'{"code": 200}')), **LIST)
    on.run()
    assert on.states() == {1: "acknowledged", 2: "refused", 3: "acknowledged"}
    assert "drname" in store.deliveries.delivery("default", on.receiver, 2).reason
    assert all(one["recipeUniqueID"] != "S2" for request in on.platform.got for one in plain(request))


def test_it_signs_in_every_day_even_when_there_is_nothing(store: Store, wired: Make, kit: Any) -> None:
    kit.enter(store, kit.prescription(1))
    up = {"yes": True}
    on = wired(
        Posts(lambda _: Reply(200, body=b'{"code": 200}') if up["yes"] else Reply(502)),
        sign_in="08:00",
        **LIST,
    )
    on.run()

    def signed() -> list[str]:
        return [plain(one)[0]["signDate"] for one in on.platform.got if one.url.endswith("/signIn")]

    for _ in range(3 * 24 * 2):
        on.turn()
        on.clock.us += 1800 * kit.SECOND
    days = signed()
    assert len(days) == len(set(days)) in (3, 4), "once a day, and not in the hours before"
    up["yes"] = False
    for _ in range(24):
        on.turn()
        on.clock.us += 3600 * kit.SECOND
    assert "sign-in" in on.alerts()
    up["yes"] = True
    for _ in range(24):
        on.turn()
        on.clock.us += 3600 * kit.SECOND
    assert "sign-in" not in on.alerts()


def test_records_in_xml(store: Store, wired: Make, kit: Any) -> None:
    kit.enter(store, kit.prescription(1), kit.prescription(2))
    answer = (
        b"<answer><result><code>9</code></result><items><item><code>0</code><id>X1</id></item>"
        b"<item><code>7</code><message>no</message></item></items></answer>"
    )
    on = wired(Posts(lambda _: Reply(200, body=answer)), kind="xml", map="example-xml",
               values={"organID": "h<1"})  # fmt: skip
    on.turn()
    root = etree.fromstring(on.platform.got[0].body)
    assert root.findtext("head/organ") == "h<1" and root.findtext("head/count") == "2"
    assert [one.findtext("patient") for one in root.findall("record")] == ["林1", "林2"]
    assert root.findtext("record/drug/dose") == "5"
    assert on.states() == {1: "acknowledged", 2: "refused"}
    assert store.deliveries.delivery("default", on.receiver, 1).receipt == "X1"


def test_a_message_in_xml(store: Store, wired: Make, kit: Any) -> None:
    kit.enter(store, kit.prescription(1))
    on = wired(Posts(lambda _: Reply(200)), kind="xml")
    on.run()
    bundle = from_xml(on.platform.got[0].body)
    assert bundle["type"] == "message" and on.platform.got[0].url.endswith("/$process-message")
    assert kit.entries_of(bundle)[0]["serial"] == "S1"


def test_a_transaction_updates_what_it_says_and_knows_where_it_went(
    store: Store, wired: Make, kit: Any
) -> None:
    kit.enter(store, *(kit.prescription(at) for at in range(1, 5)))

    def answer(request: Request) -> Reply:
        entries = loads(request.body)["entry"]
        if any(one["request"]["url"] == "RequestGroup/g2" for one in entries):
            return Reply(422, body=dumps(kit.outcome("business-rule", "no")))
        urls = [f"{kit.URL}/{one['request']['url']}/_history/1" for one in entries]
        made = [{"response": {"status": "201 Created", "location": url}} for url in urls]
        return Reply(
            200, body=dumps({"resourceType": "Bundle", "type": "transaction-response", "entry": made})
        )

    on = wired(Posts(answer), kind="transaction")
    on.run()
    assert on.states() == {1: "acknowledged", 2: "refused", 3: "acknowledged", 4: "acknowledged"}
    first = loads(on.platform.got[0].body)
    names = [one["request"]["url"] for one in first["entry"]]
    assert len(names) == len(set(names)) == 12, "4 patients, 4 groups, 4 drugs, each once"
    assert (
        store.deliveries.delivery("default", on.receiver, 1).receipt
        == f"{kit.URL}/RequestGroup/g1/_history/1"
    )


@pytest.mark.parametrize(
    ("settings", "hosts", "told"),
    [
        ({"url": "https://platform.example/x"}, (), "not listed"),
        ({"url": "http://platform.example/x"}, ("platform.example",), "https"),
        ({"url": "https://u:p@platform.example/x"}, ("platform.example",), "user"),
        ({"url": "ftp://platform.example/x"}, ("platform.example",), "https://"),
        ({"url": "https://127.0.0.1.platform.example:1/x"}, ("127.0.0.1",), "not listed"),
        ({"kind": "list", "map": "no-such"}, (), "no such map"),
        ({"kind": "list", "map": "example-list"}, (), "sm4_key"),
        ({"kind": "list", "map": "example-list", "sm4_key": "xyz"}, (), "hexadecimal"),
        ({"token": "file:/no/such/file"}, (), "cannot be read"),
        ({"headers": ("Host: elsewhere",)}, (), "header"),
        ({"headers": ("X: a\r\nY: b",)}, (), "header"),
    ],
)
def test_what_may_not_be_is_said_at_the_start(
    settings: dict[str, Any], hosts: tuple[str, ...], told: str, sender: Sender, kit: Any
) -> None:
    with pytest.raises(Misconfigured, match=told):
        open_wire("province", ReceiverSettings(**{"url": kit.URL, **settings}), sender, hosts)


def test_a_listed_host_is_taken(sender: Sender) -> None:
    assert open_wire(
        "p", ReceiverSettings(url="https://platform.example:8443/x"), sender, ("platform.example:8443",)
    )


@pytest.mark.parametrize("wrong", [
    [], {}, {"answer": {"code": "c"}}, {"kinds": {"visit": {"fields": {}}}, "answer": {"code": "c"}},
    {"kinds": {"visit": {"fields": {"a": "patient.name"}}}, "answer": {"code": "c"}},
    {"kinds": {"visit": {"fields": {"a": "Patient.na me"}}}, "answer": {"code": "c"}},
    {"kinds": {"visit": {"fields": {"a": {"path": "Patient.name", "eval": "1"}}}}, "answer": {"code": "c"}},
    {"kinds": {"visit": {"fields": {"a": "ledger.secret"}}}, "answer": {"code": "c"}},
    {"kinds": {"visit": {"fields": {"a": "Patient.name"}}}, "answer": {}},
    {"kinds": {"visit": {"fields": {"a": "Patient.name"}}}, "answer": {"code": "c"},
     "wire": {"encrypt": "rot13"}},
])  # fmt: skip
def test_a_map_that_cannot_be_meant_is_refused_with_the_place(wrong: Any) -> None:
    with pytest.raises(Misconfigured):
        read_map(wrong, "x.yaml")


def test_the_shipped_maps_can_be_loaded() -> None:
    assert set(load_map("example-list").kinds) == {"visit", "prescription"}
    assert load_map("example-xml").items


def test_a_record_is_of_one_visit_and_has_no_number_that_has_ended(
    store: Store, wired: Make, kit: Any
) -> None:
    """Not of the stay that the visit is a part of, nor of its physician."""
    resident = "urn:oid:2.16.156.10011.1.3"

    def act(desk: Any) -> Any:
        desk.write({"resourceType": "Practitioner", "id": "old", "name": [{"text": "张外科"}]})
        desk.write({"resourceType": "Patient", "id": "p1", "name": [{"text": "林知夏"}], "identifier": [
            {"use": "old", "system": resident, "value": "990101199104120024"},
            {"system": resident, "value": "990101198005060019"}]})  # fmt: skip
        subject = {"reference": "Patient/p1"}
        desk.write({
            "resourceType": "Encounter", "id": "e0", "status": "finished", "class": {"code": "IMP"},
            "subject": subject, "identifier": [{"system": VISITS, "value": "V-OLD"}],
            "serviceType": {"coding": [{"code": "02"}]},
            "participant": [{"individual": {"reference": "Practitioner/old"}}],
        })  # fmt: skip
        visit = desk.write({
            "resourceType": "Encounter", "id": "e1", "status": "in-progress", "class": {"code": "VR"},
            "subject": subject, "partOf": {"reference": "Encounter/e0"},
            "identifier": [{"system": VISITS, "value": "V1"}],
            "period": {"start": "2026-03-05T09:00:00+08:00"},
        })  # fmt: skip
        return desk.append(Entry("visit", "effective", visit, (visit,), "S1", 0))

    kit.enter(store, act)
    platform = Posts(lambda _: Reply(200, body=b'{"code": "200"}'))
    wired(platform, **LIST).run()
    (record,) = plain(platform.got[-1])
    assert (record["bussID"], record["patientCertID"]) == ("V1", "990101198005060019")
    assert not {"subjectCode", "doctorName"} & set(record)
