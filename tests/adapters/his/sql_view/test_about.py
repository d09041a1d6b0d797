"""A row that is put right (another visit, code or kind of visit) leaves nothing wrong behind in the store."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway import registry
from gateway.canonical import Envelope, Quarantined, Stored, Translation
from gateway.canonical.json import loads
from gateway.mapping import load_maps
from gateway.pipeline import steps
from gateway.store import Receive, Settle, open_store
from tests.adapters.his.sql_view.conftest import Hospital, Opened, Taker, poll, reconcile

MAPS, ADAPTERS = load_maps(), registry.find()

DIAGNOSES = (
    "CREATE TABLE qiao_diagnosis (diagnosis_no, patient_no, visit_no, visit_type, diagnosis_code,"
    " diagnosis_name, diagnosis_type, changed_at, state)"
)
FIRST, NEXT = "2026-03-07 08:00:00", "2026-03-07 09:00:00"


class Gateway(Taker):
    """Takes rows, and stores what they become."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.store = open_store(f"sqlite:///{folder / 'qiao.db'}")

    async def __call__(self, envelope: Envelope, /) -> bytes:
        await super().__call__(envelope)
        return self.take(envelope)

    def take(self, envelope: Envelope) -> bytes:
        spec = ADAPTERS[envelope.adapter]
        made = steps.translate(MAPS, envelope, steps.read(spec, MAPS, envelope))
        assert isinstance(made, Translation | Quarantined), made
        work = [Receive(envelope, "", b"", 0), Settle(envelope, made, lambda _outcome: b"")]
        return b"stored" if isinstance(self.store.write(work)[1].outcome, Stored) else b"quarantined"

    def message(self, event: str, moment: str, segments: str) -> None:
        text = f"MSH|^~\\&|HIS|DQRM|QIAO|DQRM|{moment}||{event}|{moment}|P|2.5.1|||||CHN|UNICODE UTF-8\r"
        raw = f"{text}EVN|{event[4:7]}|{moment}\r{segments}".encode()
        kind = ADAPTERS["his/hl7v2"].content_type
        number = f"{moment:0>32}"
        assert (
            self.take(Envelope(number, "default", "his/hl7v2", "", 1_773_000_000_000_000, kind, "", raw))
            == b"stored"
        )

    def all(self, type_: str) -> list[dict[str, Any]]:
        return [loads(one.body) for one in self.store.search("default", type_, []).matches]

    def diagnoses(self) -> dict[str, str]:
        """Return the patient of each diagnosis that stands, by its code."""
        standing = [one for one in self.all("Condition") if "entered-in-error" not in str(one)]
        found = {one["code"]["coding"][0]["code"]: one["subject"]["reference"] for one in standing}
        assert len(found) == len(standing)
        return found

    def statuses(self, type_: str) -> list[str]:
        return sorted(one["status"] for one in self.all(type_))


@pytest.fixture
def taker(tmp_path: Path) -> Iterator[Gateway]:
    made = Gateway(tmp_path)
    yield made
    made.store.close()


def diagnosis(no: str, visit: str, code: str, **more: str) -> str:
    said = (no, visit.replace("V", "P"), visit, "O", code, code, "A", FIRST, "")
    return f"INSERT INTO qiao_diagnosis VALUES {said}"


def test_a_diagnosis_of_another_patient_stands_with_the_right_one_alone(
    hospital: Hospital, opened: Opened, taker: Gateway
) -> None:
    columns = DIAGNOSES.replace(",", " VARCHAR(60),").replace("state", "state VARCHAR(9)")
    hospital.run(columns, diagnosis("D1", "V1", "I63.900"), diagnosis("D2", "V2", "B20.x00"))
    door = opened(hospital, only="diagnosis")
    poll(door)
    before = taker.diagnoses()
    hospital.run(
        f"UPDATE qiao_diagnosis SET changed_at = '{NEXT}', visit_no = 'V1', patient_no = 'P1'"
        " WHERE diagnosis_no = 'D2'",
        f"UPDATE qiao_diagnosis SET changed_at = '{NEXT}', diagnosis_code = 'I61.900'"
        " WHERE diagnosis_no = 'D1'",
    )
    poll(door)
    assert taker.diagnoses() == {"I61.900": before["I63.900"], "B20.x00": before["I63.900"]}
    assert door.status()["diagnosis.withdrawn"] == 2
    hospital.run(
        "DELETE FROM qiao_diagnosis", diagnosis("D9", "V1", "J00.x00").replace(FIRST, "2026-03-07 10:00:00")
    )
    poll(door)
    reconcile(door)
    assert taker.diagnoses().keys() == {"J00.x00"}


