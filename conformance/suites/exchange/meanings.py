"""What results mean: comparators, units, codes, critical values, isolates, pictures, what is not measured."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from typing import Any

from conformance.harness.check import Case
from conformance.harness.paths import each, pick
from conformance.harness.run import Run
from conformance.harness.words import Words, same
from conformance.simulators import laboratory as reporting
from conformance.simulators.analysers import Counter, Haematology
from conformance.simulators.analysers.tube import items
from conformance.simulators.exact import Resource, dumps
from conformance.simulators.laboratory import Report
from conformance.simulators.panels import Item
from conformance.simulators.results import NOT_COMPUTED, Result
from conformance.suites.exchange.bench import Laboratory, Ordered, analysed
from conformance.suites.exchange.branch import now
from conformance.suites.exchange.hospital import Hospital, counted
from conformance.suites.exchange.reading import about, codes, digits, references
from conformance.suites.exchange.reported import (
    LIS,
    VOID,
    collected,
    observations,
    report_of,
    result_of,
    said,
)
from conformance.suites.exchange.trial import EXCHANGE, exchange, exchanges

_UCUM, _LOINC = "http://unitsofmeasure.org", "http://loinc.org"
_CHINA = timezone(timedelta(hours=8))


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


@analysed("{}的危急标志（HH、LL）不丢失", "the critical flags (HH, LL) of {} are not lost")
def flagged_critical(run: Run, laboratory: Laboratory) -> None:
    """One far too high."""
    one = laboratory.ordered(laboratory.tests[:1])
    listed = laboratory.measured(one.tube, ["99.9"], flag="HH")
    laboratory.told(laboratory.analyser.results(one.tube.barcode, listed))
    found = laboratory.expect(one, "99.9")
    flags = codes(found[0], "interpretation") | {str(text) for text in each(found[0], "interpretation.text")}
    run.expect("HH" in flags, "标志为 HH", "the flag is HH", same(", ".join(sorted(flags)) or "–"))


@analysed(
    "{}的危急值有人负责：任务有时限，并已通知，确认前不关闭",
    "a critical value of {} is somebody's: a task with a due time, a notice, open until it is acknowledged",
    "chemistry", "astm",
    needs=("actions.acknowledge",),
)  # fmt: skip
def critical_value(run: Run, laboratory: Laboratory) -> None:
    """A value that may cost a life, measured a moment ago; then an ordinary one of somebody else."""
    one, other = laboratory.ordered(laboratory.tests[:1]), laboratory.ordered(laboratory.tests[:1])
    listed = laboratory.measured(one.tube, ["99.9"], now() - timedelta(minutes=5), "HH")
    laboratory.told(laboratory.analyser.results(one.tube.barcode, listed))
    (result,) = laboratory.expect(one, "99.9")
    name = f"Observation/{result.get('id')}"
    tasks = laboratory.found(
        about("Task", laboratory.patient(one.visit.person)), lambda them: _of(them, name)
    )
    task = next(iter(_of(tasks, name)), {})
    run.expect(bool(task), "有对应的任务", "there is a task about it")
    state = str(task.get("status"))
    run.expect(state in ("requested", "received", "accepted", "ready", "in-progress"), "任务未关闭",
               "it is open", same(state))  # fmt: skip
    due = _moment(pick(task, "restriction.period.end"))
    now_ = datetime.now(_CHINA)
    soon = due is not None and due - now_ < timedelta(hours=24)
    run.expect(soon, "任务有 24 小时内的时限", "it is due within a day")
    notices = laboratory.found(about("Communication", laboratory.patient(one.visit.person)))
    there = [each_ for each_ in notices if name in dumps(each_) or f"Task/{task.get('id')}" in dumps(each_)]
    run.expect(
        bool(there), "有对应的通知（Communication）", "there is a Communication of it", counted(notices)
    )
    laboratory.told(laboratory.results(other.tube, ["5.60"]))
    (usual,) = laboratory.expect(other, "5.60")
    query = about("Task", laboratory.patient(other.visit.person))
    wrong = _of(laboratory.absent(query), f"Observation/{usual.get('id')}")
    run.expect(not wrong, "普通结果没有任务", "an ordinary result has none", counted(wrong))
    run.step("确认危急值", "somebody acknowledges it")
    run.done(
        run.act("acknowledge", task=f"Task/{task.get('id')}", who="护士站", text="已复述"),
        "确认被接收", "the acknowledgement is taken",
    )  # fmt: skip
    found = laboratory.read(f"Task/{task.get('id')}")
    ended = str(found.get("status"))
    run.expect(ended == "completed", "确认后任务关闭", "it is closed then", same(ended))


def _of(tasks: Sequence[Resource], name: str) -> list[Resource]:
    """Return the tasks that name a result, but those that only fulfil its order."""
    return [one for one in tasks if f'"{name}"' in dumps(one) or f'"{name}/_history' in dumps(one)]


def _moment(text: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(str(text))
    except ValueError:
        return None


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
    found = result_of(_told(hospital, report), item)
    quantity = pick(found, "valueQuantity") or {}
    run.expect(digits(quantity.get("value")) == "5.60", "数值不变", "the value is as it was")
    code = str(quantity.get("code") or "") if quantity.get("system") == _UCUM else ""
    one = right[0]
    run.expect(code in {"", *right}, f"UCUM 编码为 {one}", f"its UCUM code is {one}", same(code))
    shown = {str(quantity.get(name) or "") for name in ("unit", "code")}
    run.expect(bool(code) or unit in shown, "单位保留原文", "the unit is as it was written",
               same(", ".join(sorted(shown))))  # fmt: skip


def _told(hospital: Hospital, report: Report, change: Any = str) -> list[Resource]:
    """Send a final report, its text changed; returns the results that FHIR then names."""
    at = report.collected + timedelta(minutes=60)
    answer = hospital.ask(reporting.publish(hospital.chart, report, at, "F"), text=change)
    hospital.run.expect(answer.code in ("AA", "CA"), "报告被接收", "the report is taken", same(answer.code))
    return observations(hospital, report_of(hospital, report))


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
    listed = _told(hospital, report, lambda text: text.replace("|VALUE|", f"|{value}|"))
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
    listed = [one for one in each(result_of(_told(hospital, report), item), "referenceRange")
              if isinstance(one, dict)]  # fmt: skip
    everything = dumps(listed)
    lost = [one for one in parts if one not in everything]
    run.expect(not lost, "范围内容都在", "all of it is told", same(", ".join(lost)))
    pairs = [[digits(pick(one, f"{end}.value")) for end in ("low", "high")] for one in listed]
    whole = "-".join(parts[:2]), "-".join(parts[2:])
    wrong = [pair for pair in pairs if all(pair) and "-".join(pair) not in whole]
    run.expect(not wrong, "上下限成对", "each low end has its own high end", counted(wrong))


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
    listed = _told(hospital, report, lambda text: text.replace("SER^血清^HL70487", specimen))
    found = result_of(listed, item)
    run.expect(said(found) == "5.60", "结果在", "the result is there", same(said(found) or "–"))
    told = {str(one.get("code")) for one in each(found, "code.coding") if one.get("system") == _LOINC}
    run.expect(not told & _BLOOD[code], "LOINC 与标本相符", "its LOINC code fits the specimen",
               same(", ".join(sorted(told))))  # fmt: skip


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
    told = {str(each_.get("code")) for each_ in each(found, "code.coding") if each_.get("system") == _LOINC}
    run.expect(not told & _BLOOD["K"], "LOINC 与标本相符", "its LOINC code fits the specimen",
               same(", ".join(sorted(told))))  # fmt: skip


_ISOLATES = (("KPN", "肺炎克雷伯菌", "<=1", "S"), ("PAE", "铜绿假单胞菌", ">=64", "R"))


@exchange(*LIS, zh="两株菌的药敏各归各的菌", en="of two organisms each keeps its own susceptibility")
def isolates(run: Run, hospital: Hospital) -> None:
    """The same antibiotic, S of one and R of the other (OBR-26)."""
    organism = Item("ORG", "细菌鉴定", "6463-4", normal="")
    report = collected(hospital, "CULT", [Result(organism, name, "ST", "A") for _, name, _, _ in _ISOLATES])
    _told(hospital, report, lambda text: _with_isolates(text, report.order))
    listed = list(_reached(hospital, report))
    drugs = {said(one): one for one in listed if "CRO" in codes(one, "code")}
    inside = [one for found in listed for one in each(found, "component") if isinstance(one, dict)]
    parts = {said(one): one for one in inside if "CRO" in codes(one, "code")}
    there = set(drugs) | set(parts)
    wanted = {mic for _, _, mic, _ in _ISOLATES}
    run.expect(wanted <= there, "两个 MIC 都在", "both MICs are there", same(", ".join(sorted(there)) or "–"))
    for _, name, mic, flag in _ISOLATES:
        of = [one for one in listed if name in (said(one), str(pick(one, "valueCodeableConcept.text")))]
        linked = {part for one in of for part in _parts_of(hospital, one)}
        run.expect(
            mic in linked,
            f"{name} 的 MIC 为 {mic}",
            f"{name} has {mic}",
            same(", ".join(sorted(linked)) or "–"),
        )
        found = drugs.get(mic) or parts.get(mic) or {}
        told = codes(found, "interpretation") | {str(text) for text in each(found, "interpretation.text")}
        run.expect(
            flag in told, f"敏感性为 {flag}", f"its susceptibility is {flag}", same(", ".join(sorted(told)))
        )


def _with_isolates(text: str, order: str) -> str:
    """Return a report with OBX-4 at its organisms, and an OBR of susceptibilities behind it for each."""
    lines, number, at = [], 0, 0
    for line in text.split("\r"):
        if line.startswith("OBX|") and "|ORG^" in line:
            number += 1
            line = "|".join([*line.split("|")[:4], str(number), *line.split("|")[5:]])
        lines.append(line)
        at = len(lines) if line.startswith(("OBX|", "SPM|")) else at
    more = []
    for place, (_, _, mic, flag) in enumerate(_ISOLATES, start=1):
        head = (
            f"OBR|{place + 1}|{order}-{place}||MIC^药敏试验^99LIS"
            + "|" * 20
            + "MB|F|ORG&细菌鉴定&99LIS^"
            + str(place)
        )
        more += [
            f"{head}|||{order}",
            f"OBX|1|ST|CRO^头孢曲松^99LIS^18895-3^^LN|{place}|{mic}|ug/mL||{flag}|||F",
        ]
    return "\r".join([*lines[:at], *more, *lines[at:]])


def _reached(hospital: Hospital, report: Report) -> Iterator[Resource]:
    """Yield the results about the patient."""
    patient = hospital.patient(report.visit.person)
    yield from hospital.found(about("Observation", patient), lambda them: len(them) >= 2 * len(_ISOLATES))


def _parts_of(hospital: Hospital, organism: Resource) -> set[str]:
    """Return the MICs that are part of an organism's result: its members, or its components."""
    members = [hospital.read(one) for one in references(organism, "hasMember")]
    inside = [one for one in each(organism, "component") if isinstance(one, dict)]
    deeper = [hospital.read(one) for member in members for one in references(member, "hasMember")]
    return {said(one) for one in (*members, *deeper, *inside)}


