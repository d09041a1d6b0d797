"""Local codes become LOINC where specimen and unit agree; else they stay, marked, and are told as gaps."""

from __future__ import annotations

import shutil
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from gateway.canonical import Envelope, Translation
from gateway.cli.gaps import _is_open, line
from gateway.errors import Misconfigured
from gateway.mapping import Maps, load_maps
from gateway.mapping.local_tests import LOINC, Asked, is_of_tests, resolve, said
from gateway.store import Gap
from gateway.wire import er7

MARK = "urn:qiao:extension:unmapped-test"
HEAD = (
    "MSH|^~\\&|AN1|ANALYSER|QIAO|DQRM|20260315100000||ORU^R01^ORU_R01|1|P|2.5.1||||||UNICODE UTF-8",
    "PID|1||1002402^^^DQRM^MR",
)


@pytest.fixture(scope="module")
def maps() -> Maps:
    return load_maps()


def translated(
    maps: Maps, code: str, unit: str, specimen: str = "", sender: str = "lis-astm", value: str = "5.6"
) -> Translation:
    obr = "OBR|1||T1|CBC^panel^99LIS" + ("|" * 11 + specimen if specimen else "")
    kind = "ST" if value != "5.6" else "NM"
    raw = "\r".join((*HEAD, obr, f"OBX|1|{kind}|{code}||{value}|{unit}|||||F", "")).encode()
    envelope = Envelope("0" * 32, "default", "lis/hl7v2", "", 0, "x-application/hl7-v2+er7", "", raw)
    return maps.translate(er7.parse(raw), envelope, maps.profiles[sender])


def code_of(made: Translation) -> dict[str, Any]:
    (found,) = [one.body["code"] for one in made.drafts if one.type == "Observation"]
    return found  # type: ignore[no-any-return]


@pytest.mark.parametrize(("code", "unit", "specimen", "expected"), [
    ("WBC^WBC^99AN", "10^9/L", "", "6690-2"),
    ("wbc^WBC^99AN", "10*3/uL", "BLD", "6690-2"),
    ("K^K^99AN", "mmol/L", "血清", "2823-3"),
    ("K^K^99AN", "mmol/L", "SER^Serum^HL70487", "2823-3"),
    ("K^K^99AN", "mmol/L", "尿液", "2828-2"),
    ("K^K^99AN", "mmol/L", "", "several"),
    ("GLU^GLU^99AN", "mg/dL", "", "several"),
    ("GLU^GLU^99AN", "mg/dL", "SER", "2345-7"),
    ("GLU^GLU^99AN", "mg/dL", "UR", "2350-7"),
    ("UA^UA^99AN", "umol/L", "", "several"),
    ("UA^UA^99AN", "umol/L", "SER", "14933-6"),
    ("UA^UA^99AN", "umol/L", "尿液", "specimen"),
    ("UA^UA^99AN", "mg/dL", "尿液", "3086-6"),
    ("TP^TP^99AN", "g/L", "", "several"),
    ("TP^TP^99AN", "g/L", "UR", "2888-6"),
    ("TP^TP^99AN", "mg/L", "", "several"),
    ("TP^TP^99AN", "g/L", "CSF", "2880-3"),
    ("ALB^ALB^99AN", "g/L", "", "several"),
    ("ALB^ALB^99AN", "g/L", "PLAS", "1751-7"),
    ("BUN^BUN^99AN", "mmol/L", "", "several"),
    ("BUN^BUN^99AN", "mmol/L", "SER", "14937-7"),
    ("DBIL^DBIL^99AN", "umol/L", "", "several"),
    ("DBIL^DBIL^99AN", "umol/L", "SER", "14629-0"),
    ("ALT^ALT^99AN", "U/L", "", "1742-6"),
    ("CA^CA^99AN", "mmol/L", "", "several"),
    ("CA^CA^99AN", "mmol/L", "UR", "2004-0"),
    ("UREA^UREA^99AN", "mmol/L", "SER", "22664-7"),
    ("AMY^AMY^99AN", "U/L", "", "several"),
    ("FIB^FIB^99AN", "g/L", "BLD", "specimen"),
    ("PCT^PCT^99AN", "%", "", "51637-7"),
    ("PCT^PCT^99AN", "ng/mL", "", "33959-8"),
    ("17^CREA^99AN", "umol/L", "SER", "14682-9"),
    ("HBSAG^HBsAg^99AN", "", "SER", "unit"),
    ("HBSAG^HBsAg^99AN", "-", "SER", "unit"),
    ("HBSAG^HBsAg^99AN", "IU/mL", "SER", "63557-3"),
    ("INR^INR^99AN", "", "PLAS", "6301-6"),
    ("PT^PT^99AN", "秒", "BLD", "specimen"),
    ("WBC^WBC^99AN", "g/L", "", "unit"),
    ("WBC^WBC^99AN", "", "", "unit"),
    ("WBC^WBC^99AN", "furlong", "", "unit"),
    ("HGB^HGB^99AN", "g/L", "尿液", "specimen"),
    ("XYZ^XYZ^99AN", "g/L", "", "no-map"),
])  # fmt: skip
def test_specimen_and_unit_are_checked(
    maps: Maps, code: str, unit: str, specimen: str, expected: str
) -> None:
    made = translated(maps, code, unit, specimen)
    found = code_of(made)
    assert found["coding"][0]["code"] == code.partition("^")[0], "the local coding stays"
    mapped = [one["code"] for one in found["coding"] if one.get("system") == LOINC]
    marks = [one["valueCode"] for one in found.get("extension", ()) if one["url"] == MARK]
    assert (mapped, marks) == (([expected], []) if expected[0].isdigit() else ([], [expected]))
    assert bool(marks) == any(name == "lis-astm" for name, _ in made.gaps)


