"""Prescriptions and requests of the HIS: OMP, RDE, OML go in; MedicationRequest, ServiceRequest come out."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from conformance.harness.paths import pick
from conformance.harness.run import Run
from conformance.harness.words import same
from conformance.simulators import prescriptions
from conformance.simulators.cases import INPATIENT, OUTPATIENT
from conformance.simulators.chart import Entry
from conformance.simulators.dialects import WARD, pid, staff
from conformance.simulators.drugs import Drug
from conformance.simulators.er7 import components, segment, stamp
from conformance.simulators.exact import Resource
from conformance.simulators.panels import CODE_SYSTEM, PANELS
from conformance.simulators.prescriptions import Prescription
from conformance.simulators.visits import Visit, pv1
from conformance.suites.exchange.hospital import Hospital, counted
from conformance.suites.exchange.reading import about, codes, digits, identifiers, of_visit, references
from conformance.suites.exchange.trial import exchange

_INFUSION = INPATIENT[7]
_DECOCTION = OUTPATIENT[8]


def _script(hospital: Hospital, visit: Visit) -> Prescription:
    return prescriptions.prescribe(hospital.chart, visit, hospital.chart.after(visit.begun, 30, 40), 5)


def _listed(hospital: Hospital, visit: Visit, number: int) -> list[Resource]:
    query = about("MedicationRequest", hospital.patient(visit.person))
    return hospital.found(query, lambda them: len(them) >= number)


def _coded(hospital: Hospital, order: Resource) -> set[str]:
    """Return the codes of an order's drug, in the order or in the Medication that it names."""
    found = codes(order, "medicationCodeableConcept")
    for one in references(order, "medicationReference"):
        inside = [each_ for each_ in order.get("contained") or [] if f"#{each_.get('id')}" == one]
        found |= codes(inside[0] if inside else hospital.read(one), "code")
    return found


def _of(hospital: Hospital, listed: list[Resource], drug: Drug) -> Resource:
    return next((one for one in listed if drug.code in _coded(hospital, one)), {})


def _each(run: Run, hospital: Hospital, script: Prescription) -> list[Resource]:
    """Expect one MedicationRequest for each drug; returns them."""
    listed = _listed(hospital, script.visit, len(script.drugs))
    one_each = len(listed) == len(script.drugs)
    run.expect(
        one_each, "每个药品一条用药申请", "there is a MedicationRequest for each drug", counted(listed)
    )
    return listed


def _words(hospital: Hospital, order: Resource) -> str:
    """Return all that an order says, with what it names."""
    names = [*references(order, "medicationReference"), *references(order, "supportingInformation")]
    return str([order, *(hospital.read(one) for one in names)])


def _ordered(run: Run, hospital: Hospital) -> tuple[Prescription, list[Resource]]:
    """Send a prescription as a prerequisite; returns it and what it became."""
    visit = hospital.stay()
    script = _script(hospital, visit)
    hospital.given(prescriptions.order(hospital.chart, script, script.written))
    return script, _each(run, hospital, script)


@exchange(
    zh="处方（OMP）的每个药品成为用药申请", en="each drug of a prescription (OMP) becomes a MedicationRequest"
)
def prescribed(run: Run, hospital: Hospital) -> None:
    """Order five drugs: who, for whom, when, in which visit, under one number."""
    visit = hospital.stay()
    script = _script(hospital, visit)
    hospital.sent(prescriptions.order(hospital.chart, script, script.written))
    listed = _each(run, hospital, script)
    run.expect(
        all(_of(hospital, listed, one) for one in script.drugs),
        "药品编码一致",
        "the drugs' codes are the same",
    )
    numbered = [script.number in (pick(one, "groupIdentifier.value"), *identifiers(one)) for one in listed]
    run.expect(all(numbered), "处方号相同", "they share the prescription's number", counted(numbered))
    states = {str(one.get("status")) for one in listed}
    run.expect(
        states <= {"active", "draft", "on-hold"},
        "医嘱尚未终止",
        "the orders are not over",
        same(", ".join(sorted(states))),
    )
    run.expect(all(one.get("requester") for one in listed), "记有开方医师", "the prescriber is told")
    run.expect(all(pick(one, "authoredOn") for one in listed), "记有开方时间", "the time is told")
    found = hospital.there(of_visit(visit))
    wanted = f"Encounter/{found.get('id')}"
    run.expect(
        all(wanted in references(one, "encounter") for one in listed),
        "属于该次就诊",
        "they belong to the visit",
    )


