# ruff: noqa: E501 - a Chinese character counts as two columns; one row is one line
"""Owns the imaging department's exams: modality, body site, and what the reports say."""

from __future__ import annotations

from dataclasses import dataclass

CODE_SYSTEM = "99RIS"
"""Local exam codes."""


@dataclass(slots=True, frozen=True)
class Exam:
    """One kind of examination.

    Attributes:
        modality: DICOM modality (PS3.3 C.7.3.1.1.1); ``loinc``: ``""`` where there is none for it.
        reports: (findings, impression, abnormal) to choose from; lines parted by ``\\n``.
    """

    code: str
    name: str
    loinc: tuple[str, str]
    modality: str
    site: str
    reports: tuple[tuple[str, str, bool], ...]


_NONE = ("", "")

_CHEST_CT = (
    (
        "双侧胸廓对称，纵隔居中。右肺下叶见斑片状高密度影，边缘模糊，内见支气管充气征；余肺野清晰。\n"
        "气管及各级支气管通畅。纵隔内未见明显肿大淋巴结。心影不大。右侧胸腔见少量液性密度影。",
        "1.右肺下叶炎症，建议治疗后复查。\n2.右侧少量胸腔积液。",
        True,
    ),
    (
        "双肺透亮度增高，肺纹理稀疏，双肺上叶见多发无壁透亮区。左肺上叶尖后段见直径约4mm实性小结节，边界清。\n"
        "纵隔淋巴结未见肿大。主动脉壁及冠状动脉见钙化。",
        "1.双肺肺气肿、肺大疱。\n2.左肺上叶微小结节，建议年度复查。\n3.主动脉及冠状动脉硬化。",
        True,
    ),
    (
        "双侧胸廓对称，双肺纹理清晰，肺内未见异常密度影。气管、支气管通畅。纵隔居中，未见肿大淋巴结。双侧胸腔未见积液。",
        "胸部CT平扫未见明显异常。",
        False,
    ),
)
_HEAD_MR = (
    (
        "右侧基底节区、放射冠见斑片状长T1长T2信号，DWI呈高信号，ADC图呈低信号，大小约18mm×11mm。\n"
        "双侧侧脑室旁白质见多发点状FLAIR高信号。脑室系统未见扩大，中线结构居中。",
        "1.右侧基底节区、放射冠急性脑梗死。\n2.双侧侧脑室旁白质脱髓鞘改变(Fazekas 1级)。",
        True,
    ),
    (
        "双侧大脑半球对称，灰白质信号未见异常，DWI未见弥散受限。脑室、脑池、脑沟未见增宽，中线居中。",
        "颅脑MRI平扫未见明显异常。",
        False,
    ),
)
_HEAD_CT = (
    (
        "双侧基底节区见点状低密度影。脑室系统轻度扩大，脑沟稍增宽。中线结构居中。未见出血性高密度影。",
        "1.双侧基底节区腔隙灶。\n2.轻度脑萎缩。\n3.未见颅内出血。",
        True,
    ),
    (
        "脑实质密度未见异常，脑室、脑池大小形态正常，中线居中，颅骨骨质完整。",
        "颅脑CT平扫未见明显异常。",
        False,
    ),
)
_ABDOMEN_US = (
    (
        "肝脏大小形态正常，实质回声增强、细密，后方衰减。胆囊大小约78mm×29mm,囊内见数个强回声团，较大约11mm,后伴声影，可移动。\n"
        "胆总管内径5mm。胰腺、脾脏未见异常。",
        "1.脂肪肝声像。\n2.胆囊多发结石。",
        True,
    ),
    (
        "右下腹阑尾区见管状低回声，外径约9mm,加压不变形，周围系膜回声增强。肝胆胰脾未见异常。",
        "右下腹管状低回声，考虑急性阑尾炎声像。",
        True,
    ),
    (
        "肝、胆、胰、脾大小形态正常，实质回声均匀，胆管未见扩张，腹腔未见游离液性暗区。",
        "肝、胆、胰、脾声像图未见明显异常。",
        False,
    ),
)

EXAMS = {
    exam.code: exam
    for exam in (
        Exam("CTCH", "胸部CT平扫", ("29252-4", "CT Chest WO contrast"), "CT", "胸部", _CHEST_CT),
        Exam("CTHD", "颅脑CT平扫", ("30799-1", "CT Head WO contrast"), "CT", "头颅", _HEAD_CT),
        Exam("MRHD", "颅脑MRI平扫+DWI", ("24590-2", "MR Brain"), "MR", "头颅", _HEAD_MR),
        Exam("MRLS", "腰椎MRI平扫", _NONE, "MR", "腰椎", (
            ("腰椎生理曲度变直，L4/5、L5/S1椎间盘T2信号减低，L4/5椎间盘向后突出约4mm,硬膜囊受压。椎管未见狭窄。",
             "1.L4/5椎间盘突出。\n2.L4/5、L5/S1椎间盘变性。", True),
        )),
        Exam("USAB", "肝胆胰脾彩色多普勒超声", ("24558-9", "US Abdomen"), "US", "腹部", _ABDOMEN_US),
        Exam("USUR", "泌尿系彩色多普勒超声", _NONE, "US", "泌尿系", (
            ("左肾集合系统分离约16mm,左侧输尿管上段扩张，内径8mm,其远端见强回声团约7mm,后伴声影。右肾、膀胱未见异常。",
             "1.左侧输尿管上段结石。\n2.左肾轻度积水。", True),
        )),
        Exam("USTH", "甲状腺彩色多普勒超声", _NONE, "US", "甲状腺", (
            ("甲状腺左叶中部见低回声结节，大小约6mm×4mm,边界清，形态规则，纵横比<1，未见钙化。CDFI:周边见点状血流信号。",
             "甲状腺左叶结节，C-TIRADS 3类，建议定期复查。", True),
            ("甲状腺大小形态正常，实质回声均匀，未见占位。CDFI:血流信号未见异常。", "甲状腺声像图未见明显异常。", False),
        )),
        Exam("UCG", "超声心动图", _NONE, "US", "心脏", (
            ("左房前后径42mm,左室舒张末径58mm,室壁运动普遍减弱，LVEF 41%。二尖瓣轻度反流，肺动脉收缩压约38mmHg。",
             "1.左房、左室增大。\n2.左室收缩功能减低。\n3.二尖瓣轻度反流。", True),
            ("各房室腔大小正常，室壁厚度及运动正常，LVEF 63%。各瓣膜结构及血流未见异常。", "心脏结构及功能未见明显异常。", False),
        )),
        Exam("DRCH", "胸部正侧位DR", ("36643-5", "XR Chest 2 Views"), "DX", "胸部", (
            ("双肺纹理增多、增粗，右下肺野见斑片状模糊影。心影大小正常，双侧肋膈角锐利。", "右下肺炎症。", True),
            ("双肺野清晰，心膈未见异常，双侧肋膈角锐利。", "心肺膈未见明显异常。", False),
        )),
        Exam("DRWR", "右腕关节正侧位DR", _NONE, "DX", "右腕", (
            ("右桡骨远端骨皮质不连续，断端向背侧移位，桡骨短缩约4mm;尺骨茎突撕脱。腕骨排列正常。",
             "1.右桡骨远端骨折(Colles骨折)。\n2.右尺骨茎突撕脱骨折。", True),
        )),
    )
}  # fmt: skip
