"""Results of the laboratory: each value, unit, range and flag as it was sent, to the digit (ORU^R01)."""

from __future__ import annotations

from datetime import timedelta

from conformance.harness.check import Case
from conformance.harness.paths import each, pick
from conformance.harness.run import Run
from conformance.harness.words import Words, same
from conformance.simulators import laboratory
from conformance.simulators.dialects import BEDSIDE, LABORATORY, Dialect
from conformance.simulators.exact import Resource
from conformance.simulators.laboratory import Report
from conformance.simulators.panels import PANELS, Item
from conformance.simulators.results import NOT_COMPUTED, Result
from conformance.suites.exchange.hospital import Hospital, counted, shown
from conformance.suites.exchange.reading import codes, digits, identifiers, references, same_moment
from conformance.suites.exchange.trial import EXCHANGE, exchange, exchanges

LIS = ("lis",)


def collected(hospital: Hospital, panel: str = "BR", results: list[Result] | None = None) -> Report:
    """Return a report of an outpatient; nothing is sent."""
    visit = hospital.consultation()
    report = laboratory.collect(hospital.chart, visit, PANELS[panel], visit.begun, 0.3)
    report.results = (
        results if results is not None else [one for one in report.results if one.value != NOT_COMPUTED]
    )
    return report


def publish(
    hospital: Hospital, report: Report, status: str, minutes: int = 60, dialect: Dialect = LABORATORY
) -> None:
    """Send what is tested: the report, so long after the specimen was taken."""
    at = report.collected + timedelta(minutes=minutes)
    hospital.sent(
        laboratory.publish(hospital.chart, report, at, status, dialect), "报告被接收", "the report is taken"
    )


def report_of(hospital: Hospital, report: Report, status: str = "") -> Resource:
    """Expect one report under the number of its order."""
    query = f"DiagnosticReport?identifier={report.order}"
    return hospital.one(
        query, "申请单号可检索到报告", "the report is found by the number of its order",
        lambda one: not status or one.get("status") == status,
    )  # fmt: skip


def observations(hospital: Hospital, report: Resource) -> list[Resource]:
    """Return the results that a report names."""
    return [found for one in references(report, "result") if (found := hospital.read(one))]


def said(found: Resource) -> str:
    """Return a result as it is told: comparator, digits, unit; or its text; or nothing."""
    value = found.get("valueQuantity")
    if isinstance(value, dict):
        return f"{value.get('comparator') or ''}{digits(value.get('value'))}"
    text = (
        found.get("valueString")
        or pick(found, "valueCodeableConcept.text")
        or pick(found, "valueCodeableConcept.coding.display")
    )
    if text is None and isinstance(found.get("valueRatio"), dict):
        ratio = found["valueRatio"]
        text = ":".join(digits(pick(ratio, f"{one}.value")) for one in ("numerator", "denominator"))
    return "" if text is None else str(text)


def _of(listed: list[Resource], item: Item) -> Resource:
    return next((one for one in listed if item.code in codes(one, "code")), {})


@exchange(*LIS, zh="检验报告的每个结果数值不变", en="each result of a report keeps its value")
def values(run: Run, hospital: Hospital) -> None:
    """A blood count of twenty items."""
    report = collected(hospital)
    publish(hospital, report, "F")
    listed = observations(hospital, report_of(hospital, report))
    run.expect(
        len(listed) == len(report.results), "结果数量一致", "there are as many results", counted(listed)
    )
    wrong = [one.item.code for one in report.results if said(_of(listed, one.item)) != one.value]
    run.expect(not wrong, "每个数值逐位一致", "every value is the same to the digit", same(", ".join(wrong)))
    units = [one.item.code for one in report.results if one.item.unit not in _unit(_of(listed, one.item))]
    run.expect(not units, "单位一致", "the units are the same", same(", ".join(units)))


@exchange(*LIS, zh="参考范围与异常标志不变", en="reference ranges and flags stay as they are")
def ranges(run: Run, hospital: Hospital) -> None:
    """Low and high to the digit; H, L, N as interpretation."""
    report = collected(hospital)
    publish(hospital, report, "F")
    listed = observations(hospital, report_of(hospital, report))
    wrong = [one.item.code for one in report.results if not _ranged(_of(listed, one.item), one.item)]
    run.expect(not wrong, "参考范围逐位一致", "the ranges are the same to the digit", same(", ".join(wrong)))
    flags = [
        one.item.code
        for one in report.results
        if one.flag and one.flag not in codes(_of(listed, one.item), "interpretation")
    ]
    run.expect(not flags, "异常标志一致", "the flags are the same", same(", ".join(flags)))


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
    publish(hospital, report, "F")
    listed = observations(hospital, report_of(hospital, report))
    own = {one.item.code for one in report.results}
    wrong = [one.item.code for one in report.results if one.item.loinc not in _loinc(_of(listed, one.item))]
    run.expect(not wrong, "LOINC 编码一致", "the LOINC codes are the same", same(", ".join(wrong)))
    mixed = sorted(own & {code for one in listed for code in _loinc(one)})
    run.expect(not mixed, "院内编码不冒充 LOINC", "no code of the house poses as LOINC", counted(mixed))