@pytest.mark.parametrize("mode", ["watermark", "hash"])
def test_a_visit_of_another_kind_is_one_and_another_word_for_its_kind_changes_nothing(
    small: Hospital, opened: Opened, taker: Gateway, tmp_path: Path, mode: str
) -> None:
    (tmp_path / "views").mkdir()
    changed = "changed: ''" if mode == "hash" else ""
    (tmp_path / "views" / "visit.yaml").write_text(f"table: visit\ndetails: {{diagnoses: null}}\n{changed}")
    small.run(
        "CREATE TABLE qiao_visit (visit_no, patient_no, visit_type, status, changed_at)",
        f"INSERT INTO qiao_visit VALUES ('V3', 'P3', 'O', 'in-progress', '{FIRST}')",
    )
    door = opened(small, only="", views=str(tmp_path / "views"))
    poll(door)
    small.run(f"UPDATE qiao_visit SET visit_type = 'I', changed_at = '{NEXT}'")
    poll(door)
    assert taker.statuses("Encounter") == ["entered-in-error", "in-progress"]
    small.run("UPDATE qiao_visit SET visit_type = '住院', changed_at = '2026-03-07 10:00:00'")
    poll(door)
    assert taker.statuses("Encounter") == ["entered-in-error", "in-progress"]
    (inpatient,) = [one for one in taker.all("Encounter") if one["status"] == "in-progress"]
    assert inpatient["class"]["code"] == "IMP"
    if mode == "watermark":  # nobody has seen it end
        assert int(inpatient["meta"]["versionId"]) == 1


def test_another_word_for_the_kind_of_its_visit_takes_no_diagnosis_back(
    small: Hospital, opened: Opened, taker: Gateway
) -> None:
    small.run(DIAGNOSES, diagnosis("D1", "V1", "I63.900"))
    door = opened(small, only="diagnosis")
    poll(door)
    small.run(f"UPDATE qiao_diagnosis SET visit_type = '门诊', changed_at = '{NEXT}'")
    poll(door)
    assert taker.diagnoses().keys() == {"I63.900"}


def test_a_number_that_begins_anew_with_each_visit_takes_back_no_other_visits_diagnosis(
    small: Hospital, opened: Opened, taker: Gateway
) -> None:
    small.run(DIAGNOSES, diagnosis("1", "V1", "I63.900"))
    door = opened(small, only="diagnosis")
    poll(door)
    small.run(diagnosis("1", "V2", "B20.x00").replace(FIRST, NEXT))
    poll(door)
    assert taker.diagnoses().keys() == {"I63.900", "B20.x00"}
    assert door.status()["diagnosis.withdrawn"] == 0


def test_an_order_of_another_patient_waits_and_does_not_stand_for_the_wrong_one(
    small: Hospital, opened: Opened, taker: Gateway
) -> None:
    small.run(
        "CREATE TABLE qiao_order (order_no, patient_no, visit_no, visit_type, status, item_code, item_name,"
        " changed_at)",
        f"INSERT INTO qiao_order VALUES ('O1', 'P1', 'V1', 'O', 'SC', 'BR', '血常规', '{FIRST}')",
    )
    door = opened(small, only="order")
    poll(door)
    small.run(f"UPDATE qiao_order SET patient_no = 'P2', visit_no = 'V2', changed_at = '{NEXT}'")
    poll(door)
    assert taker.statuses("ServiceRequest") == ["entered-in-error"]
    assert door.status()["order.quarantined"] == 1


def test_an_order_that_goes_to_another_visit_of_its_patient_never_ends(
    small: Hospital, opened: Opened, taker: Gateway
) -> None:
    small.run(
        "CREATE TABLE qiao_order (order_no, patient_no, visit_no, visit_type, status, item_code, item_name,"
        " changed_at)",
        f"INSERT INTO qiao_order VALUES ('O1', 'P1', 'V1', 'O', 'SC', 'BR', '血常规', '{FIRST}')",
    )
    door = opened(small, only="order")
    poll(door)
    small.run(f"UPDATE qiao_order SET visit_no = 'V2', changed_at = '{NEXT}'")
    poll(door)
    (order,) = taker.all("ServiceRequest")
    assert (order["status"], order["meta"]["versionId"]) == ("active", "2")


