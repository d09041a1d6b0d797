"""What must have become of a visit that a HIS without HL7 v2 told of: the same, whichever door it came by."""

from __future__ import annotations

from conformance.harness.paths import pick
from conformance.harness.run import Run
from conformance.harness.words import same
from conformance.simulators import papers
from conformance.simulators.exact import Resource
from conformance.simulators.visits import Visit
from conformance.suites.exchange.branch import Branch
from conformance.suites.exchange.hospital import counted
from conformance.suites.exchange.reading import codes, digits, identifiers, names, references


def expect_person(run: Run, branch: Branch, visit: Visit) -> Resource:
    """Expect the patient, once, with what was said of him."""
    who = visit.person
    found = branch.one(f"Patient?identifier={who.mrn}", "患者已入库", "the patient is there")
    run.expect(who.name in names(found), "姓名一致", "the name is the same")
    run.expect(
        found.get("birthDate") == f"{who.birth:%Y-%m-%d}", "出生日期一致", "the birth date is the same"
    )
    sex = {"M": "male", "F": "female"}[who.sex]
    run.expect(found.get("gender") == sex, "性别一致", "the sex is the same", same(str(found.get("gender"))))
    run.expect(who.resident_id in identifiers(found), "身份证号一致", "the resident ID is the same")
    return found


def expect_orders(run: Run, branch: Branch, visit: Visit) -> list[Resource]:
    """Expect an order for each drug, doses as they were written."""
    listed = branch.orders(visit.person, len(branch.drugs))
    run.expect(
        len(listed) == len(branch.drugs),
        "每个药品一条用药申请",
        "there is an order for each drug",
        counted(listed),
    )
    doses = sorted(digits(pick(one, "dosageInstruction.doseAndRate.doseQuantity.value")) for one in listed)
    wanted = sorted(one.dose for one in branch.drugs)
    run.expect(
        doses == wanted, f"剂量为 {'、'.join(wanted)}", f"the doses are {', '.join(wanted)}", same(str(doses))
    )
    return listed


def expect_results(run: Run, branch: Branch, visit: Visit) -> Resource:
    """Expect a report with three results, values to the digit."""
    zh, en = "报告已入库", "the report is there"
    report = branch.one(f"DiagnosticReport?patient.identifier={visit.person.mrn}", zh, en)
    found = [branch.read(one) for one in references(report, "result")]
    values = {
        code: digits(pick(one, "valueQuantity.value")) for one in found for code in codes(one, "code")
    }  # fmt: skip
    for one in papers.RESULTS:
        said = values.get(one.code, "")
        run.expect(
            said == one.value, f"{one.code} 为 {one.value}", f"{one.code} is {one.value}", same(said or "–")
        )
    return report
