"""Owns the tables of the fictional HIS: named by initials of pinyin, times as text, states as digits."""

from __future__ import annotations

from sqlalchemy import Column, MetaData, PrimaryKeyConstraint, String, Table, Text

METADATA = MetaData()

_TEXT = Text().with_variant(String(190), "mysql", "mariadb")
"""MariaDB takes no key of a text without a length."""


def _table(name: str, columns: str, key: str, of: MetaData = METADATA) -> Table:
    made = (Column(one, _TEXT, nullable=one not in key.split()) for one in columns.split())
    return Table(name, of, *made, PrimaryKeyConstraint(*key.split()))


TABLES = {
    table.name: table
    for table in (
        # 科室, 员工, 药品字典
        _table("KSZD", "KSBM KSMC SJKS KMDM TYBZ XGSJ", "KSBM"),
        _table("YGDA", "YGGH XM GW ZC KSBM TYBZ XGSJ", "YGGH"),
        _table("YPZD", "YPDM YPMC JX GG GGDW TYBZ XGSJ", "YPDM"),
        # 病人档案, 就诊记录, 诊断记录
        _table("BRDA", "BRID MZH XM XB CSRQ SFZH LXDH DZ ZFBZ XGSJ", "BRID"),
        _table("JZJL", "JZLSH BRID JZLX KSBM YSGH JZZT ZS KSSJ JSSJ ZFBZ XGSJ", "JZLSH"),
        _table("ZDJL", "ZDXH JZLSH BRID ZDBM ZDMC ZDLB ZDCX ZDSJ YSGH ZFBZ XGSJ", "ZDXH"),
        # 处方主表, 处方明细; 检验报告, 检验结果
        _table("CFZB", "CFH JZLSH BRID YSGH KSBM KFSJ CFZT ZDBM ZDMC XGSJ", "CFH"),
        _table("CFMX", "CFH MXXH YPDM YPMC DCJL JLDW PC YF TS ZL ZLDW", "MXXH"),
        _table("JYBG", "BGDH XMDM XMMC BRID JZLSH BGZT CJSJ BGSJ SHGH XGSJ", "BGDH XMDM"),
        _table("JYJG", "BGDH XMDM XH JGDM JGMC JG DW CKFW YCBZ", "BGDH XMDM XH"),
    )
}
"""Name → table."""

MARK = _table("qiao_simulated_his", "made", "made")
"""Is there where the simulator has made the rest: what it may use, and drop."""

INTERFACE = MetaData()
"""Interface tables (接口表), as in ``docs/writeback.md``: what the gateway writes back."""

_TOLD = (
    "event told_at patient_no patient_name resident_id sex birth_date phone visit_no doctor_no doctor_name"
)
for _name, _columns, _key in (
    ("qiao_visit", f"{_TOLD} class subject_code subject_name began_at ended_at", "msg_key"),
    ("qiao_prescription", f"{_TOLD} rx_no serial_no issued_at icd_code icd_name", "msg_key"),
    (
        "qiao_prescription_item",
        "drug_code drug_name dose dose_high dose_unit route frequency days site quantity quantity_unit "
        "instruction as_needed repeats note priority pharmacy_no pharmacy_name",
        "msg_key item_no",
    ),
    (
        "qiao_request",
        f"{_TOLD} icd_code icd_name kind request_no serial_no item_code item_name "
        "body_site priority planned_at issued_at instruction destination_no destination_name note",
        "msg_key",
    ),
):
    _table(_name, f"{_key} {_columns}", _key, INTERFACE)

_KIND = "CASE j.JZLX WHEN '1' THEN 'O' WHEN '2' THEN 'E' ELSE 'I' END"
_ACTIVE = "CASE TYBZ WHEN '1' THEN '0' ELSE '1' END"

