"""What codes mean: units in UCUM, and tests in LOINC, which of another specimen are others."""

from __future__ import annotations

from conformance.harness.check import Case
from conformance.harness.paths import each, pick
from conformance.harness.run import Run
from conformance.harness.words import Words, same
from conformance.simulators.analysers import Haematology
from conformance.simulators.analysers.tube import items
from conformance.simulators.panels import Item
from conformance.simulators.results import Result
from conformance.suites.exchange.bench import Laboratory, analysed
from conformance.suites.exchange.hospital import Hospital
from conformance.suites.exchange.reading import digits
from conformance.suites.exchange.reported import LIS, collected, finished, result_of, said
from conformance.suites.exchange.trial import EXCHANGE, exchanges

_UCUM, _LOINC = "http://unitsofmeasure.org", "http://loinc.org"
_UNITS = (
    ("power", "10^9/L", ("10*9/L", "10^9/L", "10*3/uL", "/nL"), "幂", "a power"),
    ("times", "×10⁹/L", ("10*9/L", "10^9/L", "10*3/uL", "/nL"), "乘号与上标", "a superscript"),
    ("exponent", "10E12/L", ("10*12/L", "10^12/L", "10*6/uL", "/pL"), "指数", "an exponent"),
    ("micro", "μmol/L", ("umol/L",), "希腊字母", "a Greek letter"),
    ("case", "g/l", ("g/L", "g/l"), "小写的升", "a small litre"),
    ("percent", "％", ("%",), "全角百分号", "a full-width percent sign"),
    ("international", "IU/mL", ("[IU]/mL", "[iU]/mL", "k[IU]/L"), "国际单位", "international units"),
    (
        "chinese",
        "个/HPF",
        ("/[HPF]", "{cells}/[HPF]", "{#}/[HPF]", "{cell}/[HPF]"),
        "中文单位",
        "a Chinese unit",
    ),
)
"""Check, unit as written, UCUM codes that mean it and change no number."""


@exchanges([
    Case(name, EXCHANGE, Words(f"单位 {unit}（{zh}）不改写，编为 UCUM 时编码正确",
                               f"a unit ({unit}: {en}) is not altered, and where it is coded, coded rightly"),
         (unit, right))
    for name, unit, right, zh, en in _UNITS
], *LIS)  # fmt: skip
def unit_coded(run: Run, hospital: Hospital, unit: str, right: tuple[str, ...]) -> None:
    """One result with that unit."""
    item = Item("QU", "单位测试", "", unit, normal="")
    report = collected(hospital, "CRP", [Result(item, "5.60", "NM", "N")])
    found = result_of(finished(hospital, report), item)
    quantity = pick(found, "valueQuantity") or {}
    run.expect(digits(quantity.get("value")) == "5.60", "数值不变", "the value is as it was")
    code = str(quantity.get("code") or "") if quantity.get("system") == _UCUM else ""
    one = right[0]
    run.expect(code in {"", *right}, f"UCUM 编码为 {one}", f"its UCUM code is {one}", same(code))
    shown = {str(quantity.get(name) or "") for name in ("unit", "code")}
    run.expect(bool(code) or unit in shown, "单位保留原文", "the unit is as it was written",
               same(", ".join(sorted(shown))))  # fmt: skip


_BLOOD = {
    "K": {"2823-3", "6298-4", "77142-8", "75940-7"},
    "GLU": {"2345-7", "14749-6", "2339-0", "15074-8", "14743-9", "77135-2", "41653-7"},
}
"""LOINC codes of serum, plasma, blood: of another specimen they are wrong."""


_ELSEWHERE = (
    ("urine", "K", "钾", "UR^尿液^HL70487", "尿钾", "potassium in urine"),
    ("fluid", "GLU", "葡萄糖", "CSF^脑脊液^HL70487", "脑脊液葡萄糖", "glucose in cerebrospinal fluid"),
)


@exchanges([
    Case(name, EXCHANGE, Words(f"{zh}不被编成血液的 LOINC", f"{en} does not get a LOINC code of blood"),
         (code, title, specimen))
    for name, code, title, specimen, zh, en in _ELSEWHERE
], *LIS)  # fmt: skip
def of_another_specimen(run: Run, hospital: Hospital, code: str, title: str, specimen: str) -> None:
    """A local code that is usually of blood; the specimen is none."""
    item = Item(code, title, "", "mmol/L", normal="")
    report = collected(hospital, "CRP", [Result(item, "5.60", "NM", "N")])
    listed = finished(hospital, report, lambda text: text.replace("SER^血清^HL70487", specimen))
    found = result_of(listed, item)
    run.expect(said(found) == "5.60", "结果在", "the result is there", same(said(found) or "–"))
    coding = {str(one.get("code")) for one in each(found, "code.coding") if one.get("system") == _LOINC}
    run.expect(not coding & _BLOOD[code], "LOINC 与标本相符", "its LOINC code fits the specimen",
               same(", ".join(sorted(coding))))  # fmt: skip


@analysed(
    "{}的尿钾不被编成血钾的 LOINC", "potassium in urine of {} does not get a LOINC code of blood", "astm"
)
def of_urine(run: Run, laboratory: Laboratory) -> None:
    """A local code that is usually of blood; the record says urine (O.16)."""
    one = laboratory.ordered(items("BC", "K"), specimen="UR")
    analyser = laboratory.analyser
    assert isinstance(analyser, Haematology)
    laboratory.told([analyser.of_specimen(one.tube.barcode, laboratory.measured(one.tube, ["45.00"]), "UR")])
    (found,) = laboratory.expect(one, "45.00")
    coding = {str(each_.get("code")) for each_ in each(found, "code.coding") if each_.get("system") == _LOINC}
    run.expect(not coding & _BLOOD["K"], "LOINC 与标本相符", "its LOINC code fits the specimen",
               same(", ".join(sorted(coding))))  # fmt: skip
