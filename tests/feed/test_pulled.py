"""What was pulled is checked without the store: whatever somebody changes, leaves out or moves is found."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.cli import main
from gateway.feed.bundle import Bundler, Destination, Seal
from gateway.feed.institution import Institutions
from gateway.feed.pull import Asked, Pull
from gateway.feed.pulled import Bad, Pulled
from gateway.security.signature import Signatures, open_signatures
from gateway.security.signature.demonstration import Hospital, Signer, demonstration
from gateway.settings import SignatureSettings, TenantSettings
from gateway.store import Desk, Entry, Store, Transact, open_store
from gateway.store.ledger.verify import Checked

Page = dict[str, Any]
SETTINGS = TenantSettings(organization="990101001", sign_key="seal")


def entering(at: int) -> Callable[[Desk], Any]:
    def act(desk: Desk) -> Any:
        group = desk.write({"resourceType": "RequestGroup", "id": f"g{at}", "note": [{"text": "é “1.50”"}]})
        drug = desk.write({"resourceType": "MedicationRequest", "id": f"m{at}"})
        return desk.append(Entry("prescription", "submitted", group, [group, drug], f"S{at}"))

    return act


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ca")
    demonstration(
        folder, [Signer("seal", "互联网医院", "1")], Hospital("渡桥市人民医院", "990101001"), "ES256"
    )
    return folder


@pytest.fixture
def signatures(keys: Path) -> Signatures:
    return open_signatures(SignatureSettings(trust=(str(keys / "trust.pem"),), keys=str(keys / "keys")))


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    opened = open_store(url)
    opened.write([Transact("default", "t", [], act=entering(at)) for at in range(1, 13)])
    yield opened
    opened.close()


@pytest.fixture
def pull(store: Store, signatures: Signatures) -> Pull:
    institutions = Institutions(store, lambda _: SETTINGS)
    bundler = Bundler(
        lambda _: "https://fhir.example/fhir", institutions.of, lambda _: Seal(signatures, "seal")
    )
    return Pull(store, bundler, lambda _: SETTINGS, signatures)


def pages(pull: Pull, count: int = 5, **more: Any) -> list[Page]:
    """As they come over the wire."""
    found: list[Page] = []
    after = 0
    while True:
        page = pull.page("default", Asked(after, count, **more), Destination("x", "urn:x"), "https://x/feed")
        found.append(json.loads(json.dumps(page)))
        place = {one["name"]: one for one in page["entry"][0]["resource"]["parameter"]}
        after = place["last"]["valueUnsignedInt"]
        if place["complete"]["valueBoolean"]:
            return found


def checked(found: Pulled, given: list[Page]) -> Pulled:
    for page in given:
        found.take(page)
    found.end()
    return found


def test_what_is_whole_has_the_root_of_the_ledger(pull: Pull, signatures: Signatures, store: Store) -> None:
    given = pages(pull)
    head = store.ledger.head("default")
    done = checked(Pulled(signatures, {12: Checked(12, head.root, head.head)}), given)
    assert (done.entries, done.n, done.hash, done.root) == (12, 12, head.head, head.root)
    messages = [page["entry"][1]["resource"] for page in given]
    assert checked(Pulled(signatures), messages).root == head.root
    fifth = store.ledger.entry("default", 5)
    assert fifth is not None
    assert checked(Pulled(signatures, n=5, hash=fifth.hash), given[1:]).n == 12
    assert checked(Pulled(signatures, whole=False), pages(pull, 5, kinds=("prescription",))).entries == 12


def ledger(page: Page) -> list[Any]:
    """The entries of a page."""
    found: list[Any] = page["entry"][1]["resource"]["entry"][1]["resource"]["parameter"]
    return found


def resource(page: Page, name: str) -> Any:
    listed = page["entry"][1]["resource"]["entry"]
    return next(
        one["resource"]
        for one in listed
        if f"{one['resource']['resourceType']}/{one['resource'].get('id')}" == name
    )


def part(page: Page, at: int, name: str) -> Any:
    return next(one for one in ledger(page)[at]["part"] if one["name"] == name)


def left_out(given: list[Page]) -> None:
    del ledger(given[0])[2]


def swapped(given: list[Page]) -> None:
    listed = ledger(given[0])
    listed[1], listed[2] = listed[2], listed[1]


def page_lost(given: list[Page]) -> None:
    del given[1]


def page_twice(given: list[Page]) -> None:
    given.insert(1, copy.deepcopy(given[0]))


def another_body(given: list[Page]) -> None:
    resource(given[1], "MedicationRequest/m7")["status"] = "active"


def another_serial(given: list[Page]) -> None:
    part(given[1], 1, "serial")["valueString"] = "S99"


def another_hash(given: list[Page]) -> None:
    part(given[1], 1, "hash")["valueString"] = "00" * 32


def no_body(given: list[Page]) -> None:
    message = given[1]["entry"][1]["resource"]
    message["entry"] = [one for one in message["entry"] if one["resource"].get("id") != "g8"]


def cut_off(given: list[Page]) -> None:
    del given[2]


def broken(given: list[Page]) -> None:
    del ledger(given[0])[3]["part"][0]


FORGED = [
    (left_out, 3),
    (swapped, 2),
    (page_lost, 6),
    (page_twice, 6),
    (another_body, 7),
    (another_serial, 7),
    (another_hash, 7),
    (no_body, 8),
    (cut_off, 11),
    (broken, 4),
]


@pytest.mark.parametrize(("forge", "first_bad"), FORGED)
def test_what_was_changed_is_found(
    pull: Pull, store: Store, forge: Callable[[list[Page]], None], first_bad: int
) -> None:
    head = store.ledger.head("default")
    given = pages(pull)
    forge(given)
    with pytest.raises(Bad) as found:
        checked(Pulled(None, {12: Checked(12, head.root, head.head)}), given)
    assert found.value.n == first_bad, found.value.reason


@pytest.mark.parametrize("forge", [another_body, no_body, left_out])
def test_a_message_is_what_was_signed(
    pull: Pull, signatures: Signatures, forge: Callable[[list[Page]], None]
) -> None:
    given = pages(pull)
    forge(given)
    with pytest.raises(Bad, match="the documents are not what was signed"):
        checked(Pulled(signatures), given)
    unsigned = pages(pull)
    del unsigned[0]["entry"][1]["resource"]["signature"]
    with pytest.raises(Bad):
        checked(Pulled(signatures), unsigned)


def test_what_was_purged_is_known_by_its_entry(pull: Pull, store: Store, signatures: Signatures) -> None:
    entered = store.ledger.entry("default", 4)
    assert entered is not None

    def purge(desk: Desk) -> Any:
        desk.delete("RequestGroup", "g4")
        desk.delete("MedicationRequest", "m4")
        return desk.purge(entered)

    store.write([Transact("default", "t", [], act=purge)])
    given = pages(pull)
    assert checked(Pulled(signatures), given).n == 13
    with pytest.raises(Bad) as found:
        checked(Pulled(signatures), given[:1])
    assert found.value.n == 4


def test_the_command_verifies_files(
    pull: Pull, store: Store, keys: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = pages(pull)
    file = tmp_path / "feed.ndjson"

    def verify(*more: str) -> dict[str, Any]:
        file.write_text("".join(json.dumps(page) + "\n" for page in given), "utf-8")
        code = main(["feed", "verify", str(file), "--json", "--trust", str(keys / "trust.pem"), *more])
        told: dict[str, Any] = json.loads(capsys.readouterr().out)
        assert code == (0 if told["ok"] else 1)
        return told

    told = verify()
    assert (told["ok"], told["entries"], told["root"]) == (True, 12, store.ledger.head("default").root.hex())
    single = tmp_path / "page.json"
    single.write_text(json.dumps(given[0], indent=1), "utf-8")
    assert main(["feed", "verify", str(single)]) == 0
    capsys.readouterr()
    first = given.pop(0)
    assert verify()["first_bad"] == 1
    assert verify("--after", f"5:{part(first, 4, 'hash')['valueString']}")["ok"]
    assert verify("--after", f"5:{'00' * 32}")["first_bad"] == 6
    given[0]["entry"][1]["resource"]["entry"][1]["resource"]["parameter"].pop()
    assert not verify("--after", f"5:{part(first, 4, 'hash')['valueString']}")["ok"]
    single.write_text("{}", "utf-8")
    assert main(["feed", "verify", str(single)]) == 2


def test_another_hospital_does_not_sign_for_this_one(pull: Pull, signatures: Signatures) -> None:
    given = pages(pull)
    assert checked(Pulled(signatures, signer="990101001"), given).signer == "990101001"
    with pytest.raises(Bad, match="signed by another hospital"):
        checked(Pulled(signatures, signer="990101002"), given)


def test_a_message_without_a_signature_is_called_that(pull: Pull, signatures: Signatures) -> None:
    messages = [page["entry"][1]["resource"] for page in pages(pull)]
    del messages[0]["signature"]
    with pytest.raises(Bad) as bad:
        checked(Pulled(signatures), messages)
    assert "has no signature" in bad.value.reason
