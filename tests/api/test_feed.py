"""The feed: pulled page by page, signed, resumed, acknowledged, countersigned, proved."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.api import Context, Options, create_app
from gateway.api.front import protect
from gateway.canonical import merkle, now_us
from gateway.canonical.digest import digest
from gateway.canonical.json import loads
from gateway.feed.bundle import Bundler, Seal
from gateway.feed.head import named
from gateway.feed.institution import Institutions
from gateway.feed.pull import Pull
from gateway.feed.reconciliation.kinds import EVENTS
from gateway.security import Clients, clients_file
from gateway.security.client import Client
from gateway.security.client import digest as token_digest
from gateway.security.roles import Role
from gateway.security.signature import Signatures, open_signatures, verify_bundle
from gateway.security.signature.demonstration import Hospital, Signer, demonstration
from gateway.settings import SignatureSettings, TenantSettings
from gateway.store import Desk, Entry, Store, Transact, open_store

Tell = Callable[..., httpx.Response]
REGULATOR = "渡桥市卫生健康委员会"


def visit(at: int, kind: str = "prescription") -> Callable[[Desk], Any]:
    """A prescription of two drugs for a patient of an internet visit, entered."""

    def act(desk: Desk) -> Any:
        desk.write({"resourceType": "Patient", "id": f"p{at}", "name": [{"family": "张"}]})
        desk.write({"resourceType": "Practitioner", "id": "w1"})
        subject = {"reference": f"Patient/p{at}"}
        group = desk.write(
            {"resourceType": "RequestGroup", "id": f"g{at}", "status": "active", "intent": "order",
             "subject": subject, "author": {"reference": "Practitioner/w1"}}
        )  # fmt: skip
        drugs = [
            desk.write({"resourceType": "MedicationRequest", "id": f"m{at}-{n}", "subject": subject,
                        "note": [{"text": "1.50 “复诊” \\ /"}]})
            for n in range(2)
        ]  # fmt: skip
        return desk.append(Entry(kind, "submitted", group, [group, *drugs], f"S{at}"))

    return act


def fill(
    store: Store, count: int, first: int = 1, tenant: str = "default", kind: str = "prescription"
) -> None:
    done = store.write([Transact(tenant, "t", [], act=visit(at, kind)) for at in range(first, first + count)])
    assert not any(one.error for one in done)


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    """A store on each engine."""
    opened = open_store(url)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ca")
    demonstration(
        folder, [Signer("seal", "互联网医院", "1")], Hospital("渡桥市人民医院", "990101001"), "ES256"
    )
    demonstration(folder, [Signer("inspector", "监管", "2")], Hospital(REGULATOR, "990101999"), "ES256")
    return folder


@pytest.fixture
def signatures(keys: Path) -> Signatures:
    return open_signatures(SignatureSettings(trust=(str(keys / "trust.pem"),), keys=str(keys / "keys")))


@pytest.fixture
def tell(store: Store, tmp_path: Path, signatures: Signatures) -> Tell:
    settings = TenantSettings(organization="990101001", sign_key="seal", regulator=(REGULATOR,))
    bundler = Bundler(
        lambda tenant: f"https://fhir.example/t/{tenant}/fhir",
        Institutions(store, lambda _: settings).of,
        lambda _: Seal(signatures, "seal"),
    )
    pull = Pull(store, bundler, lambda _: settings, signatures)
    app = create_app(Context(store, Options(tenants=frozenset({"default", "east"})), pull=pull))
    file = tmp_path / "clients.toml"
    rows: list[tuple[str, Role, str]] = [
        ("commission", "regulator", "default"),
        ("other", "regulator", "default"),
        ("east", "regulator", "east"),
        ("boss", "operator", "default"),
        ("reader", "read", "default"),
        ("writer", "write", "default"),
    ]
    for name, role, tenant in rows:
        clients_file.add(file, Client(name, token_digest(name.encode()), role, tenant))
    guarded = protect(app, Clients(file))

    def ask(token: str, method: str, path: str, body: Any = None) -> httpx.Response:
        async def run() -> httpx.Response:
            headers = {"authorization": f"Bearer {token}", "content-type": "application/fhir+json"}
            transport = httpx.ASGITransport(guarded)
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8080") as client:
                sent = None if body is None else json.dumps(body)
                return await client.request(method, path, content=sent, headers=headers)

        return asyncio.run(run())

    return ask


def said(resource: dict[str, Any], name: str) -> Any:
    """The value of a parameter, of parts a dictionary."""
    found = next(one for one in resource["parameter"] if one["name"] == name)
    if "part" in found:
        return {one["name"]: next(v for k, v in one.items() if k != "name") for one in found["part"]}
    return next(value for key, value in found.items() if key != "name")


def parameters(**given: Any) -> dict[str, Any]:
    listed = [
        {"name": name, ("valueInteger" if isinstance(value, int) else "valueString"): value}
        for name, value in given.items()
    ]
    return {"resourceType": "Parameters", "parameter": listed}


def walk(tell: Tell, path: str, token: str = "commission") -> Iterator[dict[str, Any]]:
    """All pages, by their links."""
    url = path
    while url:
        answer = tell(token, "GET", url)
        assert answer.status_code == 200, answer.text
        page = loads(answer.content)
        yield page
        url = next((one["url"] for one in page["link"] if one["relation"] == "next"), "")


def entries(page: dict[str, Any]) -> list[dict[str, str]]:
    """The entries of a page, by the names of their lines."""
    if len(page["entry"]) < 2:
        return []
    message = page["entry"][1]["resource"]
    ledger = message["entry"][1]["resource"]
    return [
        {part["name"]: str(next(v for k, v in part.items() if k != "name")) for part in one["part"]}
        for one in ledger["parameter"]
        if one["name"] == "entry"
    ]


def test_all_of_it_comes_in_order_signed_and_with_the_root(
    tell: Tell, store: Store, signatures: Signatures
) -> None:
    fill(store, 23)
    numbers, leaves = [], []
    for page in walk(tell, "/feed/default?_count=10"):
        message = page["entry"][1]["resource"]
        verified = verify_bundle(signatures, message)
        assert set(verified.organizations) == {"990101001", "渡桥市人民医院"}
        found = entries(page)
        numbers += [int(one["n"]) for one in found]
        leaves += [merkle.leaf(bytes.fromhex(one["hash"]), digest("sm3")) for one in found]
        place = page["entry"][0]["resource"]
        assert said(place, "count") == len(found)
        assert said(place, "head")["size"] == 23
        assert said(place, "complete") is (numbers[-1] == 23)
    assert numbers == list(range(1, 24))
    assert said(place, "head")["root"] == merkle.root(leaves, digest("sm3")).hex()
    head = store.ledger.head("default")
    unsealed = signatures.unseal(head.encoded(), said(place, "head")["signature"])
    assert unsealed.targets == (named("default", 23),)


def test_bodies_are_those_that_were_ledgered(tell: Tell, store: Store) -> None:
    fill(store, 2)
    answer = tell("commission", "GET", "/feed/default")
    message = answer.json()["entry"][1]["resource"]
    by_version = {
        f"{one['resource']['resourceType']}/{one['resource'].get('id')}": one["resource"]
        for one in message["entry"]
    }
    hashed = lambda data: hashlib.new("sm3", data).digest()  # noqa: E731
    for entry in store.ledger.entries("default"):
        bodies = [
            json.dumps(by_version[f"{v.type}/{v.id}"], ensure_ascii=False, separators=(",", ":")).encode()
            for v in store.ledger.members(entry)
        ]
        assert hashed(b"".join(map(hashed, bodies))) == entry.sha


def test_it_is_resumed_by_number_and_an_empty_page_says_where_it_ends(tell: Tell, store: Store) -> None:
    empty = tell("commission", "GET", "/feed/default").json()
    assert (len(empty["entry"]), said(empty["entry"][0]["resource"], "head")["size"]) == (1, 0)
    fill(store, 5)
    page = tell("commission", "GET", "/feed/default?after=3").json()
    assert [one["n"] for one in entries(page)] == ["4", "5"]
    page = tell("commission", "GET", "/feed/default?after=5").json()
    assert len(page["entry"]) == 1
    assert [one["relation"] for one in page["link"]] == ["self"]
    assert said(page["entry"][0]["resource"], "head")["size"] == 5
    assert tell("commission", "GET", "/fhir/$feed?after=3").json()["entry"][1]
    for wrong in ("after=-1", "after=x", "after=1&after=2", "kind=A", "_count=x", "_count=0", "page=2"):
        assert tell("commission", "GET", f"/feed/default?{wrong}").status_code == 400, wrong


@pytest.mark.parametrize("after", [6, 999_999])
def test_who_has_more_than_the_ledger_is_told_so(tell: Tell, store: Store, after: int) -> None:
    """A ledger that was cut, or came back from an older copy, is not "complete" to whoever has the rest."""
    fill(store, 5)
    answer = tell("commission", "GET", f"/feed/default?after={after}")
    assert answer.status_code == 409
    issue = answer.json()["issue"][0]
    assert (issue["code"], issue["expression"]) == ("conflict", ["http.after"])
    assert "ends at entry 5" in issue["diagnostics"]


def test_some_kinds_only(tell: Tell, store: Store) -> None:
    for at in range(1, 13):
        fill(store, 1, at, kind="lab" if at % 4 == 0 else "prescription")
    found = [one["n"] for page in walk(tell, "/feed/default?kind=lab,exam&_count=2") for one in entries(page)]
    assert found == ["4", "8", "12"]
    assert [one for page in walk(tell, "/feed/default?event=purged") for one in entries(page)] == []


def test_what_was_purged_is_shown_as_such(tell: Tell, store: Store) -> None:
    fill(store, 1)
    entered = store.ledger.entry("default", 1)
    assert entered is not None

    def purge(desk: Desk) -> Any:
        for at, type_ in (
            ("g1", "RequestGroup"),
            ("m1-0", "MedicationRequest"),
            ("m1-1", "MedicationRequest"),
        ):
            desk.delete(type_, at)
        return desk.purge(entered)

    assert not store.write([Transact("default", "t", [], act=purge)])[0].error
    page = tell("commission", "GET", "/feed/default").json()
    one, two = entries(page)
    assert (two["event"], two["back"], two["sha"]) == ("purged", "1", one["sha"])
    assert "复诊" not in json.dumps(page, ensure_ascii=False)


def test_tenants_and_roles(tell: Tell, store: Store) -> None:
    fill(store, 1)
    fill(store, 2, tenant="east")
    assert len(entries(tell("east", "GET", "/feed/east").json())) == 2
    assert tell("east", "GET", "/t/east/fhir/$feed").status_code == 200
    for path in ("", "/status", "/proof?n=1", "/countersignature"):
        for token in ("east", "commission"):
            foreign = "default" if token == "east" else "east"
            assert tell(token, "GET", f"/feed/{foreign}{path}").status_code == 404
            assert tell(token, "GET", f"/feed/nobody{path}").status_code == 404
        for token in ("reader", "writer"):
            assert tell(token, "GET", f"/feed/default{path}").status_code == 403
        assert tell("nobody", "GET", f"/feed/default{path}").status_code == 401
        assert tell("boss", "GET", f"/feed/default{path}").status_code == 200


def test_acknowledged_is_remembered_and_never_goes_back(tell: Tell, store: Store) -> None:
    fill(store, 9)
    hashes = {one.n: one.hash.hex() for one in store.ledger.entries("default")}

    def acknowledge(token: str, n: int, hash_: str) -> int:
        body = parameters(n=n, hash=hash_)
        return tell(token, "POST", "/feed/default/acknowledgement", body).status_code

    def places() -> dict[str, int]:
        listed = tell("boss", "GET", "/feed/default/status").json()["parameter"]
        parts = [
            {part["name"]: next(v for k, v in part.items() if k != "name") for part in one["part"]}
            for one in listed
            if one["name"] == "client"
        ]
        return {one["name"]: one["acknowledged"] for one in parts}

    assert acknowledge("commission", 4, hashes[4]) == 200
    assert acknowledge("other", 9, hashes[9].upper()) == 200
    assert places() == {"commission": 4, "other": 9}
    assert acknowledge("commission", 2, hashes[2]) == 200
    assert places()["commission"] == 4
    assert acknowledge("commission", 5, hashes[6]) == 409
    assert acknowledge("commission", 10, hashes[9]) == 404
    assert acknowledge("commission", 5, "no hash") == 400
    assert acknowledge("reader", 5, hashes[5]) == 403
    assert places() == {"commission": 4, "other": 9}


def test_a_head_is_countersigned_by_the_regulator(
    tell: Tell, store: Store, signatures: Signatures, tmp_path: Path
) -> None:
    fill(store, 4)
    head = store.ledger.head("default", 3)

    def countersign(key: str, size: int, target: str, payload: bytes = head.encoded()) -> httpx.Response:
        data = signatures.seal(payload, key, [target])
        body = parameters(size=size, signature=data)
        return tell("commission", "POST", "/feed/default/countersignature", body)

    assert countersign("inspector", 3, named("default", 3)).status_code == 200
    for key, size, target, payload in (
        ("inspector", 4, named("default", 4), head.encoded()),
        ("inspector", 3, named("default", 4), head.encoded()),
        ("inspector", 3, named("default", 3), head.encoded() + b"\n"),
        ("seal", 3, named("default", 3), head.encoded()),
    ):
        assert 400 <= countersign(key, size, target, payload).status_code < 500, (key, size, target)
    assert countersign("inspector", 5, named("default", 5)).status_code == 404
    stranger = tmp_path / "stranger"
    demonstration(stranger, [Signer("inspector", "监管", "2")], Hospital(REGULATOR, "990101999"), "ES256")
    unknown = open_signatures(SignatureSettings(keys=str(stranger / "keys")))
    body = parameters(size=3, signature=unknown.seal(head.encoded(), "inspector", [named("default", 3)]))
    assert 400 <= tell("commission", "POST", "/fhir/$ledger-countersign", body).status_code < 500
    listed = tell("boss", "GET", "/feed/default/countersignature").json()
    assert len(listed["parameter"]) == 1
    kept = said(listed, "countersigned")
    assert (kept["size"], kept["root"], kept["signer"]) == (3, head.root.hex(), "commission")
    assert REGULATOR in signatures.unseal(head.encoded(), kept["signature"]).organizations
    assert base64.b64decode(kept["signature"])
    assert said(tell("boss", "GET", "/feed/default/status").json(), "countersigned") == 3


def test_proofs_hold_without_the_store(tell: Tell, store: Store) -> None:
    from gateway.errors import Rejected
    from gateway.feed import proof

    fill(store, 13)
    for query in ("n=5", "serial=S5", "reference=RequestGroup/g5", "reference=RequestGroup/g5/_history/1"):
        for size in ("", "&size=5", "&size=9"):
            answer = tell("commission", "GET", f"/fhir/$ledger-proof?{query}{size}")
            assert answer.status_code == 200, answer.text
            entry = store.ledger.entry("default", 5)
            assert entry is not None
            bodies = [one.body for one in store.ledger.members(entry)]
            proven = proof.check(answer.json(), bodies)
            assert (proven.entry["n"], proven.sha) == ("5", True)
            assert proven.root == store.ledger.head("default", int(size[6:] or 13)).root.hex()
            with pytest.raises(Rejected):
                proof.check(answer.json(), bodies[::-1])
    answer = tell("commission", "GET", "/feed/default/proof?from=4&size=11")
    assert proof.check(answer.json()).before == (4, store.ledger.head("default", 4).root.hex())
    made = answer.text
    for before, after in (('"valueUnsignedInt":4', '"valueUnsignedInt":3'), ('"consistency"', '"inclusion"')):
        with pytest.raises(Rejected):
            proof.check(json.loads(made.replace(before, after, 1)))
    for wrong in ("n=14", "n=5&size=4", "serial=S99", "reference=RequestGroup/none", "from=4&size=14"):
        assert tell("commission", "GET", f"/feed/default/proof?{wrong}").status_code == 404, wrong
    for wrong in ("", "n=1&serial=S1", "n=x", "serial"):
        assert tell("commission", "GET", f"/feed/default/proof?{wrong}").status_code in (400, 404), wrong
    with pytest.raises(Rejected):
        proof.check({"resourceType": "Patient"})


def test_it_is_described(tell: Tell) -> None:
    statement = tell("boss", "GET", "/fhir/metadata").json()
    names = {one["name"] for one in statement["rest"][0]["operation"]}
    assert {"feed", "feed-status", "feed-acknowledge", "ledger-proof", "ledger-countersign"} <= names
    assert now_us()


def test_a_page_comes_as_xml_too(tell: Tell, store: Store) -> None:
    fill(store, 2)
    answer = tell("commission", "GET", "/feed/default?_format=xml")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/fhir+xml")
    assert answer.text.count("<RequestGroup") == 2


def test_a_kind_or_event_that_no_ledger_has_is_refused(tell: Tell, store: Store) -> None:
    """An empty page that says that it is complete would never be looked at again."""
    fill(store, 1)
    for path in ("/feed/default", "/fhir/$feed"):
        found = tell("commission", "GET", f"{path}?kind=prescription,presciption")
        assert found.status_code == 400 and "is one of visit, consent" in found.text
        found = tell("commission", "GET", f"{path}?event=submited")
        assert found.status_code == 400 and "is one of submitted, effective" in found.text
    assert tell("commission", "GET", "/feed/default?kind=prescription&event=submitted").status_code == 200


def test_the_events_are_those_of_their_code_system() -> None:
    file = Path(__file__).parents[2] / "mappings/codesystems/feed-event.json"
    known = {one["code"] for one in json.loads(file.read_text("utf-8"))["concept"]}
    assert set(EVENTS) == known - {"several"}


def test_a_size_that_the_ledger_has_not_is_what_is_at_fault(tell: Tell, store: Store) -> None:
    fill(store, 5)
    for query in ("n=3&size=100000", "from=99"):
        found = tell("commission", "GET", f"/feed/default/proof?{query}")
        assert (found.status_code, "the ledger has not so many entries" in found.text) == (404, True)
