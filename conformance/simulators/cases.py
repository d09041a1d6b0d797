# ruff: noqa: E501 - a Chinese character counts as two columns; one row is one line
"""Owns the clinical pictures: diagnosis, department and what is ordered for it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True, frozen=True)
class Case:
    """One clinical picture.

    Attributes:
        department: clinical subject code.
        icd: ICD-10 code (Chinese clinical edition), ``diagnosis`` its name.
        complaint: chief complaint.
        drugs: codes of the formulary; panels: codes of laboratory panels; exams: imaging exams.
        ages: years, both included. ``sex``: ``""`` = either.
        decoction: name of a herbal prescription instead of drugs.
    """

    department: str
    icd: str
    diagnosis: str
    complaint: str
    drugs: tuple[str, ...]
    panels: tuple[str, ...]
    exams: tuple[str, ...]
    ages: tuple[int, int] = (20, 88)
    sex: str = ""
    decoction: str = ""


def _case(
    department: str, icd: str, diagnosis: str, complaint: str, drugs: str, panels: str, exams: str,
    ages: tuple[int, int] = (20, 88), sex: str = "", decoction: str = "",
) -> Case:  # fmt: skip
    codes = tuple(f"XY{number}" for number in drugs.split())
    return Case(
        department,
        icd,
        diagnosis,
        complaint,
        codes,
        tuple(panels.split()),
        tuple(exams.split()),
        ages,
        sex,
        decoction,
    )


INPATIENT = (
    _case("03.04", "I50.900", "心力衰竭", "活动后胸闷气促3天", "009 007 008 006 042", "BR BC CARD COAG", "UCG CTCH", (55, 88)),
    _case("03.04", "I10.x00", "特发性(原发性)高血压", "头晕头胀1周", "004 005 001 003", "BR BC UR", "UCG", (40, 85)),
    _case("03.01", "J18.900", "肺炎", "发热咳嗽5天", "017 030 037", "BR CRP BC CULT", "CTCH", (20, 85)),
    _case("03.01", "J44.100", "慢性阻塞性肺病伴有急性加重", "反复咳喘10年，加重2天", "031 028 029 030", "BR CRP COAG", "CTCH DRCH", (55, 88)),
    _case("03.02", "K25.400", "慢性胃溃疡伴有出血", "黑便2天", "024 026", "BR COAG INF BC", "USAB", (30, 80)),
    _case("03.03", "I63.900", "脑梗死", "左侧肢体无力6小时", "001 002 003 041", "BR BC COAG", "MRHD CTHD", (50, 88)),
    _case("03.07", "E11.900", "2型糖尿病", "口干多饮2月", "012 013 014 015", "BC GHB UR", "USTH", (35, 80)),
    _case("04.01", "K35.900", "急性阑尾炎", "转移性右下腹痛12小时", "018 023", "BR COAG INF", "USAB", (16, 60)),
    _case("04.01", "K80.200", "胆囊结石不伴有胆囊炎", "体检发现胆囊结石1年", "018 040", "BR BC COAG INF", "USAB", (25, 75)),
    _case("04.03", "S52.500", "桡骨下端骨折", "摔伤致右腕肿痛2小时", "038 040", "BR COAG INF", "DRWR", (18, 85)),
    _case("04.04", "N20.100", "输尿管结石", "左腰部绞痛4小时", "021 039", "BR UR BC", "USUR", (20, 70)),
    _case("07", "J20.900", "急性支气管炎", "咳嗽伴发热3天", "022 032 036", "BR CRP", "DRCH", (2, 12)),
)  # fmt: skip

DELIVERY = _case(
    "05.02", "O80.900", "头位顺产", "停经39周，阵发性腹痛3小时", "043", "BR COAG INF", "", (22, 38), "F"
)
NEWBORN = _case("07.01", "Z38.000", "单胎活产婴儿，在医院内出生", "新生儿", "044", "BILI", "", (0, 0))

OUTPATIENT = (
    _case("03.04", "I10.x00", "特发性(原发性)高血压", "复诊配药", "004 005", "BC", "", (40, 85)),
    _case("03.07", "E11.900", "2型糖尿病", "复诊", "012 016", "GHB BC", "USTH", (35, 80)),
    _case("03.02", "K29.500", "慢性胃炎", "上腹隐痛1月", "025 027", "BR", "USAB", (20, 75)),
    _case("03.01", "J06.900", "急性上呼吸道感染", "咽痛流涕2天", "019 037", "BR CRP", "", (16, 70)),
    _case("07", "J06.900", "急性上呼吸道感染", "发热1天", "036 020", "BR CRP", "", (2, 13)),
    _case("11", "J30.400", "变应性鼻炎", "鼻痒喷嚏反复2年", "033 034", "IGE", "", (14, 60)),
    _case("13", "L30.900", "皮炎", "双手红斑瘙痒2周", "033 035", "ANA", "", (18, 70)),
    _case("50", "R05.x00", "咳嗽", "咳嗽痰白2周", "", "BR", "DRCH", (25, 80), decoction="止嗽散加减"),
    _case("50", "K30.x00", "功能性消化不良", "纳差腹胀3月", "", "", "", (25, 80), decoction="四君子汤加味"),
    _case("50", "R42.x00", "头晕和眩晕", "头晕反复半年", "", "BC", "", (40, 80), decoction="天麻钩藤饮加减"),
    _case("04.03", "M54.500", "下背痛", "腰痛1月", "038", "", "MRLS", (25, 75)),
    _case("20", "R10.400", "腹痛", "腹痛3小时", "025", "BR UR CRP", "USAB", (18, 80)),
    _case("20", "R07.400", "胸痛", "胸痛1小时", "010 001", "CARD BR", "CTCH", (40, 85)),
)  # fmt: skip
