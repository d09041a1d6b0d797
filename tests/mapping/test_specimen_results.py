"""Results of a specimen (OUL^R21 to R24): the report has them, wherever the sender puts ORC and SPM."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from gateway.canonical import Envelope, Translation
from gateway.mapping import Maps, load_maps
from gateway.wire import er7

PID = "PID|1||P1^^^H^MR||Doe^Jane||19780512|F"
SPM = "SPM|1|^S1||BLD"
OBR = "OBR|1|PO1^H|FO1^H|GLU^Glucose^L|||20260306080000"
ORC = "ORC|RE|PO1^H|FO1^H"
OBX = (
    "OBX|1|NM|GLU^Glucose^L||5.6|mmol/L|||||F",
    "NTE|1|L|checked",
    "OBX|2|NM|K^Potassium^L||4|mmol/L|||||F",
)


@cache
def maps() -> Maps:
    return load_maps()


def translate(event: str, *segments: str) -> Translation:
    header = f"MSH|^~\\&|ANALYSER|H|||20260306100000||OUL^{event}^OUL_{event}|1|P|2.5.1||||||UNICODE UTF-8"
    raw = "\r".join((header, *segments)).encode()
    parsed = er7.parse(raw)
    envelope = Envelope("0" * 32, "default", "lis/hl7v2", "", 0, "", "", raw)
    return maps().translate(parsed, envelope, maps().profile("lis/hl7v2", "", parsed))


def bodies(made: Translation, type_name: str) -> list[dict[str, Any]]:
    return [one.body for one in made.drafts if one.type == type_name]


@pytest.mark.parametrize(
    ("event", "order"),
    [
        ("R21", (PID, OBR)),
        ("R21", (PID, ORC, OBR)),
        ("R22", (PID, SPM, OBR)),
        ("R22", (PID, SPM, OBR, ORC)),
        ("R23", (PID, SPM, "SAC|||C1", OBR)),
        ("R23", (PID, SPM, "SAC|||C1", OBR, ORC)),
        ("R24", (PID, OBR)),
        ("R24", (PID, OBR, ORC)),
    ],
)
def test_the_report_has_its_results(event: str, order: tuple[str, ...]) -> None:
    made = translate(event, *order, *OBX)
    (report,) = bodies(made, "DiagnosticReport")
    results = bodies(made, "Observation")
    assert [one["code"]["coding"][0]["code"] for one in results] == ["GLU", "K"]
    assert report["result"] == [{"reference": f"Observation/{one['id']}"} for one in results]
    assert [one["text"] for one in results[0]["note"]] == ["checked"]
    assert not [path for path in made.unmapped if path.startswith("OBX")]


def of_report(*segments: str) -> Translation:
    header = "MSH|^~\\&|LIS|H|||20260306100000||ORU^R01^ORU_R01|1|P|2.5.1||||||UNICODE UTF-8"
    raw = "\r".join((header, PID, *segments)).encode()
    parsed = er7.parse(raw)
    envelope = Envelope("0" * 32, "default", "lis/hl7v2", "", 0, "", "", raw)
    return maps().translate(parsed, envelope, maps().profile("lis/hl7v2", "", parsed))


@pytest.mark.parametrize("numbers", [("1", "2"), ("2", "3"), ("", ""), ("1", "1"), ("0", "1")])
def test_the_first_specimen_of_each_order_is_that_of_its_results(numbers: tuple[str, str]) -> None:
    made = of_report(
        *(
            segment
            for at, number in enumerate(numbers)
            for segment in (
                f"OBR|{at + 1}|PO{at}|FO{at}|GLU^Glucose^L|||20260306080000",
                "OBX|1|NM|GLU^Glucose^L||5.6|mmol/L|||||F",
                f"SPM|{number}|S{at}||SER^Serum^HL70487",
            )
        )
    )
    tubes = {one["identifier"][0]["value"]: f"Specimen/{one['id']}" for one in bodies(made, "Specimen")}
    for type_ in ("DiagnosticReport", "Observation"):
        said = [one["specimen"] for one in bodies(made, type_)]
        named = [one[0] if isinstance(one, list) else one for one in said]
        assert [one["reference"] for one in named] == [tubes["S0"], tubes["S1"]], type_


@pytest.mark.parametrize("numbers", [("1", "2"), ("", ""), ("1", "1"), ("5", "6")])
def test_a_second_specimen_of_an_order_is_named_by_its_report_alone(numbers: tuple[str, str]) -> None:
    for _ in range(12):  # a shape that came often is compiled
        made = of_report(
            "OBR|1|PO1|FO1|GLU^Glucose^L|||20260306080000",
            "OBX|1|NM|GLU^Glucose^L||5.6|mmol/L|||||F",
            *(f"SPM|{number}|S{at}||SER^Serum^HL70487" for at, number in enumerate(numbers)),
        )
        first, second = bodies(made, "Specimen")
        (report,), (result,) = bodies(made, "DiagnosticReport"), bodies(made, "Observation")
        assert [one["value"] for one in first["identifier"]] == ["S0"]
        assert result["specimen"] == {"reference": f"Specimen/{first['id']}"}
        assert report["specimen"] == [
            {"reference": f"Specimen/{first['id']}"},
            {"reference": f"Specimen/{second['id']}"},
        ]
