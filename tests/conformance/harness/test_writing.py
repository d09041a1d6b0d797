"""Writing in a target's own form: which call, with what, and by which names it is asked afterwards."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import httpx
import pytest

from conformance.harness.check import Check
from conformance.harness.client import Line
from conformance.harness.run import Run
from conformance.harness.scene import Scene
from conformance.harness.session import Session
from conformance.harness.target_file import made
from conformance.harness.verdict import Skipped
from conformance.harness.words import Words
from conformance.harness.writing import write

DONE = {"done": {"code": "0"}, "refusal": "msg"}
SAID: dict[str, Any] = {
    "fhir": "http://gateway.example/fhir",
    "identities": {"operator": {}, "physician": {"practitioner": "Practitioner/w1"}},
    "on_file": {"physician": "Practitioner/w1"},
    "writes": {
        "Patient": {
            "path": "//api/patient",
            "body": {"id": "{number}", "name": "{name.text}"},
            "answer": {"reference": "data.id"},
            **DONE,
        },
        "Encounter": [
            {
                "when": {"status": "in-progress"},
                "path": "//api/open",
                "body": {"patient": "{subject.number}", "by": "{by.number}"},
                "answer": {"reference": "data.fhir", "number": "data.id"},
                **DONE,
            },
            {
                "when": {"status": "finished", "number": "*"},
                "path": "//api/visit/{number}/finish",
                "body": {"id": "{number}"},
                **DONE,
            },
        ],
        "RequestGroup": {
            "with": ["MedicationRequest"],
            "path": "//api/rx",
            "body": {
                "visit": "{encounter.number}",
                "drugs": [{"$each": "MedicationRequest", "$item": {"name": "{id}"}}],
            },
            "answer": {"reference": "data.id", "MedicationRequest": "data.drugs"},
            **DONE,
        },
        "AuditEvent": "none",
        "Composition": "fhir",
    },
}  # fmt: skip
Ask = Callable[[str, str, Any], tuple[int, Any]]


class Heard:
    """A target that remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Any]] = []
        self.answers: dict[str, Any] = {
            "/api/patient": {"code": 0, "data": {"id": 880001}},
            "/api/open": {"code": 0, "data": {"fhir": "Encounter/20881", "id": "V7"}},
            "/api/visit/V7/finish": {"code": 0},
            "/api/rx": {"code": 0, "data": {"id": "R1", "drugs": ["M1", "M2"]}},
        }

    def __call__(self, request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content) if request.content else None
        self.asked.append((f"{request.method} {request.url.path}", body))
        found = self.answers.get(request.url.path)
        if found is None and request.method == "GET":
            kind, id_ = request.url.path.split("/")[-2:]
            found = {"resourceType": kind, "id": id_, "subject": {"reference": "Patient/880001"}}
        return httpx.Response(200, json=found if found is not None else body)


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> Heard:
    target = Heard()
    client = httpx.Client(transport=httpx.MockTransport(target))
    monkeypatch.setattr(Line, "pool", lambda self, cert: client)
    return target


@pytest.fixture
def run(heard: Heard) -> Iterator[Run]:
    session = Session(made(SAID), "u1", 7, date(2026, 3, 6))
    check = Check("u.check", "u", "NAT-19.1", Words("题", "title"), lambda run: None)
    yield Run(check, session)
    session.close()


def begun(run: Run) -> Scene:
    scene = Scene(run)
    patient, *_ = scene.registration()
    assert write(run, [patient], "Practitioner/w1").ok
    assert scene.write([scene.opening()]).ok
    return scene


def test_each_type_goes_by_its_call_under_the_targets_numbers(run: Run, heard: Heard) -> None:
    scene = begun(run)
    assert heard.asked[0][0] == "POST /api/patient"
    assert "id" not in heard.asked[0][1]
    assert heard.asked[1] == ("POST /api/open", {"patient": "880001", "by": "w1"})
    scene.write(scene.prescription(2))
    path, body = heard.asked[-1]
    assert (path, body["visit"], len(body["drugs"])) == ("POST /api/rx", "V7", 2)
    assert not any(line.startswith("PUT") for line, _ in heard.asked)


