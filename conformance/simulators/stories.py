"""Owns what happens to a patient: the chain from the front desk over orders and reports to the way home."""

from __future__ import annotations

from datetime import datetime, timedelta

from conformance.simulators import admissions, cultures, imaging, laboratory, prescriptions
from conformance.simulators.cases import DELIVERY, INPATIENT, NEWBORN, OUTPATIENT, Case
from conformance.simulators.chart import Chart
from conformance.simulators.dialects import BEDSIDE
from conformance.simulators.exams import EXAMS
from conformance.simulators.panels import PANELS
from conformance.simulators.people import Person, draw, newborn
from conformance.simulators.results import lipaemic
from conformance.simulators.visits import Visit
from conformance.simulators.wards import DEPARTMENTS


def inpatient(chart: Chart) -> Visit:
    """Admitted this morning; orders, reports; a third moves to another bed, some go home in the evening."""
    visit = _stay(chart, chart.rng.choice(INPATIENT), chart.clock(7, 40, 330))
    admissions.admit(chart, visit, visit.begun, _weight(chart, visit.person))
    _treat(chart, visit, visit.begun)
    if chart.rng.random() < 0.35:
        admissions.transfer(chart, visit, chart.after(visit.begun, 150, 300))
    if chart.rng.random() < 0.4:
        admissions.update(chart, visit, chart.after(visit.begun, 301, 360), "update")
    if chart.rng.random() < 0.25:
        admissions.discharge(chart, visit, chart.after(visit.begun, 420, 560))
    return visit


def in_house(chart: Chart) -> Visit:
    """Here since days before we were connected: the ward round updates him, most go home at noon."""
    begun = chart.clock(9, 0, 400) - timedelta(days=chart.rng.randint(2, 9))
    visit = _stay(chart, chart.rng.choice(INPATIENT), begun)
    morning = chart.clock(6, 30, 80)
    admissions.update(chart, visit, morning, "ward census")
    _monitor(chart, visit, morning)
    if chart.rng.random() < 0.75:
        script = prescriptions.prescribe(chart, visit, chart.after(morning, 120, 160), 7)
        prescriptions.encode(chart, script, chart.after(script.written, 10, 30))
        admissions.discharge(chart, visit, chart.after(morning, 210, 340))
    else:
        _treat(chart, visit, chart.after(morning, 60, 120))
    return visit


def outpatient(chart: Chart) -> Visit:
    """Registers, is examined, comes back with the results and gets a prescription."""
    visit = _consultation(chart, chart.rng.choice(OUTPATIENT), chart.clock(7, 30, 560))
    admissions.register(chart, visit, visit.begun)
    ordered = chart.after(visit.begun, 15, 60)
    back = _examine(chart, visit, ordered, severity=0.12)
    if chart.rng.random() < 0.35:
        admissions.update(chart, visit, chart.after(back, 2, 8), "diagnosis updated")
    script = prescriptions.prescribe(chart, visit, chart.after(back, 9, 20), chart.rng.choice((3, 5, 7, 14)))
    prescriptions.encode(chart, script, chart.after(script.written, 1, 5))
    if chart.rng.random() < 0.08:
        prescriptions.encode(chart, script, chart.after(script.written, 12, 30), "CA")
    return visit


def birth(chart: Chart) -> Visit:
    """A mother is admitted and delivers; her child is admitted beside her, without an ID of its own."""
    mother = _stay(chart, DELIVERY, chart.clock(2, 0, 120))
    admissions.admit(chart, mother, mother.begun, chart.rng.uniform(60, 78))
    _treat(chart, mother, mother.begun)
    born = chart.after(mother.begun, 300, 420)
    admissions.transfer(chart, mother, chart.after(born, 61, 90))
    department = DEPARTMENTS["07.01"]
    child = newborn(chart.rng, chart.number("2"), mother.person, born.date())
    place = (department.ward, *chart.beds.take(department))
    visit = Visit(chart.number("ZY"), "I", child, NEWBORN, department, department.physicians[0], born, place)
    admissions.admit(chart, visit, chart.after(born, 10, 30), chart.rng.uniform(2.8, 3.9))
    _treat(chart, visit, chart.after(born, 31, 60))
    return visit


def mistaken_admission(chart: Chart) -> Visit:
    """A clerk admits the wrong person and cancels it minutes later (A11)."""
    visit = _stay(chart, chart.rng.choice(INPATIENT), chart.clock(9, 0, 120))
    admissions.admit(chart, visit, visit.begun, _weight(chart, visit.person))
    script = prescriptions.prescribe(chart, visit, chart.after(visit.begun, 1, 3), 3)
    prescriptions.order(chart, script, script.written)
    prescriptions.order(chart, script, chart.after(visit.begun, 4, 6), "CA")
    admissions.cancel_admission(chart, visit, chart.after(visit.begun, 7, 15))
    return visit


