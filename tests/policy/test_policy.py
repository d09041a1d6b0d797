"""Policy: packs stack, run out, override; two jurisdictions live in one process; nothing passes unseen."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from gateway.policy import EVENTS, Decision, load_policy
from gateway.policy.check import case_of
from gateway.settings.regulator import TenantSettings

JURISDICTIONS = ("cn-chongqing", "cn-sichuan", "cn-yunnan")
EFFECTIVE = {
    "review": {"variant": "effective"},
    "dispense": {"variant": "effective"},
    "evaluation": {"variant": "over"},
    "request": {"signed": ["ServiceRequest/e1"]},
    "transfer": {"signed": ["ServiceRequest/t1"]},
}


def rules(decision: Decision) -> set[str]:
    return {one.rule for one in decision.findings}


def decide(event: Any, patch: dict[str, Any] | None = None, *names: str, **given: Any) -> Decision:
    return load_policy(names, **given).decide(case_of(event, patch))


@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize("name", ["", *JURISDICTIONS])
def test_a_visit_in_which_all_is_right_passes(event: Any, name: str) -> None:
    decision = decide(event, EFFECTIVE.get(event), *([name] if name else []))
    assert decision == Decision()
    assert (decision.verdict, decision.status) == ("pass", 200)


def test_the_strictest_verdict_counts() -> None:
    patch = {"MedicationRequest/m1": {"medicationCodeableConcept": {"text": "甘精胰岛素注射液"}}}
    assert decide("prescription", patch).verdict == "warn"
    assert decide("prescription", {**patch, "Consent/z1": None}).verdict == "refuse"
    verdicts = [one.verdict for one in decide("prescription", {**patch, "Consent/z1": None}).findings]
    assert verdicts == ["refuse", "warn"]


def test_the_same_physician_is_judged_otherwise_in_another_jurisdiction() -> None:
    patch = {"PractitionerRole/w1": {"extension": None, "organization": {"reference": "Organization/x9"}}}
    assert decide("visit", patch).verdict == "pass"
    assert "sc-23-registered" in rules(decide("visit", patch, "cn-sichuan"))
    assert decide("visit", patch, "cn-yunnan").verdict == "pass"


def test_a_level_1_hospital_fails_in_chongqing_and_passes_in_yunnan() -> None:
    level = [{"url": "urn:qiao:extension:hospital-level", "valueCode": "1"}]
    patch = {"Organization/p1": {"extension": level}}
    assert rules(decide("organization", patch, "cn-chongqing")) == {"cq49-1-level"}
    assert decide("organization", patch, "cn-yunnan").verdict == "pass"


def test_a_rule_that_overrides_stands_in_for_the_other() -> None:
    patch = {"Organization/o1": {"name": "渡桥市人民医院便民互联网医院"}}
    assert decide("organization", patch).verdict == "pass"
    assert rules(decide("organization", patch, "cn-yunnan")) == {"yn-12-name"}
    patch = {"Organization/o1": {"name": "康乐互联网医院"}}
    assert rules(decide("organization", patch)) == {"nat-12-name"}
    assert rules(decide("organization", patch, "cn-yunnan")) == {"yn-12-name"}


def test_before_its_time_a_pack_says_nothing() -> None:
    patch = {"now": "2021-09-05T23:59:00+08:00", "PractitionerRole/w1": {"extension": None}}
    assert not {one for one in rules(decide("visit", patch, "cn-yunnan")) if one.startswith("yn-")}
    patch["now"] = "2021-09-06T00:01:00+08:00"
    assert "yn-26-province" in rules(decide("visit", patch, "cn-yunnan"))


def test_past_its_validity_a_pack_warns_and_says_so() -> None:
    patch = {"PractitionerRole/w1": {"extension": None}, "Practitioner/w1": {"name": [{"text": "温如玉"}]}}
    good = "2026-01-31T23:59:00+08:00"
    case = case_of("visit", {**patch, "now": good, "Contract/a1": None})
    found = {one.rule: one for one in load_policy(["cn-sichuan"]).decide(case).findings}
    assert (found["sc-23-filed"].verdict, found["sc-23-filed"].lapsed) == ("refuse", False)
    case = case_of("visit", {**patch, "now": "2026-02-01T00:01:00+08:00", "Contract/a1": None})
    found = {one.rule: one for one in load_policy(["cn-sichuan"]).decide(case).findings}
    assert (found["sc-23-filed"].verdict, found["sc-23-filed"].lapsed) == ("warn", True)
    assert "2026-01-31" in found["sc-23-filed"].text
    assert "届满" in found["sc-23-filed"].text_zh


def test_a_refusal_names_rule_article_and_place() -> None:
    finding = decide("prescription", {"variant": "narcotic"}).findings[0]
    assert (finding.rule, finding.requirement) == ("nat-20-forbidden-drug", "NAT-20.6")
    assert finding.where == ("MedicationRequest/m1.medication",)
    issue = finding.issue
    assert (issue.severity, issue.code, issue.rule) == ("error", "business-rule", "nat-20-forbidden-drug")
    assert "第二十条" in issue.text
    assert "第二十条" in issue.text_zh


@pytest.mark.parametrize(
    ("event", "patch", "status"),
    [
        ("prescription", {"actor": None}, 401),
        ("prescription", {"actor": "Practitioner/c1"}, 403),
        ("prescription", {"variant": "over"}, 409),
        ("dispense", {}, 409),
        ("prescription", {"variant": "narcotic"}, 422),
        ("prescription", {"MedicationRequest/m1": {"medicationCodeableConcept": {"text": "神奇胶囊"}}}, 200),
    ],
)
def test_a_refusal_has_its_status(event: Any, patch: dict[str, Any], status: int) -> None:
    assert decide(event, patch).status == status


def test_an_unknown_drug_is_held_and_never_passes() -> None:
    patch = {"MedicationRequest/m1": {"medicationCodeableConcept": {"text": "神奇胶囊"}}}
    assert decide("prescription", patch).verdict == "hold"


def test_a_text_without_end_is_held_whatever_the_formulary_says() -> None:
    formulary = {"identifier": [{"system": "urn:x", "value": "1"}], "code": {"text": "氨氯地平片"}}
    concept = {"coding": [{"system": "urn:x", "code": "1"}], "text": "氨氯地平片" + " " * 9_000 + "芬太尼"}
    patch = {"Medication/f1": formulary, "MedicationRequest/m1": {"medicationCodeableConcept": concept}}
    assert decide("prescription", patch).verdict == "hold"


def test_parameters_are_a_tenants_own() -> None:
    patch = {"variant": ["child", "no-guardian"], "Patient/p1": {"birthDate": "2018-03-05"}}
    assert decide("prescription", patch).verdict == "pass"
    older = {"young-child-age": 7}
    assert decide("prescription", patch, parameters=older).verdict == "refuse"
    case = dataclasses.replace(case_of("prescription", patch), parameters=older)
    assert load_policy().decide(case).verdict == "refuse"
    assert load_policy().decide(case_of("prescription", patch)).verdict == "pass"


def test_what_a_tenants_settings_say_is_its_policy() -> None:
    from gateway.policy import policy_of

    policy = policy_of(TenantSettings(jurisdiction=("cn-yunnan",), parameters={"practice-years": 5}))
    assert [one.name for one in policy.packs] == ["cn", "cn-yunnan"]
    assert policy.parameters["practice-years"] == 5
    assert "5" in policy.rules["yn-25-years"].text


@pytest.mark.parametrize(
    "patch",
    [
        {"Encounter/v1": {"participant": "x"}},
        {"Encounter/v1": {"type": [["x"]]}},
        {"Encounter/v1": {"extension": {"url": 3}}},
        {"Patient/p1": {"birthDate": 19900307, "identifier": "x"}},
        {"Patient/p1": {"birthDate": "2000-13-45"}},
        {"MedicationRequest/m1": {"dosageInstruction": [None], "dispenseRequest": []}},
        {"MedicationRequest/m1": {"medicationCodeableConcept": {"coding": "x", "text": 5}}},
        {"PractitionerRole/y1": {"availableTime": [{"availableStartTime": "soon"}]}},
        {"RequestGroup/g1": {"action": "x"}},
    ],
)
def test_a_resource_that_is_not_as_it_should_be_never_passes(patch: dict[str, Any]) -> None:
    event: Any = "visit" if "participant" in patch.get("Encounter/v1", {}) else "prescription"
    assert decide(event, patch).verdict in ("hold", "refuse")
    assert decide(event, patch, *JURISDICTIONS).verdict in ("hold", "refuse")


def test_what_nobody_would_release_is_refused_and_not_held() -> None:
    role = {"PractitionerRole/y1": {"availableTime": [{"availableStartTime": "soon"}]}}
    assert decide("prescription", role).verdict == "hold"
    assert decide("review", {"PractitionerRole/w1": {"period": {"end": "永久"}}}).verdict == "pass"
    patch = {"PractitionerRole/w1": {"period": {"end": "永久"}}}
    for event in ("visit", "record", "request", "transfer"):
        decision = decide(event, patch)
        assert (decision.verdict, decision.findings[0].rule) == ("refuse", "nat-29-role"), event
    assert "更正" in decide("visit", patch).findings[0].text_zh


def test_a_rule_that_only_warns_does_not_hold_where_it_cannot_be_decided() -> None:
    answers = [{"linkId": "satisfaction", "answer": ["x"]}]
    decision = decide("evaluation", {"QuestionnaireResponse/q1": {"item": answers}}, "cn-sichuan")
    assert decision.verdict == "warn"


@pytest.mark.parametrize(
    "end", ["9999-12-31", "9999-12-31T23:59:59+08:00", "2025-03-06T09:15:00.001+08:00", "9999"]
)
def test_a_licence_without_end_is_in_date(end: str) -> None:
    licence = {"code": {"text": "执业医师：内科专业"}, "period": {"start": "2014-07-01", "end": end}}
    assert decide("visit", {"Practitioner/w1": {"qualification": [licence]}}).verdict == "pass"


def test_an_insurance_of_the_hospital_is_for_its_physicians() -> None:
    hospital = {"context": {"related": [{"reference": "Organization/o1"}]}, "subject": None}
    assert decide("practitioner", {"DocumentReference/i1": None}).verdict == "warn"
    patch = {"DocumentReference/i1": hospital, "parameters": {"insurance-required": True}}
    assert decide("visit", patch).verdict == "pass"
    late = {**hospital, "context": {**hospital["context"], "period": {"end": "2025-03-05"}}}
    assert rules(decide("visit", {"DocumentReference/i1": late})) == {"nat-24-insurance"}


def test_one_of_two_authors_may_act() -> None:
    both = [{"reference": "Practitioner/w1"}, {"reference": "Practitioner/w2"}]
    patch = {"Composition/r1": {"author": both}}
    assert "nat-16-in-person" not in rules(decide("record", patch))
    assert "nat-16-in-person" in rules(decide("record", {**patch, "actor": "Practitioner/c1"}))


def test_the_pharmacist_is_not_looked_for_in_the_register_of_physicians() -> None:
    assert decide("review", {"VerificationResult/y1": None}).verdict == "pass"