def _unit(found: Resource) -> str:
    return str(pick(found, "valueQuantity.unit") or "")


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
    publish(hospital, report, "F")
    listed = observations(hospital, report_of(hospital, report))
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
    publish(hospital, report, "F")
    listed = observations(hospital, report_of(hospital, report))
    run.expect("valueQuantity" not in _of(listed, items[15]), "没有编造的数值", "no number is made up")
    run.expect(said(_of(listed, items[0])) == "5.60", "其他结果不受影响", "the other result is there")


@exchange(
    *LIS,
    zh="报告有患者、申请、时间、科室与审核者",
    en="a report tells patient, order, times, section and who answers for it",
)
def whole(run: Run, hospital: Hospital) -> None:
    """Everything about the report but its results."""
    report = collected(hospital)
    publish(hospital, report, "F", 90)
    found = report_of(hospital, report)
    run.expect(found.get("status") == "final", "状态为最终", "it is final", same(str(found.get("status"))))
    run.expect(report.panel.code in codes(found, "code"), "项目编码一致", "the code is the same")
    patient = hospital.read(str(pick(found, "subject.reference")))
    run.expect(report.visit.person.mrn in identifiers(patient), "属于该患者", "it is this patient's")
    taken = pick(found, "effectiveDateTime") or pick(found, "effectivePeriod.start")
    run.expect(
        same_moment(taken, report.collected), "采样时间一致", "the specimen was taken when the message says"
    )
    issued = report.collected + timedelta(minutes=90)
    run.expect(
        same_moment(found.get("issued"), issued), "报告时间一致", "it was issued when the message says"
    )
    run.expect(
        bool(found.get("performer") or found.get("resultsInterpreter")),
        "记有检验或审核人员",
        "who answers for it is told",
    )
    run.expect(bool(codes(found, "category")), "有类别", "its category is told")


@exchange(*LIS, zh="标本有类型、条码与采集时间", en="the specimen has a type, a barcode and a time")
def specimen(run: Run, hospital: Hospital) -> None:
    """The report leads to its specimen."""
    report = collected(hospital)
    publish(hospital, report, "F")
    names = references(report_of(hospital, report), "specimen")
    run.expect(len(names) == 1, "报告有一份标本", "the report names one specimen", counted(names))
    found = hospital.read(names[0])
    kind = codes(found, "type")
    run.expect(
        report.panel.specimen[0] in kind,
        "标本类型一致",
        "its type is the same",
        same(", ".join(sorted(kind))),
    )
    numbers = identifiers(found) | {str(one) for one in each(found, "accessionIdentifier.value")}
    run.expect(report.barcode in numbers, "条码一致", "its barcode is the same")
    run.expect(
        same_moment(pick(found, "collection.collectedDateTime"), report.collected),
        "采集时间一致",
        "it was taken when the message says",
    )


@exchange(
    *LIS, zh="初步报告变为最终报告，仍是同一份", en="a preliminary report becomes final and stays one report"
)
def finalised(run: Run, hospital: Hospital) -> None:
    """First preliminary, then final."""
    report = collected(hospital)
    publish(hospital, report, "P", 30)
    first = report_of(hospital, report, "preliminary")
    run.expect(
        first.get("status") == "preliminary",
        "先为初步",
        "it is preliminary first",
        same(str(first.get("status"))),
    )
    publish(hospital, report, "F", 60)
    found = report_of(hospital, report, "final")
    run.expect(found.get("status") == "final", "后为最终", "then final", same(str(found.get("status"))))
    listed = observations(hospital, found)
    run.expect(len(listed) == len(report.results), "结果不重复", "no result is there twice", counted(listed))
    run.expect({one.get("status") for one in listed} == {"final"}, "各结果为最终", "its results are final")


