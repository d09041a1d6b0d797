"""What values mean: comparators, structures, ranges, and what could not be measured."""

from __future__ import annotations

from collections.abc import Sequence

from conformance.harness.check import Case
from conformance.harness.paths import each, pick
from conformance.harness.run import Run
from conformance.harness.words import Words, same
from conformance.simulators.exact import Resource, dumps
from conformance.simulators.panels import Item
from conformance.simulators.results import NOT_COMPUTED, Result
from conformance.suites.exchange.bench import Laboratory, Ordered, analysed
from conformance.suites.exchange.hospital import Hospital, counted
from conformance.suites.exchange.reading import about, digits
from conformance.suites.exchange.reported import LIS, VOID, collected, finished, result_of, said
from conformance.suites.exchange.trial import EXCHANGE, exchanges


def _results(laboratory: Laboratory, one: Ordered, number: int) -> list[Resource]:
    """Return the patient's results as soon as there are so many that count."""
    query = about("Observation", laboratory.patient(one.visit.person))
    found = laboratory.found(query, lambda them: len(_valid(them)) >= number)
    return _valid(found)


def _valid(listed: Sequence[Resource]) -> list[Resource]:
    return [one for one in listed if one.get("status") not in VOID]


@analysed("{}低于检出限的结果保留“<”", "a result of {} below the limit of detection keeps its <")
def below_limit(run: Run, laboratory: Laboratory) -> None:
    """One below, one above."""
    one = laboratory.ordered()
    laboratory.told(laboratory.results(one.tube, ["<0.05", ">80.0"]))
    told = sorted(said(found) for found in _results(laboratory, one, 2))
    run.expect(told == ["<0.05", ">80.0"], "与原文一致", "they are as they were sent", same(", ".join(told)))


@analysed("{}未能测出的结果不被编造成数", "what {} could not measure is not made a number")
def not_measured(run: Run, laboratory: Laboratory) -> None:
    """Stars in the place of one of two results."""
    one = laboratory.ordered()
    laboratory.told(laboratory.results(one.tube, [NOT_COMPUTED, "4.20"]))
    query = about("Observation", laboratory.patient(one.visit.person))
    found = laboratory.found(query, lambda them: "4.20" in map(said, them))
    numbers = sorted({said(each_) for each_ in _valid(found)} - {"", NOT_COMPUTED})
    run.expect(numbers == ["4.20"], "只有一个数值", "there is one number", same(", ".join(numbers) or "–"))


_STRUCTURED = (
    ("below", "SN", "<^0.05", ("<0.05",), "低于", "below"),
    ("titre", "SN", "^1^:^80", ("1:80",), "滴度", "a titre"),
    ("interval", "SN", "^3^-^5", ("3-5",), "区间", "an interval"),
    ("graded", "SN", "^2^+", ("2+", "++"), "分级", "a grade"),
    ("coded", "CWE", "POS^阳性^99LIS", ("阳性", "POS"), "编码值", "a coded one"),
    ("weak", "ST", "弱阳性", ("弱阳性",), "弱阳性", "weakly positive"),
    ("doubtful", "ST", "±", ("±",), "可疑", "doubtful"),
)


@exchanges([
    Case(name, EXCHANGE, Words(f"{kind} 型结果如实转换：{zh}（{value}）",
                               f"a result of type {kind} is told as it is: {en} ({value})"),
         (kind, value, wanted))
    for name, kind, value, wanted, zh, en in _STRUCTURED
], *LIS)  # fmt: skip
def structured(run: Run, hospital: Hospital, kind: str, value: str, wanted: tuple[str, ...]) -> None:
    """One result of that type, and a plain number beside it."""
    item, other = Item("QS", "结构化结果", "", normal=""), Item("QN", "数值结果", "", "mmol/L", normal="")
    report = collected(hospital, "CRP", [Result(item, "VALUE", kind, ""), Result(other, "5.60", "NM", "N")])
    listed = finished(hospital, report, lambda text: text.replace("|VALUE|", f"|{value}|"))
    told = said(result_of(listed, item))
    run.expect(told in wanted, f"结果为 {wanted[0]}", f"the result is {wanted[0]}", same(told or "–"))
    run.expect(said(result_of(listed, other)) == "5.60", "其他结果不受影响", "the other result is there")


_RANGES = (
    ("by-sex", "男:4.30-5.80;女:3.80-5.10", ("4.30", "5.80", "3.80", "5.10"), "按性别", "by sex"),
    ("by-age", "0-14岁:4.00-10.00", ("4.00", "10.00"), "按年龄", "by age"),
    ("upper", "<5.00", ("5.00",), "只有上限", "an upper limit only"),
    ("words", "阴性", ("阴性",), "文字", "a word"),
)


@exchanges([
    Case(name, EXCHANGE, Words(f"参考范围不丢失、不混用：{zh}（{text}）",
                               f"a reference range is neither lost nor mixed up: {en} ({text})"),
         (text, parts))
    for name, text, parts, zh, en in _RANGES
], *LIS)  # fmt: skip
def ranged(run: Run, hospital: Hospital, text: str, parts: tuple[str, ...]) -> None:
    """One result with that range: all of it is told, and no low end with the high end of another."""
    item = Item("QR", "范围测试", "", "mmol/L", normal=text)
    report = collected(hospital, "CRP", [Result(item, "4.60", "NM", "N")])
    listed = [one for one in each(result_of(finished(hospital, report), item), "referenceRange")
              if isinstance(one, dict)]  # fmt: skip
    everything = dumps(listed)
    lost = [one for one in parts if one not in everything]
    run.expect(not lost, "范围内容都在", "all of it is told", same(", ".join(lost)))
    pairs = [[digits(pick(one, f"{end}.value")) for end in ("low", "high")] for one in listed]
    whole = "-".join(parts[:2]), "-".join(parts[2:])
    wrong = [pair for pair in pairs if all(pair) and "-".join(pair) not in whole]
    run.expect(not wrong, "上下限成对", "each low end has its own high end", counted(wrong))