@exchange(
    zh="剂量、单位、途径、频次与数量不变", en="dose, unit, route, frequency and quantity stay as they are"
)
def dosage(run: Run, hospital: Hospital) -> None:
    """47.5 mg stay 47.5 mg."""
    script, listed = _ordered(run, hospital)
    for order, drug in enumerate(script.drugs, start=1):
        found = pick(_of(hospital, listed, drug), "dosageInstruction") or {}
        dose = pick(found, "doseAndRate.doseQuantity") or {}
        wanted = f"{drug.dose} {drug.dose_unit}"
        told = [f"{digits(dose.get('value'))} {dose.get(one)}" for one in ("code", "unit") if dose.get(one)]
        zh, en = f"第 {order} 种药的剂量为 {wanted}", f"the dose of drug {order} is {wanted}"
        run.expect(wanted in told, zh, en, same(", ".join(told)))
        route = codes(found, "route") | {str(pick(found, "route.text"))}
        run.expect(drug.route in route, f"途径为 {drug.route}", f"the route is {drug.route}",
                   same(", ".join(sorted(route))))  # fmt: skip
        said = f"{found.get('timing')}{found.get('text')}{found.get('additionalInstruction')}"
        timed = drug.frequency in said or bool(pick(found, "timing.repeat")) or drug.frequency == "ST"
        run.expect(timed, "有频次", "its frequency is told")
        supply = digits(pick(_of(hospital, listed, drug), "dispenseRequest.quantity.value"))
        run.expect(bool(supply.strip("0.")), "有发药数量", "the quantity is told", same(supply))


def _ended(run: Run, hospital: Hospital, control: str, wanted: tuple[str, ...]) -> None:
    script, _ = _ordered(run, hospital)
    at = hospital.chart.after(script.written, 60, 80)
    hospital.sent(prescriptions.order(hospital.chart, script, at, control))
    query = about("MedicationRequest", hospital.patient(script.visit.person))
    listed = hospital.found(query, lambda them: all(one.get("status") in wanted for one in them))
    run.expect(
        len(listed) == len(script.drugs),
        "没有新增用药申请",
        "there are no more of them than before",
        counted(listed),
    )
    states = sorted({str(one.get("status")) for one in listed})
    run.expect(
        set(states) <= set(wanted),
        f"状态为 {wanted[0]}",
        f"their status is {wanted[0]}",
        same(", ".join(states)),
    )


@exchange(zh="撤销处方（ORC-1 为 CA）使医嘱取消", en="a cancelled prescription (ORC-1 CA) is cancelled")
def cancelled(run: Run, hospital: Hospital) -> None:
    """Order, then cancel."""
    _ended(run, hospital, "CA", ("cancelled", "entered-in-error", "stopped"))


@exchange(zh="停止医嘱（ORC-1 为 DC）使医嘱停止", en="a discontinued prescription (ORC-1 DC) is stopped")
def discontinued(run: Run, hospital: Hospital) -> None:
    """Order, then discontinue."""
    _ended(run, hospital, "DC", ("stopped", "cancelled"))


@exchange(zh="药房确认（RDE）不产生第二份医嘱", en="the pharmacy's encoding (RDE) makes no second order")
def encoded(run: Run, hospital: Hospital) -> None:
    """Order, then send what the pharmacy made of it."""
    script, before = _ordered(run, hospital)
    at = hospital.chart.after(script.written, 60, 80)
    hospital.sent(prescriptions.encode(hospital.chart, script, at, "RE"))
    listed = _listed(hospital, script.visit, len(before))
    run.expect(
        len(listed) == len(before), "医嘱数量不变", "there are as many orders as before", counted(listed)
    )
    run.expect(
        all(_of(hospital, listed, one) for one in script.drugs), "药品未变", "they are for the same drugs"
    )


@exchange(
    zh="门诊处方（RDE）成为用药申请", en="an outpatient's prescription (RDE) becomes MedicationRequests"
)
def outpatient(run: Run, hospital: Hospital) -> None:
    """The clinic's older system writes the timing into RXE-1."""
    visit = hospital.consultation()
    script = _script(hospital, visit)
    hospital.sent(prescriptions.encode(hospital.chart, script, script.written))
    listed = _each(run, hospital, script)
    for order, drug in enumerate(script.drugs, start=1):
        said = digits(pick(_of(hospital, listed, drug), "dosageInstruction.doseAndRate.doseQuantity.value"))
        run.expect(
            said == drug.dose,
            f"第 {order} 种药的剂量为 {drug.dose}",
            f"the dose of drug {order} is {drug.dose}",
            same(said),
        )


