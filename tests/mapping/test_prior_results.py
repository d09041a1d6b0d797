"""Earlier results in an order (PRIOR_RESULT): its supporting information, told by the same ids."""

from __future__ import annotations

from functools import cache

import pytest

from gateway.canonical import Draft, Envelope, Translation
from gateway.mapping import Maps, load_maps
from gateway.wire import er7

PID = "PID|1||P1^^^H^MR||Doe^Jane||19780512|F"
BEFORE = "PID|1||P1^^^H^MR||Maiden^Jane||19780512|F"
OTHER = "PID|1||P0^^^H^MR||Doe^Jane||19780512|F"
ORDER = ("ORC|NW|PO2^H", "OBR|1|PO2^H||CR^Creatinine^L")
PRIOR = ("ORC|RE|PO1^H|FO1^H", "OBR|1|PO1^H|FO1^H|GLU^Glucose^L|||20260206080000||||||||||||||||||F")
OBX = "OBX|1|NM|GLU^Glucose^L||5.6|mmol/L|||||F"


@cache
def maps() -> Maps:
    return load_maps()


def translate(event: str, *segments: str) -> Translation:
    kind, _, name = event.partition("^")
    header = f"MSH|^~\\&|SYS|H|||20260306100000||{event}^{kind}_{name}|1|P|2.5.1||||||UNICODE UTF-8"
    raw = "\r".join((header, *segments)).encode()
    parsed = er7.parse(raw)
    envelope = Envelope("0" * 32, "default", "lis/hl7v2", "", 0, "", "", raw)
    return maps().translate(parsed, envelope, maps().profile("lis/hl7v2", "", parsed))


def by_type(made: Translation, type_name: str) -> list[Draft]:
    return [one for one in made.drafts if one.type == type_name]


@pytest.mark.parametrize("event", ["OML^O21", "OMG^O19"])
def test_an_order_points_to_the_earlier_report(event: str) -> None:
    made = translate(event, PID, *ORDER, BEFORE, *PRIOR, OBX)
    (reported,) = by_type(translate("ORU^R01", PID, *PRIOR, OBX), "DiagnosticReport")
    (report,) = by_type(made, "DiagnosticReport")
    assert report.id == reported.id
    assert not report.owns, "an order shows a result, it does not decide about it"
    orders = {one.body["identifier"][0]["value"]: one for one in by_type(made, "ServiceRequest")}
    assert orders["PO2"].body["supportingInfo"] == [{"reference": f"DiagnosticReport/{report.id}"}]
    assert report.body["basedOn"] == [{"reference": f"ServiceRequest/{orders['PO1'].id}"}]
    (result,) = by_type(made, "Observation")
    assert report.body["result"] == [{"reference": f"Observation/{result.id}"}]
    (patient,) = by_type(made, "Patient")
    assert [one["family"] for one in patient.body["name"]] == ["Doe"], "what she was called then is past"
    assert "OBX-5" not in made.unmapped


def test_an_earlier_result_may_be_of_an_earlier_record() -> None:
    made = translate("OML^O21", PID, *ORDER, OTHER, *PRIOR, OBX)
    patients = {one.body["identifier"][0]["value"]: one.id for one in by_type(made, "Patient")}
    subjects = {one.body["subject"]["reference"] for one in by_type(made, "DiagnosticReport")}
    assert subjects == {f"Patient/{patients['P0']}"}
    orders = {one.body["identifier"][0]["value"]: one for one in by_type(made, "ServiceRequest")}
    assert orders["PO2"].body["subject"] == {"reference": f"Patient/{patients['P1']}"}