@exchange(
    *LIS, zh="更正的结果取代原结果并注明", en="a corrected result takes the place of the first and says so"
)
def corrected(run: Run, hospital: Hospital) -> None:
    """Two results; one is measured again."""
    white, red = PANELS["BR"].items[0], PANELS["BR"].items[11]
    report = collected(hospital, "BR", [Result(white, "5.60", "NM", "N"), Result(red, "4.20", "NM", "N")])
    publish(hospital, report, "F", 60)
    laboratory.correct(report, white.code, 2.0)
    report.comment = "标本复检，更正报告，以本报告为准"
    run.step("发送更正报告", "the corrected report is sent")
    publish(hospital, report, "C", 90)
    found = report_of(hospital, report, "corrected")
    run.expect(
        found.get("status") in ("corrected", "amended"),
        "报告注明更正",
        "the report says so",
        same(str(found.get("status"))),
    )
    listed = observations(hospital, found)
    run.expect(
        [said(one) for one in listed if white.code in codes(one, "code")] == ["11.20"],
        "更正值取代原值",
        "the new value stands, alone",
    )
    state = str(_of(listed, white).get("status"))
    run.expect(state in ("corrected", "amended"), "结果注明更正", "the result says so", same(state))
    run.expect(said(_of(listed, red)) == "4.20", "其他结果未变", "the other result is as before")


@exchange(*LIS, zh="撤回的结果不再作为有效结果", en="a withdrawn result is no longer one")
def withdrawn(run: Run, hospital: Hospital) -> None:
    """Two results; one should never have been there (OBX-11 D)."""
    white, red = PANELS["BR"].items[0], PANELS["BR"].items[11]
    report = collected(hospital, "BR", [Result(white, "5.60", "NM", "N"), Result(red, "4.20", "NM", "N")])
    publish(hospital, report, "F", 60)
    laboratory.withdraw(report, white.code)
    run.step("发送撤回", "the result is withdrawn")
    publish(hospital, report, "C", 90)
    listed = observations(hospital, report_of(hospital, report, "corrected"))
    gone = _of(listed, white)
    run.expect(
        not gone or gone.get("status") in ("entered-in-error", "cancelled"),
        "已作废",
        "it is void",
        same(str(gone.get("status"))),
    )
    run.expect(said(_of(listed, red)) == "4.20", "其他结果仍在", "the other result is there")


@exchange(*LIS, zh="药敏结果：菌种、MIC 与敏感性都在", en="a culture tells organism, MIC and susceptibility")
def culture(run: Run, hospital: Hospital) -> None:
    """Nothing grown yet, then an organism with four antibiotics."""
    from conformance.simulators import cultures

    report = collected(hospital, "CULT", cultures.smear())
    publish(hospital, report, "P", 60)
    report.results = cultures.grown()
    publish(hospital, report, "F", 600)
    listed = observations(hospital, report_of(hospital, report, "final"))
    wrong = [one.item.code for one in report.results if said(_of(listed, one.item)) != one.value]
    run.expect(not wrong, "每项与原文一致", "each line is as it was sent", same(", ".join(wrong)))
    resistant = next(one for one in report.results if one.flag == "R")
    run.expect(
        "R" in codes(_of(listed, resistant.item), "interpretation"), "耐药标志在", "resistance is flagged"
    )


@exchange(*LIS, zh="报告的备注不丢失", en="a report's comment is not lost")
def comment(run: Run, hospital: Hospital) -> None:
    """NTE under OBR."""
    report = collected(hospital)
    report.comment = "标本轻度溶血，钾结果仅供参考"
    publish(hospital, report, "F")
    found = report_of(hospital, report)
    everything = str(
        [found, *observations(hospital, found), *(hospital.read(one) for one in references(found, "basedOn"))]
    )
    run.expect(report.comment in everything, "备注与原文一致", "the comment is there")


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
    wrong = [one.item.code for one in report.results if said(_of(listed, one.item)) != one.value]
    run.expect(not wrong, "每个数值逐位一致", "every value is the same to the digit", same(", ".join(wrong)))
    unit = str(pick(_of(listed, PANELS["PBR"].items[0]), "valueQuantity.unit"))
    run.expect(unit in ("10^9/L", "10*9/L"), "单位完整", "the unit is whole", same(unit))


@exchange(*LIS, zh="同一报告重发，结果只有一份", en="a report sent again is there once")
def repeated(run: Run, hospital: Hospital) -> None:
    """Under the same control id, then under another one."""
    report = collected(hospital)
    entry = laboratory.publish(hospital.chart, report, report.collected + timedelta(minutes=60), "F")
    message = hospital.bytes_of(entry)
    hospital.prerequisite(hospital.put(message, "lis"))
    first = report_of(hospital, report)
    again = hospital.put(message, "lis")
    run.expect(again.code in ("AA", "CA"), "重发被接收", "the repeat is taken", shown(again))
    hospital.sent(entry)
    found = report_of(hospital, report)
    run.expect(
        references(found, "result") == references(first, "result"),
        "结果相同",
        "its results are the same ones",
    )


