"""A merge by HL7 v2 (A40), by HL7 v3 (PRPA_IN201304UV02) and by a human leave the same behind."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from gateway import registry
from gateway.canonical import Envelope, Translation, new_envelope_id
from gateway.canonical.json import loads
from gateway.feed.matching import MatchingWorker, decide, find
from gateway.feed.matching.proposal import id_of
from gateway.mapping import load_maps
from gateway.matching import load_rules
from gateway.pipeline import steps
from gateway.settings import MatchingSettings
from gateway.store import Receive, Settle, Store, Transact, Transacted, open_store
from gateway.wire import rows

MOMENT = 1_775_000_000_000_000
SURVIVOR, RETIRED = "1003871", "9000156"
MEDICAL = "urn:oid:2.16.156.10011.1.13"
ADAPTERS = registry.find()
SAMPLES = registry.one_root() / "adapters" / "his"

Take = Callable[[str, str, bytes], None]
Merged = Callable[[str], None]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path_factory.mktemp('merges') / 'qiao.db'}")
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def take(store: Store) -> Take:
    """``take(tenant, adapter, bytes)`` stores what arrives."""
    maps = load_maps()

    def taking(tenant: str, adapter: str, raw: bytes) -> None:
        envelope = Envelope(new_envelope_id(MOMENT), tenant, adapter, "HIS", MOMENT, "", "", raw)
        made = steps.translate(maps, envelope, steps.read(ADAPTERS[adapter], maps, envelope))
        assert isinstance(made, Translation), made
        store.write([Receive(envelope, "", b"", 0), Settle(envelope, made, lambda _outcome: b"")])

    return taking


def row(view: str, details: dict[str, Any] | None = None, **said: str) -> bytes:
    return rows.written(view, "HIS", [{"row": said, **(details or {})}])


def both(take: Take, tenant: str) -> None:
    """Two records of one person, each with a visit, a prescription and a report of its own."""
    card = "990102199003072244"
    for number, day in ((SURVIVOR, "01"), (RETIRED, "02")):
        at = f"2026-03-{day} 09:00:00"
        who = {"patient_no": number, "changed_at": at}
        visit = {**who, "visit_no": f"MZ{number}", "visit_type": "O"}
        take(
            tenant,
            "his/sql_view",
            row("patient", name="林晓月", id_card=card, birth_date="1990-03-07", **who),
        )
        take(tenant, "his/sql_view", row("visit", status="finished", **visit))
        items = {"items": [{"item_no": f"I{number}", "drug_code": "A1", "drug_name": "甲"}]}
        take(tenant, "his/sql_view", row("prescription", items, rx_no=f"R{number}", status="SC", **visit))
        report = {
            "report_no": f"B{number}",
            "report_code": "BR",
            "report_name": "血常规",
            "source_system": "LIS",
        }
        take(tenant, "his/sql_view", row("result", {"items": []}, status="F", **report, **visit))


def numbered(store: Store, tenant: str, number: str) -> dict[str, Any]:
    (found,) = store.search(tenant, "Patient", [("identifier", f"{MEDICAL}|{number}")]).matches
    body: dict[str, Any] = loads(found.body)
    return body


def by_hl7(store: Store, take: Take, tenant: str) -> None:
    take(tenant, "his/hl7v2", (SAMPLES / "hl7v2/samples/07-merge.hl7").read_bytes())


def by_v3(store: Store, take: Take, tenant: str) -> None:
    take(tenant, "his/xml_http", (SAMPLES / "xml_http/samples/03-patients-merged.xml").read_bytes())


def by_human(store: Store, take: Take, tenant: str) -> None:
    async def write(transact: Transact) -> Transacted:
        return store.write([transact])[0]

    asyncio.run(MatchingWorker(store, load_rules(), MatchingSettings(), write).settle())
    ids = [numbered(store, tenant, one)["id"] for one in (SURVIVOR, RETIRED)]
    act = lambda desk: decide(desk, id_of(tuple(sorted(ids))), "merge", survivor=ids[0])  # type: ignore[arg-type] # noqa: E731
    (done,) = store.write([Transact(tenant, "test", [], act=act, joins=True)])
    assert done.error is None, done.error


@pytest.mark.parametrize("way", [by_hl7, by_v3, by_human])
def test_a_merge_leaves_the_same_whoever_says_it(
    store: Store, take: Take, way: Callable[[Store, Take, str], None]
) -> None:
    tenant = way.__name__.replace("_", "-")
    both(take, tenant)
    survivor, retired = (numbered(store, tenant, one)["id"] for one in (SURVIVOR, RETIRED))
    assert survivor != retired
    way(store, take, tenant)
    ends, goes_on = (loads(store.read(tenant, "Patient", one).body) for one in (retired, survivor))  # type: ignore[union-attr]
    assert ends["active"] is False
    assert ends["link"] == [{"other": {"reference": f"Patient/{survivor}"}, "type": "replaced-by"}]
    assert {"other": {"reference": f"Patient/{retired}"}, "type": "replaces"} in goes_on["link"]
    for type_ in ("Encounter", "MedicationRequest", "DiagnosticReport"):
        assert len(store.search(tenant, type_, [("subject", f"Patient/{survivor}")]).matches) == 2, type_
        assert not store.search(tenant, type_, [("subject", f"Patient/{retired}")]).matches, type_
    everything = {one.type for one in store.everything(tenant, "Patient", survivor, []).matches}
    assert {"Encounter", "MedicationRequest", "DiagnosticReport"} <= everything

    # What comes later under the old number.
    take(tenant, "his/sql_view", row(
        "visit", visit_no="MZ9", visit_type="O", status="finished", patient_no=RETIRED,
        changed_at="2026-03-09 09:00:00",
    ))  # fmt: skip
    assert len(store.search(tenant, "Encounter", [("subject", f"Patient/{survivor}")]).matches) == 3
    asked = {"resourceType": "Patient", "identifier": [{"system": MEDICAL, "value": RETIRED}]}
    assert [one.patient.id for one in find(store, tenant, load_rules(), asked)] == [survivor]


def test_a_37_takes_a_merge_back(store: Store, take: Take) -> None:
    tenant = "parted"
    both(take, tenant)
    survivor, retired = (numbered(store, tenant, one)["id"] for one in (SURVIVOR, RETIRED))
    before = {one: numbered(store, tenant, one) for one in (SURVIVOR, RETIRED)}
    by_hl7(store, take, tenant)
    assert len(store.search(tenant, "Encounter", [("subject", f"Patient/{survivor}")]).matches) == 2
    head = "MSH|^~\\&|HIS|DQRM|QIAO|DQRM|20260401090000||ADT^A37|A37|P|2.5.1|||||CHN|UNICODE UTF-8"
    people = (f"PID|{at}||{number}^^^DQRM^MR" for at, number in ((1, SURVIVOR), (2, RETIRED)))
    take(tenant, "his/hl7v2", "\r".join((head, "EVN||20260401090000", *people, "")).encode())
    for number, id_ in ((SURVIVOR, survivor), (RETIRED, retired)):
        now = numbered(store, tenant, number)
        assert "link" not in now
        said = before[number]
        assert (now["id"], now["birthDate"], now.get("active")) == (
            id_,
            said["birthDate"],
            said.get("active"),
        )
        for type_ in ("Encounter", "MedicationRequest", "DiagnosticReport"):
            assert len(store.search(tenant, type_, [("subject", f"Patient/{id_}")]).matches) == 1, type_
    by_hl7(store, take, tenant)
    assert "link" not in numbered(store, tenant, RETIRED), "the merge is older"