@pytest.mark.parametrize(("value", "expected"), [
    ("阳性", ["5196-1"]), ("0.02", []), ("-1.5", []), ("阴性(-)", ["5196-1"]),
])  # fmt: skip
def test_presence_is_no_number(maps: Maps, value: str, expected: list[str]) -> None:
    """5196-1 says whether it is there; a number without a unit is an index, whose cut-off nobody knows."""
    found = code_of(translated(maps, "HBSAG^HBsAg^99AN", "", "SER", value=value))
    assert [one["code"] for one in found["coding"] if one.get("system") == LOINC] == expected


def profiled(tmp_path: Path, specimen: str) -> Maps:
    """Return maps with a sender that says of what its tests are."""
    said = f"sender: chem\nlike: lis-astm\nmatch: {{MSH-3: CHEM}}\nspecimen: {specimen}\n"
    root = tmp_path / "mappings"
    shutil.copytree(str(files("mappings")), root)
    (root / "senders" / "chem.yaml").write_text(said, "utf-8")
    return load_maps(root)


def test_a_profile_says_of_what_its_tests_are(tmp_path: Path) -> None:
    own = profiled(tmp_path, "血清")
    for code, unit, specimen, expected in (
        ("UA^UA^99AN", "umol/L", "", ["14933-6"]),
        ("K^K^99AN", "mmol/L", "", ["2823-3"]),
        ("K^K^99AN", "mmol/L", "尿液", ["2828-2"]),
        ("K^K^99AN", "mmol/L", "不详", []),
    ):
        found = code_of(translated(own, code, unit, specimen, sender="chem"))
        assert [one["code"] for one in found["coding"] if one.get("system") == LOINC] == expected, code


def test_a_specimen_that_nobody_knows_is_named(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="specimen-type"):
        profiled(tmp_path, "soup")


def test_of_what_an_analyser_measures_no_shipped_profile_guesses(maps: Maps) -> None:
    assert {one.specimen for one in maps.profiles.values()} == {""}


def test_what_has_loinc_already_is_left_alone(maps: Maps) -> None:
    found = code_of(translated(maps, "K^K^99AN^2823-3^Potassium^LN", "mmol/L"))
    assert [one["code"] for one in found["coding"]] == ["K", "2823-3"]
    assert "extension" not in found


def test_a_sender_without_tables_is_left_alone(maps: Maps) -> None:
    made = translated(maps, "WBC^WBC^99AN", "10^9/L", sender="his")
    assert "extension" not in code_of(made)
    assert not [one for one in made.gaps if one[0].startswith("lis-")]


def test_a_gap_says_what_its_line_needs(maps: Maps) -> None:
    ((_, code),) = [
        one for one in translated(maps, "XYZ^新项目^99AN", "mmol/L", "血清").gaps if one[0] == "lis-astm"
    ]
    assert code == "XYZ|mmol/L|SER|新项目"
    assert said(code) == Asked(("XYZ", "新项目"), "mmol/L", "SER")


def test_the_hospitals_own_line_is_taken_over(tmp_path: Path) -> None:
    (tmp_path / "own.csv").write_text(
        "# extends: lis-astm\n# several: true\ncode,target,display,specimen,unit\n"
        "XYZ,1988-5,C reactive protein,SER|PLAS,mg/L\nWBC,26464-8,Leukocytes,BLD,10*9/L\n",
        "utf-8",
    )
    own = load_maps(codes=tmp_path)
    assert code_of(translated(own, "XYZ^x^99AN", "mg/L"))["coding"][-1]["code"] == "1988-5"
    assert code_of(translated(own, "XYZ^x^99AN", "g/L"))["extension"][0]["valueCode"] == "unit"
    assert code_of(translated(own, "WBC^x^99AN", "10*9/L"))["coding"][-1]["code"] == "26464-8", (
        "its own decides"
    )


def test_every_shipped_line_can_be_met(maps: Maps) -> None:
    """A line whose unit no table of units makes, or whose twin says the same, would never count."""
    units = {one.code for one in maps.tables["units"].entries.values()}
    specimens = {one.code for one in maps.tables["specimen-type"].entries.values()}
    tables = [one for one in maps.tables.values() if is_of_tests(one)]
    assert len(tables) > 4
    for table in tables:
        for code, entry in table.entries.items():
            for one in (entry, *entry.also):
                wanted = one.extra.get("unit", ("",))
                assert set(wanted) <= units | {""}, (table.name, code)
                assert set(one.extra.get("specimen", ())) <= specimens, (table.name, code)
                specimen = one.extra.get("specimen", ("",))[0]
                found = resolve([table], Asked((code,), wanted[0], specimen))
                assert not isinstance(found, str), (table.name, code)
                assert found.code == one.code, (table.name, code)


def test_a_gap_is_open_until_a_line_fits_its_unit_and_specimen(maps: Maps) -> None:
    def gap(code: str, sender: str = "lis-astm") -> Gap:
        return Gap("default", sender, "lis-astm", code, 3)

    assert _is_open(gap("XYZ|mmol/L|SER|新项目"), maps)
    assert _is_open(gap("K|mmol/L||K"), maps), "serum or urine: nobody says it"
    assert _is_open(gap("WBC|g/L||WBC"), maps)
    assert not _is_open(gap("K|mmol/L|SER|K"), maps)
    assert not _is_open(gap("WBC|10*9/L||WBC"), maps)
    assert line("XYZ|mmol/L|SER|新项目", Path("own.csv")) == "XYZ,LOINC,新项目,SER,mmol/L"
    assert line("XYZ|||", Path("own.csv")) == "XYZ,LOINC,DISPLAY,,"
