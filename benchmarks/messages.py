"""The two messages that are timed: ADT^A01 and ORU^R01, about 1.5 KB, numbered so that no two are alike.

Persons, numbers and hospital are fictional; resident IDs use the region 990101, which is assigned to nobody.
Standard library only: the peers read this module in their own virtual environment.
"""

from __future__ import annotations

from collections.abc import Callable

_FAMILY = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许"
_GIVEN = (
    "建国",
    "秀英",
    "伟",
    "芳",
    "桂兰",
    "志强",
    "晓燕",
    "明",
    "丽华",
    "文博",
    "欣怡",
    "子涵",
    "海涛",
    "雪梅",
)
_STREETS = ("解放碑民权路", "沙坪坝小龙坎正街", "南坪江南大道", "观音桥步行街", "杨家坪西郊路")
_WARDS = (("0301", "心血管内科"), ("0304", "消化内科"), ("0402", "骨科"), ("0501", "妇产科"))
_DOCTORS = (("D0112", "刘"), ("D0254", "何"), ("D0377", "罗"), ("D0419", "高"))
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def resident_id(number: int) -> str:
    """Return a resident ID of nobody: region 990101, check character by ISO 7064 MOD 11-2 (GB 11643)."""
    day = number // 1000
    born = f"{1940 + day % 70}{1 + day // 70 % 12:02d}{1 + day // 840 % 28:02d}"
    body = f"990101{born}{number % 1000:03d}"
    return body + "10X98765432"[sum(int(c) * w for c, w in zip(body, _WEIGHTS, strict=True)) % 11]


def _msh(kind: str, structure: str, application: str, number: int) -> str:
    when = f"20260309{8 + number % 10:02d}{number % 60:02d}{number % 57:02d}"
    return (
        f"MSH|^~\\&|{application}|CQRM|QIAO|CQRM|{when}||{kind}^{structure}|B{number:010d}|P|2.5.1|||||CHN"
        "|UNICODE UTF-8|ZH"
    )


def _pid(number: int) -> str:
    ident = resident_id(number)
    name = f"{_FAMILY[number % 20]}^{_GIVEN[number % 14]}"
    street = f"{_STREETS[number % 5]}{1 + number % 300}号{1 + number % 30}栋"
    return (
        f"PID|1||M{number:09d}^^^CQRM^MR~{ident}^^^PRC^NI||{name}^^^^^L||{ident[6:14]}|"
        f"{'M' if int(ident[16]) % 2 else 'F'}|||{street}^^重庆市^重庆市^400010^CHN^H"
        f"||^PRN^CP^^86^^138{number % 100000000:08d}||zh|M^已婚^HL70002||||||||||||CHN^中国^ISO3166"
    )


def _pv1(number: int, kind: str) -> str:
    ward, ward_name = _WARDS[number % 4]
    doctor, family = _DOCTORS[number % 4]
    physician = f"{doctor}^{family}^志远"
    return (
        f"PV1|1|{kind}|{ward}^{number % 20:02d}^{1 + number % 6}^CQRM^^^^^{ward_name}||||{physician}"
        f"|||{ward}||||1|||{physician}|IN|V{number:09d}^^^CQRM^VN"
        f"{'|' * 20}CQRM|||||20260309073000"
    )


def adt_a01(number: int) -> bytes:
    """Return an admission (HL7 2.5.1 §3.3.1) in UTF-8, segments ended by CR.

    It has a person, two next of kin, a visit, two allergies, two diagnoses and an insurance.
    """
    doctor, family = _DOCTORS[number % 4]
    home, phone = f"{_STREETS[number % 5]}{1 + number % 300}号", number % 100_000_000
    segments = (
        _msh("ADT^A01", "ADT_A01", "HIS", number),
        f"EVN|A01|20260309073000|||{doctor}^{family}^志远|20260309073000",
        _pid(number),
        f"NK1|1|{_FAMILY[(number + 3) % 20]}^{_GIVEN[(number + 5) % 14]}|SPO^配偶^HL70063|"
        f"{home}^^重庆市^重庆市^400010^CHN|^PRN^CP^^86^^139{phone:08d}"
        "||C^紧急联系人^HL70131",
        f"NK1|2|{_FAMILY[(number + 7) % 20]}^{_GIVEN[(number + 2) % 14]}|CHD^子女^HL70063"
        f"|{home}^^重庆市^重庆市^400010^CHN|^PRN^CP^^86^^137{phone:08d}||N^近亲属^HL70131",
        _pv1(number, "I"),
        "PV2|||A09.901^急性胃肠炎伴脱水^ICD10CN|||||20260309|20260316|7",
        "AL1|1|DA^药物过敏^HL70127|N0000011413^青霉素^HOSPDRUG|SV^重度^HL70128|皮疹、呼吸困难|20190512",
        "AL1|2|FA^食物过敏^HL70127|F0021^花生^HOSPFOOD|MO^中度^HL70128|荨麻疹",
        f"DG1|1||I10.x05^高血压病2级（高危）^ICD10CN||20260309081500|A|||||||||1|{doctor}^{family}^志远",
        f"DG1|2||E11.900^2型糖尿病^ICD10CN||20260309081500|A|||||||||2|{doctor}^{family}^志远",
        f"IN1|1|CQYB^城镇职工基本医疗保险^HOSPINS|500000^^^CQYB|重庆市医疗保障局||||||||20260101|20261231|||"
        f"{_FAMILY[number % 20]}^{_GIVEN[number % 14]}|SEL^本人^HL70063|||||||||||||||||||Y{number:010d}",
    )
    return "\r".join(segments).encode() + b"\r"


