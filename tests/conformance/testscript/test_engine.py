"""The course of a run: setup, tests, teardown, fixtures, variables; and scripts that cannot be read."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from conformance.testscript import Answer, Destination, Settings, load, run
from tests.conformance.testscript.stub import PATIENT, SYSTEM, Bench, Stub, expect, operation

READ = operation("read", url="Patient/p1")
OKAY = expect(response="okay")


def fixture(id_: str, reference: str, *, create: bool = False, delete: bool = False) -> dict[str, Any]:
    return {"id": id_, "autocreate": create, "autodelete": delete, "resource": {"reference": reference}}


def results(actions: Any) -> list[str]:
    return [str(one.result) for one in actions]


def test_a_failed_setup_skips_the_tests_and_teardown_is_done(bench: Bench, server: Stub) -> None:
    after = [operation("delete", url="Patient/p1"), operation("read", url="Patient/x"), READ]
    found = bench.run(READ, setup={"action": [READ, OKAY, READ]}, teardown={"action": after})
    assert results(found.setup) == ["pass", "fail", "skip"]
    assert results(found.tests[0].actions) == ["skip"]
    assert results(found.teardown) == ["pass", "pass", "pass"]
    assert (found.passed, found.score) == (False, 0.0)
    assert len(server.seen) == 4


def test_who_interrupts_a_run_leaves_nothing_behind(bench: Bench) -> None:
    asked: list[str] = []

    def sender(method: str, *_: Any) -> Answer:
        asked.append(method)
        if method == "GET":
            raise KeyboardInterrupt
        return Answer(200)

    script = load(bench.script(READ, teardown={"action": [operation("delete", url="Patient/p1")]}))
    with pytest.raises(KeyboardInterrupt):
        run(script, Destination("http://target.example"), sender=sender)
    assert asked == ["GET", "DELETE"]


@pytest.mark.usefixtures("patient")
def test_stop_test_on_fail_is_acted_upon_as_r5_says(bench: Bench) -> None:
    lasting = expect(response="gone", stop_test_on_fail=False)
    ending = expect(response="gone", stop_test_on_fail=True)
    found = bench.run(READ, lasting, OKAY, ending, OKAY, setup={"action": [READ, lasting]})
    assert results(found.setup) == ["pass", "fail"]
    assert results(found.tests[0].actions) == ["pass", "fail", "pass", "fail", "skip"]
    assert not found.passed
    assert bench.last(expect(response="gone", stop_test_on_fail="no"))[0] == "error"


@pytest.mark.usefixtures("patient")
def test_a_failed_test_is_left_and_the_next_goes_on(bench: Bench) -> None:
    tests = [
        {"name": "bad", "action": [READ, expect(response="gone"), OKAY]},
        {"name": "good", "action": [READ, OKAY]},
    ]
    found = bench.run(test=tests)
    assert [results(one.actions) for one in found.tests] == [["pass", "fail", "skip"], ["pass", "pass"]]
    assert (found.passed, found.score) == (False, 50.0)
    assert found.counts() == {"pass": 3, "skip": 1, "fail": 1, "warning": 0, "error": 0}


def test_a_clean_up_that_is_refused_is_a_warning(bench: Bench, server: Stub) -> None:
    server.answers["/Patient/p1"] = (403, {}, b"")
    found = bench.run(operation("capabilities"), teardown={"action": [operation("delete", url="Patient/p1")]})
    assert results(found.teardown) == ["warning"] and found.passed


def test_a_test_in_which_everything_is_skipped_has_not_passed(bench: Bench) -> None:
    found = bench.run(READ, expect(expression="Patient.(", warning_only=True), test=[
        {"name": "nothing", "action": [expect(expression="1 = 1", warning_only=True)]}])  # fmt: skip
    assert results(found.tests[0].actions) == ["skip"] and not found.passed


def test_fixtures_are_created_before_and_deleted_after(bench: Bench, server: Stub) -> None:
    bench.write("folder/patient.xml", '<Patient xmlns="http://hl7.org/fhir"><active value="true"/></Patient>')
    found = bench.run(
        operation("read", target_id="made"), OKAY, operation("read", target_id="own"), OKAY,
        fixture=[fixture("made", "folder/patient.xml", create=True, delete=True),
                 fixture("own", "#o", create=True, delete=True)],
        contained=[{**PATIENT, "id": "o"}],
    )  # fmt: skip
    assert found.passed, found
    assert server.asked() == ["POST /Patient", "PUT /Patient/o", "GET /Patient/s1", "GET /Patient/o",
                              "DELETE /Patient/s1", "DELETE /Patient/o"]  # fmt: skip
    assert server.seen[0].headers["Content-Type"] == "application/fhir+xml"


def test_a_fixture_that_is_refused_ends_the_script_and_is_cleaned_up(bench: Bench, server: Stub) -> None:
    server.answers["/Patient"] = (422, {}, b"")
    bench.write("patient.json", {"resourceType": "Patient"})
    found = bench.run(READ, OKAY, fixture=[fixture("p", "patient.json", create=True, delete=True)])
    assert found.problem is not None and found.problem.en == "autocreate of p: answered 422"
    assert results(found.tests[0].actions) == ["error", "skip"] and not found.passed


def test_a_clean_up_that_nobody_asked_a_server_for_does_not_happen(bench: Bench, server: Stub) -> None:
    bench.write("patient.json", PATIENT)
    found = bench.run(READ, fixture=[fixture("p", "patient.json", delete=True), fixture("q", "gone.json")])
    assert found.problem is not None and "the fixture q: there is no file gone.json" in found.problem.en
    assert server.seen == []


@pytest.mark.parametrize(
    ("reference", "reason"),
    [
        ("/etc/hostname", "outside of the folder"),
        ("../secret.json", "outside of the folder"),
        ("link.json", "outside of the folder"),
        ("#none", "the script contains no resource #none"),
        ("http://elsewhere.example/Patient/1", "addresses may not be read"),
        ("file:///etc/hostname", "addresses may not be read"),
        ("", "it has no resource.reference"),
        ("nul\0", "outside of the folder"),
        (".", "there is no file ."),
    ],
)
def test_fixtures_that_may_not_be_read(bench: Bench, server: Stub, reference: str, reason: str) -> None:
    (bench.folder / "link.json").symlink_to("/etc/hostname")
    found = bench.run(operation("create", source_id="f"), fixture=[fixture("f", reference)])
    assert found.problem is not None and reason in found.problem.en
    assert server.seen == []


def test_a_wider_folder_and_addresses_are_the_user_s_to_permit(
    bench: Bench, server: Stub, patient: Any
) -> None:
    bench.write("scripts/x.json", json.loads(bench.script(
        operation("create", source_id="far"), operation("create", source_id="up"),
        fixture=[fixture("far", f"{server.base}/Patient/p1"), fixture("up", "../patient.json")],
    ).read_text()))  # fmt: skip
    bench.write("patient.json", patient)
    settings = Settings(folder=bench.folder, anywhere=True)
    found = run(load(bench.folder / "scripts/x.json"), Destination(server.base), settings=settings)
    assert found.passed, found.problem
    assert server.asked() == ["GET /Patient/p1", "POST /Patient", "POST /Patient"]


def test_published_packages_name_their_files_with_a_hyphen(bench: Bench) -> None:
    bench.write("Patient-example.json", PATIENT)
    found = bench.run(operation("create", source_id="f"), expect(response="created"),
                      fixture=[fixture("f", "Patient/example")])  # fmt: skip
    assert found.passed, found.problem


@pytest.mark.usefixtures("patient")
def test_variables_come_from_values_headers_paths_and_expressions(bench: Bench, server: Stub) -> None:
    bench.write("p.json", PATIENT)
    variables = [
        {"name": "plain", "defaultValue": "a-${other}"}, {"name": "other", "defaultValue": "b"},
        {"name": "path", "path": "Patient/birthDate", "sourceId": "p"},
        {"name": "json", "path": "$.name[0].given[1]", "sourceId": "p"},
        {"name": "fhirpath", "expression": "Patient.name.given.first()", "sourceId": "p"},
        {"name": "header", "headerField": "ETag", "sourceId": "came"},
        {"name": "latest", "expression": "Patient.multipleBirth"},
        {"name": "later", "defaultValue": "d", "expression": "Patient.id", "sourceId": "not-yet"},
        {"name": "given", "defaultValue": "x"},
    ]  # fmt: skip
    names = ",".join(f"${{{one['name']}}}" for one in variables)
    found = bench.run(
        operation("read", url="Patient/p1", response_id="came"),
        operation("search", resource="Patient", params=f"?x={names}"),
        variable=variables, fixture=[fixture("p", "p.json")], settings=Settings(variables={"given": "mine"}),
    )  # fmt: skip
    assert found.passed, found
    assert server.asked()[1] == "GET /Patient?x=a-b,b,1990-03-07,Yi,San,W/%221%22,2,d,mine"


@pytest.mark.parametrize(
    ("variable", "reason"),
    [
        ({"name": "x", "defaultValue": "${x}"}, "refers to itself"),
        ({"name": "x", "hint": "[family name]"}, "has no value ([family name])"),
        ({"name": "x", "expression": "Patient.name.given", "sourceId": "p"}, "no single value (2 found)"),
        ({"name": "x", "path": "$.name[0]", "sourceId": "p"}, "no single value (1 found)"),
        ({"name": "x", "expression": "Patient.(", "sourceId": "p"}, "malformed"),
        ({"name": "y", "defaultValue": "1"}, "there is no variable ${x}"),
    ],
)
def test_a_variable_without_one_value_is_an_error(
    bench: Bench, server: Stub, variable: dict[str, Any], reason: str
) -> None:
    bench.write("p.json", PATIENT)
    result, message = bench.last(operation("read", resource="Patient", params="/${x}"), variable=[variable],
                                 fixture=[fixture("p", "p.json")])  # fmt: skip
    assert result == "error" and reason in message
    assert server.seen == []


def test_placeholders_in_fixtures_are_written_as_the_format_asks(bench: Bench, server: Stub) -> None:
    bench.write("p.json", '{"resourceType": "Patient", "name": [{"family": "${f}"}]}')
    bench.write("p.xml", '<Patient xmlns="http://hl7.org/fhir"><name><family value="${f}"/></name></Patient>')
    found = bench.run(
        *(each for one in ("j", "x") for each in (
            operation("create", source_id=one), expect(expression="Patient.name.family", value="${f}"))),
        fixture=[fixture("j", "p.json"), fixture("x", "p.xml")],
        settings=Settings(variables={"f": 'a"\\<b>&\'\n'}), variable=[{"name": "f"}],
    )  # fmt: skip
    families = [one["name"][0]["family"] for [one] in server.versions.values() if one]
    assert families == ["a\"\\<b>&'\n"] * 2
    assert results(found.tests[0].actions) == ["pass"] * 4


def placed(bench: Bench, text: str, seed: int = 1) -> str:
    now = datetime(2026, 1, 31, 23, 59, 58, tzinfo=UTC)
    bench.server.seen.clear()
    found = bench.run(operation("search", resource="Patient", params=f"?x={text}"),
                      settings=Settings(seed=seed, now=now))  # fmt: skip
    message = found.tests[0].actions[0].message.en
    return bench.server.asked()[0].partition("=")[2] if bench.server.seen else message


def test_placeholders_of_touchstone(bench: Bench) -> None:
    drawn = placed(bench, "${D6}-${D6}-${C4}-${CD14}").split("-")
    assert drawn[0] == drawn[1] and drawn[0].isdigit() and len(drawn[0]) == 6
    assert drawn[2].isalpha() and len(drawn[3]) == 14
    assert placed(bench, "${CD20}") == placed(bench, "${CD20}") != placed(bench, "${CD20}", seed=2)
    assert len(placed(bench, "${UUID}")) == 36 and len(placed(bench, "${UUID-NODASH}")) == 32
    assert placed(bench, "${CURRENTDATE}/${CURRENTDATE, d, +1}/${CURRENTDATE, M, 1, y, -2}") == (
        "2026-01-31/2026-02-01/2024-02-28"
    )
    assert placed(bench, "${CURRENTDATETIME,s,2}") == "2026-02-01T00:00:00+00:00"
    assert placed(bench, "${DATE, ${x}}") == "there is no variable ${x}"
    assert placed(bench, "${DATE, x, d, 1}") == "the placeholder ${DATE, x, d, 1} is not supported"
    assert placed(bench, "${D21}") == "the placeholder ${D21} is not supported"
    assert placed(bench, "${CURRENTDATE, y, 9999}") == "${CURRENTDATE, y, 9999} gives no date"


XML = f"""<TestScript xmlns="http://hl7.org/fhir">
  <contained><Patient><id value="p1"/><name><given value="San"/></name></Patient></contained>
  <url value="urn:example:xml"/><name value="InXml"/><status value="draft"/>
  <fixture id="p"><autocreate value="false"/><autodelete value="false"/>
    <resource><reference value="#p1"/></resource></fixture>
  <variable><name value="id"/><expression value="Patient.id"/><sourceId value="p"/></variable>
  <test id="t"><name value="only"/>
    <action><operation><type><system value="{SYSTEM}"/><code value="update"/></type>
      <encodeRequestUrl value="true"/><requestHeader><field value="X-A"/><value value="b"/></requestHeader>
      <sourceId value="p"/></operation></action>
    <action><assert><response value="created"/><warningOnly value="false"/></assert></action>
    <action><operation><type><system value="{SYSTEM}"/><code value="read"/></type><resource value="Patient"/>
      <encodeRequestUrl value="true"/><params value="/${{id}}"/></operation></action>
    <action><assert><expression value="Patient.name.given"/><value value="San"/>
      <warningOnly value="false"/></assert></action>
    <action><assert><response value="gone"/><stopTestOnFail value="false"/></assert></action>
    <action><assert><requirement value="x"/><response value="okay"/></assert></action>
  </test>
