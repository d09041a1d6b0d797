"""Reports and images of PACS/RIS: findings, impression, status, study (ORU^R01, OMI^O23; IHE RAD-28)."""

from __future__ import annotations

from datetime import timedelta

from conformance.harness.paths import each, pick
from conformance.harness.run import Run
from conformance.harness.words import same
from conformance.simulators import imaging
from conformance.simulators.chart import Entry
from conformance.simulators.dialects import WARD, pid, staff
from conformance.simulators.er7 import components, segment, stamp
from conformance.simulators.exact import Resource
from conformance.simulators.exams import CODE_SYSTEM, EXAMS
from conformance.simulators.imaging import Study
from conformance.simulators.visits import pv1
from conformance.suites.exchange.hospital import Hospital, counted
from conformance.suites.exchange.reading import codes, identifiers, names, references, same_moment
from conformance.suites.exchange.reported import CHANGED, belongs, observations, points_back, said
from conformance.suites.exchange.trial import exchange

RIS = ("pacs",)
_ABNORMAL = {"A", "AA", "POS"}
"""Of ObservationInterpretation (HL7 table 0078)."""


def performed(hospital: Hospital, exam: str = "CTCH") -> Study:
    """Return a study of an outpatient; nothing is sent."""
    visit = hospital.consultation()
    return imaging.perform(hospital.chart, visit, EXAMS[exam], visit.begun)


def publish(hospital: Hospital, study: Study, status: str, minutes: int = 40) -> None:
    """Send what is tested: the report, so long after the examination."""
    at = study.performed + timedelta(minutes=minutes)
    hospital.sent(imaging.publish(hospital.chart, study, at, status), "报告被接收", "the report is taken")


def report_of(hospital: Hospital, study: Study, *states: str) -> Resource:
    """Expect one report under its accession number, and wait until it is in one of these states."""
    return hospital.one(
        f"DiagnosticReport?identifier={study.accession}",
        "检查号可检索到报告", "the report is found by accession number",
        lambda one: not states or one.get("status") in states,
    )  # fmt: skip


def plain(text: str) -> str:
    """Return a text without white space: how lines are broken is not what it says."""
    return "".join(text.split())


def everything(hospital: Hospital, report: Resource) -> str:
    """Return all that a report says in words: conclusion, results, what is attached."""
    texts = [str(report.get("conclusion") or "")]
    texts += [said(one) for one in observations(hospital, report)]
    texts += [str(one) for one in each(report, "text.div")]
    return plain(" ".join(texts))


@exchange(
    *RIS, zh="影像报告的所见与印象一字不差", en="findings and impression of a report are kept to the letter"
)
def findings(run: Run, hospital: Hospital) -> None:
    """A CT of the chest."""
    study = performed(hospital)
    publish(hospital, study, "F")
    found = report_of(hospital, study)
    told = everything(hospital, found)
    run.expect(plain(study.findings) in told, "所见完整", "the findings are whole")
    run.expect(plain(study.impression) in told, "印象完整", "the impression is whole")
    run.expect(
        plain(study.impression) in plain(str(found.get("conclusion"))),
        "印象为结论（conclusion）",
        "the impression is the conclusion",
    )


@exchange(
    *RIS,
    zh="影像报告有患者、检查号、项目、时间与医师",
    en="a report tells patient, accession number, exam, times and physicians",
)
def whole(run: Run, hospital: Hospital) -> None:
    """Everything but the text."""
    study = performed(hospital)
    publish(hospital, study, "F")
    found = report_of(hospital, study)
    run.expect(found.get("status") == "final", "状态为最终", "it is final", same(str(found.get("status"))))
    belongs(run, hospital, found, study.visit)
    run.expect(
        {study.exam.code, study.exam.loinc[0]} <= codes(found, "code"),
        "项目编码一致",
        "the codes are the same",
    )
    begun = pick(found, "effectiveDateTime") or pick(found, "effectivePeriod.start")
    run.expect(same_moment(begun, study.performed), "检查时间一致", "it was made when the message says")
    run.expect(
        same_moment(found.get("issued"), study.performed + timedelta(minutes=40)),
        "报告时间一致",
        "it was issued when the message says",
    )
    run.expect(
        bool(found.get("resultsInterpreter") or found.get("performer")), "记有报告医师", "who read it is told"
    )