_PANEL = (
    ("6690-2", "白细胞计数", "10*9/L", "3.5-9.5", 6.1, 0.7),
    ("789-8", "红细胞计数", "10*12/L", "4.3-5.8", 4.6, 0.4),
    ("718-7", "血红蛋白", "g/L", "130-175", 141.0, 9.0),
    ("777-3", "血小板计数", "10*9/L", "125-350", 214.0, 31.0),
    ("770-8", "中性粒细胞百分比", "%", "40-75", 58.2, 6.5),
    ("2345-7", "葡萄糖", "mmol/L", "3.9-6.1", 5.2, 1.1),
    ("1988-5", "C反应蛋白", "mg/L", "0-10", 3.4, 2.2),
)


def _obx(position: int, number: int, row: tuple[str, str, str, str, float, float]) -> str:
    code, name, unit, limits, middle, spread = row
    value = middle + spread * ((number * 7 + position * 3) % 11 - 5) / 5
    low, high = (float(limit) for limit in limits.split("-"))
    flag = "L" if value < low else "H" if value > high else "N"
    return (
        f"OBX|{position}|NM|{code}^{name}^LN||{value:.1f}|{unit}^^UCUM|{limits}|{flag}|||F|||20260309093000"
        "||T0031^唐^敏"
    )


def oru_r01(number: int) -> bytes:
    """Return a laboratory report (HL7 2.5.1 §7.3.1) in UTF-8, segments ended by CR.

    It has a person, a visit, an order, a report, seven numeric results with units and limits, a comment.
    """
    doctor, family = _DOCTORS[number % 4]
    segments = (
        _msh("ORU^R01", "ORU_R01", "LIS", number),
        _pid(number),
        _pv1(number, "I"),
        f"ORC|RE|P{number:09d}^HIS|F{number:09d}^LIS||CM||||20260309082000|||{doctor}^{family}^志远",
        f"OBR|1|P{number:09d}^HIS|F{number:09d}^LIS|58410-2^血常规五分类^LN|||20260309083000||||||晨起空腹|"
        f"20260309084000|BLD^静脉血^HL70487|{doctor}^{family}^志远||||||20260309093500||HM|F",
        *(_obx(position, number, row) for position, row in enumerate(_PANEL, 1)),
        "NTE|1|L|标本合格，无溶血。结果仅对本次标本负责，请结合临床。",
    )
    return "\r".join(segments).encode() + b"\r"


RESULTS = 28
"""Results of a large report."""
REMARK = (
    "标本合格，无溶血、脂血及黄疸；结果仅对本次标本负责，请结合临床。室内质控在控。复查已完成，双人审核。"
)


def large_report(number: int) -> bytes:
    """Return an ORU^R01 of about 10 KB: 28 results, each with a note; otherwise as :func:`oru_r01`."""
    segments = [segment for segment in oru_r01(number).decode().split("\r") if segment]
    results = [segment.split("|") for segment in segments if segment.startswith("OBX")]
    others = [segment for segment in segments if not segment.startswith("OBX")]
    made = []
    for at in range(RESULTS):
        fields = list(results[at % len(results)])
        fields[1], fields[4] = str(at + 1), str(at // len(results) + 1)
        made += ["|".join(fields), f"NTE|1|L|{REMARK}"]
    return "\r".join([*others[:-1], *made, *others[-1:]]).encode() + b"\r"


KINDS: dict[str, Callable[[int], bytes]] = {"ADT^A01": adt_a01, "ORU^R01": oru_r01}
"""Message type → maker; a maker takes the number of the message and returns its bytes without framing."""

MAPPED = KINDS | {"ORU^R01, 28 results": large_report}
"""What "parse + map" is timed on."""