VIEWS = {
    "qiao_department": f"SELECT KSBM dept_code, KSMC dept_name, SJKS parent_code, KMDM subject_code, "  # noqa: S608
    f"{_ACTIVE} active, XGSJ changed_at FROM KSZD",
    "qiao_staff": f"SELECT y.YGGH staff_no, y.XM name, y.GW job, y.ZC title, y.KSBM dept_code, "  # noqa: S608
    f"k.KSMC dept_name, {_ACTIVE.replace('TYBZ', 'y.TYBZ')} active, y.XGSJ changed_at "
    "FROM YGDA y LEFT JOIN KSZD k ON k.KSBM = y.KSBM",
    "qiao_drug": f"SELECT YPDM drug_code, YPMC drug_name, JX form, GG strength, GGDW strength_unit, "  # noqa: S608
    f"{_ACTIVE} active, XGSJ changed_at FROM YPZD",
    "qiao_patient": "SELECT BRID patient_no, MZH outpatient_no, XM name, XB sex, CSRQ birth_date, "
    "SFZH id_card, LXDH phone, DZ address, "
    "CASE ZFBZ WHEN '1' THEN '0' ELSE '1' END active, XGSJ changed_at FROM BRDA",
    "qiao_visit": f"SELECT j.JZLSH visit_no, j.BRID patient_no, {_KIND} visit_type, "  # noqa: S608
    "CASE WHEN j.ZFBZ = '1' THEN 'entered-in-error' WHEN j.JZZT = '0' THEN 'arrived' "
    "WHEN j.JZZT = '1' THEN 'in-progress' WHEN j.JZZT = '2' THEN 'finished' ELSE 'cancelled' END status, "
    "j.KSBM dept_code, k.KSMC dept_name, k.KMDM subject_code, j.YSGH doctor_no, y.XM doctor_name, "
    "j.ZS chief_complaint, j.KSSJ start_at, j.JSSJ end_at, j.XGSJ changed_at "
    "FROM JZJL j LEFT JOIN KSZD k ON k.KSBM = j.KSBM LEFT JOIN YGDA y ON y.YGGH = j.YSGH",
    "qiao_diagnosis": f"SELECT d.ZDXH diagnosis_no, d.BRID patient_no, d.JZLSH visit_no, {_KIND} visit_type, "  # noqa: S608
    "d.ZDBM diagnosis_code, d.ZDMC diagnosis_name, "
    "CASE d.ZDLB WHEN '1' THEN 'A' WHEN '2' THEN 'F' ELSE 'W' END diagnosis_type, d.ZDCX diagnosis_rank, "
    "d.ZDSJ diagnosed_at, d.YSGH doctor_no, y.XM doctor_name, "
    "CASE d.ZFBZ WHEN '1' THEN 'D' ELSE '' END state, d.XGSJ changed_at "
    "FROM ZDJL d JOIN JZJL j ON j.JZLSH = d.JZLSH LEFT JOIN YGDA y ON y.YGGH = d.YSGH",
    "qiao_prescription": f"SELECT c.CFH rx_no, c.BRID patient_no, c.JZLSH visit_no, {_KIND} visit_type, "  # noqa: S608
    "CASE c.CFZT WHEN '0' THEN 'SC' WHEN '1' THEN 'CM' ELSE 'CA' END status, c.YSGH doctor_no, "
    "y.XM doctor_name, c.KFSJ prescribed_at, c.ZDBM diagnosis_code, "
    "c.ZDMC diagnosis_name, c.XGSJ changed_at FROM CFZB c JOIN JZJL j ON j.JZLSH = c.JZLSH "
    "LEFT JOIN YGDA y ON y.YGGH = c.YSGH",
    "qiao_prescription_item": "SELECT CFH rx_no, MXXH item_no, YPDM drug_code, YPMC drug_name, DCJL dose, "
    "JLDW dose_unit, PC frequency, YF route_code, TS days, ZL quantity, ZLDW quantity_unit FROM CFMX",
    "qiao_result": f"SELECT b.BGDH report_no, b.XMDM report_code, b.XMMC report_name, 'LIS' source_system, "  # noqa: S608
    f"b.BRID patient_no, b.JZLSH visit_no, {_KIND} visit_type, "
    "CASE b.BGZT WHEN '1' THEN 'P' WHEN '2' THEN 'F' WHEN '3' THEN 'C' ELSE 'X' END status, 'LAB' category, "
    "b.CJSJ collected_at, b.BGSJ reported_at, b.SHGH auditor_no, y.XM auditor_name, b.XGSJ changed_at "
    "FROM JYBG b JOIN JZJL j ON j.JZLSH = b.JZLSH LEFT JOIN YGDA y ON y.YGGH = b.SHGH",
    "qiao_result_item": "SELECT BGDH report_no, XMDM report_code, XH item_seq, JGDM item_code, "
    "JGMC item_name, JG value, DW unit, "
    "CKFW \"range\", CASE YCBZ WHEN '↑' THEN 'H' WHEN '↓' THEN 'L' ELSE 'N' END abnormal "
    "FROM JYJG",
}
"""What the vendor gives the gateway to read, by the names and columns of ``docs`` for HIS vendors."""
