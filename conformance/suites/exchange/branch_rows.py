"""Rows of a HIS database, as the simulated one has them: a patient, a visit, a prescription, a report."""

from __future__ import annotations

from datetime import timedelta

from conformance.simulators import papers
from conformance.simulators.drugs import ROUTES
from conformance.simulators.visits import Visit
from conformance.suites.exchange.branch import Branch, Rows


def patient(branch: Branch, visit: Visit, minutes: int = 0, **changes: str) -> Rows:
    """Return the row of a patient."""
    who = visit.person
    row = {"BRID": who.mrn, "MZH": f"M{who.mrn}", "XM": who.name, "XB": papers.SEX[who.sex],
           "CSRQ": f"{who.birth:%Y%m%d}", "SFZH": who.resident_id, "LXDH": who.phone, "DZ": who.street,
           "ZFBZ": "0", "XGSJ": branch.stamp(minutes)}  # fmt: skip
    return [("insert", "BRDA", {**row, **changes})]


def registered(branch: Branch, visit: Visit, state: str = "1", **changes: str) -> Rows:
    """Return the rows of a patient and a visit."""
    row = {"JZLSH": visit.number, "BRID": visit.person.mrn, "JZLX": "1", "KSBM": visit.department.code,
           "YSGH": visit.doctor.number, "JZZT": state, "ZS": visit.case.complaint,
           "KSSJ": f"{visit.begun:%Y-%m-%d %H:%M:%S}", "JSSJ": None, "ZFBZ": "0",
           "XGSJ": branch.stamp()}  # fmt: skip
    return [*patient(branch, visit), ("insert", "JZJL", {**row, **changes})]


def prescribed(branch: Branch, visit: Visit, number: str) -> Rows:
    """Return the rows of a prescription with two drugs."""
    head = {"CFH": number, "JZLSH": visit.number, "BRID": visit.person.mrn, "YSGH": visit.doctor.number,
            "KSBM": visit.department.code, "KFSJ": f"{visit.begun:%Y-%m-%d %H:%M:%S}", "CFZT": "0",
            "ZDBM": visit.case.icd, "ZDMC": visit.case.diagnosis, "XGSJ": branch.stamp()}  # fmt: skip
    items: Rows = [
        ("insert", "CFMX", {"CFH": number, "MXXH": f"{number}-{order}", "YPDM": one.code, "YPMC": one.name,
                            "DCJL": one.dose, "JLDW": one.dose_unit, "PC": one.frequency,
                            "YF": ROUTES[one.route][1], "TS": "7", "ZL": "2", "ZLDW": "盒"})
        for order, one in enumerate(branch.drugs, start=1)
    ]  # fmt: skip
    return [*items, ("insert", "CFZB", head)]


def reported(branch: Branch, visit: Visit, number: str) -> Rows:
    """Return the rows of a report with three results."""
    at = f"{visit.begun + timedelta(hours=1):%Y-%m-%d %H:%M:%S}"
    head = {"BGDH": number, "XMDM": "XCG", "XMMC": "血常规", "BRID": visit.person.mrn, "JZLSH": visit.number,
            "BGZT": "2", "CJSJ": at, "BGSJ": at, "SHGH": visit.doctor.number,
            "XGSJ": branch.stamp()}  # fmt: skip
    items: Rows = [
        ("insert", "JYJG", {"BGDH": number, "XMDM": "XCG", "XH": str(order), "JGDM": one.code,
                            "JGMC": one.name, "JG": one.value, "DW": one.unit, "CKFW": "", "YCBZ": ""})
        for order, one in enumerate(papers.RESULTS, start=1)
    ]  # fmt: skip
    return [*items, ("insert", "JYBG", head)]