@exchange(
    *RIS,
    zh="影像报告由初步、最终到更正，始终是同一份",
    en="a report becomes final, then corrected, and stays one report",
)
def life(run: Run, hospital: Hospital) -> None:
    """P, F, C; the impression grows in the last."""
    study = performed(hospital)
    for minutes, status, wanted in ((10, "P", ("preliminary", "partial")), (40, "F", ("final",))):
        publish(hospital, study, status, minutes)
        state = str(report_of(hospital, study, *wanted).get("status"))
        run.expect(state in wanted, f"状态为 {wanted[0]}", f"it is {wanted[0]}", same(state))
    study.impression += "\n补充报告:请结合临床及既往片对比。"
    publish(hospital, study, "C", 90)
    found = report_of(hospital, study, *CHANGED)
    run.expect(
        found.get("status") in CHANGED,
        "注明更正",
        "it says that it is corrected",
        same(str(found.get("status"))),
    )
    told = everything(hospital, found)
    run.expect("补充报告" in told, "补充内容在", "what was added is there")
    run.expect(
        told.count(plain(study.findings)) <= 2, "所见不重复", "the findings are not there again and again"
    )


@exchange(*RIS, zh="取消的检查没有有效报告", en="a cancelled examination has no report that counts")
def cancelled(run: Run, hospital: Hospital) -> None:
    """One is cancelled, another is not."""
    study, other = performed(hospital), performed(hospital)
    publish(hospital, other, "F")
    publish(hospital, study, "X")
    listed = hospital.absent(f"DiagnosticReport?identifier={study.accession}")
    live = [
        str(one.get("status")) for one in listed if one.get("status") not in ("cancelled", "entered-in-error")
    ]
    run.expect(not live, "没有有效报告", "none of it counts", same(", ".join(live)))
    run.expect(report_of(hospital, other).get("status") == "final", "其他检查不受影响", "the other one does")


@exchange(
    *RIS,
    zh="超声工作站（GBK、逐行发送）的报告完整",
    en="the report of an ultrasound workstation (GBK, line by line) is whole",
)
def sonography(run: Run, hospital: Hospital) -> None:
    """Pinyin before the name, one OBX per line."""
    study = performed(hospital, "USAB")
    study.visit.person = hospital.changed(study.visit.person, family="钱", given="秀英")
    study.findings, study.impression = EXAMS["USAB"].reports[0][:2]
    publish(hospital, study, "F")
    found = report_of(hospital, study)
    told = everything(hospital, found)
    missing = [
        line for line in f"{study.findings}\n{study.impression}".split("\n") if plain(line) not in told
    ]
    run.expect(not missing, "每行都在", "each line is there", counted(missing))
    conclusion = plain(str(found.get("conclusion")))
    first, second = (plain(one) for one in study.impression.split("\n"))
    run.expect(
        -1 < conclusion.find(first) < conclusion.find(second), "各行顺序不变", "the lines are in their order"
    )
    patient = hospital.read(str(pick(found, "subject.reference")))
    run.expect(study.visit.person.name in names(patient), "姓名为汉字", "the name is in characters")


@exchange(*RIS, zh="阳性结论有异常标志", en="an abnormal impression is flagged")
def abnormal(run: Run, hospital: Hospital) -> None:
    """The flag of the impression's line."""
    study = performed(hospital)
    study.findings, study.impression, study.abnormal = EXAMS["CTCH"].reports[0]
    publish(hospital, study, "F")
    found = report_of(hospital, study)
    flags = {code for one in observations(hospital, found) for code in codes(one, "interpretation")}
    flags |= codes(found, "conclusionCode")
    run.expect(bool(flags & _ABNORMAL), "有异常标志", "it is flagged", same(", ".join(sorted(flags))))


