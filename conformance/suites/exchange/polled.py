"""What a HIS tells by its database: rows are written, withdrawn and deleted; FHIR follows exactly."""

from __future__ import annotations

from datetime import datetime, timedelta

from conformance.harness.paths import each, pick
from conformance.harness.run import Run
from conformance.harness.verdict import Skipped
from conformance.harness.words import same
from conformance.simulators.exact import Resource, dumps
from conformance.simulators.visits import Visit
from conformance.suites.exchange.arrived import expect_orders, expect_person, expect_results
from conformance.suites.exchange.branch import Branch, branch, now
from conformance.suites.exchange.branch_rows import patient, prescribed, registered, reported
from conformance.suites.exchange.hospital import counted
from conformance.suites.exchange.reading import (
    identifiers,
    names,
    of_visit,
    references,
    same_moment,
)

LATE = 30
"""Seconds by which a change lies before one that was read already, unless the door says ``late``."""
OVER = {"cancelled", "stopped", "entered-in-error", "completed"}
"""States of an order that nobody carries out any more."""
_BIRTHS = ("{0:%Y%m%d}", "{0:%Y-%m-%d}", "{0.year}/{0.month}/{0.day}", "{0.year}年{0.month}月{0.day}日",
           "{0:%Y.%m.%d}")  # fmt: skip


@branch(
    "sql",
    zh="数据库中的患者成为 Patient，各项一致",
    en="a patient in the database becomes a Patient, with what it says",
)
def view_patient(run: Run, branch: Branch) -> None:
    """Write a row and look for the patient."""
    visit = branch.visit()
    branch.rows(patient(branch, visit))
    found = expect_person(run, branch, visit)
    phones = [str(one) for one in each(found, "telecom.value")]
    run.expect(visit.person.phone in phones, "电话一致", "the telephone is the same", counted(phones))


@branch("sql", zh="数据库中的就诊成为 Encounter", en="a visit in the database becomes an Encounter")
def view_visit(run: Run, branch: Branch) -> None:
    """A visit begins, and ends by a change of its row."""
    visit = branch.visit()
    branch.rows(registered(branch, visit))
    found = branch.encounter(visit)
    run.expect(pick(found, "class.code") == "AMB", "为门诊就诊", "it is an outpatient's")
    run.expect(
        same_moment(pick(found, "period.start"), visit.begun), "开始时间一致", "it begins when it was said to"
    )
    end = visit.begun + timedelta(minutes=50)
    row = {"JZLSH": visit.number, "JZZT": "2", "JSSJ": f"{end:%Y-%m-%d %H:%M:%S}", "XGSJ": branch.stamp()}
    branch.rows([("update", "JZJL", row)])
    zh, en = "就诊已结束", "the visit is finished"
    over = branch.one(of_visit(visit), zh, en, lambda one: one.get("status") == "finished")
    run.expect(over.get("status") == "finished", zh, en, same(str(over.get("status"))))
    run.expect(over.get("id") == found.get("id"), "仍为同一就诊", "it is the same visit")
    run.expect(same_moment(pick(over, "period.end"), end), "结束时间一致", "it ends when it was said to")


@branch(
    "sql",
    zh="数据库中的处方：每个药品成为用药申请",
    en="a prescription in the database: each drug becomes an order",
)
def view_prescription(run: Run, branch: Branch) -> None:
    """Header and items are rows of two tables."""
    visit = branch.visit()
    branch.rows(registered(branch, visit))
    branch.rows(prescribed(branch, visit, f"CF{run.number}"))
    listed = expect_orders(run, branch, visit)
    wanted = f"Encounter/{branch.encounter(visit).get('id')}"
    run.expect(
        all(wanted in references(one, "encounter") for one in listed),
        "属于该次就诊",
        "they belong to the visit",
    )


@branch(
    "sql",
    zh="数据库中的检验报告及结果，数值不变",
    en="a report in the database and its results, values as they are",
)
def view_report(run: Run, branch: Branch) -> None:
    """11.80 stays 11.80."""
    visit = branch.visit()
    branch.rows(registered(branch, visit))
    branch.rows(reported(branch, visit, f"JY{run.number}"))
    report = expect_results(run, branch, visit)
    run.expect(report.get("status") == "final", "报告已审核", "it is final", same(str(report.get("status"))))


@branch(
    "sql",
    zh="变更时间较早、较晚提交的行不遗漏",
    en="a row that is committed late, with an earlier time, is not missed",
)
def view_late(run: Run, branch: Branch) -> None:
    """One row is read; then another comes, whose time of change lies before it."""
    first, late = branch.visit(), branch.visit()
    at = now()
    branch.rows(patient(branch, first, XGSJ=_written(at)))
    branch.patient(first.person)
    seconds = int(branch.option("sql", "late") or LATE)
    branch.rows(patient(branch, late, XGSJ=_written(at - timedelta(seconds=seconds))))
    expect_person(run, branch, late)


@branch(
    "sql",
    zh="变更时间相同、先后提交的行不遗漏",
    en="rows with the same time, committed one after the other, are not missed",
)
def view_equal(run: Run, branch: Branch) -> None:
    """Each of three is read before the next comes."""
    at = _written(now())
    for one in (branch.visit(), branch.visit(), branch.visit()):
        branch.rows(patient(branch, one, XGSJ=at))
        expect_person(run, branch, one)


