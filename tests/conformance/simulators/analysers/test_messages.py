"""What analysers say, as their standards have it, and what they understand of what a host answers."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from random import Random

import pytest

from conformance.simulators.analysers import (
    Analyser,
    Chemistry,
    Counter,
    Haematology,
    Immunoassay,
    Measured,
)
from conformance.simulators.analysers.immunoassay import is_work
from conformance.simulators.analysers.order import drawn, order
from conformance.simulators.cases import OUTPATIENT
from conformance.simulators.chart import Chart
from conformance.simulators.people import Person, draw
from conformance.simulators.visits import Visit
from conformance.simulators.wards import DEPARTMENTS

AT = datetime(2026, 3, 2, 9, 30)  # noqa: DTZ001 -- wall clock, as analysers have it
ALL = (Haematology, Counter, Chemistry, Immunoassay)


@pytest.fixture
def person() -> Person:
    return draw(Random(3), "1001", date(2026, 3, 2), (30, 60), "F")


def lines(message: str, name: str) -> list[list[str]]:
    return [one.split("|") for one in message.split("\r") if one.startswith(f"{name}|")]


def two(analyser: Analyser, *, corrected: bool = False) -> list[Measured]:
    values = zip(analyser.menu, ("5.60", "4.20"), strict=False)
    return [Measured(item, value, AT, "N", corrected, "JY1") for item, value in values]


def test_records_of_a_blood_count(person: Person) -> None:
    (said,) = Haematology().results("T1", two(Haematology()), person)
    assert said.endswith("L|1|N\r")
    (patient,), (sample,) = lines(said, "P"), lines(said, "O")
    assert (patient[5], patient[7], patient[8]) == (person.name, f"{person.birth:%Y%m%d}", "F")
    assert (sample[2], sample[4], sample[11], sample[25]) == ("T1", "^^^WBC\\^^^RBC", "N", "F")
    first, _ = lines(said, "R")
    assert first[2:5] + first[8:9] + first[12:] == ["^^^WBC", "5.60", "10*9/L", "F", "20260302093000"]


def test_records_of_several_tubes() -> None:
    said = Haematology().rack(
        [("T1", two(Haematology()), "patient"), ("QC", two(Haematology())[:1], "control")]
    )
    assert [one[1] for one in lines(said, "P")] == ["1", "2"]
    assert [(one[2], one[11]) for one in lines(said, "O")] == [("T1", "N"), ("QC", "Q")]
    assert [one[1] for one in lines(said, "R")] == ["1", "2", "1"]
    assert said.count("\rL|") == said.count("H|\\^&|") == 1


def test_a_remark_and_what_only_the_maker_knows_stand_behind_their_result() -> None:
    said = Haematology().remarked("T1", two(Haematology()), "轻度溶血", "HISTO|1")
    assert [one[:1] for one in said.split("\r")] == ["H", "P", "O", "R", "C", "M", "R", "L", ""]
    assert (lines(said, "C")[0][3], lines(said, "M")[0][2:]) == ("轻度溶血", ["HISTO", "1"])


def test_the_other_counter_tells_all_its_tests_in_one_message_and_its_picture(person: Person) -> None:
    (said,) = Counter().results("T1", two(Counter()), person)
    assert lines(said, "OBR")[0][3] == "T1"
    assert [(one[3], one[5]) for one in lines(said, "OBX")] == [
        ("6690-2^WBC^LN", "5.60"),
        ("789-8^RBC^LN", "4.20"),
    ]
    (patient,) = lines(said, "PID")
    assert patient[5].replace("^", "") == person.name
    drawn = Counter().with_picture("T1", two(Counter()), b"\x89PNG|^~\\&\r")
    assert lines(drawn, "OBX")[2][5] == "^Image^PNG^Base64^iVBOR3xefjwmDQ==".replace("fjwm", "flwm")


def test_an_answer_of_the_worklist_is_understood() -> None:
    answer = (
        "MSH|^~\\&|QIAO||||20260302||ORR^O02|1|P|2.3.1\rMSA|AA|1\rPID|1||1001||^林知夏||19910412|Female\r"
        "ORC|AF|T1\rOBR|1|T1||00001^Automated Count^99MRC\rOBX|1|IS|08003^Test Mode^99MRC||WBC||||||F\r"
    )
    told = Counter().told(answer)
    assert (told.barcode, told.patient, told.name, told.sex) == ("T1", "1001", "林知夏", "F")
    assert list(told.tests) == ["WBC"]
    assert not Counter().told("MSH|^~\\&|QIAO\rMSA|AR|1\r").tests


def test_one_test_a_message_under_the_numbers_of_the_instrument(person: Person) -> None:
    said = Chemistry().results("T1", two(Chemistry()), person)
    assert [lines(one, "OBX")[0][3:6] for one in said] == [["1", "GLU", "5.60"], ["2", "UREA", "4.20"]]
    assert {lines(one, "OBR")[0][2] for one in said} == {"T1"}
    assert len({lines(one, "MSH")[0][9] for one in said}) == len(said)


def test_results_after_law_name_their_orders() -> None:
    (said,) = Immunoassay().results("T1", two(Immunoassay()))
    assert lines(said, "MSH")[0][20] == "LAB-29^IHE"
    assert [one[2] for one in lines(said, "OBR")] == ["JY1", "JY1"]
    assert not lines(said, "PID")


@pytest.mark.parametrize("kind", ALL)
def test_corrections_and_controls_are_marked(kind: type[Analyser], person: Person) -> None:
    analyser = kind()
    right = analyser.results("T1", two(analyser, corrected=True), person)
    place = ("R", 8) if kind is Haematology else ("OBX", 11)
    assert {one[place[1]] for said in right for one in lines(said, place[0])} == {"C"}
    marks = {
        Haematology: ("O", 11, "Q"),
        Counter: ("MSH", 10, "Q"),
        Chemistry: ("MSH", 15, "2"),
        Immunoassay: ("SPM", 11, "Q"),
    }
    name, field, mark = marks[kind]
    control = analyser.results("QC1", two(analyser), role="control")
    assert {lines(said, name)[0][field][:1] for said in control} == {mark}


def test_an_answer_in_records_is_understood() -> None:
    told = Haematology().told("H|\\^&\rP|1|1001|||林知夏||19910412|F\rO|1|T1||^^^WBC\\^^^RBC|R\rL|1|F\r")
    assert (told.barcode, told.patient, told.name, told.sex) == ("T1", "1001", "林知夏", "F")
    assert list(told.tests) == ["WBC", "RBC"]
    assert not Haematology().told("H|\\^&\rL|1|I\r").tests


def test_an_answer_line_by_line_is_understood() -> None:
    rows = {1: "1001", 3: "林知夏", 5: "F", 21: "T1", 29: "GLU^葡萄糖^^", 30: "UREA^^^"}
    shown = "\r".join(f"DSP|{number}||{rows.get(number, '')}" for number in range(1, 31))
    told = Chemistry().told(f"MSH|^~\\&|QIAO\r{shown}\r")
    assert (told.barcode, told.patient, list(told.tests)) == ("T1", "1001", ["GLU", "UREA"])


def test_work_is_understood_and_taken() -> None:
    work = (
        "MSH|^~\\&|QIAO|||||||OML^O33^OML_O33|W1\rPID|1||1001||林^知夏||19910412|F\r"
        "SPM|1|T1\rSAC|||T1\rORC|NW|JY1\rOBR||JY1||CTNI^肌钙蛋白^99LIS\rORC|NW|JY2\rOBR||JY2||MYO\r"
    ).replace("|||||||OML", "||||||OML")
    analyser = Immunoassay()
    told = analyser.told(work)
    assert (told.barcode, told.patient, told.name) == ("T1", "1001", "林知夏")
    assert told.tests == {"CTNI": "JY1", "MYO": "JY2"}
    assert is_work(work)
    answer = analyser.accepted(work, AT)
    assert lines(answer, "MSA") == [["MSA", "AA", "W1"]]
    assert [one[1:3] for one in lines(answer, "ORC")] == [["OK", "JY1"], ["OK", "JY2"]]
    refusal = analyser.refused(work, AT)
    assert lines(refusal, "MSA") == [["MSA", "AA", "W1"]]
    assert [one[1:3] for one in lines(refusal, "ORC")] == [["UA", "JY1"], ["UA", "JY2"]]
    nothing = work.replace(
        "ORC|NW|JY1\rOBR||JY1||CTNI^肌钙蛋白^99LIS\rORC|NW|JY2\rOBR||JY2||MYO", 'ORC|DC\rOBR||""||""'
    )
    assert not analyser.told(nothing).tests


def test_an_order_has_its_bar_code_and_a_number_for_each_test(person: Person) -> None:
    case = OUTPATIENT[0]
    department = DEPARTMENTS[case.department]
    place = ("C01", "3诊室", "")
    visit = Visit("MZ1", "O", person, case, department, department.physicians[0], AT, place)
    chart = Chart(Random(3), AT.date(), "X")
    tube = drawn(chart, visit, Chemistry.menu[:2])
    assert visit.begun < tube.ordered < tube.taken < AT + timedelta(hours=1)
    entry = order(chart, visit, tube)
    body = "\r".join(entry.segments)
    assert [one[2] for one in lines(body, "SPM")] == [tube.barcode] * 2
    assert [one[2] for one in lines(body, "OBR")] == [f"{one}^HIS" for one in tube.orders.values()]
    assert len(set(tube.orders.values())) == 2
    by_container = order(chart, visit, tube, form="O35")
    assert by_container.kind == "OML^O35^OML_O35"
    assert [one[:3] for one in by_container.segments][2:] == ["SPM", "SAC", "ORC", "OBR", "ORC", "OBR"]
    cancelled = order(chart, visit, tube, "CA")
    assert cancelled.at > tube.taken
    assert {one[1] for one in lines("\r".join(cancelled.segments), "ORC")} == {"CA"}
