"""Owns the formulary: common generic drugs with strength, form, dose, route and frequency."""

from __future__ import annotations

from dataclasses import dataclass

CODE_SYSTEM = "99YPDM"
"""Local drug codes (药品代码)."""

ROUTES = {
    "PO": ("口服", "1"),
    "IV": ("静脉滴注", "404"),
    "IM": ("肌内注射", "403"),
    "SC": ("皮下注射", "401"),
    "IH": ("吸入给药", "5"),
    "NS": ("滴鼻", "607"),
    "TP": ("局部用药", "6"),
    "SL": ("舌下给药", "3"),
}
"""Route by HL7 table 0162 → name and code of CV06.00.102 (WS/T 364.16)."""

FREQUENCIES = {
    "QD": ("每日一次", 1.0),
    "BID": ("每日两次", 2.0),
    "TID": ("每日三次", 3.0),
    "QID": ("每日四次", 4.0),
    "Q8H": ("每8小时一次", 3.0),
    "Q12H": ("每12小时一次", 2.0),
    "QN": ("每晚一次", 1.0),
    "QOD": ("隔日一次", 0.5),
    "PRN": ("必要时", 1.0),
    "ST": ("立即", 1.0),
}
"""Frequency code → name, doses a day."""


@dataclass(slots=True, frozen=True)
class Drug:
    """One product.

    Attributes:
        strength, strength_unit: of one ``unit``.
        form: dosage form in Chinese.
        dose, dose_unit: one usual adult dose.
        route: key of ROUTES; ``frequency``: key of FREQUENCIES.
        unit: smallest unit that is dispensed (片, 粒, 支, 瓶).
        per_unit: doses in one ``unit``.
        dilute: True where it is given in an infusion.
    """

    code: str
    name: str
    strength: str
    strength_unit: str
    form: str
    dose: str
    dose_unit: str
    route: str
    frequency: str
    unit: str
    per_unit: float = 1.0
    dilute: bool = False


