"""What becomes of every kind of result: inputs of OBX-2, OBX-5 and OBX-6 → ``value[x]``, as one table."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.canonical import Envelope
from gateway.mapping import Maps, load_maps
from gateway.mapping.units import spelled
from gateway.validation.terminology.systems.ucum import Units
from gateway.wire import er7

HEAD = (
    "MSH|^~\\&|LIS|DQRM|QIAO|DQRM|20260315100000||ORU^R01^ORU_R01|1|P|2.5.1||||||UNICODE UTF-8",
    "PID|1||1002402^^^DQRM^MR",
    "OBR|1||T1|CBC^blood count^99LIS",
)
UCUM = "http://unitsofmeasure.org"
GRADE = "urn:qiao:codes:qualitative-result"
MEANING = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"


@pytest.fixture(scope="module")
def maps() -> Maps:
    return load_maps()


def result(maps: Maps, *fields: str) -> dict[str, Any]:
    """Return the Observation of one OBX, from its OBX-2, OBX-5, OBX-6, OBX-7, OBX-8 on."""
    kind, value, unit, limits, flag = (*fields, "", "", "")[:5]
    obx = f"OBX|1|{kind}|T^test^99LIS||{value}|{unit}|{limits}|{flag}|||F"
    raw = "\r".join((*HEAD, obx, "")).encode()
    envelope = Envelope("0" * 32, "default", "lis/hl7v2", "", 0, "x-application/hl7-v2+er7", "", raw)
    made = maps.translate(er7.parse(raw), envelope, maps.profiles["lis"])
    (found,) = [one.body for one in made.drafts if one.type == "Observation"]
    return found


def told(made: dict[str, Any]) -> tuple[str, ...]:
    """Return what a result says, as the rows below write it."""
    if quantity := made.get("valueQuantity"):
        return (quantity.get("comparator", "") + str(quantity["value"]), quantity.get("unit", ""),
                quantity.get("code", "-"))  # fmt: skip
    if ratio := made.get("valueRatio"):
        first, second = ratio["numerator"], ratio["denominator"]
        return (
            first.get("comparator", "") + f"{first['value']}:{second['value']}",
            ratio["extension"][0]["valueString"],
        )
    if concept := made.get("valueCodeableConcept"):
        return (concept["text"], *(one["code"] for one in concept["coding"]))
    if reason := made.get("dataAbsentReason"):
        return ("absent", reason["coding"][0]["code"], reason["text"])
    return ("text", made["valueString"])


@pytest.mark.parametrize("unit", [
    "10^9/L", "10*9/L", "10E9/L", "10e9/l", "×10^9/L", "x10^9/l", "X10^9/L", "X 10^9/L", "*10^9/L", "*10e9/L",
    "×10⁹/L", "10⁹/L", "10**9/L", "10^9／L", "10(9)/L", "E9/L", r"10\S\9/L", "Gpt/L",
])  # fmt: skip
def test_ten_to_the_ninth_in_any_spelling(maps: Maps, unit: str) -> None:
    made = result(maps, "NM", "5.60", unit)["valueQuantity"]
    assert (made["value"], made["system"], made["code"]) == (Decimal("5.60"), UCUM, "10*9/L")
    assert made["unit"] == unit.replace(r"\S\\"[:-1], "^"), "the unit is shown as it was sent"


@pytest.mark.parametrize(("unit", "code"), [
    ("g/L", "g/L"), ("克/升", "g/L"), ("g/l", "g/L"), ("U/L", "U/L"), ("mmol/L", "mmol/L"),
    ("MMOL/L", "mmol/L"),
    ("μmol/L", "umol/L"), ("µmol/l", "umol/L"), ("%", "%"), ("％", "%"), ("10³/µL", "10*3/uL"), ("秒", "s"),
    ("10^12/L", "10*12/L"), ("个/μL", "/uL"), ("个/HP", "/[HPF]"), ("mIU/mL", "m[IU]/mL"),
    ("mg/L FEU", "mg/L{FEU}"),
    ("U/L(37℃)", "U/L"), ("mg/24小时", "mg/(24.h)"), ("ug/ml(FEU)", "ug/mL{FEU}"), ("×10∧12/L", "10*12/L"),
    ("/mm^3", "/mm3"), ("ml/min/1.73m^2", "mL/min/{1.73_m2}"), ("mOsm/(kg·H2O)", "mosm/kg"), ("‰", "[ppth]"),
    ("ng/mL FEU", "ng/mL{FEU}"), ("AU/mL", "[arb'U]/mL"), ("fL", "fL"), ("pg", "pg"), ("mmHg", "mm[Hg]"),
])  # fmt: skip
def test_a_unit_by_its_ucum_code(maps: Maps, unit: str, code: str) -> None:
    assert result(maps, "NM", "5", unit)["valueQuantity"]["code"] == code


def test_every_code_of_a_unit_is_one_of_ucum(maps: Maps) -> None:
    for written, entry in maps.tables["units"].entries.items():
        assert Units().dimension(entry.code) is not None, written


@pytest.mark.parametrize(
    "unit", ["G/L", "灰度", "10^9", "xyz/L", "S/N", "109/L", "10^-9/L", "/10^4WBC", "EU/mL"]
)
def test_a_unit_that_may_mean_two_things_has_no_code(maps: Maps, unit: str) -> None:
    made = result(maps, "NM", "5", unit)["valueQuantity"]
    assert (made["unit"], made.get("code")) == (unit, None)


@pytest.mark.parametrize(("kind", "value", "unit", "expected"), [
    # numbers and comparators
    ("NM", "5.60", "mmol/L", ("5.60", "mmol/L", "mmol/L")),
    ("ST", "＜0.05", "ng/mL", ("<0.05", "ng/mL", "ng/mL")),
    ("ST", "=<3", "mmol/L", ("<=3", "mmol/L", "mmol/L")),
    ("ST", "≧3", "U/L", (">=3", "U/L", "U/L")),
    ("ST", "大于1000", "U/L", (">1000", "U/L", "U/L")),
    ("NM", "5.6 mmol/L", "mmol/L", ("5.6", "mmol/L", "mmol/L")),
    ("ST", "约5", "mmol/L", ("text", "约5 mmol/L")),
    ("ST", "1,234", "mmol/L", ("text", "1,234 mmol/L")),
    ("ST", "3-5", "", ("text", "3-5")),
    # titres
    ("ST", "1:80", "", ("1:80", "1:80")),
    ("ST", "1：160", "", ("1:160", "1：160")),
    ("ST", "<1:20", "", ("<1:20", "<1:20")),
    ("ST", ">1:1280", "", (">1:1280", ">1:1280")),
    ("ST", "1:30", "", ("text", "1:30")),
    ("ST", "1:30", "滴度", ("1:30", "1:30")),
    ("ST", "1.5:1", "", ("text", "1.5:1")),
    ("ST", "阳性(1:80)", "", ("1:80", "阳性(1:80)")),
    ("ST", "1：160 弱阳性", "", ("1:160", "1：160 弱阳性")),
    ("ST", "1:80(+)", "", ("text", "1:80(+)")),
    ("ST", "1:80 着丝点型", "", ("text", "1:80 着丝点型")),
    ("NM", "1:80阳性", "mmol/L", ("text", "1:80阳性 mmol/L")),
    ("SN", "^1^:^80", "", ("1:80", "1 : 80")),
    # grades
    ("ST", "阴性", "", ("阴性", "negative", "NEG")),
    ("ST", "阴性（-）", "", ("阴性（-）", "negative", "NEG")),
    ("NM", "阴性", "mmol/L", ("阴性", "negative", "NEG")),
    ("IS", "阳性", "", ("阳性", "positive", "POS")),
    ("ST", "弱阳性", "", ("弱阳性", "weak-positive", "WR")),
    ("ST", "±", "", ("±", "plus-minus")),
    ("ST", "+", "", ("+", "1-plus", "POS")),
    ("ST", "＋＋", "", ("＋＋", "2-plus", "POS")),
    ("ST", "阳性(3+)", "", ("阳性(3+)", "3-plus", "POS")),
    ("ST", "++++", "", ("++++", "4-plus", "POS")),
    ("NM", "++++", "10*9/L", ("text", "++++")),
    ("ST", "Trace", "", ("Trace", "trace")),
    ("ST", "未检出", "", ("未检出", "not-detected", "ND")),
    ("CE", "P^阳性^99LIS", "", ("阳性", "P", "positive", "POS")),
    ("CE", "ECO^大肠埃希菌^99LIS", "", ("大肠埃希菌", "ECO")),
    ("ST", "-", "", ("text", "-")),
    ("ST", "淡黄色", "", ("text", "淡黄色")),
    ("ST", "阴性 (0.05)", "S/CO", ("阴性 (0.05) S/CO", "negative", "NEG")),
    ("ST", "阴性（0.12）", "", ("阴性（0.12）", "negative", "NEG")),
    ("ST", "12.5 (阳性)", "COI", ("12.5 (阳性) COI", "positive", "POS")),
    ("ST", "2+(5.6)", "", ("2+(5.6)", "2-plus", "POS")),
    ("ST", "1+ 50", "", ("1+ 50", "1-plus", "POS")),
    ("ST", "阳性(+)", "", ("阳性(+)", "positive", "POS")),
    ("ST", "阴性(±)", "", ("text", "阴性(±)")),
    ("ST", "阴性/阳性", "", ("text", "阴性/阳性")),
    ("ST", "±0.15", "", ("text", "±0.15")),
    ("ST", "0.05(-)", "S/CO", ("text", "0.05(-) S/CO")),
    ("ST", "阴性。", "", ("阴性。", "negative", "NEG")),
    ("ST", "TND", "", ("TND", "not-detected", "ND")),
    ("ST", "低于检测下限", "", ("text", "低于检测下限")),
    # a power of ten, full width, and a unit that stands with the number
    ("ST", "1.2×10^5", "IU/mL", ("1.2E+5", "IU/mL", "[IU]/mL")),
    ("ST", "＞1.00×10⁸", "IU/mL", (">1.00E+8", "IU/mL", "[IU]/mL")),
    ("ST", "310^5", "IU/mL", ("text", "310^5 IU/mL")),
    ("ST", "＜０．５", "mmol/L", ("<0.5", "mmol/L", "mmol/L")),
    ("ST", "5，6", "mmol/L", ("text", "5，6 mmol/L")),
    ("ST", "<20 copies/mL", "", ("<20", "copies/mL", "{copies}/mL")),
    ("ST", ">10^5 CFU/ml", "", (">1E+5", "CFU/ml", "[CFU]/mL")),
    ("ST", "22mm", "", ("22", "mm", "mm")),
    ("ST", "120/80mmHg", "", ("text", "120/80mmHg")),
    ("ST", "5.6 L", "", ("text", "5.6 L")),
    ("ST", "0-2/HP", "", ("text", "0-2/HP")),
    ("ST", "5.6*", "mmol/L", ("text", "5.6* mmol/L")),
    ("NM", "5.6", "-", ("5.6", "", "-")),
    # no result
    ("NM", "*****", "10*9/L", ("absent", "unknown", "*****")),
    ("NM", "***.*", "fL", ("absent", "unknown", "***.*")),
    ("NM", "----", "10*9/L", ("absent", "unknown", "----")),
    ("NM", "-.--", "10*9/L", ("absent", "unknown", "-.--")),
    ("NM", "稀释", "U/L", ("absent", "temp-unknown", "稀释")),
    ("ST", "未做", "", ("absent", "not-performed", "未做")),
    ("ST", "NaN", "U/L", ("absent", "not-a-number", "NaN")),
    ("IS", "标本凝固", "", ("absent", "not-performed", "标本凝固")),
    ("ST", "溶血", "", ("text", "溶血")),
])  # fmt: skip
def test_a_result_says_what_was_written(
    maps: Maps, kind: str, value: str, unit: str, expected: tuple[str, ...]
) -> None:
    assert told(result(maps, kind, value, unit)) == expected


@pytest.mark.parametrize(("value", "flag", "quantity", "codes"), [
    ("12.5↑", "", "12.5", ["H"]),
    ("12.5↑", "H", "12.5", ["H"]),
    ("2.1 LL", "", "2.1", ["LL"]),
    ("2.1↓↓", "", "2.1", ["LL"]),
    ("↑12.5", "", "12.5", ["H"]),
    ("H 12.5", "", "12.5", ["H"]),
    ("12.5H", "", "12.5", ["H"]),
    ("12.5（↑）", "", "12.5", ["H"]),
    ("1.5 (L)", "", "1.5", ["L"]),
])  # fmt: skip
def test_a_flag_behind_the_number_is_one(
    maps: Maps, value: str, flag: str, quantity: str, codes: list[str]
) -> None:
    made = result(maps, "ST", value, "mmol/L", "", flag)
    assert str(made["valueQuantity"]["value"]) == quantity
    found = [c["code"] for i in made["interpretation"] for c in i["coding"] if c.get("system") == MEANING]
    assert found == codes


def test_flags_that_contradict_each_other_leave_the_text(maps: Maps) -> None:
    assert result(maps, "ST", "12.5↑", "mmol/L", "", "L")["valueString"] == "12.5↑ mmol/L"


@pytest.mark.parametrize(("flag", "code"), [
    ("HH", "HH"), ("LL", "LL"), ("↑↑", "HH"), ("危急值", "AA"), ("D", "D"), ("U", "U"), ("A", "A"),
    ("危急值↓", "LL"), ("H↑", "H"), ("危", "AA"),
])  # fmt: skip
def test_critical_and_delta_flags(maps: Maps, flag: str, code: str) -> None:
    made = result(maps, "NM", "5", "mmol/L", "", flag)["interpretation"]
    assert code in [c["code"] for c in made[0]["coding"] if c.get("system") == MEANING]


@pytest.mark.parametrize("flag", ["-", "+", "*", "H*", "1"])
def test_a_flag_that_may_mean_two_things_stays_as_it_is(maps: Maps, flag: str) -> None:
    (made,) = result(maps, "NM", "5", "mmol/L", "", flag)["interpretation"]
    assert [one["code"] for one in made["coding"]] == [flag]


def test_ranges_by_sex(maps: Maps) -> None:
    made = result(maps, "NM", "5", "10^12/L", "男:4.3-5.8;女:3.8-5.1")["referenceRange"]
    assert [one["appliesTo"][0]["coding"][0]["code"] for one in made] == ["male", "female"]
    assert [str(one["low"]["value"]) for one in made] == ["4.3", "3.8"]
    assert [one["text"] for one in made] == ["男:4.3-5.8", "女:3.8-5.1"]


@pytest.mark.parametrize("text", [
    "男4.3-5.8 女3.8-5.1", "男：4.3～5.8，女：3.8～5.1", "M:4.3-5.8 F:3.8-5.1", "4.3-5.8(男) 3.8-5.1(女)",
    "男性: 4.3-5.8；女性: 3.8-5.1", "4.3-5.8^M~3.8-5.1^F",
])  # fmt: skip
def test_ranges_by_sex_in_other_spellings(maps: Maps, text: str) -> None:
    made = result(maps, "NM", "5", "10^12/L", text)["referenceRange"]
    assert [one["appliesTo"][0]["coding"][0]["code"] for one in made] == ["male", "female"]
    assert [str(one["high"]["value"]) for one in made] == ["5.8", "5.1"]


def test_ranges_by_age_and_of_another_kind(maps: Maps) -> None:
    made = result(maps, "NM", "5", "mmol/L", "0-14岁:4.0-10.0;成人:3.5-9.5")["referenceRange"]
    assert (made[0]["age"]["low"]["value"], made[0]["age"]["high"]["code"]) == (0, "a")
    assert made[1]["appliesTo"][0]["coding"][0]["code"] == "adult"
    made = result(maps, "NM", "5", "mmol/L", "3.5 to 5.5^REFERENCE~2.5 to 7.0^PANIC")["referenceRange"]
    assert [one["type"]["coding"][0]["code"] for one in made] == ["normal", "critical"]


def ranged(made: dict[str, Any]) -> str:
    """Return a range in one line."""
    age = made.get("age", {})
    parts = [
        *(f"{name}={made[name]['value']}" for name in ("low", "high") if name in made),
        *(f"age {name}={age[name]['value']}{age[name]['code']}" for name in ("low", "high") if name in age),
        *(one["coding"][0]["code"] for one in made.get("appliesTo", ())),
        *([made["type"]["coding"][0]["code"]] if "type" in made else []),
    ]
    return " ".join(parts)


@pytest.mark.parametrize(("text", "expected"), [
    ("３．５－５．５", ["low=3.5 high=5.5"]),
    ("3.5--5.5", ["low=3.5 high=5.5"]),
    ("(3.5～5.5)", ["low=3.5 high=5.5"]),
    ("3.5-5.5 mmol/L", ["low=3.5 high=5.5"]),
    ("-3～3", ["low=-3 high=3"]),
    ("<5.00E+02", ["high=500"]),
    ("不大于5.2", ["high=5.2"]),
    ("20-59岁男性:57-97;60-79岁男性:57-111",
     ["low=57 high=97 age low=20a age high=59a male", "low=57 high=111 age low=60a age high=79a male"]),
    ("男(4.3-5.8) 女(3.8-5.1)", ["low=4.3 high=5.8 male", "low=3.8 high=5.1 female"]),
    ("男57-97/女41-73", ["low=57 high=97 male", "low=41 high=73 female"]),
    ("0-14y:4-10", ["low=4 high=10 age low=0a age high=14a"]),
    ("1d-30d:4-10", ["low=4 high=10 age low=1d age high=30d"]),
    ("孕早期:0.1-2.5 孕中期:0.2-3.0",
     ["low=0.1 high=2.5 pregnant-first-trimester", "low=0.2 high=3.0 pregnant-second-trimester"]),
    ("合适:<5.2;边缘升高:5.2-6.2;升高:>6.2",
     ["high=5.2 recommended", "low=5.2 high=6.2 borderline", "low=6.2 elevated"]),
    ("<5.2 合适范围", ["high=5.2 recommended"]),
    ("<1.0(阴性)", ["high=1.0 negative"]),
])  # fmt: skip
def test_a_range_as_laboratories_write_it(maps: Maps, text: str, expected: list[str]) -> None:
    made = result(maps, "NM", "5", "mmol/L", text)["referenceRange"]
    assert [ranged(one) for one in made] == expected
    assert len(made) > 1 or made[0]["text"] == text


@pytest.mark.parametrize("text", [
    "＜1：80", "-3--1", "<1×10^3", "3.5-9.5;4.3-5.8", "0.3-0.5 g/L", "<0.5ng/mL", "40-50%", "3.5-5.5*",
    "0-5/HP", "8:00 6.2-19.4", "上午:6.2-19.4;下午:2.3-11.9", "5.5-3.5", "2026-03-15", "0-200 200-400",
])  # fmt: skip
def test_half_a_range_is_a_wrong_one(maps: Maps, text: str) -> None:
    assert result(maps, "NM", "5", "mmol/L", text)["referenceRange"] == [{"text": text}]


def test_a_range_in_the_unit_that_stands_with_it(maps: Maps) -> None:
    (made,) = result(maps, "NM", "5", "", "0-5/HP")["referenceRange"]
    assert made["high"] == {"value": 5, "unit": "/HP", "system": UCUM, "code": "/[HPF]"}


@pytest.mark.parametrize("text", ["阴性", "见说明书", "<1:80", "男 女 不同", "男:3.5-9.5;某组:1-2"])
def test_a_range_that_is_not_understood_stays_a_text(maps: Maps, text: str) -> None:
    (made,) = result(maps, "NM", "5", "mmol/L", text)["referenceRange"]
    assert made == {"text": text}


def test_the_category_of_a_susceptibility_is_its_interpretation(maps: Maps) -> None:
    made = result(maps, "ST", "耐药")
    found = [c["code"] for i in made["interpretation"] for c in i["coding"] if c.get("system") == MEANING]
    assert found == ["R"]
    assert made["valueCodeableConcept"]["text"] == "耐药"


def test_an_image_comes_with_the_report_and_one_that_is_too_large_is_told(
    maps: Maps, monkeypatch: pytest.MonkeyPatch
) -> None:
    obx = "OBX|1|ED|15008^WBC histogram^99MRC||^Image^BMP^Base64^Qk1GAAAAAAAAAA==||||||F"
    raw = "\r".join((*HEAD, obx, "")).encode()
    envelope = Envelope("0" * 32, "default", "lis/hl7v2", "", 0, "x-application/hl7-v2+er7", "", raw)
    made = maps.translate(er7.parse(raw), envelope, maps.profiles["lis"])
    (report,) = [one.body for one in made.drafts if one.type == "DiagnosticReport"]
    image = {"contentType": "image/bmp", "data": "Qk1GAAAAAAAAAA==", "title": "WBC histogram"}
    assert report["presentedForm"] == [image]
    monkeypatch.setattr("gateway.mapping.written.MOST_ATTACHED", 20)
    made = maps.translate(er7.parse(raw), envelope, maps.profiles["lis"])
    (report,) = [one.body for one in made.drafts if one.type == "DiagnosticReport"]
    assert report["presentedForm"] == [{"title": "WBC histogram"}], "which one it is, and not its bytes"
    assert [one.code for one in made.issues] == ["too-long"]


PIECES = st.sampled_from([
    *"0123456789.,+-±↑↓<>=≤≥:：/*EHLN ", "阴性", "阳性", "弱", "稀释", "大于", "mmol/L", "10", "1:",
    "＜", "－", "++", "--", "**",
])  # fmt: skip


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(PIECES, min_size=1, max_size=6).map("".join),
    st.sampled_from(["", "mmol/L", "S/CO"]),
    st.sampled_from(["NM", "ST", "IS"]),
)
def test_no_value_is_altered(maps: Maps, value: str, unit: str, kind: str) -> None:
    """Whatever is written can be read again: as the text that it was, or as the same number."""
    if not value.strip() or value.strip() == '""':
        return
    made = result(maps, kind, value, unit)
    written = " ".join(value.split())
    if quantity := made.get("valueQuantity"):
        digits = re.sub(
            r"[^\d.,Ee+-]", "", unicodedata.normalize("NFKC", value.replace("mmol/L", "").rstrip("HL ↑↓"))
        )
        assert Decimal(digits.replace(",", ".")) == quantity["value"]
        return
    if ratio := made.get("valueRatio"):
        assert ratio["extension"][0]["valueString"] == value.strip()
        return
    text = (
        made.get("valueString")
        or made.get("valueCodeableConcept", {}).get("text")
        or made.get("dataAbsentReason", {}).get("text", "")
    )
    assert " ".join(text.split()) in (written, f"{written} {unit}"), text


def test_one_spelling_never_means_two_units(maps: Maps) -> None:
    table = maps.tables["units"]
    by_spelling: dict[str, set[str]] = {}
    for code, entry in table.entries.items():
        by_spelling.setdefault(spelled(code), set()).add(entry.code)
        found = table.get(spelled(code))
        assert found is None or found.code == entry.code, code
    assert {one: codes for one, codes in by_spelling.items() if len(codes) > 1} == {}


def test_several_values_without_a_type_are_lines_of_text(maps: Maps) -> None:
    assert result(maps, "", "5.6~5.7", "mmol/L")["valueString"] == "5.6\n5.7 mmol/L"
    assert [one["valueQuantity"]["value"] for one in result(maps, "NM", "5.6~5.7")["component"]] == [
        Decimal("5.6"), Decimal("5.7"),
    ]  # fmt: skip
    made = result(maps, "DT", "20260301~soon")["component"]
    assert [next(one[name] for name in one if name.startswith("value")) for one in made] == [
        "2026-03-01",
        "soon",
    ]


@pytest.mark.parametrize(
    ("flag", "code"),
    [("critical high", "HH"), ("PANIC LOW", "LL"), ("H!", "HH"), ("L!", "LL"), ("CRIT", "AA"), ("hh", "HH")],
)
def test_words_for_a_critical_value(maps: Maps, flag: str, code: str) -> None:
    made = result(maps, "NM", "5", "mmol/L", "", flag)["interpretation"]
    assert code in [c["code"] for i in made for c in i["coding"] if c.get("system") == MEANING]
