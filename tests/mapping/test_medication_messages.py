"""Prescriptions on their way: given out, to be given, given, and what is answered to them."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from gateway.canonical import Envelope, Translation
from gateway.errors import Rejected
from gateway.mapping import Maps, load_maps
from gateway.wire import er7

PID = "PID|1||P1^^^H^MR||Doe^Jane||19780512|F"
ORC = "ORC|RE|PO1^H|FO1^H"
RXD = "RXD|1|D1^Drug^L|20260306090000|7|TAB|^缓释片^L|RX77"


@cache
def maps() -> Maps:
    return load_maps()


def translate(event: str, *segments: str) -> Translation:
    kind, _, name = event.partition("^")
    header = f"MSH|^~\\&|SYS|H|||20260306100000||{event}^{kind}_{name}|1|P|2.5.1||||||UNICODE UTF-8"
    raw = "\r".join((header, *segments)).encode()
    parsed = er7.parse(raw)
    envelope = Envelope("0" * 32, "default", "his/hl7v2", "", 0, "", "", raw)
    return maps().translate(parsed, envelope, maps().profile("his/hl7v2", "", parsed))


def bodies(made: Translation, type_name: str) -> list[dict[str, Any]]:
    return [one.body for one in made.drafts if one.type == type_name]


def dispense(rxd: str, orc: str = ORC) -> str:
    (made,) = bodies(translate("RDS^O13", PID, orc, rxd), "MedicationDispense")
    return str(made["id"])


@pytest.mark.parametrize(
    "other",
    [
        RXD,
        RXD.replace("0306090000", "0306091500"),
        RXD.replace("|7|TAB", "|6|TAB"),
        RXD.replace("20260306090000", ""),
    ],
    ids=["repeated", "at another time", "of another amount", "without a time"],
)
def test_a_dispense_that_is_repeated_or_corrected_stays_one(other: str) -> None:
    assert dispense(RXD) == dispense(other)
    unnumbered = RXD.removesuffix("|RX77"), other.removesuffix("|RX77")
    assert dispense(unnumbered[0]) == dispense(unnumbered[1])


@pytest.mark.parametrize(
    ("rxd", "orc"),
    [
        (RXD.replace("RXD|1", "RXD|2"), ORC),
        (RXD.replace("RX77", "RX78"), ORC),
        (RXD.replace("D1^", "D2^"), ORC),
        (RXD, ORC.replace("PO1", "PO2")),
        (RXD.replace("RXD|1", "RXD|"), ORC),
    ],
)
def test_another_dispense_is_another(rxd: str, orc: str) -> None:
    assert dispense(RXD) != dispense(rxd, orc)


def test_without_a_counter_the_time_tells_dispenses_apart() -> None:
    uncounted = RXD.replace("RXD|1", "RXD|")
    assert dispense(uncounted) == dispense(uncounted.replace("|7|TAB", "|6|TAB"))
    assert dispense(uncounted) != dispense(uncounted.replace("0306090000", "0307090000"))


def test_a_dose_form_gets_its_code_beside_the_word() -> None:
    made = translate("RDS^O13", PID, ORC, RXD)
    (pack,) = [one for one in bodies(made, "Medication") if "form" in one]
    assert pack["form"]["text"] == "缓释片"
    assert [one["code"] for one in pack["form"]["coding"]] == ["ERTAB"]
    unknown = translate("RDS^O13", PID, ORC, RXD.replace("缓释片", "注射液"))
    assert bodies(unknown, "Medication")[0]["form"] == {"text": "注射液"}
    assert ("dose-form", "注射液") in unknown.gaps


@pytest.mark.parametrize(
    ("rxr", "code"),
    [
        ("403^肌肉注射^CV06.00.102", "IM"),
        ("403^^2.16.156.10011.2.3.1.158", "IM"),
        ("IM^^HL70162", "IM"),
        ("403^x^L", None),
    ],
)
def test_a_number_is_a_route_only_where_its_table_is_named(rxr: str, code: str | None) -> None:
    made = translate("RDE^O11", PID, ORC, "RXE||D1^Drug^L|1||AMP", f"RXR|{rxr}")
    (request,) = bodies(made, "MedicationRequest")
    codings = request["dosageInstruction"][0]["route"]["coding"]
    v3 = [one["code"] for one in codings if one.get("system", "").endswith("v3-RouteOfAdministration")]
    assert v3 == ([code] if code else [])
    assert codings[0]["code"] == rxr.partition("^")[0]


def test_administrations_share_the_route_behind_them() -> None:
    made = translate(
        "RAS^O17",
        PID,
        ORC,
        "RXA|0|1|20260306090000||D1^Drug^L|1|AMP",
        "RXA|0|2|20260306130000||D1^Drug^L|1|AMP",
        "RXA|0|3|20260306170000||D1^Drug^L|999",
        "RXR|IM^^HL70162|LA^Left arm^HL70163",
        "RXA|0|4|20260306210000||D1^Drug^L|1|AMP",
        "RXR|PO^^HL70162",
    )
    given = bodies(made, "MedicationAdministration")
    routes = [one.get("dosage", {}).get("route", {}).get("coding", [{}])[-1].get("code") for one in given]
    assert routes == ["IM", "IM", None, "PO"], "mad-1: a route goes with a dose"
    assert [one.get("dosage", {}).get("site", {}).get("text") for one in given] == [
        "Left arm",
        "Left arm",
        None,
        None,
    ]
    assert not [path for path in made.unmapped if path.startswith("RXR")]


def test_what_is_to_be_given_is_an_instance_of_the_prescription() -> None:
    made = translate(
        "RGV^O15",
        PID,
        "ORC|NW|PO1^H|FO1^H",
        "RXE||D1^Drug^L|1||TAB",
        "RXG|1|1||D1^Drug^L|1||TAB|^片剂^L",
        "TQ1|1||||||20260306180000|20260306181500",
        "RXR|PO^^HL70162",
    )
    give, prescription = sorted(bodies(made, "MedicationRequest"), key=lambda one: "basedOn" not in one)
    assert give["intent"] == "instance-order"
    assert give["status"] == "active"
    assert give["basedOn"] == [{"reference": f"MedicationRequest/{prescription['id']}"}]
    dosage = give["dosageInstruction"][0]
    assert dosage["doseAndRate"][0]["doseQuantity"]["value"] == 1
    assert dosage["timing"]["repeat"]["boundsPeriod"]["start"] == "2026-03-06T18:00:00+08:00"
    assert dosage["route"]["coding"][-1]["code"] == "PO"
    assert bodies(made, "Medication")[0]["form"]["coding"][0]["code"] == "TAB"


@pytest.mark.parametrize(
    ("order", "answer", "drug", "owns"),
    [
        (("OMP^O09", "RXO|D1^Drug^L|1||TAB"), "ORP^O10", "RXO|D1^Drug^L", True),
        (("RDE^O11", "RXE||D1^Drug^L|1||TAB"), "RRE^O12", "RXE||D1^Drug^L|1||TAB", True),
        (("RDS^O13", RXD), "RRD^O14", RXD, False),
        (
            ("RAS^O17", "RXA|0|1|20260306090000||D1^Drug^L|1"),
            "RRA^O18",
            "RXA|0|1|20260306090000||D1^Drug^L|1",
            False,
        ),
    ],
)
def test_an_answer_is_about_the_prescription_that_it_answers(
    order: tuple[str, str], answer: str, drug: str, owns: bool
) -> None:
    (asked,) = bodies(translate(order[0], PID, "ORC|NW|PO1^H", order[1]), "MedicationRequest")
    made = translate(answer, "MSA|AA|77", PID, "ORC|OC|PO1^H|FO1^H", drug)
    (draft,) = [one for one in made.drafts if one.type == "MedicationRequest"]
    assert draft.id == asked["id"]
    assert draft.owns is owns
    assert draft.body["status"] == "cancelled"
    assert {one["value"] for one in draft.body["identifier"]} == {"PO1", "FO1"}
    (provenance,) = bodies(made, "Provenance")
    assert "77" in [one["what"].get("display") for one in provenance["entity"]]


@pytest.mark.parametrize(
    ("segments", "reason"),
    [(("ORC|OK|PO1^H", "RXE||D1^Drug^L"), "no-patient"), ((PID, "ORC|OK|PO1^H"), "no-order-number")],
)
def test_an_answer_that_names_no_prescription_waits(segments: tuple[str, ...], reason: str) -> None:
    with pytest.raises(Rejected) as error:
        translate("RRE^O12", "MSA|AA|77", *segments)
    assert error.value.code == reason