@exchange(zh="输液（RXC）的溶媒与药品都在", en="an infusion (RXC) tells its solution and its drug")
def infusion(run: Run, hospital: Hospital) -> None:
    """A powder in 100 mL of saline."""
    visit = hospital.stay(_INFUSION)
    visit.case = replace(visit.case, drugs=("XY018",))
    script = _script(hospital, visit)
    hospital.sent(prescriptions.order(hospital.chart, script, script.written))
    listed = _listed(hospital, visit, 1)
    run.expect(len(listed) == 1, "一条用药申请", "there is one MedicationRequest", counted(listed))
    said = _words(hospital, listed[0])
    run.expect("氯化钠" in said, "有溶媒", "the solution is there")
    run.expect("头孢呋辛" in said, "有药品", "the drug is there")


@exchange(zh="中药饮片处方的每味药与剂量都在", en="a decoction tells each herb and its amount")
def decoction(run: Run, hospital: Hospital) -> None:
    """四君子汤 with seven herbs."""
    visit = hospital.consultation(_DECOCTION)
    script = _script(hospital, visit)
    hospital.sent(prescriptions.encode(hospital.chart, script, script.written))
    listed = _listed(hospital, visit, 1)
    run.expect(len(listed) == 1, "一条用药申请", "there is one MedicationRequest", counted(listed))
    said = _words(hospital, listed[0])
    missing = [
        herb for herb in ("党参", "炒白术", "茯苓", "炙甘草", "陈皮", "砂仁", "炒麦芽") if herb not in said
    ]
    run.expect(not missing, "每味药都在", "each herb is there", same("、".join(missing)))


@exchange(zh="检验申请（OML）成为服务申请", en="a request for a test (OML) becomes a ServiceRequest")
def requested(run: Run, hospital: Hospital) -> None:
    """Request a blood count; then cancel it."""
    visit = hospital.stay()
    number = hospital.chart.number("JY")
    hospital.sent(request(hospital, visit, number, visit.begun))
    found = hospital.one(
        f"ServiceRequest?identifier={number}", "申请单号可检索到申请", "the request is found by its number"
    )
    run.expect(
        found.get("status") in ("active", "draft", "on-hold"),
        "申请有效",
        "it is active",
        same(str(found.get("status"))),
    )
    run.expect("BR" in codes(found, "code"), "项目编码一致", "the code is the same")
    patient = hospital.read(str(pick(found, "subject.reference")))
    run.expect(visit.person.mrn in identifiers(patient), "属于该患者", "it is this patient's")
    run.step("撤销申请", "the request is cancelled")
    hospital.sent(request(hospital, visit, number, hospital.chart.after(visit.begun, 5, 9), "CA"))
    void = ("revoked", "entered-in-error")
    listed = hospital.found(
        f"ServiceRequest?identifier={number}", lambda them: all(one.get("status") in void for one in them)
    )
    states = [str(one.get("status")) for one in listed]
    run.expect(len(states) == 1 and states[0] in void, "申请已撤销", "it is revoked", same(", ".join(states)))


def request(hospital: Hospital, visit: Visit, number: str, at: datetime, control: str = "NW") -> Entry:
    """Return a laboratory order of the ward: OML^O21 (HL7 v2.5.1 §4.4.6)."""
    panel = PANELS["BR"]
    doctor = staff(visit.doctor, WARD)
    orc = {
        1: control,
        2: components(number, "HIS"),
        5: "CA" if control == "CA" else "",
        9: stamp(at),
        12: doctor,
    }
    obr = {
        1: "1",
        2: components(number, "HIS"),
        4: components(panel.code, panel.name, CODE_SYSTEM),
        16: doctor,
    }
    body = [
        pid(visit.person, WARD, visit=visit.number),
        pv1(visit, WARD),
        segment("ORC", orc),
        segment("OBR", obr),
    ]
    return hospital.chart.add(Entry(at, WARD, "OML^O21^OML_O21", body, "order", visit.person.mrn))
