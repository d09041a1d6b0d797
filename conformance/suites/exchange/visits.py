"""The life of a visit as the HIS tells it (ADT): admitted, moved, discharged, recalled, cancelled, merged."""

from __future__ import annotations

import re

from conformance.harness.paths import each, pick
from conformance.harness.run import Run
from conformance.harness.words import same
from conformance.simulators import admissions, laboratory
from conformance.simulators.cases import OUTPATIENT
from conformance.simulators.exact import Resource
from conformance.simulators.panels import PANELS
from conformance.suites.exchange.hospital import Hospital, counted
from conformance.suites.exchange.reading import about, current, identifiers, of_visit, references, same_moment
from conformance.suites.exchange.trial import exchange

OPEN = ("in-progress", "arrived", "triaged", "onleave")
_EMERGENCY = OUTPATIENT[-2]


def _status(found: Resource) -> str:
    return str(found.get("status"))


def _beds(hospital: Hospital, visit: Resource) -> set[str]:
    """Return the words that the places of a visit are called by: displays, names, numbers."""
    said = [str(one) for one in each(visit, "location.location.display")]
    for one in references(visit, "location.location"):
        found = hospital.read(one)
        said += [str(found.get("name")), *identifiers(found)]
    return {word for text in said for word in re.split(r"\W+", text)}


def _current(visit: Resource) -> Resource:
    there = [one for one in visit.get("location", []) if one.get("status", "active") == "active"]
    return {"location": [one for one in there if not (one.get("period") or {}).get("end")]}


@exchange(zh="入院登记（A01）成为在院就诊", en="an admission (A01) becomes a visit that is in progress")
def admitted(run: Run, hospital: Hospital) -> None:
    """Admit somebody and read the visit: who, since when, as what, in which bed."""
    visit = hospital.stay()
    run.step("发送入院消息", "an admission is sent")
    hospital.sent(admissions.admit(hospital.chart, visit, visit.begun, 61.5))
    found = hospital.one(of_visit(visit), "住院号可检索到就诊", "the visit is found by its number")
    run.expect(_status(found) == "in-progress", "状态为在院", "it is in progress", same(_status(found)))
    run.expect(
        pick(found, "class.code") in ("IMP", "ACUTE", "NONAC"),
        "类别为住院",
        "it is an inpatient's",
        same(str(pick(found, "class.code"))),
    )
    run.expect(
        same_moment(pick(found, "period.start"), visit.begun),
        "入院时间与消息一致",
        "it began when the message says",
    )
    patient = hospital.read(str(pick(found, "subject.reference")))
    run.expect(visit.person.mrn in identifiers(patient), "就诊属于该患者", "it is this patient's")
    run.expect(visit.place[2] in _beds(hospital, found), "记有床位", "its bed is told")


@exchange(zh="门诊挂号（A04）成为门诊就诊", en="a registration (A04) becomes an outpatient's visit")
def registered(run: Run, hospital: Hospital) -> None:
    """Register an outpatient."""
    visit = hospital.consultation()
    run.step("发送门诊挂号消息", "a registration is sent")
    hospital.sent(admissions.register(hospital.chart, visit, visit.begun))
    found = hospital.one(of_visit(visit), "就诊号可检索到就诊", "the visit is found by its number")
    run.expect(
        pick(found, "class.code") == "AMB",
        "类别为门诊",
        "it is an outpatient's",
        same(str(pick(found, "class.code"))),
    )
    run.expect(_status(found) in OPEN, "就诊尚未结束", "it is not over", same(_status(found)))


@exchange(
    zh="急诊登记（A04，PV1-2 为 E）成为急诊就诊", en="a registration in the emergency room is told as such"
)
def emergency(run: Run, hospital: Hospital) -> None:
    """Register somebody in the emergency room, and an outpatient."""
    visit, other = hospital.consultation(_EMERGENCY), hospital.consultation()
    hospital.given(admissions.register(hospital.chart, other, other.begun))
    hospital.sent(admissions.register(hospital.chart, visit, visit.begun))
    found = hospital.one(of_visit(visit), "就诊号可检索到就诊", "the visit is found by its number")
    run.expect(
        pick(found, "class.code") == "EMER",
        "类别为急诊",
        "it is an emergency",
        same(str(pick(found, "class.code"))),
    )
    run.expect(
        pick(hospital.there(of_visit(other)), "class.code") != "EMER",
        "门诊就诊不是急诊",
        "an outpatient's is none",
    )


