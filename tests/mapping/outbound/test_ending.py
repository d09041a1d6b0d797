"""The end of an order is told by its number: nothing that it says of dose, days or destination refuses it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.canonical.elements import name_of
from gateway.errors import Misconfigured, Rejected
from gateway.feed.writeback.wire import of_version
from gateway.mapping.outbound import Dialect, OutMaps, Resources, as_json, said_body, said_rows, said_segments

V2 = "http://terminology.hl7.org/CodeSystem/v2-0203"
FACTS = {
    "control": "CA",
    "void": "1",
    "event": "I14",
    "key": "Q1",
    "happened": "cancelled",
    "kind": "prescription",
    "moment": "20260305090000",
    "serial": "S1",
    **of_version("2.5.1"),
}
DRUGS = ("RDE_O11", "OMP_O09", "json-prescription", "xml-prescription", "table-prescription")
ASKED = ("ORM_O01", "REF_I12", "json-request", "xml-request", "table-request")
BAD_DAYS = {"value": 3, "unit": "mo", "code": "mo"}


def typed(code: str) -> dict[str, Any]:
    return {"coding": [{"system": V2, "code": code}]}


def patient(**more: Any) -> dict[str, Any]:
    return {"resourceType": "Patient", "id": "p1", "name": [{"text": "林知夏"}],
            "identifier": [{"type": typed("MR"), "value": "MR1"}], **more}  # fmt: skip


def line(number: str = "CF1-1", **more: Any) -> dict[str, Any]:
    made = {
        "resourceType": "MedicationRequest", "id": f"m-{number}", "status": "cancelled", "intent": "order",
        "subject": {"reference": "Patient/p1"}, "groupIdentifier": {"value": "CF1"},
        "identifier": [{"type": typed("PLAC"), "value": number}],
        "medicationCodeableConcept": {"text": "氨氯地平片"},
        "dosageInstruction": [{"doseAndRate": [{"doseQuantity": {"value": 2, "unit": "片"}}]}],
    }  # fmt: skip
    return {name: one for name, one in {**made, **more}.items() if one is not None}


def request(**more: Any) -> dict[str, Any]:
    made = {"resourceType": "ServiceRequest", "id": "s1", "status": "revoked", "intent": "order",
            "subject": {"reference": "Patient/p1"}, "code": {"text": "转诊"},
            "identifier": [{"type": typed("PLAC"), "value": "SQ1"}]}  # fmt: skip
    return {name: one for name, one in {**made, **more}.items() if one is not None}


def told(out: OutMaps, dialect: Dialect, form: str, *resources: Any, **facts: str) -> Any:
    map_ = out.maps[form]
    say = {"hl7v2": said_segments, "rows": said_rows}.get(map_.form, said_body)
    return say(map_, Resources(resources), dialect, {**FACTS, **facts})


def numbers(form: str, found: Any) -> list[str]:
    """The numbers of the orders that are told, as each form has them."""
    if form in DRUGS[:2] or form == "ORM_O01":
        return [record["2"][0]["1"][0] for name, record in found if name == "ORC"]
    if form == "REF_I12":
        return [record["6"][0]["1"][0] for name, record in found if name == "RF1"]
    if form.startswith("table"):
        return [row.values[name] for row in found for name in ("item_no", "request_no") if name in row.values]
    several = next(found[name] for name in ("items[]", "item", "requests[]") if name in found)
    return [one[name][0] for one in several for name in ("item_no", "request_no") if name in one]


UNSAYABLE: list[dict[str, Any]] = [
    {"medicationCodeableConcept": {"coding": [{"system": "urn:x"}]}},
    {"medicationCodeableConcept": None, "medicationReference": {"reference": "Medication/gone"}},
    {"dosageInstruction": [{"timing": {"repeat": {"boundsDuration": BAD_DAYS}}}]},
    {"dosageInstruction": [{"timing": {"repeat": {"boundsDuration": {"value": 36, "code": "h"}}}},
                           {"timing": {"repeat": {"dayOfWeek": ["mon"], "timeOfDay": ["08:00:00"]}}}]},
    {"modifierExtension": [{"url": "urn:x", "valueBoolean": True}]},
    {"doNotPerform": True},
]  # fmt: skip


@pytest.mark.parametrize("version", ["2.5.1", "2.4", "2.3.1"])
@pytest.mark.parametrize("form", DRUGS)
@pytest.mark.parametrize("changed", UNSAYABLE)
def test_a_prescription_that_no_form_can_say_can_be_ended(
    out: OutMaps, dialect: Dialect, form: str, changed: dict[str, Any], version: str
) -> None:
    found = told(out, dialect, form, patient(), line(**changed), **of_version(version))
    assert numbers(form, found) == ["CF1-1"]


@pytest.mark.parametrize("form", ASKED)
@pytest.mark.parametrize("changed", [
    {"performer": [{"reference": "Organization/gone"}]}, {"code": None}, {"quantityQuantity": {"value": 2}},
    {"occurrenceTiming": {"repeat": {"dayOfWeek": ["mon"]}}, "orderDetail": [{"text": "增强"}]},
])  # fmt: skip
def test_a_request_that_no_form_can_say_can_be_ended(
    out: OutMaps, dialect: Dialect, form: str, changed: dict[str, Any]
) -> None:
    found = told(out, dialect, form, patient(), request(**changed), kind="referral")
    assert numbers(form, found) == ["SQ1"]


@pytest.mark.parametrize("form", [*DRUGS, *ASKED])
@pytest.mark.parametrize("gone", [{"name": []}, {"name": [{"use": "old", "text": "旧名"}]}])
def test_a_patient_without_a_name_does_not_keep_an_order_alive(
    out: OutMaps, dialect: Dialect, form: str, gone: dict[str, Any]
) -> None:
    of = line() if form in DRUGS else request()
    assert numbers(form, told(out, dialect, form, patient(**gone), of))
    began = {"happened": "effective", "control": "NW", "void": "", "event": "I12"}
    with pytest.raises(Rejected, match="nothing is known"):
        told(out, dialect, form, patient(**gone), {**of, "status": "active"}, **began)


@pytest.mark.parametrize("form", [*DRUGS, *ASKED])
def test_an_end_without_the_number_of_the_patient_is_refused(
    out: OutMaps, dialect: Dialect, form: str
) -> None:
    of = line() if form in DRUGS else request()
    with pytest.raises(Rejected, match=r"patient_no|hl7v2.*3|PID"):
        told(out, dialect, form, patient(identifier=[]), of)


@pytest.mark.parametrize("form", [*DRUGS, *ASKED])
def test_of_who_was_merged_the_number_of_before_is_told(out: OutMaps, dialect: Dialect, form: str) -> None:
    """The receiver knows the order under it; where another of its kind is in force, that is told."""
    of = line() if form in DRUGS else request()
    old = {"type": typed("MR"), "use": "old", "value": "MR-OLD"}
    chat = {"system": "urn:x:wechat", "value": "openid-77"}
    assert "MR-OLD" in repr(told(out, dialect, form, patient(identifier=[chat, old]), of))
    new = {"type": typed("MR"), "value": "MR-NEW"}
    both = repr(told(out, dialect, form, patient(identifier=[old, new]), of))
    assert "MR-NEW" in both and "MR-OLD" not in both


@pytest.mark.parametrize("form", DRUGS)
def test_two_lines_of_one_number_end_once(out: OutMaps, dialect: Dialect, form: str) -> None:
    other = line(id="m2", medicationCodeableConcept={"text": "布洛芬"})
    found = told(out, dialect, form, patient(), line(), other, line("CF1-2"))
    assert numbers(form, found) == ["CF1-1", "CF1-2"]
    if form == "RDE_O11":
        assert [name for name, _ in found].count("RXE") == 2


def test_an_order_that_is_not_whole_ends_by_its_orc_alone(out: OutMaps, dialect: Dialect) -> None:
    """HL7 v2.8 §4.5.1: the detail segment may be omitted; one without its drug would be malformed."""
    nameless = line(medicationCodeableConcept={"coding": [{"system": "urn:x"}]})
    found = told(out, dialect, "RDE_O11", patient(), nameless, line("CF1-2"))
    assert [name for name, _ in found if name != "PID"] == ["ORC", "ORC", "RXE"]
    found = told(out, dialect, "ORM_O01", patient(), request(code=None, note=[{"text": "空腹"}]))
    assert [name for name, _ in found if name != "PID"] == ["ORC"]


def test_a_duration_without_a_word_is_not_half_said(out: OutMaps, dialect: Dialect) -> None:
    """Twice a day without its end would be for ever."""
    timing = {
        "repeat": {
            "frequency": 2,
            "period": 1,
            "periodUnit": "d",
            "boundsDuration": {"value": 2.5, "code": "d"},
        }
    }
    found = told(
        out, dialect, "RDE_O11", patient(), line(dosageInstruction=[{"timing": timing}]), **of_version("2.4")
    )
    assert "BID" not in repr(found)


def test_the_end_of_a_prescription_has_no_columns_that_it_cannot_say(out: OutMaps, dialect: Dialect) -> None:
    bad = line(dosageInstruction=[{"timing": {"repeat": {"boundsDuration": BAD_DAYS}}}],
               medicationCodeableConcept={"coding": [{"system": "urn:x"}]})  # fmt: skip
    head, item = told(out, dialect, "table-prescription", patient(), bad)
    assert set(item.values) == {"msg_key", "item_no"}
    assert {"msg_key", "event", "patient_no", "rx_no", "serial_no"} <= set(head.values)
    assert head.needs is not None and {"event", "rx_no", "patient_no"} <= head.needs
    assert "days" not in item.needs and "item_no" in item.needs
    body: Any = as_json(told(out, dialect, "json-prescription", patient(), bad))
    assert body["event"] == "cancelled" and body["items"] == [{"item_no": "CF1-1"}]


def test_a_sign_that_the_charset_lacks_is_left_out_of_an_end_and_no_number_is(
    out: OutMaps, dialect: Dialect
) -> None:
    def has(text: str) -> bool:
        return "𠮷" not in text

    odd = line(
        medicationCodeableConcept={"text": "𠮷片"}, note=[{"text": "𠮷"}], groupIdentifier={"value": "𠮷"}
    )
    found = said_segments(out.maps["RDE_O11"], Resources([patient(), odd]), dialect, FACTS, has)
    assert dict(found)["ORC"]["4"] == [
        {"1": ["𠮷"]}
    ]  # a number is not told otherwise: the message is refused
    assert [name for name, _ in found] == ["PID", "ORC"]
    began = {**FACTS, "happened": "effective"}
    found = said_segments(
        out.maps["RDE_O11"], Resources([patient(), {**odd, "status": "active"}]), dialect, began, has
    )
    assert "𠮷片" in repr(found)


@pytest.mark.parametrize(("own", "kinds", "why"), [
    ([{"outbound": "m", "form": "json", "body": {"rx": "MedicationRequest.groupIdentifier.value"}}],
     {"effective": "m", "cancelled": "m"}, "as if it took effect"),
    ([], {"effective": "C0004", "cancelled": "C0004"}, "no place for an end"),
    ([{"outbound": "m", "form": "rows", "tables": [{"table": "t", "key": "rx", "columns": {
        "rx": "MedicationRequest.groupIdentifier.value", "event": "$happened"}}]}],
     {"effective": "m", "cancelled": "m"}, "key needs a column"),
])  # fmt: skip
def test_a_map_that_would_not_tell_an_end_as_one_stops_the_start(
    out: OutMaps, own: list[Any], kinds: dict[str, str], why: str
) -> None:
    said = {"outbound": "own", "maps": own, "kinds": {"prescription": kinds}}
    with pytest.raises(Misconfigured, match=why):
        out.read_set(said, "own.yaml")
    assert out.read_set({**said, "kinds": {"prescription": {"effective": kinds["effective"]}}}, "own.yaml")


def test_an_end_of_which_nothing_is_left_is_refused(out: OutMaps, dialect: Dialect) -> None:
    body = {
        "event": {"path": "$happened"},
        "drug": {"path": "MedicationRequest.medicationCodeableConcept", "as": "name", "required": True},
    }
    own = {
        "outbound": "own",
        "maps": [{"outbound": "m", "form": "json", "about": "MedicationRequest", "body": body}],
        "kinds": {"prescription": {"cancelled": "m"}},
    }
    map_ = out.read_set(own, "own.yaml").kinds["prescription"]["cancelled"].map
    with pytest.raises(Rejected, match="nothing is known"):
        said_body(map_, Resources([line(medicationCodeableConcept=None)]), dialect, FACTS)


TEXT = st.text("甲乙 A1|^~\\&𠮷", max_size=6)
AMOUNT = st.fixed_dictionaries(
    {},
    optional={
        "value": st.sampled_from([0, 1, 2.5, 1e-7, 10**12]),
        "unit": TEXT,
        "comparator": st.sampled_from(["<", ">="]),
        "code": st.sampled_from(["d", "wk", "h", "mo", "a", "?"]),
    },
)
CONCEPT = st.fixed_dictionaries({}, optional={
    "text": TEXT, "coding": st.lists(st.fixed_dictionaries({}, optional={
        "system": st.sampled_from(["urn:x", "http://terminology.hl7.org/CodeSystem/v2-0335"]), "code": TEXT,
        "display": TEXT}), max_size=3),
})  # fmt: skip
REPEAT = st.fixed_dictionaries({}, optional={
    "boundsDuration": AMOUNT, "boundsRange": st.just({"low": {"value": 1}}),
    "boundsPeriod": st.sampled_from([{}, {"start": "2026"}, {"end": "2026-03-05T08:00:00+08:00"}]),
    "count": st.integers(0, 99), "countMax": st.integers(1, 99), "frequency": st.integers(0, 9),
    "frequencyMax": st.integers(1, 9), "period": st.sampled_from([1, 0.5, 36]), "duration": st.just(30),
    "periodUnit": st.sampled_from(["h", "d", "wk", "mo", "a", "s"]), "dayOfWeek": st.just(["mon"]),
    "timeOfDay": st.just(["08:00:00"]), "when": st.just(["AC"]), "offset": st.just(30),
})  # fmt: skip
DOSAGE = st.fixed_dictionaries(
    {},
    optional={
        "text": TEXT,
        "timing": st.fixed_dictionaries(
            {}, optional={"repeat": REPEAT, "code": CONCEPT, "event": st.just(["2026-03-06"])}
        ),
        "doseAndRate": st.lists(
            st.fixed_dictionaries(
                {},
                optional={
                    "doseQuantity": AMOUNT,
                    "doseRange": st.fixed_dictionaries({}, optional={"low": AMOUNT, "high": AMOUNT}),
                    "rateQuantity": AMOUNT,
                },
            ),
            max_size=2,
        ),
        "route": CONCEPT,
        "site": CONCEPT,
        "method": CONCEPT,
        "additionalInstruction": st.lists(CONCEPT, max_size=2),
        "asNeededBoolean": st.booleans(),
        "asNeededCodeableConcept": CONCEPT,
        "patientInstruction": TEXT,
        "maxDosePerPeriod": st.just({"numerator": {"value": 3}}),
    },
)
ORDER = st.fixed_dictionaries(
    {},
    optional={
        "medicationCodeableConcept": CONCEPT,
        "dosageInstruction": st.lists(DOSAGE, max_size=2),
        "note": st.lists(st.fixed_dictionaries({"text": TEXT}), max_size=2),
        "doNotPerform": st.booleans(),
        "status": st.sampled_from(["cancelled", "stopped", "on-hold", "entered-in-error", "active"]),
        "intent": st.sampled_from(["order", "plan"]),
        "priority": st.sampled_from(["stat", "asap", "?"]),
        "authoredOn": st.sampled_from(["2026", "2026-03-05T09:03:20+08:00"]),
        "reasonCode": st.lists(CONCEPT, max_size=2),
        "requester": st.sampled_from([{"reference": "Practitioner/gone"}, {"display": "温"}]),
        "statusReason": CONCEPT,
        "dispenseRequest": st.fixed_dictionaries(
            {}, optional={"quantity": AMOUNT, "numberOfRepeatsAllowed": st.just(2)}
        ),
        "substitution": st.sampled_from(
            [{"allowedBoolean": False}, {"allowedCodeableConcept": {"text": "x"}}]
        ),
    },
)


@pytest.mark.parametrize("form", DRUGS)
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(orders=st.lists(ORDER, min_size=1, max_size=3), version=st.sampled_from(["2.5.1", "2.4", "2.3.1"]))
def test_the_end_of_what_has_its_numbers_is_never_refused(
    out: OutMaps, dialect: Dialect, form: str, orders: list[dict[str, Any]], version: str
) -> None:
    lines = [
        line(f"CF1-{at}", **({"medicationCodeableConcept": None} | one)) for at, one in enumerate(orders)
    ]
    found = told(out, dialect, form, patient(), *lines, **of_version(version))
    assert sorted(numbers(form, found)) == sorted(one["identifier"][0]["value"] for one in lines)
    assert len({name_of(one) for one in lines}) == len(lines)
    assert not re.search(r"None|NaN", repr(found))


@pytest.mark.parametrize("form", DRUGS[:2])
@pytest.mark.parametrize("changed", [*UNSAYABLE, {"status": "cancelled"}])
def test_a_line_that_is_taken_back_by_a_correction_needs_its_number_only(
    out: OutMaps, dialect: Dialect, form: str, changed: dict[str, Any]
) -> None:
    lines = [line(**changed), line("CF1-2", status="active")]
    facts = {"happened": "corrected", "control": "XO", "void": ""}
    found = [one for name, one in told(out, dialect, form, patient(), *lines, **facts) if name == "ORC"]
    assert [(one["1"], one["2"][0]["1"]) for one in found] == [(["CA"], ["CF1-1"]), (["XO"], ["CF1-2"])]
    kept = [line(status="active"), line("CF1-2", **{**changed, "status": "active"})]
    if changed not in ({"status": "cancelled"}, UNSAYABLE[2]):  # v2 has a word for months
        with pytest.raises(Rejected):
            told(out, dialect, form, patient(), *kept, **facts)
