"""Reports of the laboratory: whole, final, corrected, withdrawn, found again (ORU^R01)."""

from __future__ import annotations

from datetime import timedelta

from conformance.harness.paths import each, pick
from conformance.harness.run import Run
from conformance.harness.words import same
from conformance.simulators import laboratory
from conformance.simulators.exact import Resource
from conformance.simulators.laboratory import Report
from conformance.simulators.panels import PANELS
from conformance.simulators.results import Result
from conformance.suites.exchange.hospital import Hospital, counted, shown
from conformance.suites.exchange.reading import codes, identifiers, references, same_moment
from conformance.suites.exchange.reported import (
    CHANGED,
    LIS,
    PRELIMINARY,
    VOID,
    belongs,
    collected,
    observations,
    points_back,
    publish,
    report_of,
    result_of,
    said,
)
from conformance.suites.exchange.trial import exchange

_WHITE, _RED = PANELS["BR"].items[0], PANELS["BR"].items[11]


def _of_two(hospital: Hospital) -> Report:
    """Return a final report of two results, sent."""
    report = collected(hospital, "BR", [Result(_WHITE, "5.60", "NM", "N"), Result(_RED, "4.20", "NM", "N")])
    publish(hospital, report, "F", 60)
    return report


def _in_state(run: Run, found: Resource, states: tuple[str, ...], zh: str, en: str) -> None:
    run.expect(found.get("status") in states, zh, en, same(str(found.get("status"))))


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
    _in_state(run, found, ("final",), "状态为最终", "it is final")
    run.expect(report.panel.code in codes(found, "code"), "项目编码一致", "the code is the same")
    belongs(run, hospital, found, report.visit)
    taken = pick(found, "effectiveDateTime") or pick(found, "effectivePeriod.start")
    run.expect(
        same_moment(taken, report.collected), "采样时间一致", "the specimen was taken when the message says"
    )
    issued = report.collected + timedelta(minutes=90)
    run.expect(
        same_moment(found.get("issued"), issued), "报告时间一致", "it was issued when the message says"
    )
    answers = [found, *observations(hospital, found)]
    run.expect(
        any(one.get("performer") or one.get("resultsInterpreter") for one in answers),
        "记有检验或审核人员",
        "who answers for it is told",
    )


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
    taken = pick(found, "collection.collectedDateTime") or pick(found, "collection.collectedPeriod.start")
    run.expect(
        same_moment(taken, report.collected),
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
    first = report_of(hospital, report, *PRELIMINARY)
    _in_state(run, first, PRELIMINARY, "先为初步", "it is preliminary first")
    publish(hospital, report, "F", 60)
    found = report_of(hospital, report, "final")
    _in_state(run, found, ("final",), "后为最终", "then final")
    listed = observations(hospital, found)
    run.expect(len(listed) == len(report.results), "结果不重复", "no result is there twice", counted(listed))
    over = {one.get("status") for one in listed} <= {"final", *CHANGED}
    run.expect(over, "各结果为最终", "its results are final")


@exchange(
    *LIS, zh="更正的结果取代原结果并注明", en="a corrected result takes the place of the first and says so"
)
def corrected(run: Run, hospital: Hospital) -> None:
    """Two results; one is measured again."""
    report = _of_two(hospital)
    laboratory.correct(report, _WHITE.code, 2.0)
    report.comment = "标本复检，更正报告，以本报告为准"
    run.step("发送更正报告", "the corrected report is sent")
    publish(hospital, report, "C", 90)
    found = report_of(hospital, report, *CHANGED)
    _in_state(run, found, CHANGED, "报告注明更正", "the report says so")
    listed = [one for one in observations(hospital, found) if one.get("status") not in VOID]
    told = [said(one) for one in listed if _WHITE.code in codes(one, "code")]
    run.expect(told == ["11.20"], "更正值取代原值", "the new value stands, alone")
    _in_state(run, result_of(listed, _WHITE), CHANGED, "结果注明更正", "the result says so")
    run.expect(said(result_of(listed, _RED)) == "4.20", "其他结果未变", "the other result is as before")


@exchange(*LIS, zh="撤回的结果不再作为有效结果", en="a withdrawn result is no longer one")
def withdrawn(run: Run, hospital: Hospital) -> None:
    """Two results; one should never have been there (OBX-11 D)."""
    report = _of_two(hospital)
    laboratory.withdraw(report, _WHITE.code)
    run.step("发送撤回", "the result is withdrawn")
    publish(hospital, report, "C", 90)
    listed = observations(hospital, report_of(hospital, report, *CHANGED))
    gone = result_of(listed, _WHITE)
    run.expect(not gone or gone.get("status") in VOID, "已作废", "it is void", same(str(gone.get("status"))))
    run.expect(said(result_of(listed, _RED)) == "4.20", "其他结果仍在", "the other result is there")


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
    listed = hospital.absent(f"DiagnosticReport?identifier={report.order}")
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
    points_back(run, hospital, found, order, report.order)
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
    other = hospital.absent(f"Observation?subject={subject}&code=6690-2&date=2001-01-01")
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
