"""Owns the laboratory's panels: items, units, reference ranges."""

from __future__ import annotations

from dataclasses import dataclass

CODE_SYSTEM = "99LIS"
"""Local panel and item codes."""


@dataclass(slots=True, frozen=True)
class Item:
    """One analyte.

    Attributes:
        loinc: ``""`` where the laboratory has no LOINC code for it.
        low, high: reference range; both None for a qualitative item.
        digits: decimal places.
        normal: what is expected of a qualitative item; ``abnormal`` what else occurs.
    """

    code: str
    name: str
    loinc: str
    unit: str = ""
    low: float | None = None
    high: float | None = None
    digits: int = 1
    normal: str = ""
    abnormal: tuple[str, ...] = ()

    @property
    def interval(self) -> str:
        """The reference range as the report prints it."""
        if self.low is None or self.high is None:
            return self.normal
        return f"{self.low:.{self.digits}f}-{self.high:.{self.digits}f}"


@dataclass(slots=True, frozen=True)
class Panel:
    """What is ordered: specimen (HL7 0487 code, Chinese), section (HL7 0074), minutes that it takes."""

    code: str
    name: str
    specimen: tuple[str, str]
    section: str
    minutes: int
    items: tuple[Item, ...]


def _items(rows: str) -> tuple[Item, ...]:
    return tuple(map(_item, rows.strip().splitlines()))


def _item(row: str) -> Item:
    code, name, loinc, unit, interval, *rest = row.split()
    loinc = loinc.strip("-") and loinc
    unit = "" if unit == "-" else unit
    if "~" in interval:
        low, high = interval.split("~")
        return Item(code, name, loinc, unit, float(low), float(high), len(low.partition(".")[2]))
    return Item(code, name, loinc, unit, normal=interval, abnormal=tuple(rest))


_BLOOD = ("BLD", "全血")
_SERUM = ("SER", "血清")
_PLASMA = ("PLAS", "血浆")
_URINE = ("UR", "尿液")

_BR = """
WBC 白细胞计数 6690-2 10^9/L 3.50~9.50
NEUT% 中性粒细胞百分比 770-8 % 40.0~75.0
LYMPH% 淋巴细胞百分比 736-9 % 20.0~50.0
MONO% 单核细胞百分比 5905-5 % 3.0~10.0
EO% 嗜酸性粒细胞百分比 713-8 % 0.4~8.0
BASO% 嗜碱性粒细胞百分比 706-2 % 0.0~1.0
NEUT# 中性粒细胞绝对值 751-8 10^9/L 1.80~6.30
LYMPH# 淋巴细胞绝对值 731-0 10^9/L 1.10~3.20
MONO# 单核细胞绝对值 742-7 10^9/L 0.10~0.60
EO# 嗜酸性粒细胞绝对值 711-2 10^9/L 0.02~0.52
BASO# 嗜碱性粒细胞绝对值 704-7 10^9/L 0.00~0.06
RBC 红细胞计数 789-8 10^12/L 3.80~5.80
HGB 血红蛋白 718-7 g/L 115~175
HCT 红细胞压积 4544-3 % 35.0~50.0
MCV 平均红细胞体积 787-2 fL 82.0~100.0
MCH 平均红细胞血红蛋白量 785-6 pg 27.0~34.0
MCHC 平均红细胞血红蛋白浓度 786-4 g/L 316~354
RDW-CV 红细胞分布宽度 788-0 % 11.5~14.5
PLT 血小板计数 777-3 10^9/L 125~350
MPV 平均血小板体积 32623-1 fL 7.6~13.2
"""
_BC = """
ALT 丙氨酸氨基转移酶 1742-6 U/L 7~50
AST 天门冬氨酸氨基转移酶 1920-8 U/L 13~40
TBIL 总胆红素 14631-6 umol/L 3.4~20.5
TP 总蛋白 2885-2 g/L 65.0~85.0
ALB 白蛋白 1751-7 g/L 40.0~55.0
GGT γ-谷氨酰转移酶 2324-2 U/L 7~60
UREA 尿素 22664-7 mmol/L 2.80~8.20
CREA 肌酐 14682-9 umol/L 41~97
UA 尿酸 14933-6 umol/L 155~428
GLU 葡萄糖 14749-6 mmol/L 3.90~6.10
TC 总胆固醇 14647-2 mmol/L 2.80~5.20
TG 甘油三酯 14927-8 mmol/L 0.40~1.70
K 钾 2823-3 mmol/L 3.50~5.30
NA 钠 2951-2 mmol/L 137~147
CL 氯 2075-0 mmol/L 99~110
CA 钙 2000-8 mmol/L 2.11~2.52
"""
_UR = """
U-SG 尿比重 5811-5 - 1.003~1.030
U-PH 尿酸碱度 5803-2 - 4.5~8.0
U-LEU 尿白细胞酯酶 5799-2 - 阴性(-) 弱阳性(±) 阳性(1+) 阳性(3+)
U-NIT 尿亚硝酸盐 5802-4 - 阴性(-) 阳性(+)
U-PRO 尿蛋白 20454-5 - 阴性(-) 弱阳性(±) 阳性(1+)
U-GLU 尿葡萄糖 25428-4 - 阴性(-) 阳性(2+) 阳性(4+)
U-KET 尿酮体 2514-8 - 阴性(-) 弱阳性(±)
U-BIL 尿胆红素 5770-3 - 阴性(-)
U-BLD 尿隐血 5794-3 - 阴性(-) 阳性(1+) 阳性(3+)
U-WBC 尿白细胞镜检 5821-4 /HPF 0~5
U-RBC 尿红细胞镜检 13945-1 /HPF 0~3
"""
_COAG = """
PT 凝血酶原时间 5902-2 s 9.4~12.5
INR 国际标准化比值 6301-6 - 0.80~1.20
APTT 活化部分凝血活酶时间 14979-9 s 25.1~36.5
FIB 纤维蛋白原 3255-7 g/L 2.00~4.00
TT 凝血酶时间 3243-3 s 10.3~16.6
DD D-二聚体 48065-7 mg/L{FEU} 0.00~0.55
"""
_INF = """
HBSAG 乙型肝炎病毒表面抗原 5196-1 - 阴性(-) 阳性(+)
HBSAB 乙型肝炎病毒表面抗体 16935-9 mIU/mL 0.00~10.00
HBEAG 乙型肝炎病毒e抗原 13954-3 - 阴性(-)
HBEAB 乙型肝炎病毒e抗体 13953-5 - 阴性(-) 阳性(+)
HBCAB 乙型肝炎病毒核心抗体 13952-7 - 阴性(-) 阳性(+)
HCVAB 丙型肝炎病毒抗体 13955-0 - 阴性(-)
HIV 人类免疫缺陷病毒抗原抗体 56888-1 - 阴性(-)
TPAB 梅毒螺旋体抗体 24110-9 - 阴性(-)
"""
_CARD = """
CTNI 肌钙蛋白I 10839-9 ng/mL 0.000~0.034
MYO 肌红蛋白 2639-3 ng/mL 14.0~66.0
CKMB 肌酸激酶同工酶 13969-1 ng/mL 0.0~5.0
BNP N端-脑钠肽前体 33762-6 pg/mL 0~450
"""