def delayed_discharge(chart: Chart) -> Visit:
    """Discharged, called back because of a late result (A13), discharged in the evening."""
    visit = _stay(chart, INPATIENT[0], chart.clock(8, 0, 30) - timedelta(days=4))
    morning = chart.clock(6, 40, 40)
    admissions.update(chart, visit, morning, "ward census")
    script = prescriptions.prescribe(chart, visit, chart.after(morning, 60, 70), 5)
    prescriptions.order(chart, script, script.written)
    prescriptions.order(chart, script, chart.after(morning, 140, 148), "DC")
    admissions.discharge(chart, visit, chart.after(morning, 150, 180))
    admissions.cancel_discharge(chart, visit, chart.after(morning, 190, 200))
    _report(chart, visit, "CARD", chart.after(morning, 201, 210), 0.5)
    admissions.discharge(chart, visit, chart.after(morning, 600, 640))
    return visit


def doubled_record(chart: Chart) -> Visit:
    """Brought in unconscious and registered a second time; merged when his card is found (A40)."""
    visit = _consultation(chart, OUTPATIENT[-1], chart.clock(10, 0, 120))
    second = chart.number("9")
    admissions.register(chart, visit, visit.begun, second)
    report = laboratory.collect(chart, visit, PANELS["CARD"], chart.after(visit.begun, 5, 9), 0.6)
    report.mrn = second
    laboratory.publish(chart, report, chart.after(report.collected, 30, 45), "F")
    admissions.merge(chart, visit.person, second, chart.after(visit.begun, 120, 150))
    _report(chart, visit, "BR", chart.after(visit.begun, 160, 170), 0.2)
    return visit


def second_look(chart: Chart) -> Visit:
    """Everything that a report can go through: preliminary, final, corrected, withdrawn, cancelled."""
    visit = _consultation(chart, OUTPATIENT[6], chart.clock(8, 0, 60))
    admissions.register(chart, visit, visit.begun)
    ordered = chart.after(visit.begun, 10, 20)
    blood = laboratory.collect(chart, visit, PANELS["BR"], ordered, 0.2)
    blood.results = lipaemic(blood.results)
    laboratory.publish(chart, blood, chart.after(ordered, 50, 60), "P")
    laboratory.publish(chart, blood, chart.after(ordered, 70, 80), "F")
    laboratory.correct(blood, "WBC", 0.6)
    blood.comment = "标本复检，更正报告，以本报告为准"
    laboratory.publish(chart, blood, chart.after(ordered, 100, 120), "C")
    chemistry = laboratory.collect(chart, visit, PANELS["BC"], ordered, 0.2)
    laboratory.publish(chart, chemistry, chart.after(ordered, 120, 140), "F")
    laboratory.withdraw(chemistry, "K")
    chemistry.comment = "标本溶血，撤回血钾结果"
    laboratory.publish(chart, chemistry, chart.after(ordered, 150, 170), "C")
    _report(chart, visit, "ANA", ordered, 1.0)
    imaging.publish(
        chart, imaging.perform(chart, visit, EXAMS["CTCH"], ordered), chart.after(ordered, 91, 95), "X"
    )
    study = imaging.perform(chart, visit, EXAMS["CTCH"], chart.after(ordered, 100, 110))
    for minutes, status in ((10, "P"), (60, "F"), (120, "C")):
        imaging.publish(chart, study, study.performed + timedelta(minutes=minutes), status)
    return visit


def _person(chart: Chart, case: Case) -> Person:
    return draw(chart.rng, chart.number("1"), chart.on, case.ages, case.sex)


def _stay(chart: Chart, case: Case, begun: datetime) -> Visit:
    department = DEPARTMENTS[case.department]
    place = (department.ward, *chart.beds.take(department))
    doctor = chart.rng.choice(department.physicians)
    return Visit(chart.number("ZY"), "I", _person(chart, case), case, department, doctor, begun, place)


def _consultation(chart: Chart, case: Case, begun: datetime) -> Visit:
    department = DEPARTMENTS[case.department]
    kind, prefix = ("E", "JZ") if case.department == "20" else ("O", "MZ")
    room = (f"C{case.department.replace('.', '')}", f"{chart.rng.randint(1, 6)}诊室", "")
    doctor = chart.rng.choice(department.physicians)
    return Visit(chart.number(prefix), kind, _person(chart, case), case, department, doctor, begun, room)


