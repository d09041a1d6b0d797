"""Templates of actions."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from conformance.harness.action import Action
from conformance.harness.answer import Answer
from conformance.harness.template import Several, filled

BODY = {
    "resourceType": "Parameters",
    "parameter": [
        {"name": "reason", "valueString": "{reason}"},
        {"name": "signature", "resource": "{signature}"},
        {"name": "owner", "valueReference": {"reference": "{owner}"}},
        "{more}",
    ],
}


def test_what_is_not_given_is_left_out() -> None:
    assert filled(BODY, {"reason": "x"}) == {
        "resourceType": "Parameters",
        "parameter": [{"name": "reason", "valueString": "x"}],
    }


def test_a_whole_name_is_the_value_itself() -> None:
    signature = {"resourceType": "Provenance"}
    made = filled(BODY, {"signature": signature, "owner": "Organization/1"})
    assert made["parameter"] == [
        {"name": "signature", "resource": signature},
        {"name": "owner", "valueReference": {"reference": "Organization/1"}},
    ]


def test_several_take_the_place_of_one() -> None:
    more = Several([{"name": "dispense"}, {"name": "dispense"}])
    assert len(filled(BODY, {"more": more})["parameter"]) == 2


def test_a_boolean_stays_one() -> None:
    assert filled({"valueBoolean": "{confirm}"}, {"confirm": False}) == {"valueBoolean": False}


def test_the_path_is_encoded_and_the_answer_read() -> None:
    action = Action("x", "POST", "{document}/$go?q={text}", "operator", answer={"id": "id", "none": "a.b"})
    method, path, headers, body = action.request({"document": "Task/1", "text": "a b&c"})
    assert (method, path, headers, body) == ("POST", "Task/1/$go?q=a%20b%26c", {}, None)
    assert action.told({"id": "1"}) == {"id": "1"}


OWN = Action("submit", "POST", "//rx", "physician", done={"code": "0"}, refusal="msg")


def _answer(status: int, body: object) -> Answer:
    found = Answer(status, {}, json.dumps(body).encode(), 1)
    return replace(found, undone=OWN.undone(found.body), why=OWN.why(found.body))


@pytest.mark.parametrize(
    ("status", "body", "done", "refused"),
    [
        (200, {"code": 0, "msg": "ok"}, True, False),
        (200, {"code": 4001, "msg": "no signature"}, False, True),
        (422, {"code": 4001, "msg": "no signature"}, False, True),
        (200, {"code": 4001}, False, False),  # nothing says why
        (200, {}, False, False),  # agrees with everything, and says nothing
        (500, {"code": 0, "msg": "broken"}, False, False),
    ],
)
def test_a_target_may_refuse_in_a_form_of_its_own(
    status: int, body: object, done: bool, refused: bool
) -> None:
    answer = _answer(status, body)
    assert (answer.ok, answer.refused) == (done, refused)


def test_what_is_remarked_in_a_form_of_its_own_is_told_whole() -> None:
    action = Action("submit", "POST", "//rx", "physician", answer={"findings": "data.warnings"})
    assert action.told({"data": {"warnings": ["high alert", "not read"]}}) == {
        "findings": ["high alert", "not read"]
    }
    outcome = {"resourceType": "OperationOutcome", "issue": []}
    assert action.told({"data": {"warnings": outcome}}) == {"findings": outcome}
    assert action.told({"data": {}}) == {}


def test_an_action_names_numbers_and_parts_of_what_is_given() -> None:
    body = {"rx": "{document.number}", "sign": "{signature.signature.data}", "reason": "{reason}"}
    action = Action("submit", "POST", "//rx/{document.number}", "physician", body=body)
    given = {"document": "RequestGroup/g1", "signature": {"signature": [{"data": "abc"}]}}
    assert action.request(given, {"RequestGroup/g1": "R7"}.__getitem__)[1::2] == (
        "//rx/R7",
        {"rx": "R7", "sign": "abc"},
    )


@pytest.mark.parametrize("path", ["//rx", "https://his.example/rx"])
def test_a_call_that_is_none_of_fhirs_sends_plain_json_unless_it_says_otherwise(path: str) -> None:
    """Many a framework answers 415 to application/fhir+json."""
    action = Action("x", "POST", path, "operator", body={"no": "{number}"})
    headers = action.request({"number": "1"})[2]
    assert headers["Content-Type"] == "application/json"
    assert "application/json" in headers["Accept"]
    said = replace(action, headers={"Content-Type": "text/json"}).request({"number": "1"})[2]
    assert said["Content-Type"] == "text/json"
    fhir = replace(action, body={"resourceType": "Parameters"}).request({})[2]
    assert "Content-Type" not in fhir