@branch(
    "sql",
    zh="内容未变的行再次出现，不重复入库",
    en="a row that comes again with the same content stores nothing twice",
)
def view_repeated(run: Run, branch: Branch) -> None:
    """The HIS writes the time of change anew, as nightly jobs do; what comes after it was read, too."""
    visit, after = branch.visit(), branch.visit()
    branch.rows(registered(branch, visit))
    branch.rows(prescribed(branch, visit, f"CF{run.number}"))
    branch.rows(reported(branch, visit, f"JY{run.number}"))
    before = _ids(expect_orders(run, branch, visit)), expect_results(run, branch, visit).get("id")
    later = {"XGSJ": branch.stamp()}
    branch.rows([
        ("update", "CFZB", {"CFH": f"CF{run.number}", **later}),
        ("update", "JYBG", {"BGDH": f"JY{run.number}", "XMDM": "XCG", **later}),
    ])  # fmt: skip
    branch.rows(registered(branch, after))
    branch.rows(prescribed(branch, after, f"CG{run.number}"))
    branch.rows(reported(branch, after, f"JX{run.number}"))
    expect_orders(run, branch, after)
    expect_results(run, branch, after)
    listed = branch.orders(visit.person, 1)
    again = _ids(listed), expect_results(run, branch, visit).get("id")
    run.expect(
        again == before,
        "用药申请和报告不多不变",
        "orders and report are the same, and no more",
        counted(listed),
    )


@branch("sql", zh="作废的处方不再有效", en="a prescription that was withdrawn is no longer in force")
def view_withdrawn(run: Run, branch: Branch) -> None:
    """Its row says so."""
    visit, number = _prescription(run, branch)
    branch.rows([("update", "CFZB", {"CFH": number, "CFZT": "2", "XGSJ": branch.stamp()})])
    _expect_over(run, branch, visit)


@branch(
    "sql", zh="从数据库删除的处方不再有效", en="a prescription whose rows were deleted is no longer in force"
)
def view_deleted(run: Run, branch: Branch) -> None:
    """The HIS deletes rows in silence; who compares all keys finds out, in a time that the door tells."""
    seconds = float(branch.option("sql", "deletions") or 0)
    if not seconds:
        raise Skipped(
            "接口未说明多久对账一次删除（doors.*.deletions，秒）",
            "the door does not say how soon deletions are found (doors.*.deletions, seconds)",
        )
    visit, number = _prescription(run, branch)
    items = [("delete", "CFMX", {"MXXH": f"{number}-{order}"}) for order in (1, 2)]
    branch.rows([*items, ("delete", "CFZB", {"CFH": number})])
    _expect_over(run, branch, visit, seconds)


@branch("sql", zh="“-”“无”“NULL”不是值", en="`-`, `无` and `NULL` are no values")
def view_nothing(run: Run, branch: Branch) -> None:
    """What people type where a form insists."""
    visit = branch.visit()
    branch.rows(patient(branch, visit, SFZH="-", LXDH="无", DZ="NULL", XM=f"{visit.person.name}\u3000"))
    found = branch.one(f"Patient?identifier={visit.person.mrn}", "患者已入库", "the patient is there")
    run.expect(visit.person.name in names(found), "姓名不带空格", "the name has no blank at its end")
    said = [
        *identifiers(found),
        *(str(one) for one in each(found, "telecom.value")),
        dumps(found.get("address")),
    ]
    wrong = [one for one in said if one.strip('"[]{} ') in ("-", "无", "NULL") or "NULL" in one]
    run.expect(
        not wrong, "没有以占位符为值的元素", "no element has a placeholder as its value", counted(wrong)
    )
    run.expect(not found.get("telecom"), "没有电话", "there is no telephone")


@branch("sql", zh="五种写法的日期读法一致", en="dates in five styles are read as the same")
def view_dates(run: Run, branch: Branch) -> None:
    """A birth date as text, in as many ways as there are vendors."""
    visits = [branch.visit() for _ in _BIRTHS]
    for visit, style in zip(visits, _BIRTHS, strict=True):
        branch.rows(patient(branch, visit, CSRQ=style.format(visit.person.birth)))
    for visit in visits:
        expect_person(run, branch, visit)


def _prescription(run: Run, branch: Branch) -> tuple[Visit, str]:
    """Write a prescription as a prerequisite. Raises :class:`Skipped`: it is not there."""
    visit, number = branch.visit(), f"CF{run.number}"
    branch.rows(registered(branch, visit))
    branch.rows(prescribed(branch, visit, number))
    listed = branch.orders(visit.person, len(branch.drugs))
    if len(listed) != len(branch.drugs) or any(one.get("status") in OVER for one in listed):
        raise Skipped("前提未满足：处方未入库", "prerequisite not met: the prescription is not there")
    return visit, number


def _expect_over(run: Run, branch: Branch, visit: Visit, seconds: float = 0.0) -> None:
    query = f"MedicationRequest?patient.identifier={visit.person.mrn}"

    def over() -> list[Resource] | None:
        listed = branch.absent(query)
        return listed if all(one.get("status") in OVER - {"completed"} for one in listed) else None

    run.until(over, "用药申请均已终止", "all its orders are over", seconds)


def _ids(listed: list[Resource]) -> list[str]:
    return sorted(str(one.get("id")) for one in listed)


def _written(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}"