def _weight(chart: Chart, person: Person) -> float:
    years = person.age(chart.on)
    return chart.rng.uniform(0.9, 1.1) * (8 + 2 * years) if years < 13 else chart.rng.uniform(46, 86)


def _treat(chart: Chart, visit: Visit, start: datetime) -> None:
    """Orders of a ward: drugs first, then what the laboratory and the imaging department find."""
    script = prescriptions.prescribe(chart, visit, chart.after(start, 20, 50), chart.rng.choice((3, 5, 7)))
    ordered = prescriptions.order(chart, script, script.written)
    if chart.rng.random() < 0.6:
        prescriptions.encode(chart, script, chart.after(ordered.at, 10, 25), "RE")
    if chart.rng.random() < 0.15:
        prescriptions.order(chart, script, chart.after(ordered.at, 60, 180), chart.rng.choice(("CA", "DC")))
    _examine(chart, visit, chart.after(start, 25, 60), severity=0.25)
    if chart.rng.random() < 0.9:
        _monitor(chart, visit, start)


def _examine(chart: Chart, visit: Visit, ordered: datetime, severity: float) -> datetime:
    """Order what the case asks for; returns when everything but cultures has been reported."""
    done = [ordered]
    for code in visit.case.panels:
        if code == "CULT":
            _culture(chart, visit, ordered)
        else:
            done.append(_report(chart, visit, code, ordered, severity))
    done += [_image(chart, visit, code, ordered) for code in visit.case.exams if chart.rng.random() < 0.8]
    return max(done)


def _report(chart: Chart, visit: Visit, code: str, ordered: datetime, severity: float) -> datetime:
    panel = PANELS[code]
    report = laboratory.collect(chart, visit, panel, ordered, severity)
    final = chart.after(report.collected, panel.minutes, panel.minutes * 3 // 2)
    if len(panel.items) > 5 and chart.rng.random() < 0.25:
        laboratory.publish(chart, report, report.collected + (final - report.collected) / 2, "P")
    laboratory.publish(chart, report, final, "F")
    if chart.rng.random() < 0.05:
        _amend(chart, report, chart.after(final, 20, 60))
    return final


def _amend(chart: Chart, report: laboratory.Report, at: datetime) -> None:
    """A second look: a number was wrong, or should not have been there at all."""
    code = chart.rng.choice(report.results).item.code
    if chart.rng.random() < 0.4:
        laboratory.withdraw(report, code)
        report.comment = "标本量不足，撤回该项目结果"
    else:
        laboratory.correct(report, code, 0.8)
        report.comment = "标本复检，更正报告，以本报告为准"
    laboratory.publish(chart, report, at, "C")


def _culture(chart: Chart, visit: Visit, ordered: datetime) -> None:
    report = laboratory.collect(chart, visit, PANELS["CULT"], ordered, 0)
    report.results = cultures.smear()
    laboratory.publish(chart, report, chart.after(report.collected, 60, 90), "P")
    report.results = cultures.grown()
    laboratory.publish(chart, report, chart.after(report.collected, 540, 640), "F")


def _monitor(chart: Chart, visit: Visit, start: datetime) -> None:
    """Point of care: blood glucose before meals for diabetics, a finger-prick blood count for the others."""
    diabetic = visit.department.code == "03.07"
    for round_ in range(3 if diabetic else 1):
        ordered = start + timedelta(minutes=40 + 240 * round_)
        report = laboratory.collect(chart, visit, PANELS["PGLU" if diabetic else "PBR"], ordered, 0.3)
        laboratory.publish(chart, report, chart.after(report.collected, 3, 8), "F", BEDSIDE)


def _image(chart: Chart, visit: Visit, code: str, ordered: datetime) -> datetime:
    exam = EXAMS[code]
    study = imaging.perform(chart, visit, exam, ordered)
    if chart.rng.random() < 0.06:
        imaging.publish(chart, study, chart.after(study.performed, 5, 15), "X")
        return study.performed
    final = chart.after(study.performed, 40, 110)
    if exam.modality in ("CT", "MR") and chart.rng.random() < 0.5:
        imaging.publish(chart, study, chart.after(study.performed, 15, 35), "P")
    imaging.publish(chart, study, final, "F")
    if chart.rng.random() < 0.07:
        study.impression += "\n补充报告:请结合临床及既往片对比。"
        imaging.publish(chart, study, chart.after(final, 20, 60), "C")
    return final
