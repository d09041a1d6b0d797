"""Who the patient is, as the HIS tells it: names in any characters, numbers, birth, sex, allergies."""

from __future__ import annotations

from dataclasses import replace

from conformance.harness.check import Case
from conformance.harness.paths import each, pick
from conformance.harness.run import Run
from conformance.harness.words import Words, same
from conformance.simulators import admissions, laboratory
from conformance.simulators.dialects import LABORATORY
from conformance.simulators.er7 import components, segment
from conformance.simulators.exact import Resource
from conformance.simulators.panels import PANELS
from conformance.simulators.people import Person
from conformance.suites.exchange.hospital import Hospital, counted, flagged, shown
from conformance.suites.exchange.reading import about, codes, digits, identifiers, names
from conformance.suites.exchange.trial import EXCHANGE, exchange, exchanges

_NAMES = (
    ("usual", "欧阳", "秀英", "复姓", "a family name of two characters"),
    ("extension-a", "单", "㛃", "扩展 A 区汉字", "a character of extension A"),
    ("beyond-bmp", "𠮷", "建国", "基本平面以外的汉字", "a character beyond the basic plane"),
    ("middle-dot", "阿依古丽", "·买买提", "间隔号", "a middle dot"),
)


def _patient(hospital: Hospital, person: Person) -> Resource:
    return hospital.one(
        f"Patient?identifier={person.mrn}", "病案号可检索到患者", "the patient is found by number"
    )


@exchanges([
    Case(name, EXCHANGE,
         Words(f"姓名逐字保留，UTF-8：{zh}", f"names keep each character, UTF-8: {en}"), (family, given))
    for name, family, given, zh, en in _NAMES
])  # fmt: skip
def name_kept(run: Run, hospital: Hospital, family: str, given: str) -> None:
    """Admit somebody of that name."""
    person = hospital.person(family=family, given=given)
    visit = hospital.stay(person=person)
    hospital.sent(admissions.admit(hospital.chart, visit, visit.begun, 61.5))
    run.expect(
        person.name in names(_patient(hospital, person)), "姓名与消息一致", "the name is that of the message"
    )


@exchanges([
    Case(name, EXCHANGE,
         Words(f"姓名逐字保留，GB18030：{zh}", f"names keep each character, GB18030: {en}"), (family, given))
    for name, family, given, zh, en in _NAMES
], "lis")  # fmt: skip
def name_in_gb18030(run: Run, hospital: Hospital, family: str, given: str) -> None:
    """A laboratory that writes GB18030 reports on somebody whom nobody has told of before."""
    person = hospital.person(family=family, given=given)
    visit = hospital.consultation(person=person)
    report = laboratory.collect(hospital.chart, visit, PANELS["CRP"], visit.begun, 0.1)
    at = hospital.chart.after(visit.begun, 60, 80)
    hospital.sent(laboratory.publish(hospital.chart, report, at, "F", LABORATORY))
    run.expect(
        person.name in names(_patient(hospital, person)), "姓名与消息一致", "the name is that of the message"
    )


@exchange(zh="转义字符按原意还原", en="escape sequences stand for what they mean")
def escapes(run: Run, hospital: Hospital) -> None:
    """An address with all five delimiters in it."""
    street = "石桥路^1|2&3~4\\5号"
    person = hospital.person(street=street)
    visit = hospital.consultation(person=person)
    hospital.sent(admissions.register(hospital.chart, visit, visit.begun))
    found = _patient(hospital, person)
    said = [str(one) for one in each(found, "address.line")] + [
        str(one) for one in each(found, "address.text")
    ]
    run.expect(
        any(street in one for one in said), "地址与原文一致", "the address is as it was meant", counted(said)
    )


@exchange(
    zh="身份证号（PID-3）成为带编码体系的标识",
    en="a resident ID in PID-3 becomes an identifier with its system",
)
def resident_id(run: Run, hospital: Hospital) -> None:
    """Admit somebody; the number finds him."""
    visit = hospital.stay()
    hospital.sent(admissions.admit(hospital.chart, visit, visit.begun, 61.5))
    _national(run, hospital, visit.person)


