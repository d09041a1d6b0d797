"""How a gate is judged, with a target that answers as a test says."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import httpx
import pytest

from conformance.harness.check import Check
from conformance.harness.client import Line
from conformance.harness.gate.case import Gate
from conformance.harness.gate.judged import hold
from conformance.harness.session import Session
from conformance.harness.target_file import made
from conformance.harness.verdict import Verdict
from conformance.harness.words import same
from conformance.runner.trial import tried

URGENT = {"Encounter": {"priority": {"coding": [{"code": "EM"}]}}}
GATE = Gate("admit", URGENT, {})
Answering = Callable[[Any], tuple[int, Any]]


@pytest.fixture
def verdict(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Verdict]]:
    """``verdict(answering, gate)``: what becomes of a gate at a target that answers an Encounter so."""
    sessions: list[Session] = []

    def judged(
        answering: Answering,
        gate: Gate = GATE,
        *,
        kept: str = "planned",
        rules: tuple[str, ...] | None = ("urgent-*",),
        ground: Answering = lambda body: (200, {}),
        flag: str = "",
    ) -> Verdict:
        def answer(request: httpx.Request) -> httpx.Response:
            body = json.loads(request.content) if request.content else {}
            if flag and request.url.path.endswith("/Flag"):  # of the patient of the second twin
                entry = {"resource": {"resourceType": "Flag", "code": {"text": flag}}}
                listed = [entry] if request.url.params["patient"].endswith("b") else []
                return httpx.Response(200, json={"resourceType": "Bundle", "entry": listed})
            if request.method == "GET":
                return httpx.Response(200, json={"resourceType": "Encounter", "status": kept})
            status, told = answering(body) if body.get("resourceType") == "Encounter" else ground(body)
            return httpx.Response(status, json=told)

        client = httpx.Client(transport=httpx.MockTransport(answer))
        monkeypatch.setattr(Line, "pool", lambda self, cert: client)
        said = {"extends": "qiao", "fhir": "http://127.0.0.1:9/fhir"}
        target = made({**said, "rules": {"NAT-19.2": None if rules is None else list(rules)}})
        sessions.append(Session(target, f"u{len(sessions)}", 7, date(2026, 11, 22)))
        return tried(Check("s.gate.x", "s", "NAT-19.2", same("x"), hold, given=(gate,)), sessions[-1]).verdict

    yield judged
    for one in sessions:
        one.close()


def refusal(rule: str) -> dict[str, Any]:
    details = {"coding": [{"code": rule}]}
    return {
        "resourceType": "OperationOutcome",
        "issue": [{"severity": "error", "code": "business-rule", "details": details}],
    }


def urgent(body: Any) -> bool:
    return "priority" in body


def test_what_is_stopped_by_its_rule_passes(verdict: Callable[..., Verdict]) -> None:
    assert verdict(lambda body: (422, refusal("urgent-1")) if urgent(body) else (201, body)) is Verdict.PASS


def test_what_is_stopped_by_another_rule_fails(verdict: Callable[..., Verdict]) -> None:
    assert verdict(lambda body: (422, refusal("fee-unpaid")) if urgent(body) else (201, body)) is Verdict.FAIL


def test_what_is_not_stopped_fails(verdict: Callable[..., Verdict]) -> None:
    assert verdict(lambda body: (201, body)) is Verdict.FAIL


def test_a_refusal_without_an_outcome_is_none(verdict: Callable[..., Verdict]) -> None:
    assert verdict(lambda body: (422, {}) if urgent(body) else (201, body)) is Verdict.FAIL


def test_what_is_refused_and_happens_all_the_same_fails(verdict: Callable[..., Verdict]) -> None:
    found = verdict(
        lambda body: (422, refusal("urgent-1")) if urgent(body) else (201, body), kept="in-progress"
    )
    assert found is Verdict.FAIL


def test_a_twin_that_does_not_pass_is_an_unmet_prerequisite(verdict: Callable[..., Verdict]) -> None:
    assert verdict(lambda body: (422, refusal("urgent-1"))) is Verdict.SKIP


def test_a_twin_of_its_own_that_the_rule_stops_fails(verdict: Callable[..., Verdict]) -> None:
    routine = Gate("admit", URGENT, {"Encounter": {"priority": {"coding": [{"code": "R"}]}}}, altered=True)
    assert verdict(lambda body: (422, refusal("urgent-1")), routine) is Verdict.FAIL
    assert verdict(lambda body: (422, refusal("fee-unpaid")), routine) is Verdict.SKIP


def test_a_remark_must_be_new(verdict: Callable[..., Verdict]) -> None:
    flagged = Gate("admit", URGENT, {}, outcome="flagged")
    assert verdict(lambda body: (201, body), flagged) is Verdict.FAIL


def test_without_rules_a_new_remark_counts_by_whatever_name(verdict: Callable[..., Verdict]) -> None:
    urgently = Gate("admit", URGENT, {}, outcome="flagged")
    assert verdict(lambda body: (201, body), urgently, rules=None, flag="any") is Verdict.PASS
    assert verdict(lambda body: (201, body), urgently, flag="any") is Verdict.FAIL


def test_a_bystander_whom_the_target_refuses_proves_nothing(verdict: Callable[..., Verdict]) -> None:
    other = {"Other": {"resourceType": "Patient"}}
    gate = Gate("admit", {**other, "Encounter": {"subject": {"reference": "{Other}"}}}, other)

    def nobody_else(body: Any) -> tuple[int, Any]:
        names = [str(entry["resource"]["id"]) for entry in body.get("entry", [])]
        return (422, refusal("no-identity")) if any(one.startswith("other-") for one in names) else (200, {})

    assert verdict(lambda body: (201, body), gate, rules=None, ground=nobody_else) is Verdict.SKIP