@exchange(*RIS, zh="检查的影像标识（Study UID）可由报告得到", en="the report leads to the study's UID")
def study_uid(run: Run, hospital: Hospital) -> None:
    """A viewer needs it to open the images."""
    study = performed(hospital)
    publish(hospital, study, "F")
    found = report_of(hospital, study)
    studies = [hospital.read(one) for one in references(found, "imagingStudy")]
    told = [everything(hospital, found), *(value for one in studies for value in identifiers(one))]
    run.expect(any(study.uid in one for one in told), "可得到 Study UID", "the UID is there")


def ordered(hospital: Hospital, study: Study) -> Entry:
    """Return the imaging order of the ward, with the study it asks for: OMI^O23 (HL7 v2.5.1 §4.4.12)."""
    number, at = components(study.order, "HIS"), study.visit.begun
    doctor = staff(study.visit.doctor, WARD)
    code = components(study.exam.code, study.exam.name, CODE_SYSTEM)
    ipc = {1: study.accession, 2: study.order, 3: study.uid, 4: study.order, 5: study.exam.modality}
    body = [
        pid(study.visit.person, WARD, visit=study.visit.number), pv1(study.visit, WARD),
        segment("ORC", {1: "NW", 2: number, 9: stamp(at), 12: doctor}),
        segment("OBR", {1: "1", 2: number, 4: code, 16: doctor, 18: study.accession}),
        segment("IPC", ipc),
    ]  # fmt: skip
    return hospital.chart.add(
        Entry(at, WARD, "OMI^O23^OMI_O23", body, "imaging order", study.visit.person.mrn)
    )


@exchange(
    "his",
    "pacs",
    zh="检查申请与报告往返：报告指回申请",
    en="the round trip: a report points back to its order",
)
def round_trip(run: Run, hospital: Hospital) -> None:
    """The HIS orders a CT, the RIS reports under the order's number."""
    study = performed(hospital)
    run.step("发送检查申请", "the exam is ordered")
    hospital.sent(ordered(hospital, study), "申请被接收", "the order is taken")
    order = hospital.one(
        f"ServiceRequest?identifier={study.order}", "申请单号可检索到申请", "the order is found by its number"
    )
    run.expect(study.exam.code in codes(order, "code"), "项目编码一致", "its code is the same")
    run.step("影像报告返回", "the report comes back")
    publish(hospital, study, "F")
    found = report_of(hospital, study)
    points_back(run, hospital, found, order, study.order)


@exchange(
    "his",
    "pacs",
    zh="申请、报告与影像往返：影像检查（ImagingStudy）可检索",
    en="order, report and image: the ImagingStudy is found",
)
def image(run: Run, hospital: Hospital) -> None:
    """After order and report, the study can be found by its UID and leads to the report."""
    study = performed(hospital)
    hospital.given(ordered(hospital, study))
    hospital.given(imaging.publish(hospital.chart, study, study.performed + timedelta(minutes=40), "F"))
    report = hospital.there(f"DiagnosticReport?identifier={study.accession}")
    subject = str(pick(report, "subject.reference"))
    listed = hospital.found(f"ImagingStudy?subject={subject}")
    here = [one for one in listed if any(study.uid in value for value in identifiers(one))]
    run.expect(
        len(here) == 1, "有一个该 UID 的影像检查", "there is one ImagingStudy with the UID", counted(here)
    )
    modality = {str(one) for one in [*each(here[0], "modality.code"), *each(here[0], "series.modality.code")]}
    run.expect(
        study.exam.modality in modality,
        "设备类型一致",
        "its modality is the same",
        same(", ".join(sorted(modality))),
    )


@exchange(*RIS, zh="同一影像报告重发，只有一份", en="a report sent again is there once")
def repeated(run: Run, hospital: Hospital) -> None:
    """The same bytes twice."""
    study = performed(hospital)
    entry = imaging.publish(hospital.chart, study, study.performed + timedelta(minutes=40), "F")
    message = hospital.bytes_of(entry)
    hospital.prerequisite(hospital.put(message, "pacs"))
    first = report_of(hospital, study)
    hospital.prerequisite(hospital.put(message, "pacs"))
    hospital.sent(entry, "以新控制号重发被接收", "under another control id it is taken, too")
    found = report_of(hospital, study)
    run.expect(references(found, "result") == references(first, "result"), "内容相同", "it says the same")