@exchange(
    zh="身份证号（PID-19）成为带编码体系的标识",
    en="a resident ID in PID-19 becomes an identifier with its system",
)
def resident_id_of_old(run: Run, hospital: Hospital) -> None:
    """The outpatients' system sends it in a field of its own."""
    visit = hospital.consultation()
    hospital.sent(admissions.register(hospital.chart, visit, visit.begun))
    _national(run, hospital, visit.person)


def _national(run: Run, hospital: Hospital, person: Person) -> str:
    """Expect that the resident ID finds the patient; returns the system that it has at the target."""
    found = hospital.one(
        f"Patient?identifier={person.resident_id}",
        "身份证号可检索到患者",
        "the resident ID finds the patient",
    )
    said = [one for one in found.get("identifier", []) if one.get("value") == person.resident_id]
    run.expect(
        bool(said) and all(one.get("system") for one in said),
        "标识带有编码体系",
        "the identifier has a system",
    )
    run.expect(
        person.mrn in identifiers(found), "与病案号属同一患者", "it is the patient with this record number"
    )
    return str(said[0]["system"])


@exchange(
    zh="校验码错误的身份证号不被采信",
    en="a resident ID with a wrong check digit is not taken for one",
)
def wrong_check_digit(run: Run, hospital: Hospital) -> None:
    """Register two: one whose number is right, one whose last character is another."""
    right, wrong = hospital.consultation(), hospital.consultation()
    own = wrong.person.resident_id
    wrong.person = hospital.changed(wrong.person, resident_id=own[:17] + ("1" if own[17] != "1" else "2"))
    hospital.given(admissions.register(hospital.chart, right, right.begun))
    system = _national(run, hospital, right.person)
    run.step("发送校验码错误的身份证号", "a number with a wrong check digit is sent")
    answer = hospital.ask(admissions.register(hospital.chart, wrong, wrong.begun))
    listed = hospital.absent(f"Patient?identifier={system}|{wrong.person.resident_id}")
    run.expect(
        flagged(answer) or not listed,
        "被提示，或不作为身份证号存储",
        "it is told, or not kept as a resident ID",
        shown(answer),
    )


@exchange(
    zh="出生日期与性别（GB/T 2261.1）如实转换", en="birth date and sex (GB/T 2261.1) are told as they are"
)
def born(run: Run, hospital: Hospital) -> None:
    """A man and a woman; the outpatients' system writes 1 and 2, and a time behind the date."""
    for sex, gender in (("M", "male"), ("F", "female")):
        visit = hospital.consultation(person=run.person(sex=sex))
        hospital.sent(admissions.register(hospital.chart, visit, visit.begun))
        found = _patient(hospital, visit.person)
        run.expect(
            found.get("birthDate") == visit.person.birth.isoformat(),
            "出生日期一致",
            "the birth date is the same",
        )
        run.expect(
            found.get("gender") == gender,
            f"性别为 {gender}",
            f"the sex is {gender}",
            same(str(found.get("gender"))),
        )


@exchanges([
    Case(name, EXCHANGE,
         Words(f"性别代码 {code}（{zh}）不被臆断", f"the sex {code} ({en}) is not guessed"), (code, wanted))
    for name, code, wanted, zh, en in (
        ("unknown", "0", ("unknown",), "未知的性别", "unknown"),
        ("unstated", "9", ("unknown", "other"), "未说明的性别", "not stated"),
        ("undefined", "7", ("unknown", "None"), "标准中没有的代码", "no code of the standard"),
    )
])  # fmt: skip
def sex(run: Run, hospital: Hospital, code: str, wanted: tuple[str, ...]) -> None:
    """Register somebody with that code."""
    visit = hospital.consultation()
    entry = admissions.register(hospital.chart, visit, visit.begun)
    entry.segments = [hospital.field(one, "PID", 8, code) for one in entry.segments]
    hospital.sent(entry)
    found = str(_patient(hospital, visit.person).get("gender"))
    run.expect(
        found in wanted, f"性别为 {' 或 '.join(wanted)}", f"the sex is {' or '.join(wanted)}", same(found)
    )


