"""The suites of exchange, data quality and fuzzing: what they compare by, and that no dummy passes them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime
from functools import cache
from typing import Any

import httpx
import pytest
from hypothesis import strategies as st
from hypothesis.internal.conjecture import providers

from conformance.catalogue import load as load_catalogue
from conformance.harness.check import Check
from conformance.harness.client import Line
from conformance.harness.door import MllpDoor
from conformance.harness.run import Run
from conformance.harness.session import Session
from conformance.harness.suite import load
from conformance.harness.target_file import made
from conformance.harness.verdict import Failed, NotTested, Verdict
from conformance.harness.words import Words
from conformance.runner.trial import tried
from conformance.simulators import admissions
from conformance.simulators.exact import Number, loads
from conformance.suites.exchange import hospital, orders, results
from conformance.suites.exchange.hospital import Hospital
from conformance.suites.exchange.reading import contents, current, names, points_to, same_moment
from conformance.suites.exchange.reported import said
from conformance.suites.fuzzing.comparing import differs
from conformance.suites.fuzzing.doors import mutated as spoilt
from conformance.suites.fuzzing.drawing import drawn
from conformance.suites.fuzzing.mutation import mutated
from conformance.suites.fuzzing.resources import base
from conformance.suites.quality import forms
from conformance.suites.quality.sample import _OURS
from conformance.suites.quality.shares import share

SUITES = ("exchange_his", "exchange_lis", "exchange_pacs", "data_quality", "fuzz")
DOORS = {name: {"port": 9} for name in ("his", "lis", "ris")}


@cache
def own() -> tuple[Check, ...]:
    return tuple(one for one in load().checks if one.suite in SUITES)


@pytest.fixture
def session() -> Iterator[Session]:
    """A session at a target that nobody asks, whose checks wait for nothing."""
    said = {"extends": "qiao", "fhir": "http://127.0.0.1:9/fhir", "doors": DOORS}
    settings = {"wait": 0.0, "fuzz": {"examples": 6}}
    found = Session(made({**said, "settings": settings}), "r0a1b2c", 7, date(2026, 11, 22))
    yield found
    found.close()


@pytest.fixture
def run(session: Session) -> Run:
    return Run(Check("x.y", "x", "NAT-1", Words("一", "one"), lambda run: None), session)


def test_there_are_many_and_each_row_is_of_the_catalogue() -> None:
    rows = load_catalogue().requirements
    assert len(own()) >= 60
    for one in own():
        assert one.critical == rows[one.requirement].critical, one.id
    assert {one.suite for one in own()} == set(SUITES)


def _everything(monkeypatch: pytest.MonkeyPatch, status: int, body: object, code: str) -> None:
    """Answer every request and every message the same."""
    client = httpx.Client(transport=httpx.MockTransport(lambda request: httpx.Response(status, json=body)))
    monkeypatch.setattr(Line, "pool", lambda self, cert: client)

    def answer(self: MllpDoor, raw: bytes) -> bytes:
        control = (raw.split(b"\r")[0].split(b"|") + [b""] * 10)[9]
        return b"MSH|^~\\&|X|X|MZHIS|X|20260101||ACK|1|P|2.5\rMSA|" + code.encode() + b"|" + control + b"\r"

    monkeypatch.setattr(MllpDoor, "_exchange", answer)
    monkeypatch.setattr(MllpDoor, "_thrown", lambda self, raw: b"")
    monkeypatch.setattr(MllpDoor, "break_off", lambda self, part: None)


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (200, {}, "AA"),
        (200, {"resourceType": "Bundle", "type": "searchset", "total": 0}, "AA"),
        (200, {"resourceType": "CapabilityStatement", "fhirVersion": "4.0.1"}, "AA"),
        (404, {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "x"}]}, "AR"),
    ],
)  # fmt: skip
def test_whoever_answers_everything_the_same_passes_nothing(
    session: Session, monkeypatch: pytest.MonkeyPatch, status: int, body: object, code: str
) -> None:
    _everything(monkeypatch, status, body, code)
    passed = [one.id for one in own() if tried(one, session).verdict is Verdict.PASS]
    assert [one for one in passed if not one.endswith(".declared")] == []


def test_no_check_is_at_fault_itself(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    _everything(monkeypatch, 200, {}, "AA")
    assert [one.id for one in own() if tried(one, session).verdict is Verdict.ERROR] == []


def test_a_message_goes_out_in_its_charset_under_a_number_of_its_own(run: Run) -> None:
    there = Hospital(run)
    visit = there.consultation(person=there.person(family="𠮷", given="㛃"))
    entry = admissions.register(there.chart, visit, visit.begun)
    first, second = there.bytes_of(entry), there.bytes_of(entry)
    assert "𠮷㛃".encode() in first
    assert first.split(b"|")[9] != second.split(b"|")[9]
    assert first.split(b"\r")[1:] == second.split(b"\r")[1:]


def test_a_target_without_doors_is_not_tested_and_one_without_this_door_fails(session: Session) -> None:
    check = next(one for one in own() if one.id == "exchange_pacs.declared")
    for doors, verdict in (({}, Verdict.SKIP), ({"his": {"port": 9}}, Verdict.FAIL), (DOORS, Verdict.PASS)):
        target = made({"fhir": "http://127.0.0.1:9/fhir", "doors": doors})
        other = Session(target, "r1", 7, date(2026, 11, 22))
        assert tried(check, other).verdict is verdict
        other.close()


def test_moments_and_names_are_compared_as_what_they_mean() -> None:
    at = datetime.fromisoformat("2026-03-02T09:30:00")
    assert same_moment("2026-03-02T01:30:00Z", at)
    assert same_moment("2026-03-02T09:30:00.000+08:00", at)
    assert not same_moment("2026-03-02T09:30:00Z", at)
    assert not same_moment("2026-03-02", at)
    assert names({"name": [{"family": "欧阳", "given": ["秀英"]}, {"text": "Ouyang Xiuying"}]}) >= {
        "欧阳秀英"
    }


def test_a_result_is_read_to_the_digit() -> None:
    assert said(loads('{"valueQuantity": {"value": 5.60}}')) == "5.60"
    assert said(loads('{"valueQuantity": {"value": 0.05, "comparator": "<"}}')) == "<0.05"
    assert said({"valueRatio": {"numerator": {"value": 1}, "denominator": {"value": 80}}}) == "1:80"
    assert said({"valueString": "阴性(-)"}) == "阴性(-)"
    assert said({}) == ""


@pytest.mark.parametrize(
    ("form", "right", "wrong"),
    [
        (forms.icd10, ("I10.x00", "E11.900", "J45"), ("高血压", "I10.", "10.0")),
        (forms.loinc, ("6690-2", "718-7", "2823-3", "14749-6"), ("6690-3", "WBC", "6690")),
        (forms.ucum, ("10*9/L", "{tablet}", "mg/L{FEU}", "[IU]/mL"), ("10^9/L", "{片", "毫克", "]mg[")),
        (forms.resident_id, ("990101199003071234",), ("99010119900307123?", "990101199002311234", "1")),
    ],
)  # fmt: skip
def test_forms(form: object, right: tuple[str, ...], wrong: tuple[str, ...]) -> None:
    from conformance.simulators.people import check_character

    right = tuple(one[:17] + check_character(one[:17]) if form is forms.resident_id else one for one in right)
    assert callable(form)
    assert [one for one in right if not form(one)] == []
    assert [one for one in wrong if form(one)] == []


def test_what_breaks_the_rules_of_all_json_is_named() -> None:
    wrong = {
        "id": "a b",
        "name": [],
        "active": None,
        "meta": {"lastUpdated": "2025-01-01"},
        "given": ["", None],
    }
    assert sorted(forms.misshapen(wrong)) == [
        "active: null", "given: empty text", "id: not an id", "lastUpdated: not an instant",
        "name: empty array",
    ]  # fmt: skip
    assert not list(forms.misshapen(base("Patient", number="1")))


def test_garbled_texts_are_known() -> None:
    assert forms.garbled("锟斤拷") and forms.garbled("\ufffd") and forms.garbled("\x1b$)A")
    assert not forms.garbled("欧阳㛃𠮷\n阿依古丽·买买提")


def test_a_share_is_not_rounded_up_and_nothing_is_not_tested(run: Run) -> None:
    share(run, [1, 1, 0, 1], bool, 0.75, "对", "right", "things")
    with pytest.raises(Failed, match=r"99\.9% \(9999/10000\)"):
        share(run, [0, *([1] * 9999)], bool, 1, "对", "right", "things")
    with pytest.raises(NotTested, match="no data"):
        share(run, [], bool, 1, "对", "right", "things")


def test_what_the_harness_wrote_is_known_by_its_numbers() -> None:
    assert _OURS.search('{"id": "vr0a1b2c0123456"}')
    assert not _OURS.search('{"id": "7e33c618-2f30-5f8e-b24b-e776e36e9896", "value": "1260302070001"}')


def test_differences_are_named_and_precision_is_one() -> None:
    sent = loads('{"id": "a", "value": {"low": 1E-7, "high": 5.60}, "name": [{"text": "王"}]}')
    assert differs(sent, {**sent, "id": "b", "meta": {}}) == ""
    assert differs(sent, {**sent, "value": {"low": Number("0.0000001"), "high": Number("5.60")}}) == ""
    assert differs(sent, {**sent, "value": {"low": Number("1E-7"), "high": Number("5.6")}}) == "value.high"
    assert differs(sent, {**sent, "gender": "male"}) == "gender"
    assert differs(sent, {**sent, "name": []}) == "name"
    assert differs({"active": True}, {"active": 1}) == "active"


def test_the_same_seed_draws_the_same_and_another_draws_others(run: Run, session: Session) -> None:
    strategy = mutated(base("Patient", number="1"))
    first = [json.dumps(one, default=str) for one in drawn(run, "a", strategy)]
    assert first == [json.dumps(one, default=str) for one in drawn(run, "a", strategy)]
    session.seed = 8
    assert first != [json.dumps(one, default=str) for one in drawn(run, "a", strategy)]


def test_what_a_seed_draws_does_not_hang_on_the_modules_that_are_loaded(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read() -> None:
        raise AssertionError("the source of every loaded module is read for constants")

    monkeypatch.setattr(providers, "_get_local_constants", read)
    assert drawn(run, "c", st.lists(st.text(max_size=20) | st.integers(), min_size=8))


def test_a_spoilt_message_never_ends_its_frame(run: Run) -> None:
    whole = b"MSH|^~\\&|HIS|X|QIAO|X|20260101||ADT^A04|1|P|2.4\rPID|1||2||\xe7\x8e\x8b\r"
    for one in drawn(run, "m", spoilt(whole)):
        assert not {0x1C, 0x0B} & set(one)


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ({"valueQuantity": {"value": Number("5.60"), "unit": "mmol/L"}}, "5.60"),
        ({"valueQuantity": {"value": Number("0.05"), "comparator": "<"}}, "<0.05"),
        ({"valueRange": {"low": {"value": 3}, "high": {"value": 5}}}, "3-5"),
        ({"valueInteger": 4}, "4"),
        ({"valueRatio": {"numerator": {"value": 1}, "denominator": {"value": 80}}}, "1:80"),
        ({"valueCodeableConcept": {"coding": [{"display": "阴性(-)"}]}}, "阴性(-)"),
    ],
)
def test_a_result_is_read_in_every_form_that_r4_has_for_it(value: dict[str, Any], told: str) -> None:
    assert said(value) == told


def test_a_unit_is_read_where_it_is_shown_and_as_a_code() -> None:
    for quantity in ({"unit": "10*9/L"}, {"unit": "个", "code": "10*9/L"}, {"unit": "10^9/L"}):
        assert results._in_unit({"valueQuantity": quantity}, "10^9/L")
    assert not results._in_unit({"valueQuantity": {"unit": "10"}}, "10^9/L")


def test_a_drug_is_known_by_the_order_or_by_the_medication_that_it_names(run: Run) -> None:
    coded = {"coding": [{"code": "XY018"}]}
    inside = {"contained": [{"resourceType": "Medication", "id": "m", "code": coded}]}
    house = Hospital(run, "his")
    for one in (
        {"medicationCodeableConcept": coded},
        {**inside, "medicationReference": {"reference": "#m"}},
    ):
        assert orders._coded(house, one) == {"XY018"}


def test_a_version_that_says_the_same_is_no_change_and_an_old_number_is_none_of_now() -> None:
    patient = {
        "resourceType": "Patient",
        "id": "1",
        "telecom": [{"value": "2"}, {"value": "1", "use": "old"}],
    }
    newer = {**patient, "meta": {"versionId": "7"}}
    assert contents([patient]) == contents([newer]) != contents([{**patient, "gender": "male"}])
    assert current(patient)["telecom"] == [{"value": "2"}]


def test_a_report_points_to_its_order_by_address_or_by_number() -> None:
    for to in ({"reference": "ServiceRequest/9/_history/2"}, {"identifier": {"value": "JY1"}}):
        assert points_to({"basedOn": [to]}, "basedOn", "ServiceRequest/9", "JY1")
    assert not points_to(
        {"basedOn": [{"reference": "ServiceRequest/8"}]}, "basedOn", "ServiceRequest/9", "JY1"
    )


def _appearing(monkeypatch: pytest.MonkeyPatch, looks: int) -> None:
    """Let what is searched for appear at the look of that number."""
    seen: list[str] = []

    def listed(self: Hospital, query: str) -> list[Any]:
        seen.append(query)
        return [{"id": "1"}] if len(seen) >= looks else []

    monkeypatch.setattr(Hospital, "_listed", listed)
    monkeypatch.setattr(hospital, "PAUSE", 0.0)


def test_what_a_gateway_works_later_is_waited_for_as_long_as_the_target_says(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    _appearing(monkeypatch, 5)
    house = Hospital(run, "his")
    assert house.found("Patient?identifier=1") == []
    run.target.settings["wait"] = 60.0  # type: ignore[index]
    assert house.found("Patient?identifier=1") == [{"id": "1"}]


def test_what_must_not_come_is_looked_for_as_long_as_the_target_says(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    _appearing(monkeypatch, 5)
    house = Hospital(run, "his")
    assert house.absent("Patient?identifier=1") == []
    run.target.settings["settle"] = 60.0  # type: ignore[index]
    assert house.absent("Patient?identifier=1") == [{"id": "1"}]
