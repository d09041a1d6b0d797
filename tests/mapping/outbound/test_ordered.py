"""Tests as an instrument knows them: panels, its own codes, what is another instrument's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gateway.mapping.code_folders import CodeFolders
from gateway.mapping.codes import Table
from gateway.mapping.outbound.ordered import for_instrument, of_sample, to_be_done

OWN = "urn:site:analyser"


def table(tmp_path: Path, text: str) -> Table:
    (tmp_path / "own.csv").write_text(text, encoding="utf-8")
    return CodeFolders([tmp_path]).tables["own"]


def order(code: str = "", system: str = "urn:his", text: str = "", id_: str = "r") -> dict[str, Any]:
    coding = {"coding": [{"system": system, "code": code}]} if code else {}
    return {
        "resourceType": "ServiceRequest",
        "id": id_,
        "code": {**coding, **({"text": text} if text else {})},
    }


def firsts(resources: list[dict[str, Any]]) -> list[str]:
    return [one["code"]["coding"][0]["code"] for one in resources if one["resourceType"] == "ServiceRequest"]


def test_a_panel_is_its_tests_each_once(tmp_path: Path) -> None:
    own = table(
        tmp_path, f"# target: {OWN}\n# several: true\ncode,target\nLIVER,11\nLIVER,12\n谷丙转氨酶,11\n"
    )
    ordered = [order("LIVER", id_="a"), order(text="谷丙转氨酶", id_="b"), order("APTT", id_="c")]
    made = for_instrument([{"resourceType": "Patient", "id": "p"}, *ordered], own)
    assert firsts(made) == ["11", "12"]
    assert [one["id"] for one in made] == ["p", "a", "a"]
    assert made[1]["code"]["coding"] == [
        {"system": OWN, "code": "11"},
        {"system": "urn:his", "code": "LIVER"},
    ]


def test_a_table_of_one_hospital_translates_no_other(tmp_path: Path) -> None:
    own = table(tmp_path, f"# target: {OWN}\n# source_systems: urn:his\ncode,target\nGLU,1\n")
    assert firsts(for_instrument([order("GLU"), order("GLU", "urn:else", id_="b")], own)) == ["1"]


def test_what_the_codes_of_an_instrument_mean_is_read_backwards(tmp_path: Path) -> None:
    own = table(
        tmp_path,
        "# target: http://loinc.org\n# several: true\ncode,target,specimen\n"
        "K,2823-3,SER\nK,2828-2,UR\nkalium,2823-3,SER\nNA,2951-2,SER\n",
    )
    ordered = [order("2828-2", "http://loinc.org"), order("2951-2", "http://loinc.org"), order("NA")]
    assert firsts(for_instrument(ordered, own)) == ["K", "NA"]


def test_without_a_table_tests_are_said_as_they_were_ordered() -> None:
    assert firsts(for_instrument([order("GLU")], None)) == ["GLU"]


def result(code: str, order: str = "a", status: str = "final", type_: str = "Observation") -> dict[str, Any]:
    based = [{"reference": f"ServiceRequest/{order}"}]
    shown = {"result": [{"reference": "Observation/x"}]} if type_ == "DiagnosticReport" else {}
    return {"resourceType": type_, "id": f"o{code}", "status": status, "basedOn": based,
            "code": {"coding": [{"code": code}]}, **shown}  # fmt: skip


def test_of_a_panel_what_is_still_lacking_is_to_be_done(tmp_path: Path) -> None:
    own = table(tmp_path, f"# target: {OWN}\n# several: true\ncode,target\nLIVER,11\nLIVER,12\nLIVER,13\n")
    had = [result("11"), result("12", status="cancelled"), result("13", order="other")]
    told = for_instrument([order("LIVER", id_="a"), *had, result("LIVER", type_="DiagnosticReport")], own)
    assert firsts(to_be_done(told, own=True)) == ["12", "13"]


def test_a_test_that_was_measured_is_not_to_be_done_again() -> None:
    ordered = [order("GLU", id_="a"), order("UREA", id_="b")]
    assert firsts(to_be_done([*ordered, result("GLU")], own=False)) == ["UREA"]
    report = result("UREA", order="b", type_="DiagnosticReport")
    assert firsts(to_be_done([*ordered, report], own=False)) == ["GLU"]
    assert firsts(to_be_done([*ordered, {**report, "result": []}], own=False)) == ["GLU", "UREA"]


def test_of_several_tubes_the_one_that_was_asked_about_is_told() -> None:
    tubes: list[dict[str, Any]] = [
        {"resourceType": "Specimen", "id": "u", "identifier": [{"value": "U1"}]},
        {"resourceType": "Specimen", "id": "s", "container": [{"identifier": [{"value": "S1"}]}]},
    ]
    assert [one["id"] for one in of_sample([order("GLU"), *tubes], ["  S1"])] == ["r", "s"]
    assert [one["id"] for one in of_sample([order("GLU"), *tubes], ["LAB1"])] == ["r", "u", "s"]