@exchange(zh="不存在的日期不被写成别的日期", en="a date that does not exist is not turned into another")
def impossible_date(run: Run, hospital: Hospital) -> None:
    """A birth date that there is, then one of 31 February."""
    right, visit = hospital.consultation(), hospital.consultation()
    hospital.sent(admissions.register(hospital.chart, right, right.begun))
    born_ = _patient(hospital, right.person).get("birthDate")
    run.expect(born_ == right.person.birth.isoformat(), "存在的日期照录", "a date that there is is kept")
    entry = admissions.register(hospital.chart, visit, visit.begun)
    entry.segments = [hospital.field(one, "PID", 7, "19900231") for one in entry.segments]
    answer = hospital.ask(entry)
    for one in hospital.absent(f"Patient?identifier={visit.person.mrn}"):
        said = str(one.get("birthDate"))
        run.expect(
            said in ("None", "1990", "1990-02"), "不臆造出生日期", "no birth date is made up", same(said)
        )
    run.expect(answer.code != "?", "消息得到应答", "the message is answered", shown(answer))


@exchange(
    zh="诊断（DG1）成为带 ICD-10 编码的诊断", en="a diagnosis (DG1) becomes a Condition with its ICD-10 code"
)
def diagnosis(run: Run, hospital: Hospital) -> None:
    """Register somebody with a diagnosis."""
    visit = hospital.consultation()
    hospital.sent(admissions.register(hospital.chart, visit, visit.begun))
    patient = hospital.patient(visit.person)
    listed = hospital.found(about("Condition", patient))
    said = [one for one in listed if visit.case.icd in codes(one, "code")]
    run.expect(len(said) == 1, "诊断编码一致且只有一个", "the code is the same, once", counted(said))
    texts = [str(one) for one in [*each(said[0], "code.text"), *each(said[0], "code.coding.display")]]
    run.expect(visit.case.diagnosis in texts, "诊断名称一致", "the name is the same")


@exchange(zh="过敏信息（AL1）成为过敏记录", en="an allergy (AL1) becomes an AllergyIntolerance")
def allergy(run: Run, hospital: Hospital) -> None:
    """Register somebody who is allergic, and somebody who is not."""
    visit, other = hospital.consultation(), hospital.consultation()
    visit.person, other.person = replace(visit.person, allergic=True), replace(other.person, allergic=False)
    hospital.given(admissions.register(hospital.chart, other, other.begun))
    hospital.sent(admissions.register(hospital.chart, visit, visit.begun))
    listed = hospital.found(about("AllergyIntolerance", hospital.patient(visit.person)))
    said = [one for one in listed if "青霉素" in str(one.get("code"))]
    run.expect(len(said) == 1, "有一条青霉素类过敏", "there is one, to penicillins", counted(said))
    none = hospital.absent(about("AllergyIntolerance", hospital.patient(other.person)))
    run.expect(not none, "不过敏的患者没有", "who is not allergic has none", counted(none))


@exchange(zh="体重等测量值（OBX）数值不变", en="a measurement sent along (OBX) keeps its digits")
def weight(run: Run, hospital: Hospital) -> None:
    """Admit somebody of 61.0 kg: the zero is a statement, too."""
    visit = hospital.stay()
    hospital.sent(admissions.admit(hospital.chart, visit, visit.begun, 61.0))
    listed = hospital.found(about("Observation", hospital.patient(visit.person)) + "&code=29463-7")
    said = [digits(pick(one, "valueQuantity.value")) for one in listed]
    run.expect(said == ["61.0"], "体重为 61.0", "the weight is 61.0", same(", ".join(said)))
    run.expect(pick(listed[0], "valueQuantity.code") == "kg", "单位为 kg", "its unit is kg")


@exchange(
    zh="带院方自定义段（Z 段）的消息照常处理",
    en="a message with segments of the vendor's own is worked like any other",
)
def vendor_segments(run: Run, hospital: Hospital) -> None:
    """Two segments that no standard knows stand between the others."""
    visit = hospital.consultation()
    extra = (
        segment("ZPI", {1: "1", 2: components("VIP", "普通患者"), 3: "微信公众号预约"}),
        segment("ZYB", {1: "990100", 6: "1250.00"}),
    )
    hospital.sent(admissions.update(hospital.chart, visit, visit.begun, "update", extra))
    found = _patient(hospital, visit.person)
    run.expect(visit.person.name in names(found), "患者信息完整", "the patient is told in full")
    listed = hospital.found(f"Encounter?identifier={visit.number}")
    run.expect(len(listed) == 1, "就诊信息完整", "so is the visit", counted(listed))
