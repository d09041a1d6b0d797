"""Where a serial stands is the target's to say: in its document, in its answers, or where it is looked up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import httpx
import pytest

from conformance.harness.answer import Answer
from conformance.harness.check import Check
from conformance.harness.client import Line
from conformance.harness.run import Run
from conformance.harness.session import Session
from conformance.harness.target_file import made
from conformance.harness.verdict import Failed, NotApplicable, Skipped
from conformance.harness.words import same
from conformance.suites.serials import _fits
from conformance.suites.supervision import serial

DRAFT = {"resourceType": "ServiceRequest", "id": "a", "identifier": [{"value": "HIS-1"}]}
NUMBERED = {**DRAFT, "requisition": {"value": "SER-1"}}
Running = Callable[..., Run]


@pytest.fixture
def running(monkeypatch: pytest.MonkeyPatch) -> Running:
    """Return a run at a target that answers each address with what is given for it."""

    def of(at: str | None, answers: Mapping[str, Any], **actions: Any) -> Run:
        def answered(request: httpx.Request) -> httpx.Response:
            found = answers.get(str(request.url).removeprefix("http://127.0.0.1:9/fhir/"))
            return httpx.Response(404) if found is None else httpx.Response(200, json=found)

        client = httpx.Client(transport=httpx.MockTransport(answered))
        monkeypatch.setattr(Line, "pool", lambda self, cert: client)
        said = {"fhir": "http://127.0.0.1:9/fhir", "identities": {"operator": {}}, "actions": actions}
        target = made({**said, "settings": {"serials": {"at": at}}})
        check = Check("s.one", "s", "CQ49附3.5", same("one"), lambda run: None)
        return Run(check, Session(target, "t1", 7, date(2026, 3, 6)))

    return of


def answer(status: int = 200, **told: str) -> Answer:
    return Answer(status, {}, b"", 1, told=told)


def test_an_answer_that_tells_the_serial_is_believed(running: Running) -> None:
    assert serial.told(running("told", {}), answer(serial="SER-1"), [DRAFT]) == "SER-1"


def test_a_serial_that_only_the_document_has_is_the_number_that_nobody_wrote(running: Running) -> None:
    assert serial.told(running(None, {"ServiceRequest/a": NUMBERED}), answer(), [DRAFT]) == "SER-1"


@pytest.mark.parametrize("body", [DRAFT, {**NUMBERED, "groupIdentifier": {"value": "SER-2"}}])
def test_none_and_two_of_which_nobody_knows_which_are_no_serial(running: Running, body: Any) -> None:
    with pytest.raises(Failed):
        serial.told(running(None, {"ServiceRequest/a": body}), answer(), [DRAFT])


def test_where_answers_alone_tell_it_nothing_is_looked_for_in_the_document(running: Running) -> None:
    run = running("told", {"ServiceRequest/a": NUMBERED})
    with pytest.raises(NotApplicable):
        serial.carried(run, "ServiceRequest/a")
    with pytest.raises(Failed):
        serial.told(run, answer(), [DRAFT])
    serial.kept(run, "ServiceRequest/a", "SER-1", "不变", "kept", answer(serial="SER-1"))
    with pytest.raises(Failed):
        serial.kept(run, "ServiceRequest/a", "SER-1", "不变", "kept", answer(serial="SER-2"))


def test_an_action_looks_it_up(running: Running) -> None:
    asked = {"method": "GET", "path": "numbers/{document}", "answer": {"serial": "number"}}
    run = running("action", {"numbers/ServiceRequest/a": {"number": "SER-1"}}, serial=asked)
    assert serial.carried(run, "ServiceRequest/a") == {"SER-1"}
    assert serial.carried(run, "ServiceRequest/b") == set()


def test_a_draft_with_a_number_of_its_source_has_no_serial_unless_it_stands_in_its_place(
    running: Running,
) -> None:
    place = {"ServiceRequest/a": DRAFT}
    assert serial.none_yet(running(None, place), "ServiceRequest/a", "无", "none") == {"HIS-1"}
    assert serial.none_yet(running("requisition.value", place), "ServiceRequest/a", "无", "none") == set()
    with pytest.raises(Failed):
        serial.none_yet(running("identifier.value", place), "ServiceRequest/a", "无", "none")


def test_another_number_is_written_wherever_the_serial_stands() -> None:
    assert serial.rewritten(NUMBERED, "SER-1", "X") == {**DRAFT, "requisition": {"value": "X"}}
    assert serial.rewritten(DRAFT, "SER-1", "X") == DRAFT


def bundle(*names: str) -> dict[str, Any]:
    return {
        "resourceType": "Bundle",
        "type": "searchset",
        "entry": [{"resource": {"resourceType": "ServiceRequest", "id": one}} for one in names],
    }


def test_a_serial_leads_to_its_document_by_whichever_parameter_has_it(running: Running) -> None:
    first = {"ServiceRequest?requisition=SER-1": bundle("a")}
    assert serial.found_by(running(None, first), "ServiceRequest", "SER-1") == ["ServiceRequest/a"]
    second = {"ServiceRequest?requisition=SER-1": bundle(), "ServiceRequest?identifier=SER-1": bundle("a")}
    assert serial.found_by(running(None, second), "ServiceRequest", "SER-1") == ["ServiceRequest/a"]
    with pytest.raises(Failed):
        serial.found_by(running(None, {}), "ServiceRequest", "SER-1")


def test_two_documents_of_one_serial_are_two_unless_the_parameter_was_ignored(running: Running) -> None:
    two, one = bundle("a", "b"), {"ServiceRequest?identifier=SER-1": bundle("a")}
    used = {**two, "link": [{"relation": "self", "url": "ServiceRequest?requisition=SER-1"}]}
    found = serial.found_by(
        running(None, {"ServiceRequest?requisition=SER-1": used, **one}), "ServiceRequest", "SER-1"
    )
    assert len(found) == 2
    ignored = running(None, {"ServiceRequest?requisition=SER-1": two, **one})
    assert serial.found_by(ignored, "ServiceRequest", "SER-1") == ["ServiceRequest/a"]


def test_where_answers_alone_tell_it_an_action_has_to_find_it(running: Running) -> None:
    with pytest.raises(Skipped):
        serial.found_by(running("told", {}), "ServiceRequest", "SER-1")
    asked = {"method": "GET", "path": "found/{serial}", "answer": {"document": "url"}}
    there = {"found/SER-1": {"url": "https://gateway.example/fhir/ServiceRequest/a"}}
    run = running("told", there, find_serial=asked)
    assert serial.found_by(run, "ServiceRequest", "SER-1") == ["ServiceRequest/a"]


@pytest.mark.parametrize("scheme", ["mod-37-36", "mod-11-2"])
@pytest.mark.parametrize("text", ["7", "X", "12"])
def test_a_serial_without_a_check_character_fails_whatever_its_length(
    running: Running, scheme: str, text: str
) -> None:
    with pytest.raises(Failed, match="its check character is right"):
        _fits(running(None, {}), text, scheme, "")
