"""The report of a sample: it grows result by result, and goes through its states."""

from __future__ import annotations

import pytest

from gateway.canonical import Stored
from gateway.store import direct
from tests.store.samples.laboratory import Laboratory, clock

COUNT = (
    "MSH|^~\\&|Mindray|BC-6800|||20260306130500||ORU^R01|{control}|P|2.3.1||||||UNICODE\r"
    "OBR|1||BC1|00001^Automated Count^99MRC||20260306125000|20260306130000|||||||||||||||||||||||||{who}\r"
    "OBX|1|NM|6690-2^WBC^LN||{value}|10*9/L|3.50-9.50||||{status}\r"
)


def test_a_report_is_partial_until_somebody_answers_for_all_that_was_ordered(lab: Laboratory) -> None:
    lab.order()
    lab.result()
    (report,) = lab.all("DiagnosticReport")
    assert report["status"] == "partial", "nobody has verified it"
    lab.result(test="5", name="UREA", status="P")
    assert lab.all("DiagnosticReport")[0]["status"] == "partial"


def test_what_is_measured_first_and_comes_last_completes_its_report() -> None:
    from gateway.store.merge import belated

    stored = {"resourceType": "DiagnosticReport", "id": "r", "status": "partial"}
    assert belated(stored, {**stored, "status": "final"})["status"] == "final"
    assert belated({**stored, "status": "amended"}, {**stored, "status": "final"})["status"] == "amended"


def test_a_report_goes_through_its_states(lab: Laboratory) -> None:
    lab.order()

    def state(status: str, who: str = "审核技师", value: str = "11.6") -> str:
        text = COUNT.format(control=lab.count, status=status, who=who, value=value)
        assert isinstance(lab.send("lis/hl7v2", text, clock("20260306", "1305")), Stored)
        (report,) = lab.all("DiagnosticReport")
        return str(report["status"])

    assert state("I", who="", value="") == "registered"
    assert state("F", who="") == "partial"
    assert state("P") == "preliminary"
    assert state("F") == "final"
    assert state("C", value="10.6") == "corrected"
    assert state("X") == "cancelled"
    assert state("W") == "entered-in-error"
    (found,) = lab.all("Observation")
    values = [one.body for one in lab.desk.store.versions("default", "Observation", found["id"])]
    assert any(b'"value":11.6' in one for one in values), "no earlier value is lost"


def test_a_number_that_only_the_analyser_knows_begins_a_new_report_when_it_comes_again(
    lab: Laboratory,
) -> None:
    lab.register()
    said = "PID|1||2000311^^^^MR\r"
    for day, value in (("20260306", "5.0"), ("20270306", "6.0"), ("20280306", "7.0")):
        assert isinstance(lab.result(day, bar="17", pid=said, value=value), Stored)
        assert isinstance(lab.result(day, bar="17", pid=said, test="5", name="UREA", value=value), Stored)
    reports = lab.all("DiagnosticReport")
    assert [len(one["result"]) for one in reports] == [2, 2, 2]
    assert len({one["specimen"][0]["reference"] for one in reports}) == len(lab.all("Specimen")) == 3
    assert sorted({one["valueQuantity"]["value"] for one in lab.all("Observation")}) == [5, 6, 7]
    lab.result("20270306", bar="17", pid=said, value="6.0", control="memory")
    assert len(lab.all("DiagnosticReport")) == 3


def test_one_more_of_many_results_is_stored_without_asking_for_the_others(
    lab: Laboratory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A report of n results that come one by one must not cost n statements for each."""
    lab.order()
    asked: list[str] = []
    for name in ("for_sqlite", "for_postgresql", "for_libpq"):
        spelt = getattr(direct, name)
        monkeypatch.setattr(direct, name, lambda sql, spelt=spelt: asked.append(sql) or spelt(sql))
    counts = []
    for n in range(2, 22):
        asked.clear()
        assert isinstance(lab.result(test=str(n), name=f"T{n}"), Stored)
        counts.append(sum(sql.lstrip().startswith(("SELECT", "WITH")) for sql in asked))
    assert len(lab.all("DiagnosticReport")[0]["result"]) == 20
    assert max(counts[4:]) <= counts[3], counts
