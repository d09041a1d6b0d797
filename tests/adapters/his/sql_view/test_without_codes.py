"""Drugs without a code in one prescription are told apart by their names, the same through every door."""

from __future__ import annotations

import pytest

from gateway.wire.rows import written
from tests.adapters.his.sql_view.test_same_ids import HIS, MSH, PATIENT, VISIT, ids

DRUGS = ("甲药片", "乙药片")
ORDERS = {
    "RDE^O11^RDE_O11": "ORC|NW|CF1^HIS\rRXE||^{0}|5||mg\r",
    "OMP^O09^OMP_O09": "ORC|NW|CF1^HIS|CF1^HIS\rRXO|^{0}|5||mg\r",
    "ORM^O01^ORM_O01": "ORC|NW|CF1^HIS|CF1^HIS\rRXO|^{0}|5||mg\r",
}


def requests(found: set[str]) -> set[str]:
    return {one for one in found if one.startswith("MedicationRequest/")}


def by_rows(item_nos: tuple[str, str]) -> set[str]:
    row = {"rx_no": "CF1", "patient_no": "2000513", "visit_no": "MZ1", "visit_type": "O", "status": "SC"}
    items = [
        {"item_no": no, "drug_code": code, "drug_name": name}
        for no, code, name in zip(item_nos, ("-", None), DRUGS, strict=True)
    ]
    return requests(ids("his/sql_view", written("prescription", "HIS", [{"row": row, "items": items}])))


@pytest.mark.parametrize("type_", ORDERS)
def test_two_names_are_two_requests_whichever_message(type_: str) -> None:
    text = MSH.format("HIS", type_) + PATIENT + VISIT + "".join(ORDERS[type_].format(one) for one in DRUGS)
    by_message = requests(ids(HIS, text.encode()))
    assert len(by_message) == 2
    assert by_message == by_rows(("CF1", "CF1"))


def test_items_with_numbers_of_their_own_are_two_requests() -> None:
    assert len(by_rows(("CF1-1", "CF1-2"))) == 2
