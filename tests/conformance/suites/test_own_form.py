"""The suites of visits on a gateway that takes nothing as FHIR: what its form can say is judged as on ours.

The gateway behind it decides the same; so each check must end as it does there, but for what its form has no
words for, which is skipped by name.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from conformance.catalogue.read import load as load_catalogue
from conformance.evidence.masking import Masker
from conformance.evidence.writer import EvidenceWriter
from conformance.harness.check import Check
from conformance.harness.paths import each
from conformance.harness.session import Session
from conformance.harness.suite import Loaded
from conformance.harness.suite import load as load_suites
from conformance.harness.target_file import made, read
from conformance.harness.verdict import Verdict
from conformance.runner.plan import plan
from conformance.runner.trial import Trial, tried

pytestmark = pytest.mark.xdist_group("own-form")

SUITES = ("consent_and_visit", "practitioners", "prescription_gates", "serials")
FORM = Path(__file__).parents[1] / "peers" / "own_form.yaml"
EVERY = 9
"""Of the cases of gates every ninth is tried, and those below: they are many, and much alike."""
DIRECT = 10
"""Every tenth of all that is tried there is tried on ours, too; ``test_whole.py`` tries every check on it."""
G, V, M = "prescription_gates", "consent_and_visit", "practitioners"
EXPLAINED = {
    "writes.Organization": (f"{V}.gate.subject-not-approved", "institutions are registered by its operator"),
    "writes.Practitioner": (f"{M}.gate.not-in-register", "so is its staff"),
    "writes.Contract": (f"{G}.gate.nothing-established", "and their contracts"),
    "writes.RelatedPerson": (f"{G}.gate.child-without-guardian", "guardians are kept in an app of its own"),
    "writes.Medication)": (f"{G}.gate.by-reference", "a drug is named, never referred to"),
    "writes.DiagnosticReport": (f"{G}.gate.duplicate-test", "reports come from the laboratory"),
    "writes.MedicationDispense": (f"{G}.dispense_written_early", "to redeem is the only way to dispense"),
    "writes.Encounter": (f"{V}.resumed", "a visit is opened once and finished once, and nothing else"),
    "writes.ServiceRequest)": ("serials.not_rewritten", "what was submitted is changed by no call"),
    "requisition.use": (f"{G}.gate.request-serial-brought-along", "a request has no field for a serial"),
    "groupIdentifier.use": (f"{G}.gate.serial-brought-along", "nor has a prescription"),
    "(seed: put)": (f"{G}.written_active", "nothing is written past its calls"),
    "(actions.readiness)": (f"{M}.gate.insurance-missing", "it tells nothing of readiness"),
    "(feed)": ("serials.reported.lab", "it has no feed"),
    "(platform)": ("serials.once_at_the_platform", "what is behind it feeds the platform, not it"),
}
"""What a skip names → a check that is skipped so, and why the form cannot say it."""
PERSONAL = ("name.text", "identifier.value", "telecom.value", "birthDate")
STOPPED = (
    "consent_and_visit.gate.no-consent",
    "consent_and_visit.gate.first-visit",
    "consent_and_visit.beyond",
    "practitioners.visit_for_another",
    "prescription_gates.gate.narcotic",
    "prescription_gates.signature.unsigned",
    "prescription_gates.redeemed_draft",
)
"""Checks of what must be refused; a gateway that says 成功 to it passes none of them."""


def _today() -> date:
    return (datetime.now(UTC) + timedelta(hours=8)).date()


@cache
def _loaded() -> Loaded:
    return load_suites()


def _checks() -> list[Check]:
    here = plan(_loaded(), load_catalogue(), ("cn", "cn-chongqing"), _today(), suites=SUITES).checks
    gates = [one for one in here if ".gate." in one.id]
    unlike = {name for name, _ in EXPLAINED.values()}
    chosen = {one.id for one in gates[::EVERY]} | {one.id for one in here if one not in gates} | unlike
    return [one for one in here if one.id in chosen]


def _said(base: str, direct: Path) -> dict[str, Any]:
    behind = yaml.safe_load(direct.read_text("utf-8"))
    form = yaml.safe_load(FORM.read_text("utf-8"))
    return {**form, "fhir": base, "signing": behind["signing"], "jurisdiction": behind["jurisdiction"]}


def _tried(target: Any, number: str, checks: Sequence[Check]) -> dict[str, Trial]:
    session = Session(target, number, 7, _today())
    try:
        return {one.id: tried(one, session) for one in checks}
    finally:
        session.close()


Found = Mapping[str, Trial]


@pytest.fixture(scope="module")
def direct(standing: Any) -> Found:
    """What our gateway is found to do; it also puts the institution on file."""
    return _tried(read(standing.target), "rd1", _checks()[::DIRECT])


@pytest.fixture(scope="module")
def foreign(direct: Found, standing: Any, own_form: Any) -> Iterator[Found]:
    """What the other one is found to do."""
    with own_form(standing.target) as base:
        yield _tried(made(_said(base, standing.target)), "rf1", _checks())


def _reason(one: Trial) -> str:
    return one.reason.en if one.reason else ""


def test_it_is_found_as_the_gateway_behind_it(direct: Found, foreign: Found) -> None:
    assert {name for name, one in direct.items() if one.verdict is not Verdict.PASS} == set()
    other = {name: one for name, one in foreign.items() if one.verdict is not Verdict.PASS}
    unexplained = {
        name: _reason(one)
        for name, one in other.items()
        if one.verdict is not Verdict.SKIP or not any(why in _reason(one) for why in EXPLAINED)
    }
    assert unexplained == {}
    assert len(foreign) - len(other) > 60


@pytest.mark.parametrize("named", EXPLAINED)
def test_what_its_form_cannot_say_is_skipped_by_name(foreign: Found, named: str) -> None:
    assert named in _reason(foreign[EXPLAINED[named][0]])


def test_the_evidence_shows_its_own_calls_and_numbers(foreign: Found) -> None:
    said = [one.request.line for one in foreign["practitioners.prescription_for_another"].book.exchanges]
    assert any(line.endswith("/api/rx/create") for line in said)
    assert not any(line.startswith("PUT") for line in said)


def test_its_evidence_names_no_patient(foreign: Found, tmp_path: Path) -> None:
    book = foreign["practitioners.prescription_for_another"].book
    patients = [one for one in map(json.loads, book.spoken_of) if one.get("resourceType") == "Patient"]
    told = {value for one in patients for path in PERSONAL for value in each(one, path)}
    assert len(told) >= len(PERSONAL)
    EvidenceWriter(tmp_path, Masker()).write(1, "any", book)
    text = (tmp_path / "E0001.json").read_text("utf-8")
    assert not [value for value in told if str(value) in text]


def test_a_reason_in_its_own_words_is_shown(foreign: Found) -> None:
    steps = foreign["prescription_gates.signature.unsigned"].steps
    assert "HTTP 200" in steps[-2].actual.en
    assert len(steps[-2].actual.en) > len("HTTP 200 []")


def test_what_says_yes_to_what_it_refused_passes_nothing(direct: Found, standing: Any, own_form: Any) -> None:
    wanted = [one for one in _loaded().checks if one.id in STOPPED]
    with own_form(standing.target, "--yes") as base:
        found = _tried(made(_said(base, standing.target)), "ry1", wanted)
    assert {name: one.verdict for name, one in found.items()} == dict.fromkeys(STOPPED, Verdict.FAIL)