@analysed("{}的直方图原样保留", "the histogram of {} is kept as it was sent", "counter")
def picture(run: Run, laboratory: Laboratory) -> None:
    """A picture of some kilobytes behind the results (OBX-2 ED)."""
    one = laboratory.ordered()
    analyser = laboratory.analyser
    assert isinstance(analyser, Counter)
    drawn = _png(run.number)
    laboratory.told([analyser.with_picture(one.tube.barcode, laboratory.measured(one.tube), drawn)])
    listed = laboratory.expect(one, "5.60", "4.20")
    patient = laboratory.patient(one.visit.person)
    around = [
        *listed,
        *laboratory.found(about("DiagnosticReport", patient)),
        *laboratory.absent(about("Media", patient)),
        *laboratory.absent(about("DocumentReference", patient)),
    ]
    kept = [data for found in around for data in _attached(laboratory, found)]
    run.expect(drawn in kept, "图像逐字节一致", "the picture is there, byte by byte", counted(kept))


def _attached(laboratory: Laboratory, found: Any) -> Iterator[bytes]:
    """Yield the bytes of every attachment in a resource, wherever it stands."""
    if isinstance(found, dict):
        if isinstance(found.get("data"), str):
            with suppress(ValueError):
                yield base64.b64decode(found["data"])
        link = found.get("url")
        if isinstance(link, str) and "Binary/" in link:
            yield from _attached(laboratory, laboratory.read(link[link.index("Binary/") :]))
        for value in found.values():
            yield from _attached(laboratory, value)
    elif isinstance(found, list):
        for value in found:
            yield from _attached(laboratory, value)


def _png(seed: str) -> bytes:
    """Return a grey picture of 64 × 64, another one for each check."""
    rows = b"".join(b"\0" + bytes((x * y + len(seed)) % 256 for x in range(64)) for y in range(64))

    def chunk(kind: bytes, data: bytes) -> bytes:
        crc = zlib.crc32(kind + data).to_bytes(4, "big")
        return len(data).to_bytes(4, "big") + kind + data + crc

    head = (64).to_bytes(4, "big") * 2 + b"\x08\0\0\0\0"
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )
