"""Results of the laboratory: each value, unit, range and flag as it was sent, to the digit (ORU^R01)."""

from __future__ import annotations

from conformance.harness.check import Case
from conformance.harness.paths import each, pick
from conformance.harness.run import Run
from conformance.harness.words import Words, same
from conformance.simulators.dialects import BEDSIDE
from conformance.simulators.exact import Resource
from conformance.simulators.laboratory import Report
from conformance.simulators.panels import PANELS, Item
from conformance.simulators.results import NOT_COMPUTED, Result
from conformance.suites.exchange.hospital import Hospital, counted
from conformance.suites.exchange.reading import codes, digits
from conformance.suites.exchange.reported import (
    LIS,
    collected,
    observations,
    publish,
    report_of,
    result_of,
    said,
)
from conformance.suites.exchange.trial import EXCHANGE, exchange, exchanges


def _told(hospital: Hospital, report: Report) -> list[Resource]:
    """Send a final report; returns the results that FHIR then names."""
    publish(hospital, report, "F")
    return observations(hospital, report_of(hospital, report))


def _as_sent(run: Run, report: Report, listed: list[Resource]) -> None:
    wrong = [one.item.code for one in report.results if said(result_of(listed, one.item)) != one.value]
    run.expect(not wrong, "每个数值逐位一致", "every value is the same to the digit", same(", ".join(wrong)))


@exchange(*LIS, zh="检验报告的每个结果数值不变", en="each result of a report keeps its value")
def values(run: Run, hospital: Hospital) -> None:
    """A blood count of twenty items."""
    report = collected(hospital)
    listed = _told(hospital, report)
    run.expect(
        len(listed) == len(report.results), "结果数量一致", "there are as many results", counted(listed)
    )
    _as_sent(run, report, listed)
    units = [
        one.item.code for one in report.results if not _in_unit(result_of(listed, one.item), one.item.unit)
    ]
    run.expect(not units, "单位一致", "the units are the same", same(", ".join(units)))


def _in_unit(found: Resource, unit: str) -> bool:
    """Tell whether a value has its unit, shown or as a UCUM code, which writes powers with a star."""
    said = [str(pick(found, f"valueQuantity.{one}") or "").replace("*", "^") for one in ("unit", "code")]
    return any(unit.replace("*", "^") in one for one in said)


@exchange(*LIS, zh="参考范围与异常标志不变", en="reference ranges and flags stay as they are")
def ranges(run: Run, hospital: Hospital) -> None:
    """Low and high to the digit; H, L, N as interpretation."""
    report = collected(hospital)
    listed = _told(hospital, report)
    wrong = [one.item.code for one in report.results if not _ranged(result_of(listed, one.item), one.item)]
    run.expect(not wrong, "参考范围逐位一致", "the ranges are the same to the digit", same(", ".join(wrong)))
    flags = [
        one.item.code
        for one in report.results
        if one.flag and not _flagged(result_of(listed, one.item), one.flag)
    ]
    run.expect(not flags, "异常标志一致", "the flags are the same", same(", ".join(flags)))


def _flagged(found: Resource, flag: str) -> bool:
    return flag in codes(found, "interpretation") or flag in each(found, "interpretation.text")


def _ranged(found: Resource, item: Item) -> bool:
    low, _, high = item.interval.partition("-")
    told = [
        digits(one)
        for one in (pick(found, "referenceRange.low.value"), pick(found, "referenceRange.high.value"))
    ]
    return told == [low, high] or item.interval in [str(one) for one in each(found, "referenceRange.text")]


@exchange(
    *LIS, zh="国际编码（LOINC）与院内编码都保留", en="LOINC and the laboratory's own code are both kept"
)
def coded(run: Run, hospital: Hospital) -> None:
    """Every item has two codes."""
    report = collected(hospital)
    listed = _told(hospital, report)
    own = {one.item.code for one in report.results}
    wrong = [
        one.item.code for one in report.results if one.item.loinc not in _loinc(result_of(listed, one.item))
    ]
    run.expect(not wrong, "LOINC 编码一致", "the LOINC codes are the same", same(", ".join(wrong)))
    mixed = sorted(own & {code for one in listed for code in _loinc(one)})
    run.expect(not mixed, "院内编码不冒充 LOINC", "no code of the house poses as LOINC", counted(mixed))


def _loinc(found: Resource) -> set[str]:
    codings = [one for one in each(found, "code.coding") if isinstance(one, dict)]
    return {str(one.get("code")) for one in codings if one.get("system") == "http://loinc.org"}


_VALUES = (
    ("trailing-zero", "5.60", "NM", "末位的零", "a trailing zero"),
    ("leading-zero", "0.034", "NM", "小于一的数", "a number below one"),
    ("zero", "0.00", "NM", "零", "zero"),
    ("long", "1250.12345678", "NM", "很多位小数", "many decimals"),
    ("large", "123456789012", "NM", "很大的数", "a large number"),
    ("negative", "-2.5", "NM", "负数", "a negative number"),
    ("below", "<0.05", "ST", "低于检出限", "below the limit of detection"),
    ("above", ">=4", "ST", "高于上限", "above the range"),
    ("titre", "1:80", "ST", "滴度", "a titre"),
    ("negative-word", "阴性(-)", "ST", "定性结果", "a qualitative result"),
    ("graded", "阳性(3+)", "ST", "分级的定性结果", "a graded one"),
    ("range", "3-5", "ST", "区间", "an interval"),
)


@exchanges([
    Case(name, EXCHANGE,
         Words(f"结果如实转换：{zh}（{value}）", f"a result is told as it is: {en} ({value})"), (value, kind))
    for name, value, kind, zh, en in _VALUES
], *LIS)  # fmt: skip
def value(run: Run, hospital: Hospital, value: str, kind: str) -> None:
    """One result of that value."""
    item = Item("QT", "质控项目", "", "mmol/L" if kind == "NM" else "", normal="")
    report = collected(hospital, "CRP", [Result(item, value, kind, "")])
    listed = _told(hospital, report)
    run.expect(
        [said(one) for one in listed] == [value],
        f"结果为 {value}",
        f"the result is {value}",
        same(", ".join(map(said, listed))),
    )


@exchange(
    *LIS, zh="仪器未能计算的结果不被编造成数", en="what an analyser could not compute is not made a number"
)
def not_computed(run: Run, hospital: Hospital) -> None:
    """Stars where a number should be, and a number beside it."""
    items = PANELS["BR"].items
    results = [Result(items[15], NOT_COMPUTED, "ST", ""), Result(items[0], "5.60", "NM", "N")]
    report = collected(hospital, "BR", results)
    listed = _told(hospital, report)
    run.expect("valueQuantity" not in result_of(listed, items[15]), "没有编造的数值", "no number is made up")
    run.expect(said(result_of(listed, items[0])) == "5.60", "其他结果不受影响", "the other result is there")


@exchange(*LIS, zh="药敏结果：菌种、MIC 与敏感性都在", en="a culture tells organism, MIC and susceptibility")
def culture(run: Run, hospital: Hospital) -> None:
    """Nothing grown yet, then an organism with four antibiotics."""
    from conformance.simulators import cultures

    report = collected(hospital, "CULT", cultures.smear())
    publish(hospital, report, "P", 60)
    report.results = cultures.grown()
    publish(hospital, report, "F", 600)
    listed = observations(hospital, report_of(hospital, report, "final"))
    wrong = [one.item.code for one in report.results if said(result_of(listed, one.item)) != one.value]
    run.expect(not wrong, "每项与原文一致", "each line is as it was sent", same(", ".join(wrong)))
    resistant = next(one for one in report.results if one.flag == "R")
    run.expect(_flagged(result_of(listed, resistant.item), "R"), "耐药标志在", "resistance is flagged")


@exchange(
    *LIS,
    zh="床旁设备的不规范写法得到修复而不改变数值",
    en="the sloppy writing of a bedside device is repaired, no value changed",
)
def bedside(run: Run, hospital: Hospital) -> None:
    """GBK, raw carets in the unit, numbers typed as codes, flags repeated."""
    report = collected(hospital, "PBR")
    report.results = [one for one in report.results if one.type == "NM"]
    publish(hospital, report, "F", 10, BEDSIDE)
    listed = observations(hospital, report_of(hospital, report))
    _as_sent(run, report, listed)
    whole = _in_unit(result_of(listed, PANELS["PBR"].items[0]), "10^9/L")
    run.expect(whole, "单位完整", "the unit is whole")