def test_a_prescription_of_a_merged_patient_stands_once(
    small: Hospital, opened: Opened, taker: Gateway
) -> None:
    small.run(
        "CREATE TABLE qiao_prescription (rx_no, patient_no, visit_no, visit_type, status, changed_at)",
        "CREATE TABLE qiao_prescription_item (rx_no, item_no, drug_code, drug_name)",
        f"INSERT INTO qiao_prescription VALUES ('R1', 'M5', 'V5', 'O', 'SC', '{FIRST}')",
        "INSERT INTO qiao_prescription_item VALUES ('R1', '1', 'Y1', '甲药片')",
    )
    door = opened(small, only="prescription")
    poll(door)
    merge = "PID|1||M6^^^DQRM^MR||甲\rMRG|M5^^^DQRM^MR\r"
    taker.message("ADT^A40^ADT_A39", "20260307083000", merge)
    small.run(f"UPDATE qiao_prescription SET patient_no = 'M6', changed_at = '{NEXT}'")
    poll(door)
    assert taker.statuses("MedicationRequest") == ["active", "entered-in-error"]


def test_a_diagnosis_of_a_visit_that_got_another_number_stands_once(
    small: Hospital, opened: Opened, taker: Gateway
) -> None:
    small.run(DIAGNOSES, diagnosis("D1", "V5", "I63.900"))
    door = opened(small, only="diagnosis")
    poll(door)
    segments = f"PID|1||P5^^^DQRM^MR||甲\rMRG|P5^^^DQRM^MR||||V5^^^DQRM^VN\rPV1|1|O|{'|' * 16}V6^^^DQRM^VN\r"
    taker.message("ADT^A50^ADT_A50", "20260307083000", segments)
    small.run(f"UPDATE qiao_diagnosis SET visit_no = 'V6', changed_at = '{NEXT}'")
    poll(door)
    assert taker.diagnoses().keys() == {"I63.900"}


VISITS = "CREATE TABLE qiao_visit (visit_no, patient_no, visit_type, status, started_at, changed_at)"


def visit(at: str) -> str:
    return f"INSERT INTO qiao_visit VALUES ('V1', 'P1', 'O', 'finished', '{FIRST}', '{at}')"


@pytest.mark.parametrize(
    ("was", "now"), [(FIRST, FIRST), ("2026-03-07", "2026-03-07"), ("2026-03-07", "2026-03-08")]
)
def test_a_code_put_right_stands_alone_also_where_its_row_hardly_says_when(
    was: str, now: str, small: Hospital, opened: Opened, taker: Gateway
) -> None:
    small.run(
        DIAGNOSES, VISITS, visit("2026-03-07 18:00:00"), diagnosis("D1", "V1", "I63.900").replace(FIRST, was)
    )
    door = opened(small, only="visit,diagnosis")
    poll(door)
    small.run(f"UPDATE qiao_diagnosis SET diagnosis_code = 'I61.900', changed_at = '{now}'")
    poll(door)
    reconcile(door)
    assert taker.diagnoses().keys() == {"I61.900"}


def test_of_two_rows_of_one_diagnosis_each_may_leave_it_while_the_visit_changes(
    small: Hospital, opened: Opened, taker: Gateway
) -> None:
    small.run(
        DIAGNOSES, VISITS, visit(FIRST), diagnosis("D2", "V1", "S00.800"), diagnosis("D3", "V1", "S00.800")
    )
    door = opened(small, only="visit,diagnosis")
    poll(door)
    small.run(
        f"UPDATE qiao_visit SET changed_at = '{NEXT}'",
        f"UPDATE qiao_diagnosis SET diagnosis_code = 'R69.x00', changed_at = '{NEXT}'"
        " WHERE diagnosis_no = 'D2'",
    )
    poll(door)
    assert taker.diagnoses().keys() == {"S00.800", "R69.x00"}
    small.run(
        "UPDATE qiao_visit SET changed_at = '2026-03-07 10:00:00'",
        "DELETE FROM qiao_diagnosis WHERE diagnosis_no = 'D3'",
    )
    poll(door)
    reconcile(door)
    assert taker.diagnoses().keys() == {"R69.x00"}