@exchange(zh="转床（A02）后就诊在新床位", en="after a transfer (A02) the visit is in the new bed")
def transferred(run: Run, hospital: Hospital) -> None:
    """Move somebody to another bed."""
    visit = hospital.stay()
    hospital.given(admissions.admit(hospital.chart, visit, visit.begun, 61.5))
    old = visit.place[2]
    run.step("发送转床消息", "a transfer is sent")
    hospital.sent(admissions.transfer(hospital.chart, visit, hospital.chart.after(visit.begun, 60, 90)))
    new = visit.place[2]
    found = hospital.one(
        of_visit(visit), "仍是同一次就诊", "it is still the same visit",
        lambda one: new in _beds(hospital, _current(one)),
    )  # fmt: skip
    run.expect(new in _beds(hospital, _current(found)), "当前床位是新床位", "its bed now is the new one")
    run.expect(
        old not in _beds(hospital, _current(found)), "原床位已结束", "the old one is no longer current"
    )
    run.expect(_status(found) == "in-progress", "仍在院", "it goes on", same(_status(found)))


@exchange(zh="出院（A03）使就诊结束", en="a discharge (A03) ends the visit")
def discharged(run: Run, hospital: Hospital) -> None:
    """Discharge somebody."""
    visit = hospital.stay()
    hospital.given(admissions.admit(hospital.chart, visit, visit.begun, 61.5))
    run.step("发送出院消息", "a discharge is sent")
    hospital.sent(admissions.discharge(hospital.chart, visit, hospital.chart.after(visit.begun, 400, 500)))
    found = hospital.one(
        of_visit(visit),
        "仍是同一次就诊",
        "it is still the same visit",
        lambda one: _status(one) == "finished",
    )
    run.expect(_status(found) == "finished", "状态为已结束", "it is finished", same(_status(found)))
    ended = visit.ended
    run.expect(
        ended is not None and same_moment(pick(found, "period.end"), ended),
        "出院时间与消息一致",
        "it ended when the message says",
    )
    run.expect(
        same_moment(pick(found, "period.start"), visit.begun), "入院时间未变", "its beginning is as before"
    )


@exchange(zh="取消出院（A13）使就诊恢复", en="a cancelled discharge (A13) lets the visit go on")
def discharge_cancelled(run: Run, hospital: Hospital) -> None:
    """Discharge somebody, and take it back."""
    visit = hospital.stay()
    at = hospital.chart.after(visit.begun, 400, 500)
    hospital.given(admissions.admit(hospital.chart, visit, visit.begun, 61.5))
    hospital.given(admissions.discharge(hospital.chart, visit, at))
    run.step("发送取消出院消息", "the discharge is taken back")
    hospital.sent(admissions.cancel_discharge(hospital.chart, visit, hospital.chart.after(at, 10, 20)))
    found = hospital.one(
        of_visit(visit), "仍是同一次就诊", "it is still the same visit",
        lambda one: _status(one) == "in-progress",
    )  # fmt: skip
    run.expect(
        _status(found) == "in-progress", "状态恢复为在院", "it is in progress again", same(_status(found))
    )
    run.expect(pick(found, "period.end") is None, "不再有出院时间", "it has no end any more")


@exchange(zh="取消入院（A11）使就诊作废", en="a cancelled admission (A11) makes the visit void")
def admission_cancelled(run: Run, hospital: Hospital) -> None:
    """Admit two, and take one of them back."""
    visit, other = hospital.stay(), hospital.stay()
    hospital.given(admissions.admit(hospital.chart, visit, visit.begun, 61.5))
    hospital.given(admissions.admit(hospital.chart, other, other.begun, 58.0))
    run.step("发送取消入院消息", "the admission is taken back")
    hospital.sent(
        admissions.cancel_admission(hospital.chart, visit, hospital.chart.after(visit.begun, 10, 20))
    )
    void = ("cancelled", "entered-in-error")
    listed = hospital.found(
        of_visit(visit), lambda them: not [one for one in them if _status(one) not in void]
    )
    still = [_status(one) for one in listed if _status(one) not in void]
    run.expect(not still, "就诊已作废", "the visit is void", same(", ".join(still)))
    run.expect(
        _status(hospital.there(of_visit(other))) == "in-progress", "其他就诊不受影响", "another visit goes on"
    )