PANELS = {
    panel.code: panel
    for panel in (
        Panel("BR", "血常规(五分类)", _BLOOD, "HM", 45, _items(_BR)),
        Panel("BC", "生化全套", _SERUM, "CH", 110, _items(_BC)),
        Panel("UR", "尿常规+沉渣", _URINE, "UR", 50, _items(_UR)),
        Panel("COAG", "凝血六项", _PLASMA, "HM", 70, _items(_COAG)),
        Panel("INF", "感染标志物八项", _SERUM, "IMM", 150, _items(_INF)),
        Panel("CARD", "心肌损伤标志物", _PLASMA, "CH", 40, _items(_CARD)),
        Panel("CRP", "炎症标志物", _SERUM, "CH", 40, _items("""
CRP C反应蛋白 1988-5 mg/L 0.0~10.0
PCT 降钙素原 33959-8 ng/mL 0.00~0.05
""")),
        Panel("GHB", "糖化血红蛋白", _BLOOD, "CH", 90, _items("HBA1C 糖化血红蛋白 4548-4 % 4.0~6.0")),
        Panel("IGE", "总IgE", _SERUM, "IMM", 120, _items("IGE 总免疫球蛋白E 19113-0 IU/mL 0.0~100.0")),
        Panel("ANA", "抗核抗体", _SERUM, "IMM", 180, _items("""
ANA 抗核抗体 8061-4 - 阴性(-) 阳性(+)
ANA-T 抗核抗体滴度 5048-4 - <1:80 1:80 1:160 1:320
""")),
        Panel("BILI", "新生儿胆红素", _SERUM, "CH", 40, _items("TBIL 总胆红素 14631-6 umol/L 24.0~149.0")),
        Panel("PBR", "床旁末梢血四项", _BLOOD, "HM", 6, _items("""
WBC 白细胞计数 6690-2 10^9/L 3.50~9.50
HGB 血红蛋白 718-7 g/L 115~175
PLT 血小板计数 777-3 10^9/L 125~350
CRP C反应蛋白 1988-5 mg/L 0.0~10.0
""")),
        Panel("PGLU", "床旁血糖", _BLOOD, "CH", 2, _items("GLU 葡萄糖(POCT) 14743-9 mmol/L 3.9~10.0")),
        Panel("CULT", "痰培养+药敏", ("SPT", "痰液"), "MB", 600, ()),
    )
}  # fmt: skip