def test_it_is_read_by_its_own_name_and_seen_by_the_checks(run: Run, heard: Heard) -> None:
    scene = begun(run)
    found = scene.read(scene.encounter)
    assert heard.asked[-1][0] == "GET /fhir/Encounter/20881"
    assert (found["id"], found["subject"]["reference"]) == (scene.encounter[10:], scene.patient)
    assert b"20881" in run.book.exchanges[-1].response.body  # type: ignore[union-attr]
    assert scene.held([scene.opening()])[0]["id"] == "20881"


def test_what_went_along_has_a_name_too(run: Run, heard: Heard) -> None:
    scene = begun(run)
    parts = scene.prescription(2)
    scene.write(parts)
    scene.read(f"MedicationRequest/{parts[2]['id']}")
    assert heard.asked[-1][0] == "GET /fhir/MedicationRequest/M2"
    assert "RequestGroup/R1" in run.session.written


def test_a_visit_is_not_opened_twice(run: Run, heard: Heard) -> None:
    scene = begun(run)
    scene.write([{**scene.opening(), "status": "finished"}])
    assert heard.asked[-1] == ("POST /api/visit/V7/finish", {"id": "V7"})
    with pytest.raises(Skipped, match=r"writes\.Encounter"):
        scene.write([scene.opening()])


def test_what_is_not_declared_is_a_skip_that_names_it(run: Run) -> None:
    with pytest.raises(Skipped, match=r"writes\.Consent"):
        Scene(run).write([{"resourceType": "Consent", "id": "z1"}])


def test_what_is_not_needed_is_left_out_and_the_rest_may_be_fhir(run: Run, heard: Heard) -> None:
    scene = Scene(run)
    assert scene.write([{"resourceType": "AuditEvent", "id": "a1"}]).ok
    assert heard.asked == []
    scene.write([{"resourceType": "AuditEvent", "id": "a1"}, {"resourceType": "Composition", "id": "r1"}])
    assert [line for line, _ in heard.asked] == ["PUT /fhir/Composition/r1"]


def test_the_first_refusal_ends_it_and_is_one(run: Run, heard: Heard) -> None:
    heard.answers["/api/patient"] = {"code": 4001, "msg": "身份证号有误"}
    scene = Scene(run)
    answer = scene.write([scene.registration()[0], scene.opening()])
    assert (answer.ok, answer.refused, answer.rules) == (False, True, ["身份证号有误"])
    assert [line for line, _ in heard.asked] == ["POST /api/patient"]
    assert not run.session.line.names


def bound(heard: Heard, **identities: Any) -> Run:
    """Return a run at a target that knows people by their tokens alone."""
    said = {
        "fhir": SAID["fhir"],
        "identities": {"operator": {}, "physician": {"headers": {"X-Token": "w1"}}, **identities},
        "on_file": {"physician": "Practitioner/w1", "paediatrician": "Practitioner/w3"},
    }
    check = Check("u.check", "u", "NAT-16.2", Words("题", "title"), lambda run: None)
    return Run(check, Session(made(said), "u1", 7, date(2026, 3, 6)))


def test_somebody_else_acts_under_an_identity_of_his_own_or_not_at_all(heard: Heard) -> None:
    visit = {"resourceType": "Encounter", "id": "v1"}
    run = bound(heard)
    assert write(run, [visit], "Practitioner/w1").ok
    with pytest.raises(Skipped, match="somebody else acts"):
        write(run, [visit], "Practitioner/w3")
    run = bound(heard, paediatrician={"headers": {"X-Token": "w3"}})
    assert write(run, [visit], "Practitioner/w3").ok
    sent = run.book.exchanges[-1].request.headers
    assert sent["X-Token"] == "w3"