@exchange(
    zh="信息更新（A08）改变患者而不新建", en="an update (A08) changes the patient and makes no second one"
)
def updated(run: Run, hospital: Hospital) -> None:
    """Register somebody, then send another telephone number."""
    visit = hospital.consultation()
    hospital.given(admissions.register(hospital.chart, visit, visit.begun))
    visit.person = hospital.changed(visit.person, phone="10000001234")
    run.step("发送更新消息", "an update is sent")
    hospital.sent(admissions.update(hospital.chart, visit, hospital.chart.after(visit.begun, 5, 9), "update"))
    query = f"Patient?identifier={visit.person.mrn}"

    def told(one: Resource) -> bool:
        return any(str(value).endswith("10000001234") for value in each(current(one), "telecom.value"))

    found = hospital.one(query, "仍是同一患者", "it is still the same patient", told)
    run.expect(told(found), "电话已更新", "the telephone number is the new one")
    numbers = [str(one) for one in each(current(found), "telecom.value")]
    run.expect(len(numbers) == 1, "旧电话不再保留为现用", "the old one is gone", counted(numbers))


@exchange(zh="显式空值（两个双引号）删除电话", en='an explicit null ("") deletes the telephone number')
def deleted(run: Run, hospital: Hospital) -> None:
    """Register somebody with a number; an update without the field keeps it, one with the null deletes it."""
    visit = hospital.consultation()
    hospital.given(admissions.register(hospital.chart, visit, visit.begun))
    query = f"Patient?identifier={visit.person.mrn}"
    run.expect(bool(hospital.there(query).get("telecom")), "登记后有电话", "there is a number at first")
    entry = admissions.update(hospital.chart, visit, hospital.chart.after(visit.begun, 5, 9), "update")
    entry.segments = [hospital.field(one, "PID", 13, '""') for one in entry.segments]
    run.step("发送删除电话的更新", "an update that deletes the number is sent")
    hospital.sent(entry)
    found = hospital.one(
        query, "仍是同一患者", "it is still the same patient", lambda one: not current(one)["telecom"]
    )
    values = [str(one) for one in each(current(found), "telecom.value")]
    run.expect(not values, "电话已删除", "the number is gone", counted(values))


def _retired(hospital: Hospital) -> tuple[str, Resource]:
    """Register one person twice and merge the second record; returns its number and the survivor."""
    visit = hospital.consultation(_EMERGENCY)
    second = hospital.chart.number("9")
    hospital.given(admissions.register(hospital.chart, visit, visit.begun, second))
    hospital.noted(second)
    if "lis" in hospital.run.target.doors:
        report = laboratory.collect(hospital.chart, visit, PANELS["CRP"], visit.begun, 0.1)
        report.mrn = second
        hospital.given(
            laboratory.publish(hospital.chart, report, hospital.chart.after(visit.begun, 60, 80), "F")
        )
    hospital.run.step("发送合并消息（A40）", "the merge (A40) is sent")
    at = hospital.chart.after(visit.begun, 120, 150)
    hospital.sent(admissions.merge(hospital.chart, visit.person, second, at))
    return second, hospital.survivor(visit.person)


@exchange(
    zh="合并（A40）后旧档案指向保留的档案",
    en="after a merge (A40) the retired record points to the one that stays",
)
def merged(run: Run, hospital: Hospital) -> None:
    """Merge two records; the old number leads to the one that stays."""
    second, survivor = _retired(hospital)
    here = f"Patient/{survivor.get('id')}"

    def leads(one: Resource) -> bool:
        by = references(one, "link[type=replaced-by].other")
        return f"Patient/{one.get('id')}" == here or here in by

    listed = hospital.found(f"Patient?identifier={second}", lambda them: bool(them) and all(map(leads, them)))
    run.expect(bool(listed), "旧号仍可检索", "the old number still finds something")
    run.expect(all(map(leads, listed)), "旧号指向保留的档案", "the old number leads to the record that stays")
    active = [one for one in listed if f"Patient/{one.get('id')}" != here and one.get("active", True)]
    run.expect(not active, "旧档案不再有效", "the retired record is not active", counted(active))


@exchange(
    zh="合并后旧档案的就诊归到保留的档案",
    en="after a merge the visits of the retired record are the survivor's",
)
def merged_visits(run: Run, hospital: Hospital) -> None:
    """Merge two records; what belonged to the old one is found at the one that stays."""
    _, survivor = _retired(hospital)
    listed = hospital.found(about("Encounter", survivor))
    run.expect(
        len(listed) == 1,
        "就诊归到保留的档案",
        "the visit is found with the record that stays",
        counted(listed),
    )