_ROWS = """
XY001 阿司匹林肠溶片 100 mg 肠溶片 100 mg PO QD 片 1
XY002 硫酸氢氯吡格雷片 75 mg 片剂 75 mg PO QD 片 1
XY003 阿托伐他汀钙片 20 mg 片剂 20 mg PO QN 片 1
XY004 苯磺酸氨氯地平片 5 mg 片剂 5 mg PO QD 片 1
XY005 厄贝沙坦片 150 mg 片剂 150 mg PO QD 片 1
XY006 琥珀酸美托洛尔缓释片 47.5 mg 缓释片 47.5 mg PO QD 片 1
XY007 呋塞米片 20 mg 片剂 20 mg PO QD 片 1
XY008 螺内酯片 20 mg 片剂 20 mg PO QD 片 1
XY009 呋塞米注射液 20 mg 注射剂 20 mg IV ST 支 1
XY010 硝酸甘油片 0.5 mg 片剂 0.5 mg SL PRN 片 1
XY011 地高辛片 0.25 mg 片剂 0.125 mg PO QD 片 2
XY012 盐酸二甲双胍缓释片 0.5 g 缓释片 0.5 g PO BID 片 1
XY013 阿卡波糖片 50 mg 片剂 50 mg PO TID 片 1
XY014 甘精胰岛素注射液 300 U 注射剂 14 U SC QN 支 20
XY015 门冬胰岛素注射液 300 U 注射剂 6 U SC TID 支 45
XY016 达格列净片 10 mg 片剂 10 mg PO QD 片 1
XY017 注射用头孢曲松钠 1 g 注射用无菌粉末 2 g IV QD 支 0.5 稀释
XY018 注射用头孢呋辛钠 0.75 g 注射用无菌粉末 1.5 g IV Q8H 支 0.5 稀释
XY019 阿莫西林胶囊 0.25 g 胶囊剂 0.5 g PO TID 粒 0.5
XY020 头孢克肟分散片 0.1 g 分散片 0.1 g PO BID 片 1
XY021 左氧氟沙星片 0.5 g 片剂 0.5 g PO QD 片 1
XY022 阿奇霉素干混悬剂 0.1 g 干混悬剂 0.2 g PO QD 袋 0.5
XY023 甲硝唑氯化钠注射液 0.5 g 注射剂 0.5 g IV Q8H 袋 1
XY024 注射用艾司奥美拉唑钠 40 mg 注射用无菌粉末 40 mg IV Q12H 支 1 稀释
XY025 艾司奥美拉唑镁肠溶片 20 mg 肠溶片 20 mg PO QD 片 1
XY026 铝碳酸镁咀嚼片 0.5 g 咀嚼片 1 g PO TID 片 0.5
XY027 枸橼酸莫沙必利片 5 mg 片剂 5 mg PO TID 片 1
XY028 吸入用布地奈德混悬液 1 mg 吸入制剂 1 mg IH BID 支 1
XY029 布地奈德福莫特罗粉吸入剂 160 ug 粉吸入剂 160 ug IH BID 吸 1
XY030 盐酸氨溴索口服溶液 600 mg 口服溶液剂 30 mg PO TID 瓶 20
XY031 注射用甲泼尼龙琥珀酸钠 40 mg 注射用无菌粉末 40 mg IV QD 支 1 稀释
XY032 孟鲁司特钠咀嚼片 4 mg 咀嚼片 4 mg PO QN 片 1
XY033 氯雷他定片 10 mg 片剂 10 mg PO QD 片 1
XY034 糠酸莫米松鼻喷雾剂 3 mg 鼻喷雾剂 100 ug NS QD 瓶 30
XY035 糠酸莫米松乳膏 10 mg 乳膏剂 1 g TP QD 支 10
XY036 布洛芬混悬液 2 g 口服混悬剂 100 mg PO PRN 瓶 20
XY037 对乙酰氨基酚片 0.5 g 片剂 0.5 g PO PRN 片 1
XY038 塞来昔布胶囊 0.2 g 胶囊剂 0.2 g PO BID 粒 1
XY039 盐酸坦索罗辛缓释胶囊 0.2 mg 缓释胶囊 0.2 mg PO QN 粒 1
XY040 低分子量肝素钠注射液 4000 IU 注射剂 4000 IU SC QD 支 1
XY041 地西泮片 2.5 mg 片剂 2.5 mg PO QN 片 1
XY042 氯化钾缓释片 0.5 g 缓释片 1 g PO BID 片 0.5
XY043 缩宫素注射液 10 U 注射剂 10 U IM ST 支 1
XY044 维生素K1注射液 10 mg 注射剂 1 mg IM ST 支 10
"""


def _drug(row: str) -> Drug:
    code, name, strength, strength_unit, form, dose, dose_unit, route, frequency, unit, *rest = row.split()
    return Drug(
        code, name, strength, strength_unit, form, dose, dose_unit, route, frequency, unit,
        per_unit=float(rest[0]), dilute=len(rest) > 1,
    )  # fmt: skip


FORMULARY = {drug.code: drug for drug in map(_drug, _ROWS.strip().splitlines())}

DILUENT = Drug("XY090", "0.9%氯化钠注射液", "100", "mL", "注射剂", "100", "mL", "IV", "ST", "袋")

HERBS = {
    "止嗽散加减": "桔梗10 荆芥10 紫菀12 百部10 白前10 陈皮6 炙甘草6 浙贝母10 前胡10",
    "四君子汤加味": "党参15 炒白术12 茯苓15 炙甘草6 陈皮9 砂仁6 炒麦芽15",
    "天麻钩藤饮加减": "天麻10 钩藤15 石决明20 栀子9 黄芩9 川牛膝12 杜仲15 桑寄生15 夜交藤20 茯神15",
}
"""Decoction → herbs with grams for one dose (剂)."""
