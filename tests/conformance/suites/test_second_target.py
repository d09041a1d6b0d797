"""The generic suites against a server that is not ours: nothing in them is tuned to our gateway.

What fails there is pinned, each with the place of R4 that the server breaks; docs/conformance-peers.md says
it at length. A check that fails and is not here found a fault of that server that is new, or has one itself.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from conformance.command import main
from conformance.harness.suite import load as load_suites
from conformance.harness.verdict import Verdict
from conformance.result.model import Result, load

pytestmark = pytest.mark.xdist_group("second-target")

GENERIC = ("fhir_api", "terminology")
FAULTS = {
    # Errors in the lax mode of its models: text for booleans and numbers, no bindings, empty objects.
    "fhir_api.invalid.boolean": "json#primitive",
    "fhir_api.invalid.number": "json#primitive",
    "fhir_api.invalid.empty": "json: objects are never empty",
    "fhir_api.invalid.required-code": "terminologies#required",
    "fhir_api.malformed.no-type": "json: a resource has a resourceType",
    # It reads decimals into binary floats: 5.400 becomes 5.4, 0.50 becomes 0.5.
    "fhir_api.kept.decimals": "datatypes#decimal",
    "fhir_api.kept.medication-request": "datatypes#decimal",
    # An update without an id in the body is taken.
    "fhir_api.other_id": "http#update",
    # Parameters that it does not know are ignored, with modifiers and _count, whatever Prefer says.
    "fhir_api.search.missing-false": "search#modifiers",
    "fhir_api.search.missing-true": "search#modifiers",
    "fhir_api.search.string-contains": "search#modifiers",
    "fhir_api.search.string-exact": "search#modifiers",
    "fhir_api.search.token-not": "search#modifiers",
    "fhir_api.search.has": "search#errors",
    "fhir_api.search.has-none": "search#errors",
    "fhir_api.unknown_modifier": "search#modifiers",
    "fhir_api.unknown_strict": "search#errors",
    "fhir_api.bad_value": "search#errors",
    "fhir_api.pages_of_any": "search#count",
    # The store that the tests put under it compares texts: no prefixes, no lists, no escapes, no accents.
    "fhir_api.search.date-before": "search#prefix",
    "fhir_api.search.date-between": "search#prefix",
    "fhir_api.search.date-month": "search#date",
    "fhir_api.search.id": "search#combining",
    "fhir_api.search.string-or": "search#combining",
    "fhir_api.search.token-no-system": "search#token",
    "fhir_api.search.token-other-system": "search#token",
    "fhir_api.search.token-escaped": "search#escaping",
    "fhir_api.search.string-accent": "search#string",
    # Its Bundles have no links.
    "fhir_api.self_link": "search#self",
}
MAY_BE_FOUND = {
    # By chance, which is drawn: what falls to other draws when the suite is changed shows nothing new.
    "fuzz.accepted.Patient": "json: objects are never empty",
    "fuzz.accepted.Observation": "json: objects are never empty",
    "fuzz.kept.Patient": "json: an empty object is taken, and dropped",
    "fuzz.kept.Observation": "datatypes#decimal",
    "fuzz.malformed.Patient": "extensions in extensions, 30 deep, answer 500",
    "fuzz.malformed.Observation": "extensions in extensions, 30 deep, answer 500",
}


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)


def _run(target: str, folder: Path, *arguments: str) -> Result:
    main(["run", "--target", target, "--report", str(folder), "--no-pdf", "--json", *arguments], "en")
    return load(folder)


@pytest.fixture(scope="module")
def found(foreign_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Result]:
    """What the generic suites find in a server that is not ours."""
    folder = tmp_path_factory.mktemp("foreign")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(folder / "config"))
        there = [one for one in (*GENERIC, "fuzz") if one in load_suites().suites]
        suites = [part for one in there for part in ("--suite", one)]
        yield _run(foreign_server, folder / "report", *suites)


def _by_verdict(result: Result, verdict: Verdict) -> set[str]:
    return {one.id for one in result.checks if one.verdict is verdict}


def test_a_server_that_is_not_ours_makes_no_error_of_the_harness(found: Result) -> None:
    assert found.errors == ()
    assert not _by_verdict(found, Verdict.ERROR)
    assert found.run.complete


def test_what_it_claims_and_does_right_passes(found: Result) -> None:
    passed = _by_verdict(found, Verdict.PASS)
    assert len(passed) > 50
    for one in ("fhir_api.absent", "fhir_api.kept.patient", "fhir_api.invalid.unknown-element"):
        assert one in passed


def test_what_it_does_not_claim_is_skipped_by_name(found: Result) -> None:
    skipped = [one for one in found.checks if one.verdict is Verdict.SKIP]
    assert skipped
    assert all(one.reason and one.reason.zh and one.reason.en for one in skipped)
    claimed = {one.id: one.reason.en for one in skipped if one.reason}
    assert "does not claim" in claimed["fhir_api.transaction_whole"]


def test_what_fails_are_faults_of_that_server(found: Result) -> None:
    reasons = {one.id: one.reason.en for one in found.checks if one.verdict is Verdict.FAIL and one.reason}
    unexpected = {name: why for name, why in reasons.items() if name not in {*FAULTS, *MAY_BE_FOUND}}
    assert not unexpected, "no fault of that server: one of a check of ours, or of a newer fhirstarter"
    assert set(FAULTS) <= set(reasons)


def test_nothing_of_the_run_stays_there(found: Result, foreign_server: str) -> None:
    assert found.left == ()
    there = httpx.get(f"{foreign_server}/Patient").json()
    assert there["total"] == 0


RIGHT = {
    "Organization": {"name": "渡桥市人民医院"},
    "Practitioner": {"name": [{"text": "闻启明"}]},
    "Patient": {
        "name": [{"text": "欧阳甲", "family": "欧阳"}],
        "gender": "female",
        "birthDate": "1960-03-07",
    },
    "Encounter": {
        "status": "finished",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
        "serviceProvider": {"reference": "{Organization}"},
        "participant": [{"individual": {"reference": "{Practitioner}"}}],
        "period": {"start": "2026-03-06T08:00:00+08:00", "end": "2026-03-06T08:30:00+08:00"},
        "subject": {"reference": "{Patient}"},
    },
    "Observation": {
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "2345-7"}], "text": "葡萄糖"},
        "subject": {"reference": "{Patient}"},
        "effectiveDateTime": "2026-03-06T08:10:00+08:00",
        "valueQuantity": {
            "value": 5.4,
            "unit": "mmol/L",
            "system": "http://unitsofmeasure.org",
            "code": "mmol/L",
        },
    },
}


def _store(base: str, kind: str, body: dict[str, Any], names: dict[str, str]) -> None:
    def linked(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: linked(one) for key, one in value.items()}
        if isinstance(value, list):
            return [linked(one) for one in value]
        return names[value[1:-1]] if isinstance(value, str) and value.startswith("{") else value

    number = {"system": f"http://hospital.example/{kind.lower()}", "value": f"{kind[0]}17"}
    answer = httpx.post(f"{base}/{kind}", json={"resourceType": kind, "identifier": [number], **linked(body)})
    assert answer.status_code == 201, answer.text
    names[kind] = f"{kind}/{answer.headers['location'].rpartition('/')[2]}"


def _quality(base: str, folder: Path) -> dict[str, str]:
    """Return the verdicts of the data quality suite; resources are validated by a program of its own."""
    folder.mkdir()
    validator = [sys.executable, "-m", "gateway", "validate", "--json"]
    said = {"extends": "fhir", "fhir": base, "settings": {"validator": validator}}
    (folder / "target.yaml").write_text(yaml.safe_dump(said), "utf-8")
    arguments = ("--suite", "data_quality", "--jurisdiction", "cn-chongqing")
    found = _run(str(folder / "target.yaml"), folder / "report", *arguments)
    assert found.errors == ()
    return {one.id.removeprefix("data_quality."): one.verdict.value for one in found.checks}


def test_its_data_are_judged_by_a_validator_of_our_own(empty_foreign_server: str, tmp_path: Path) -> None:
    names: dict[str, str] = {}
    for kind, body in RIGHT.items():
        _store(empty_foreign_server, kind, body, names)
    before = _quality(empty_foreign_server, tmp_path / "right")
    assert before["valid"] == "pass"
    assert not {"fail", "error"} & set(before.values()), before
    assert list(before.values()).count("pass") >= 15

    # It takes a status that R4 does not have, and has no $validate: only a validator beside it can tell.
    _store(empty_foreign_server, "Observation", {**RIGHT["Observation"], "status": "done"}, names)
    after = _quality(empty_foreign_server, tmp_path / "wrong")
    assert {name for name, verdict in after.items() if verdict == "fail"} == {"valid"}
