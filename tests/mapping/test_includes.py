"""Includes: shared rows fit the messages that take them in, and circles and typing errors are refused."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.errors import Misconfigured
from gateway.mapping.includes import Block, Spliced, block, spliced
from gateway.mapping.rows import MessageFile, own_steps
from gateway.mapping.steps import check_names


def ats(rows: list[Spliced]) -> list[str]:
    return [str(row.data["at"]) for row in rows]


BLOCKS = {
    "patient": Block("patient", "patient.yaml", ({"at": "PID", "make": "Patient"}, {"at": "PD1"})),
    "all": Block("all", "all.yaml", ({"include": "patient"}, {"at": "PV1", "make": "Encounter"})),
}


def test_rows_come_in_where_they_are_named_and_know_their_file() -> None:
    rows = list(spliced([{"at": "MSH"}, {"include": "all"}, {"at": "ZZZ"}], "A.yaml", BLOCKS))
    assert ats(rows) == ["MSH", "PID", "PD1", "PV1", "ZZZ"]
    assert [row.file for row in rows] == ["A.yaml", "patient.yaml", "patient.yaml", "all.yaml", "A.yaml"]


def test_an_include_can_be_placed_in_a_group_and_thinned() -> None:
    include = {"include": "patient", "in": "PATIENT", "per": "PATIENT_RESULT", "without": "PD1"}
    [row] = spliced([include], "A.yaml", BLOCKS)
    assert row.data == {"at": "PATIENT.PID", "make": "Patient", "per": "PATIENT_RESULT"}
    assert BLOCKS["patient"].rows[0] == {"at": "PID", "make": "Patient"}, "the block itself stays as it is"


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"include": "nobody", "__line__": 7}, "no block 'nobody'; there are all, patient"),
        ({"include": "patient", "group": "X"}, "no key 'group'"),
        ({"include": "self"}, "cyclic include: self → self"),
    ],
)
def test_what_is_wrong_is_refused_with_its_place(row: dict[str, Any], words: str) -> None:
    blocks = BLOCKS | {"self": Block("self", "self.yaml", ({"include": "self"},))}
    with pytest.raises(Misconfigured, match=words) as caught:
        list(spliced([row], "A.yaml", blocks))
    assert ".yaml:" in caught.value.where


def test_a_block_with_a_typing_error_is_refused() -> None:
    with pytest.raises(Misconfigured, match="unknown key 'row'"):
        block({"block": "x", "row": []}, "x.yaml")


@pytest.mark.parametrize(
    "row",
    [
        {"at": "PV1", "link": {"subject": "pacient"}},
        {"at": "PV1", "into": "pacient"},
        {"at": "PV1", "append": {"pacient.link.other": ""}},
        {"at": "PV1", "make": "Encounter", "key": {"any": [["patient", "PV1-2"], ["pacient", "PV1-3"]]}},
    ],
)
def test_an_included_row_that_names_what_no_message_makes_is_refused(row: dict[str, Any]) -> None:
    made = {"at": "PID", "make": "Patient", "as": "patient"}
    steps = own_steps("A", [made, {**row, "__line__": 7}], "visit.yaml", included=True)
    with pytest.raises(Misconfigured, match="no row makes 'pacient'") as caught:
        check_names([MessageFile("ADT_A01", "A.yaml", (), {}, (), steps)])
    assert caught.value.where == "visit.yaml:7"
