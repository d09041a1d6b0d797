"""The structure tables are hl7apy's, and grouping loses no segment."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.mapping import elements, structures
from gateway.mapping.grouping import Walk
from gateway.mapping.structures import Node

NAMES = ["PID", "PV1", "ORC", "OBR", "OBX", "NTE", "SPM", "ZZ1", "DG1", "TQ1", "MSH"]


def walk(name: str) -> Walk:
    tree = structures.structure(name)
    assert tree is not None
    return Walk(tree)


def places(name: str, segments: str) -> list[tuple[str, ...]]:
    """Return, for each segment, the groups that are open around it and its own place."""
    here = walk(name)
    cursor, stack, out = 0, ["message"], []
    for segment in segments.split():
        move = here.move(cursor, segment)
        if move.leaf >= 0:
            del stack[move.keep :]
            stack.extend(move.opens)
        cursor = move.cursor
        out.append((*stack[1:], segment if move.leaf >= 0 else "?" + segment))
    return out


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.filterwarnings("ignore::SyntaxWarning")
def test_the_shipped_table_is_what_hl7apy_says() -> None:
    assert {name: structures.structure(name) for name in structures.from_hl7apy()} == structures.from_hl7apy()


def test_each_result_stands_in_its_own_group() -> None:
    assert places("ORU_R01", "PID PV1 ORC OBR OBX NTE OBX OBR OBX SPM") == [
        ("PATIENT_RESULT", "PATIENT", "PID"),
        ("PATIENT_RESULT", "PATIENT", "VISIT", "PV1"),
        ("PATIENT_RESULT", "ORDER_OBSERVATION", "COMMON_ORDER", "ORC"),
        ("PATIENT_RESULT", "ORDER_OBSERVATION", "OBR"),
        ("PATIENT_RESULT", "ORDER_OBSERVATION", "OBSERVATION", "OBX"),
        ("PATIENT_RESULT", "ORDER_OBSERVATION", "OBSERVATION", "NTE"),
        ("PATIENT_RESULT", "ORDER_OBSERVATION", "OBSERVATION", "OBX"),
        ("PATIENT_RESULT", "ORDER_OBSERVATION", "OBR"),
        ("PATIENT_RESULT", "ORDER_OBSERVATION", "OBSERVATION", "OBX"),
        ("PATIENT_RESULT", "ORDER_OBSERVATION", "SPECIMEN", "SPM"),
    ]


def test_an_unknown_segment_stays_inside_the_group_without_closing_it() -> None:
    assert places("ORU_R01", "PID OBR OBX ZZZ NTE")[2:] == [
        ("PATIENT_RESULT", "ORDER_OBSERVATION", "OBSERVATION", "OBX"),
        ("PATIENT_RESULT", "ORDER_OBSERVATION", "OBSERVATION", "?ZZZ"),
        ("PATIENT_RESULT", "ORDER_OBSERVATION", "OBSERVATION", "NTE"),
    ]


def test_a_late_segment_finds_its_place_and_moves_nothing() -> None:
    assert places("ADT_A01", "EVN PID DG1 PV1 DG1") == [("EVN",), ("PID",), ("DG1",), ("PV1",), ("DG1",)]


def test_each_prescribed_item_is_one_order() -> None:
    assert [row[0] for row in places("RDE_O11", "PID ORC RXE RXR ORC RXE")[1:]] == ["ORDER"] * 5


def test_an_order_behind_a_specimen_is_the_next_order_and_no_prior_result() -> None:
    rows = places("OML_O21", "PID ORC OBR SPM ORC OBR PID ORC OBR")
    assert [row[1:-1] for row in rows[1:6]] == [
        (),
        ("OBSERVATION_REQUEST",),
        ("OBSERVATION_REQUEST", "SPECIMEN"),
        (),
        ("OBSERVATION_REQUEST",),
    ]
    assert rows[-1][-3:] == ("PRIOR_RESULT", "ORDER_PRIOR", "OBR")


@given(st.lists(st.sampled_from(NAMES), max_size=25))
def test_every_segment_gets_a_place_whatever_the_order(names: list[str]) -> None:
    assert len(places("ORU_R01", " ".join(names))) == len(names)


def test_a_withdrawn_segment_keeps_its_place() -> None:
    tree: list[Node] = structures.structure("ADT_A01") or []
    assert "PV1" in tree and "PDA" in tree


@pytest.mark.parametrize(
    ("type_name", "name", "expected"),
    [
        ("Patient", "name", elements.Element("HumanName", True)),
        ("Patient", "deceasedBoolean", elements.Element("boolean", False)),
        ("Patient", "deceased", None),
        ("Observation.component", "referenceRange", elements.Element("Observation.referenceRange", True)),
        ("Patient.contact", "relationship", elements.Element("CodeableConcept", True)),
    ],
)
def test_elements(type_name: str, name: str, expected: elements.Element | None) -> None:
    assert elements.element(type_name, name) == expected


RESULTS = [
    ("OUL_R21", "PID PV1 ORC OBR OBX NTE OBX"),
    ("OUL_R21", "PID ORC OBX NTE OBX"),
    ("OUL_R22", "PID SPM OBR ORC OBX NTE OBX OBR ORC OBX"),
    ("OUL_R22", "PID SPM SAC OBR OBX NTE OBX"),
    ("OUL_R23", "PID SPM SAC OBR ORC OBX NTE OBX OBR OBX"),
    ("OUL_R24", "PID OBR ORC OBX NTE OBX OBR OBX NTE SPM"),
    ("OUL_R24", "PID OBR ORC SPM SAC OBR OBX NTE OBX"),
    ("ORU_R01", "PID ORC OBX NTE OBX"),
]


@pytest.mark.parametrize(("name", "segments"), RESULTS)
def test_what_comes_straight_behind_an_order_is_its_result(name: str, segments: str) -> None:
    group = "OBSERVATION" if name in ("OUL_R21", "ORU_R01") else "RESULT"
    rows = [row for row in places(name, segments) if row[-1] == "OBX"]
    assert [row[-2] for row in rows] == [group] * segments.split().count("OBX")


@pytest.mark.parametrize("name", ["ORU_R01", "OUL_R22", "OUL_R23", "OUL_R24"])
def test_a_document_behind_an_order_is_told_by_its_header(name: str) -> None:
    rows = places(name, "PID SPM SAC OBR ORC OBX TXA OBX" if name != "ORU_R01" else "PID ORC OBX TXA OBR OBX")
    group = rows[-1][-2]
    assert [row[-2] for row in rows if row[-1] in ("OBX", "TXA")] == [group] * 3
