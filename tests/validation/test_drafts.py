"""What the maps made is checked once for each mark, without values in what is said, and bounded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gateway.canonical import Draft, Issue
from gateway.errors import Misconfigured
from gateway.settings import Settings, ValidationSettings
from gateway.validation import Definitions, DraftValidator, Validator, draft_validator
from gateway.validation.terminology import LoadedFile, Terminology
from gateway.validation.terminology.load import load


@pytest.fixture(scope="module")
def validator() -> Validator:
    return Validator()


class Counting:
    """A validator that counts what it is asked."""

    def __init__(self, validator: Validator) -> None:
        self.asked = 0
        self._validator = validator

    def refresh(self) -> bool:
        return self._validator.refresh()

    def check(self, *arguments: Any, **named: Any) -> list[Issue]:
        self.asked += 1
        return self._validator.check(*arguments, **named)


def patient(mark: bytes = b"", **body: Any) -> Draft:
    return Draft("Patient", "p1", {"resourceType": "Patient", "id": "p1", **body}, mark=mark)


def test_a_good_draft_has_no_issues(validator: Validator) -> None:
    assert DraftValidator(validator, "information")([patient(gender="male", name=[{"text": "张三"}])]) == []


def test_a_fault_is_named_by_place_and_rule_without_the_value(validator: Validator) -> None:
    (issue,) = DraftValidator(validator)([patient(birthDate="1990-02-31-SECRET")])
    assert (issue.severity, issue.where, issue.rule) == ("error", "Patient.birthDate", "date")
    assert "SECRET" not in repr(issue)


@pytest.mark.parametrize(("level", "count"), [("error", 1), ("warning", 2), ("information", 3)])
def test_milder_issues_are_left_out(validator: Validator, level: Any, count: int) -> None:
    married = {
        "system": "http://terminology.hl7.org/CodeSystem/v3-MaritalStatus",
        "code": "M",
        "display": "x",
    }
    body = {
        "gender": "x",
        "maritalStatus": {"coding": [married]},
        "contact": [
            {
                "relationship": [{"coding": [{"system": "http://example.org", "code": "x"}]}],
                "name": {"text": "y"},
            }
        ],
    }
    assert len(DraftValidator(validator, level)([patient(**body)])) == count


def test_a_marked_draft_is_checked_once(validator: Validator) -> None:
    counting = Counting(validator)
    check = DraftValidator(counting)  # type: ignore[arg-type]
    drafts = [patient(b"same", gender="x"), patient(b"same", gender="x"), patient(b"other"), patient()]
    assert len(check(drafts)) == 2
    assert counting.asked == 3


def test_an_error_is_not_cut_off_behind_many_warnings(validator: Validator) -> None:
    remark = {
        "relationship": [{"coding": [{"system": "http://example.org", "code": "x"}]}],
        "name": {"text": "y"},
    }
    drafts = [patient(contact=[remark] * 80), patient(gender="x")]
    issues = DraftValidator(validator, "warning")(drafts)
    assert len(issues) == 50
    assert issues[0].severity == "error"


def test_codes_that_are_imported_meanwhile_count(tmp_path: Path) -> None:
    file = tmp_path / "terminology.db"
    clock = iter(range(100))
    definitions = Definitions()
    own = Validator(definitions, Terminology(definitions, LoadedFile(file)))
    check = DraftValidator(own, clock=lambda: next(clock))
    gender = "http://hl7.org/fhir/ValueSet/administrative-gender"
    female = [{"system": "http://hl7.org/fhir/administrative-gender", "concept": [{"code": "female"}]}]
    drafts = [patient(gender="male"), patient(b"mark", gender="male")]
    assert check(drafts) == []
    narrower = {"resourceType": "ValueSet", "url": gender, "version": "4.0.1", "compose": {"include": female}}
    load(file, [narrower])
    assert [one.rule for one in check(drafts)] == ["binding", "binding"]


PROFILE = {
    "resourceType": "StructureDefinition",
    "url": "http://hospital.example/StructureDefinition/patient",
    "name": "HospitalPatient",
    "status": "active",
    "kind": "resource",
    "abstract": False,
    "type": "Patient",
    "baseDefinition": "http://hl7.org/fhir/StructureDefinition/Patient",
    "derivation": "constraint",
    "differential": {"element": [{"id": "Patient.birthDate", "path": "Patient.birthDate", "min": 1}]},
}


def test_a_hospitals_own_profile_is_applied_to_its_type(tmp_path: Path) -> None:
    file = tmp_path / "patient.json"
    file.write_text(json.dumps(PROFILE))
    own = ValidationSettings(definitions=(str(file),), profiles=(str(PROFILE["url"]),))
    check = draft_validator(Settings(validation=own))
    assert check is not None
    assert [one.where for one in check([patient(gender="male")])] == ["Patient.birthDate"]
    assert check([patient(gender="male", birthDate="1990-03-07")]) == []


def test_a_profile_that_nobody_defines_is_refused() -> None:
    with pytest.raises(Misconfigured, match="nobody defines urn:x"):
        draft_validator(Settings(validation=ValidationSettings(profiles=("urn:x",))))
