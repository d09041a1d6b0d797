"""No moment: in XML, what stands for none makes nobody dead and ends no visit; it is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.mapping.layout.file import layout_file
from gateway.mapping.layout.lay_xml import XmlLayout
from gateway.wire import xml

VISIT = """
xml: visits
as: ADT^A08
match: /Visit
segments:
  - PID: {3: "PatientId ^ ^ ^ ^ 'MR'", 7: Born, 29: Died}
  - PV1: {19: "VisitNo ^ ^ ^ ^ 'VN'", 44: Begin, 45: End}
"""


def laid(folder: Path, died: str, end: str) -> tuple[list[str], list[str]]:
    path = folder / "visits.yaml"
    path.write_text(VISIT, "utf-8")
    said = f"<PatientId>P1</PatientId><Died>{died}</Died><VisitNo>V1</VisitNo><End>{end}</End>"
    made = XmlLayout(layout_file(path)).lay(xml.parse(f"<Visit>{said}</Visit>".encode()), "1")
    fields = {one.name: one.fields for one in made.segments}
    return [fields["PID"][29], fields["PV1"][45]], [one.where for one in made.remarks]


@pytest.mark.parametrize(
    "none", ["0001-01-01T00:00:00", "19000101", "99991231235959", "2999-12-31", "0000-00-00"]
)
def test_what_stands_for_none_is_taken_out_and_told(tmp_path: Path, none: str) -> None:
    assert laid(tmp_path, none, none) == (["", ""], ["Died", "End"])


def test_a_moment_stays(tmp_path: Path) -> None:
    assert laid(tmp_path, "20260307", "2026-03-07T09:05:00") == (["20260307", "2026-03-07T09:05:00"], [])
