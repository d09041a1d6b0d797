"""Mixed: a layout that reads several records of a document as one makes nobody's results those of another."""

from __future__ import annotations

from pathlib import Path
from xml.sax.saxutils import escape

import pytest

from gateway.errors import Rejected
from gateway.faults import in_chinese
from gateway.mapping.layout.file import layout_file
from gateway.mapping.layout.lay_xml import XmlLayout
from gateway.wire import xml

REPORTS = """
xml: reports
as: ORU^R01
match: /Request
segments:
  - PID: {3: "Report/PatientId ^ ^ ^ ^ 'MR'", 5: Report/Name}
  - PV1: {19: "Report/VisitNo ^ ^ ^ ^ 'VN'"}
  - OBR: {2: Report/ApplyNo, 3: Report/ReportNo, 4: "Report/ItemCode ^ Report/ItemName"}
places:
  results: {at: Report/Results/Result, segments: [{OBX: {3: Code, 5: Value}}]}
"""
"""As hospitals had copied it from our example: right while there is one ``Report``."""


def layout(folder: Path, text: str) -> XmlLayout:
    path = folder / "reports.yaml"
    path.write_text(text, "utf-8")
    return XmlLayout(layout_file(path))


def report(**said: str) -> str:
    known = {"PatientId": "P1", "Name": "甲", "VisitNo": "V1", "ApplyNo": "A1", "ReportNo": "R1"} | said
    own = "".join(f"<{name}>{escape(text)}</{name}>" for name, text in known.items() if text)
    return (
        f"<Report>{own}<ItemCode>BR</ItemCode><Results><Result><Code>WBC</Code></Result></Results></Report>"
    )


def laid(made: XmlLayout, *reports: str) -> list[str]:
    document = xml.parse(f"<Request>{''.join(reports)}</Request>".encode())
    return [one.text for one in made.lay(document, "1").segments]


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        ({"PatientId": "P2", "Name": "乙"}, "several-patients"),
        ({"PatientId": "", "Name": "乙", "ReportNo": "R2"}, "several-patients"),
        ({"PatientId": "不详", "ReportNo": "R2"}, "several-patients"),
        ({"VisitNo": "V2"}, "several-visits"),
        ({"ApplyNo": "A2", "ReportNo": "R2"}, "several-orders"),
        ({"ApplyNo": "", "ReportNo": "R2"}, "several-orders"),
    ],
)
def test_several_records_that_are_read_as_one_wait(
    tmp_path: Path, other: dict[str, str], reason: str
) -> None:
    with pytest.raises(Rejected) as told:
        laid(layout(tmp_path, REPORTS), report(), report(**other))
    assert told.value.code == reason
    assert told.value.where == "Report"
    assert "make each a place of the layout" in told.value.reason
    assert "places" in in_chinese(told.value.reason)


@pytest.mark.parametrize(
    "path", ["q:first(Report/PatientId)", "translate(q:first(No, Report/PatientId), '-', '')"]
)
def test_what_a_function_takes_of_several_is_noticed(tmp_path: Path, path: str) -> None:
    """Its text stands nowhere; the path in it does."""
    made = layout(tmp_path, REPORTS.replace("Report/PatientId", path))
    assert laid(made, report())[1].startswith("PID|||P1^^^^MR")
    with pytest.raises(Rejected) as told:
        laid(made, report(), report(PatientId="P2"))
    assert told.value.code == "several-patients"


def test_one_record_and_the_same_again_are_laid_out(tmp_path: Path) -> None:
    made = layout(tmp_path, REPORTS)
    assert laid(made, report())[1].startswith("PID|||P1^^^^MR||甲")
    assert laid(made, report(), report())[1].startswith("PID|||P1^^^^MR")


def test_whole_patients_side_by_side_wait(tmp_path: Path) -> None:
    """Plain paths make repetitions: two people would be one with both numbers."""
    made = layout(
        tmp_path,
        "{xml: p, as: 'ADT^A31', match: /Request, segments: [{PID: {3: L/Patient/No, 5: L/Patient/Name}}]}",
    )
    people = ["<Patient><No>1</No><Name>甲</Name></Patient>", "<Patient><No>2</No><Name>乙</Name></Patient>"]
    with pytest.raises(Rejected, match="several Patient are read as one"):
        laid(made, "<L>", *people, "</L>")
    with pytest.raises(Rejected, match="several Patient are read as one"):
        laid(made, "<L>", people[0], people[1].replace("<No>2</No>", ""), "</L>")


def test_patients_are_counted_however_deep_they_stand(tmp_path: Path) -> None:
    text = """
    xml: p
    as: ORU^R01
    match: /Request
    several: patients
    places:
      batch: {at: Batch, places: {report: {at: Report, segments: [{PID: {3: PatientId, 5: Name}}]}}}
    """
    made = layout(tmp_path, text)
    people = [report(PatientId="P1"), report(PatientId="P2", Name="乙")]
    assert [one[:8] for one in laid(made, "<Batch>", *people, "</Batch>")[1:]] == ["PID|||P1", "PID|||P2"]
    with pytest.raises(Rejected, match="one of several patients has no number"):
        laid(made, "<Batch>", people[0], "</Batch><Batch>", report(PatientId=""), "</Batch>")


@pytest.mark.parametrize(
    "inner",
    [
        "<L><Id><No>1</No></Id><Id><No>2</No></Id><Name>甲</Name></L>",  # numbers of one person
        "<L><Group><No>1</No><Name>甲</Name></Group><Group><Visit>7</Visit><Dept>外科</Dept></Group></L>",
        "<L><No>1</No><No>2</No><Name>甲</Name><Name>甲某</Name></L>",
    ],
)
def test_values_and_parts_of_one_record_are_no_records(tmp_path: Path, inner: str) -> None:
    text = """
    xml: p
    as: ADT^A31
    match: /Request
    segments:
      - PID: {3: "L/Id/No | L/Group/No | L/No", 5: "L/Name | L/Group/Name"}
      - PV1: {3: L/Group/Dept, 19: L/Group/Visit}
    """
    assert laid(layout(tmp_path, text), inner)[1].startswith("PID|||1")


def test_a_thousand_records_are_compared_in_one_pass(tmp_path: Path) -> None:
    made = layout(tmp_path, REPORTS)
    assert len(laid(made, *[report()] * 1000)) == 4 + 1000
