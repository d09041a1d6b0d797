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
CARD = "990102199003072244"
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
    for number, day in ((SURVIVOR, "01"), (RETIRED, "02")):
        at = f"2026-03-{day} 09:00:00"
        who = {"patient_no": number, "changed_at": at}
        visit = {**who, "visit_no": f"MZ{number}", "visit_type": "O"}
        take(
            tenant,
            "his/sql_view",
            row("patient", name="林晓月", id_card=CARD, birth_date="1990-03-07", **who),
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


def numbers(patient: dict[str, Any]) -> dict[str, str]:
    """Number → use, ``""`` for one in force."""
    return {one["value"]: one.get("use", "") for one in patient["identifier"]}


def goes_on(store: Store, tenant: str, number: str) -> dict[str, Any]:
    """The one who goes on, of those who are found by a number."""
    found = store.search(tenant, "Patient", [("identifier", f"{MEDICAL}|{number}")]).matches
    living = [body for one in found if (body := loads(one.body)).get("active") is not False]
    assert len(living) == 1
    return dict(living[0])


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
    ends, lives = (loads(store.read(tenant, "Patient", one).body) for one in (retired, survivor))  # type: ignore[union-attr]
    assert ends["active"] is False
    assert ends["link"] == [{"other": {"reference": f"Patient/{survivor}"}, "type": "replaced-by"}]
    assert {"other": {"reference": f"Patient/{retired}"}, "type": "replaces"} in lives["link"]
    for type_ in ("Encounter", "MedicationRequest", "DiagnosticReport"):
        assert len(store.search(tenant, type_, [("subject", f"Patient/{survivor}")]).matches) == 2, type_
        assert not store.search(tenant, type_, [("subject", f"Patient/{retired}")]).matches, type_
    assert numbers(lives) == {SURVIVOR: "", CARD: "", RETIRED: "old"}
    everything = {one.type for one in store.everything(tenant, "Patient", survivor, []).matches}
    assert {"Encounter", "MedicationRequest", "DiagnosticReport"} <= everything

    assert goes_on(store, tenant, RETIRED)["id"] == survivor, "found by the number that ended, too"

    # What comes later under the old number.
    take(tenant, "his/sql_view", row(
        "visit", visit_no="MZ9", visit_type="O", status="finished", patient_no=RETIRED,
        changed_at="2026-03-09 09:00:00",
    ))  # fmt: skip
    assert len(store.search(tenant, "Encounter", [("subject", f"Patient/{survivor}")]).matches) == 3
    assert numbers(goes_on(store, tenant, SURVIVOR))[RETIRED] == "old"
    asked = {"resourceType": "Patient", "identifier": [{"system": MEDICAL, "value": RETIRED}]}
    assert [one.patient.id for one in find(store, tenant, load_rules(), asked)] == [survivor]


def test_who_goes_on_stays_when_the_his_deletes_the_record_that_ended(store: Store, take: Take) -> None:
    tenant = "deleted"
    both(take, tenant)
    by_hl7(store, take, tenant)
    before = goes_on(store, tenant, SURVIVOR)
    gone = row("patient", patient_no=RETIRED, active="0", changed_at="2026-03-20 09:00:00")
    take(tenant, "his/sql_view", gone)
    visit = f"PV1|1|O|{'|' * 16}MZ{RETIRED}^^^DQRM^VN"
    for event in ("ADT^A29^ADT_A21", "ADT^A23^ADT_A21"):
        take(tenant, "his/hl7v2", v2(event, "20260321090000", f"{RETIRED}^^^DQRM^MR||林^晓月", visit))
    now = goes_on(store, tenant, SURVIVOR)
    assert (now.get("active"), numbers(now)) == (before.get("active"), numbers(before))


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


def v2(event: str, at: str, pid: str, *more: str) -> bytes:
    head = f"MSH|^~\\&|HIS|DQRM|QIAO|DQRM|{at}||{event}|{event[-3:]}{at}|P|2.5.1|||||CHN|UNICODE UTF-8"
    return "\r".join((head, f"EVN||{at}", f"PID|1||{pid}", *more, "")).encode()


def a40(take: Take, tenant: str, at: str, old: str, new: str) -> None:
    take(tenant, "his/hl7v2", v2("ADT^A40^ADT_A39", at, f"{new}^^^DQRM^MR||林^晓月", f"MRG|{old}^^^DQRM^MR"))


def v3(take: Take, tenant: str, at: str, old: str, new: str) -> None:
    sample = (SAMPLES / "xml_http/samples/03-patients-merged.xml").read_text()
    said = sample.replace(RETIRED, "OLD").replace(SURVIVOR, new).replace("OLD", old)
    said = said.replace("20260305180501", at).replace("-000000000003", f"-{at[:12]}")
    take(tenant, "his/xml_http", said.encode())


@pytest.mark.parametrize("way", [a40, v3])
def test_a_merge_the_other_way_round(store: Store, take: Take, way: Callable[..., None]) -> None:
    """What the HIS says last counts: who goes on, and under which number."""
    tenant = f"turned-{way.__name__}"
    both(take, tenant)
    first, second = (numbered(store, tenant, one)["id"] for one in (SURVIVOR, RETIRED))
    way(take, tenant, "20260306090000", RETIRED, SURVIVOR)
    way(take, tenant, "20260307090000", SURVIVOR, RETIRED)
    lives, ended = (loads(store.read(tenant, "Patient", one).body) for one in (second, first))  # type: ignore[union-attr]
    assert numbers(lives) | {CARD: ""} == {RETIRED: "", SURVIVOR: "old", CARD: ""}
    assert lives.get("active") is not False
    assert ended["active"] is False
    assert ended["link"] == [{"other": {"reference": f"Patient/{second}"}, "type": "replaced-by"}]
    for type_ in ("Encounter", "MedicationRequest", "DiagnosticReport"):
        assert len(store.search(tenant, type_, [("subject", f"Patient/{second}")]).matches) == 2, type_
    before = store.read(tenant, "Patient", second).body  # type: ignore[union-attr]
    way(take, tenant, "20260307090000", SURVIVOR, RETIRED)
    way(take, tenant, "20260306090000", RETIRED, SURVIVOR)
    assert store.read(tenant, "Patient", second).body == before, "each of them again"  # type: ignore[union-attr]


EVENTS = (
    *("ADT^A18^ADT_A18", "ADT^A30^ADT_A30", "ADT^A34^ADT_A30", "ADT^A36^ADT_A30", "ADT^A39^ADT_A39"),
    *("ADT^A40^ADT_A39", "ADT^A43^ADT_A43", "ADT^A46^ADT_A30", "ADT^A47^ADT_A30", "ADT^A48^ADT_A30"),
)


@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize("known", ["", "51", "50", "both"])
def test_a_number_ends_whatever_the_event(store: Store, take: Take, event: str, known: str) -> None:
    tenant = f"event-{event[4:7]}-{known}"
    for number in ("50", "51"):
        if known in (number, "both"):
            take(tenant, "his/hl7v2", v2("ADT^A28^ADT_A05", "20260301090000", f"{number}^^^^MR||林^晓月"))
    take(tenant, "his/hl7v2", v2(event, "20260305090000", "51^^^^MR||林^晓月", "MRG|50^^^^MR"))
    assert numbers(goes_on(store, tenant, "51")) == {"50": "old", "51": ""}
    take(tenant, "his/hl7v2", v2("ADT^A08^ADT_A01", "20260302090000", "50^^^^MR||林^晓月", "PV1|1|O"))
    take(tenant, "his/hl7v2", v2("ADT^A08^ADT_A01", "20260306090000", "51^^^^MR||林^晓月", "PV1|1|O"))
    order = "ORC|NW|P1", "OBR|1|P1||B1^血常规^L"
    take(tenant, "his/hl7v2", v2("ORM^O01^ORM_O01", "20260307090000", "50^^^^MR||林^晓月", *order))
    assert numbers(goes_on(store, tenant, "51")) == {"50": "old", "51": ""}
    (asked,) = store.search(tenant, "ServiceRequest", []).matches
    assert loads(asked.body)["subject"] == {"reference": f"Patient/{goes_on(store, tenant, '51')['id']}"}
    take(tenant, "his/hl7v2", v2("ADT^A31^ADT_A05", "20260308090000", "51^^^^MR~50^^^^MR||林^晓月"))
    assert numbers(goes_on(store, tenant, "51")) == {"50": "", "51": ""}, "the register names both now"


def test_a_chain_and_what_is_late_for_its_first(store: Store, take: Take) -> None:
    tenant = "chain"
    for number in ("4", "5", "6"):
        take(tenant, "his/hl7v2", v2("ADT^A28^ADT_A05", "20260301090000", f"{number}^^^DQRM^MR||林^晓月"))
    a40(take, tenant, "20260305090000", "4", "5")
    a40(take, tenant, "20260306090000", "5", "6")
    pid = "4^^^DQRM^MR||林^晓||19900307"
    take(
        tenant,
        "his/hl7v2",
        v2("ADT^A08^ADT_A01", "20260304090000", pid, "PV1|1|O|||||||||||||||||V4^^^DQRM^VN"),
    )
    (lives,) = (
        body
        for one in store.search(tenant, "Patient", []).matches
        if (body := loads(one.body)).get("active") is not False
    )
    assert numbers(lives) == {"6": "", "5": "old", "4": "old"}
    assert (lives["name"][0]["text"], lives.get("birthDate")) == ("林晓月", None), (
        "it was somebody else's then"
    )
    (visit,) = store.search(tenant, "Encounter", [("subject", f"Patient/{lives['id']}")]).matches
    assert visit.type == "Encounter"