@exchange(
    *LIS, zh="质控与培训标本的结果不进入患者数据", en="results of control samples do not become a patient's"
)
def control_sample(run: Run, hospital: Hospital) -> None:
    """MSH-11 says training; then production."""
    report = collected(hospital, "CRP")
    entry = laboratory.publish(hospital.chart, report, report.collected + timedelta(minutes=60), "F")
    answer = hospital.ask(entry, text=lambda text: text.replace("|P|2.5.1|", "|T|2.5.1|", 1))
    listed = hospital.found(f"DiagnosticReport?identifier={report.order}", lambda _: True)
    run.expect(not listed, "未产生报告", "no report comes of it", shown(answer))
    hospital.sent(entry)
    report_of(hospital, report)


@exchange(
    "his", "lis", zh="申请与报告往返：报告指回申请", en="the round trip: a report points back to its order"
)
def round_trip(run: Run, hospital: Hospital) -> None:
    """The HIS orders, the laboratory reports under the order's number."""
    from conformance.suites.exchange.orders import request

    report = collected(hospital)
    hospital.given(request(hospital, report.visit, report.order, report.visit.begun))
    order = hospital.there(f"ServiceRequest?identifier={report.order}")
    run.step("检验报告返回", "the laboratory reports")
    publish(hospital, report, "F")
    found = report_of(hospital, report)
    run.expect(
        f"ServiceRequest/{order.get('id')}" in references(found, "basedOn"),
        "报告指回申请",
        "the report points to the order",
    )
    listed = hospital.found(f"ServiceRequest?identifier={report.order}")
    run.expect(len(listed) == 1, "申请仍只有一个", "there is still one order", counted(listed))
    listed = hospital.found(f"DiagnosticReport?based-on=ServiceRequest/{order.get('id')}")
    run.expect(len(listed) == 1, "由申请可检索到报告", "the order finds its report", counted(listed))


@exchange(*LIS, zh="由患者、编码与日期可检索到结果", en="results are found by patient, code and date")
def searchable(run: Run, hospital: Hospital) -> None:
    """What a regulator or a physician would ask for."""
    report = collected(hospital)
    publish(hospital, report, "F")
    found = report_of(hospital, report)
    subject, day = str(pick(found, "subject.reference")), f"{report.collected:%Y-%m-%d}"
    for zh, en, query in (
        ("患者", "patient", f"DiagnosticReport?subject={subject}"),
        ("患者与编码", "patient and code", f"Observation?subject={subject}&code=http://loinc.org|6690-2"),
        ("患者与日期", "patient and date", f"Observation?subject={subject}&code=6690-2&date={day}"),
    ):
        listed = hospital.found(query)
        run.expect(len(listed) == 1, f"按{zh}恰有一个", f"by {en} there is one", counted(listed))
    visit = pick(found, "encounter.reference")
    listed = hospital.found(f"DiagnosticReport?encounter={visit}")
    run.expect(len(listed) == 1, "按就诊恰有一个", "by visit there is one", counted(listed))
    other = hospital.found(f"Observation?subject={subject}&code=6690-2&date=2001-01-01", lambda _: True)
    run.expect(not other, "其他日期没有", "on another day there is none", counted(other))


@exchange(
    "his",
    "lis",
    zh="合并档案后，旧号的报告归到保留的档案",
    en="after a merge a report of the retired record is the survivor's",
)
def merged(run: Run, hospital: Hospital) -> None:
    """A report arrives under a number that was merged away before."""
    from conformance.simulators import admissions

    report = collected(hospital, "CRP")
    person, second = report.visit.person, hospital.chart.number("9")
    hospital.noted(second)
    hospital.given(admissions.register(hospital.chart, report.visit, report.visit.begun, second))
    hospital.given(
        admissions.merge(hospital.chart, person, second, report.visit.begun + timedelta(minutes=5))
    )
    survivor = hospital.survivor(person)
    report.mrn = second
    publish(hospital, report, "F")
    found = report_of(hospital, report)
    run.expect(
        f"Patient/{survivor.get('id')}" in references(found, "subject"),
        "报告属于保留的档案",
        "the report is the survivor's",
    )
