"""TestReport: valid by R4's definitions, in the order of the script, in either language."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from conformance.simulators.exact import dumps
from conformance.testscript import Destination, ProcessValidator, load, run
from conformance.testscript import test_report as reported
from conformance.testscript.content import Content
from tests.conformance.testscript.stub import Bench, Stub, expect, operation

TEST_REPORT = "http://hl7.org/fhir/StructureDefinition/TestReport"


@pytest.fixture
def report(bench: Bench, server: Stub) -> dict[str, Any]:
    read = [
        operation("read", url="Patient/p1"),
        expect(response="okay", description="It is there."),
        expect(resource="X"),
    ]
    setup = [operation("capabilities", label="SetUp"), expect(response="okay", warning_only=True)]
    script = bench.script(
        *read,
        setup={"action": setup},
        teardown={"action": [operation("delete", url="Patient/p1")]},
        version="1.0",
        title="示例",
    )
    target = Destination(server.base, {"Authorization": "Bearer secret"}, "Target")
    return reported(run(load(script), target), "zh")


def test_it_says_what_became_of_each_action_in_the_order_of_the_script(
    report: dict[str, Any], server: Stub
) -> None:
    base = server.base
    assert report["setup"]["action"] == [
        {
            "operation": {
                "result": "pass",
                "message": f"应答 404：GET {base}/metadata",
                "detail": f"{base}/metadata",
            }
        },
        {"assert": {"result": "warning", "message": "期望 response equals 200；实际 404"}},
    ]
    assert report["test"][0]["action"][1:] == [
        {
            "assert": {
                "result": "fail",
                "message": "期望 response equals 200；实际 404",
                "detail": "It is there.",
            }
        },
        {"assert": {"result": "skip", "message": "因之前的动作未通过而未执行"}},
    ]
    assert report["teardown"]["action"][0]["operation"]["result"] == "pass"
    assert (report["result"], report["score"], report["status"]) == ("fail", 0.0, "completed")
    assert report["name"] == "示例" and report["testScript"] == {
        "type": "TestScript",
        "identifier": {"system": "urn:ietf:rfc:3986", "value": "urn:example:script"},
        "display": "Example 1.0",
    }
    assert report["participant"][1] == {"type": "server", "uri": base, "display": "Target"}
    assert "secret" not in json.dumps(report)


def test_it_is_valid(report: dict[str, Any], bench: Bench) -> None:
    """By a validator that is another program, which is how profiles are checked, too."""
    unread = reported(run(load(bench.write("none.json", "{")), Destination("http://target.example")))
    assert unread["test"][0]["action"][0]["operation"]["result"] == "error"
    both = {"resourceType": "Bundle", "type": "collection", "entry": [
        {"fullUrl": f"urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e{at}", "resource": one}
        for at, one in enumerate((report, unread))]}  # fmt: skip
    validator = ProcessValidator(
        [sys.executable, "-m", "gateway", "validate", "--json", "--no-best-practice"]
    )
    assert validator(Content(dumps(both).encode()), "http://hl7.org/fhir/StructureDefinition/Bundle") == []


def test_a_profile_that_the_program_does_not_know_is_not_passed(tmp_path: Path) -> None:
    validator = ProcessValidator([sys.executable, "-m", "gateway", "validate", "--json"])
    with pytest.raises(Exception, match="nobody defines urn:none"):
        validator(Content(b'{"resourceType": "Patient"}'), "urn:none")
