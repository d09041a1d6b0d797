"""Papers of a HIS without HL7 v2: well-formed whatever a patient is called, values as they were."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from random import Random

import pytest
from lxml import etree

from conformance.simulators import papers
from conformance.simulators.cases import OUTPATIENT
from conformance.simulators.drugs import FORMULARY
from conformance.simulators.people import draw
from conformance.simulators.visits import Visit
from conformance.simulators.wards import DEPARTMENTS

CASE = OUTPATIENT[0]
DRUGS = [FORMULARY[one] for one in CASE.drugs]


@pytest.fixture
def visit() -> Visit:
    person = replace(draw(Random(1), "F1", date(2026, 3, 5), (30, 60)), given='<㛃>&"')
    department = DEPARTMENTS[CASE.department]
    at = datetime(2026, 3, 5, 9)  # noqa: DTZ001 -- as a HIS has it
    return Visit("FY1", "O", person, CASE, department, department.physicians[0], at, ("", "", ""))


def test_what_a_patient_is_called_does_not_break_a_paper(visit: Visit) -> None:
    said = (
        papers.registered(visit, "c1"),
        papers.visited(visit, "c2"),
        papers.ordered(visit, "c3", "YZ1", DRUGS),
        papers.prescription(visit, "CF1", DRUGS),
        papers.laboratory(visit, "JY1"),
    )
    for one in said:
        root = etree.fromstring(one)
        assert visit.person.name in [*root.itertext(), *(str(value) for value in root.xpath("//@value"))]
        assert "$" not in one


def test_each_drug_has_a_number_of_its_own_and_each_value_its_digits(visit: Visit) -> None:
    ordered = papers.ordered(visit, "c3", "YZ1", DRUGS)
    assert [f'extension="YZ1-{at}"' in ordered for at in range(1, len(DRUGS) + 2)] == [True] * len(DRUGS) + [
        False
    ]
    report = papers.laboratory(visit, "JY1")
    assert all(f'value="{one.value}"' in report for one in papers.RESULTS)


def test_a_table_is_comma_separated_text_in_the_charset_of_exports(visit: Visit) -> None:
    person = replace(visit.person, street="石桥路1号,2室", given="㛃")
    heading, line = papers.written(papers.table([person])).decode("gb18030").splitlines()
    assert heading.split(",")[:2] == ["患者编号", "姓名"]
    assert '"石桥路1号,2室"' in line
    assert "㛃" in line