</TestScript>"""


def test_a_script_in_xml_is_the_same_script(bench: Bench, server: Stub) -> None:
    found = run(load(bench.write("script.xml", XML)), Destination(server.base))
    assert results(found.tests[0].actions) == ["pass", "pass", "pass", "pass", "fail", "error"]
    assert "R4 has no element requirement" in found.tests[0].actions[-1].message.en
    assert server.asked() == ["PUT /Patient/p1", "GET /Patient/p1"]
    assert server.seen[0].headers["X-A"] == "b"


MANY = json.dumps({"resourceType": "TestScript", "test": [{"action": [{}] * 10_001}]})


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{", "the JSON cannot be read"),
        ("", "there is no body"),
        ("name: x", "there is no body, or it is neither JSON nor XML"),
        ("[]", "it has no resourceType"),
        ('{"resourceType": "Patient"}', "the resource is a Patient, no TestScript"),
        ('<Patient xmlns="http://hl7.org/fhir"/>', "the resource is a Patient, no TestScript"),
        ("<TestScript/>", "the root TestScript is no resource of FHIR R4"),
        ('<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]><TestScript>&a;</TestScript>', "DOCTYPE"),
        ('{"resourceType": "TestScript"}', "neither setup actions nor tests"),
        ('{"resourceType": "TestScript", "test": {}}', "test is to be an array of objects"),
        ('{"resourceType": "TestScript", "test": [{"action": [1]}]}', "action is to be an array of objects"),
        ('{"resourceType": "TestScript", "url": 1}', "url is to be a text"),
        ('{"resourceType": "TestScript", "setup": []}', "setup is to be an object"),
        ('{"resourceType": "TestScript", "variable": [{"defaultValue": "x"}]}', "a variable has no name"),
        (
            '{"resourceType": "TestScript", "variable": [{"name": "x", "path": "a", "expression": "b"}]}',
            "tst-3",
        ),
        pytest.param(MANY, "10000", id="many"),
    ],
)
def test_a_script_that_cannot_be_read_says_why(bench: Bench, server: Stub, content: str, reason: str) -> None:
    script = load(bench.write("x", content))
    found = run(script, Destination(server.base))
    assert found.problem is not None and reason in found.problem.en
    assert (found.passed, found.score, server.seen) == (False, 0.0, [])


def test_a_script_that_is_not_there(tmp_path: Path) -> None:
    problem = load(tmp_path / "none.json").problem
    assert problem is not None and "the file cannot be read" in problem.en


def requiring(reference: str) -> dict[str, Any]:
    return {"capability": [{"required": True, "validated": False, "capabilities": reference}]}


def test_what_a_server_cannot_do_skips_the_script_and_is_no_pass(bench: Bench, server: Stub) -> None:
    least = {"resourceType": "CapabilityStatement", "id": "c", "name": "Least",
             "rest": [{"mode": "server", "resource": [{"type": "Patient"}]}]}  # fmt: skip
    said = {
        "resourceType": "CapabilityStatement",
        "rest": [{"mode": "server", "resource": [{"type": "Basic"}]}],
    }
    for type_, ran in (("Basic", ["skip"]), ("Patient", ["pass"])):
        said["rest"][0]["resource"][0]["type"] = type_  # type: ignore[index]
        server.answers["/metadata"] = (200, {}, json.dumps(said).encode())
        found = bench.run(READ, metadata=requiring("#c"), contained=[least])
        assert (results(found.tests[0].actions), found.passed) == (ran, ran == ["pass"])
    server.answers["/metadata"] = (200, {}, b"<html/>")
    assert results(bench.run(READ, metadata=requiring("#c"), contained=[least]).tests[0].actions) == ["error"]


def test_a_requirement_that_nobody_can_look_up_is_noted(bench: Bench, server: Stub) -> None:
    found = bench.run(READ, metadata=requiring("CapabilityStatement/example"))
    assert "are not checked beforehand" in found.notes[0].en and found.passed


MALFORMED: list[dict[str, Any]] = [
    {"operation": 1},
    {"assert": []},
    {},
    {"operation": {"type": "read"}},
    {"operation": {"requestHeader": [1]}},
    {"operation": {"destination": "1"}},
    {"assert": {"response": 200}},
    {"assert": {"modifierExtension": [{}]}},
]


@pytest.mark.parametrize("wrong", MALFORMED)
def test_an_action_that_is_malformed_is_an_error_and_the_others_are_read(
    bench: Bench, wrong: dict[str, Any]
) -> None:
    found = bench.run(test=[{"name": "a", "action": [wrong]}, {"name": "b", "action": [READ]}])
    assert results(found.tests[0].actions) == ["error"]
    assert results(found.tests[1].actions) == ["pass"]
