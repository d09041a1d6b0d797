"""Code systems by grammar and table: UCUM, languages, media types, countries, currencies, zones, URIs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.validation.r4 import Definitions
from gateway.validation.terminology import Terminology

UCUM = "http://unitsofmeasure.org"
KNOWN = {
    UCUM: (
        "mg/dL mm[Hg] 10*9/L 10^9/L 10*-3 10*+3 /min {beats}/min %/100{WBC} 100{WBC} 1.5/d [iU]/L [degF] Cel "
        "mmol/L/h "
        "10.uN.s/(cm5.m2) m[H2O] B[10.nV] [in_i'H2O] kg.m-2 m2/s mol/(24.h) ug/kg/min {CAG_repeats} % "
        "[pH] meq/L "
        "(g/L) L l a mo wk ks g% [arb'U]/mL 24.h uL um",
        "mmHg x10^9/L IU/L °C sec min/ mg//L /  m2kg (mg/dL mg/dL) %% {a{b}} { } m+ m- [in_i k[in_i] "
        "kilo KG mEq/L μg "
        "mcg beats/min m..s .m () m^2 mg/dl/ ml/hr k%",
    ),
    "urn:ietf:bcp:47": (
        "zh zh-CN zh-Hans-CN ZH-cn en-US de-CH-1996 sgn-BE i-klingon x-foo zh-cmn-Hans qaa en-a-bbb-x-y "
        "es-419",
        "xx en-UK chi zho english zh_CN en-a-bbb-a-ccc de-1996-1996 - en- en--US",
    ),
    "urn:ietf:bcp:13": (
        "text/plain application/fhir+json;charset=utf-8 image/svg+xml application/vnd.ms-excel xml json",
        "text image/* text/ /plain text/plain/x .pdf",
    ),
    "urn:iso:std:iso:3166": ("CN CHN 156 HK", "cn XX 999 China"),
    "urn:iso:std:iso:4217": ("CNY USD EUR", "RMB cny 156"),
    "https://www.iana.org/time-zones": ("Asia/Shanghai UTC", "Asia/Beijing +08:00"),
    "urn:ietf:rfc:3986": ("urn:oid:1.2 http://a.b/c?d=%20#e", "a/b http: urn:a|b%zz"),
}


@pytest.mark.parametrize("system", KNOWN)
def test_what_is_a_code_and_what_is_not(terminology: Terminology, system: str) -> None:
    concepts = terminology.code_system(system)
    assert concepts is not None
    good, bad = KNOWN[system]
    assert [code for code in good.split() if not concepts.has(code)] == []
    assert [code for code in [*bad.split(), ""] if concepts.has(code) is not False] == []


def test_all_common_units_of_fhir_are_units(definitions: Definitions, terminology: Terminology) -> None:
    common = definitions.get("http://hl7.org/fhir/ValueSet/ucum-common")
    units = terminology.code_system(UCUM)
    assert common is not None and units is not None
    codes = [one["code"] for one in common["compose"]["include"][0]["concept"]]
    assert len(codes) > 1300
    assert [code for code in codes if not units.has(code)] == []


@pytest.mark.parametrize(
    ("unit", "base"),
    [
        ("N", "g.m.s-2"),
        ("mg/dL", "g.m-3"),
        ("h", "s"),
        ("mm[Hg]", "g.m-1.s-2"),
        ("[iU]/L", "[iU].m-3"),
        ("%", "1"),
    ],
)
def test_base_units(terminology: Terminology, unit: str, base: str) -> None:
    units = terminology.code_system(UCUM)
    concept = units.concept(unit) if units else None
    assert concept is not None and concept.values("canonical") == [base]


@given(st.text(alphabet="mgLs/.(){}[]10*^-+%d ", max_size=20))
def test_any_text_gets_an_answer(text: str) -> None:
    units = Terminology(DEFINITIONS).code_system(UCUM)
    assert units is not None and units.has(text) in (True, False)


DEFINITIONS = Definitions()


def test_brackets_in_brackets_end_somewhere(terminology: Terminology) -> None:
    units = terminology.code_system(UCUM)
    assert units is not None
    assert units.has("((((m))))") is True
    assert units.has("(" * 100 + "m" + ")" * 100) is False
    assert units.has("m" * 10_000) is False


def test_subdivisions_are_checked_by_their_form_only(terminology: Terminology) -> None:
    concepts = terminology.code_system("urn:iso:std:iso:3166:-2")
    assert concepts is not None
    assert (concepts.has("CN-CQ"), concepts.has("XX-CQ"), concepts.has("Chongqing")) == (None, False, False)


@pytest.mark.parametrize(
    ("url", "system", "inside", "outside"),
    [
        ("all-time-units", UCUM, "h", "m"),
        ("all-distance-units", UCUM, "km", "s"),
        ("iso3166-1-N", "urn:iso:std:iso:3166", "156", "CN"),
        ("mimetypes", "urn:ietf:bcp:13", "image/png", "png"),
        ("all-languages", "urn:ietf:bcp:47", "zh-CN", "zh_CN"),
        ("ucum-units", UCUM, "mmol/L", "mmol/"),
    ],
)
def test_value_sets_over_them(
    terminology: Terminology, url: str, system: str, inside: str, outside: str
) -> None:
    members = terminology.members(f"http://hl7.org/fhir/ValueSet/{url}")
    assert members is not None
    assert (members.contains(system, inside), members.contains(system, outside)) == (True, False)
    assert (members.has_code(inside), members.has_code(outside)) == (True, False)


def test_a_language_is_called_by_its_parts(terminology: Terminology) -> None:
    languages = terminology.code_system("urn:ietf:bcp:47")
    assert languages is not None and languages.display("zh-CN") == "Chinese (China)"
