"""Grades: what two Patients have in common, what contradicts it, and what is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gateway.errors import Misconfigured
from gateway.matching import graded, load_rules
from gateway.matching.spelling import phones, resident

RULES = load_rules()


def check(body: str) -> str:
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return body + "10X98765432"[sum(a * int(b) for a, b in zip(weights, body, strict=True)) % 11]


CARD, CARD_OTHER = check("99010119800506001"), check("99010119810607002")
RESIDENT, MEDICAL = "urn:oid:2.16.156.10011.1.3", "urn:oid:2.16.156.10011.1.13"


def patient(*numbers: tuple[str, str], name: str = "", phone: str = "", **more: Any) -> dict[str, Any]:
    made: dict[str, Any] = {"resourceType": "Patient", **more}
    if numbers:
        made["identifier"] = [{"system": system, "value": value} for system, value in numbers]
    if name:
        made["name"] = [{"text": name}]
    if phone:
        made["telecom"] = [{"system": "phone", "value": phone}]
    return made


LIN = {"name": "林一", "birthDate": "1980-05-06", "gender": "male"}


@pytest.mark.parametrize(
    ("one", "other", "grade", "grounds"),
    [
        (patient((RESIDENT, CARD), **LIN), patient((RESIDENT, CARD.lower())), "certain", "resident-id"),
        (patient((MEDICAL, "7")), patient((MEDICAL, "7"), **LIN), "certain", "medical-record"),
        (
            patient((RESIDENT, CARD), **LIN),
            patient((RESIDENT, CARD), **{**LIN, "birthDate": "2010-01-01"}),
            "probable", "-birth-date",
        ),
        (
            patient((RESIDENT, CARD), **LIN),
            patient((RESIDENT, CARD), **{**LIN, "gender": "female"}),
            "probable", "-sex",
        ),
        (
            patient((RESIDENT, CARD), (MEDICAL, "7"), **LIN),
            patient((RESIDENT, CARD_OTHER), (MEDICAL, "7"), **LIN),
            "certainly-not", "-resident-id",
        ),
        (patient(**LIN, phone="13900010002"), patient(**LIN, phone="+86 139-0001-0002"), "probable", "phone"),
        (patient(**LIN), patient(**LIN), "possible", "name"),
        (patient(**LIN), patient(name="陈二", birthDate="1980-05-06"), "certainly-not", "-name"),
        (patient((RESIDENT, CARD[:-1] + "?")), patient((RESIDENT, CARD[:-1] + "?")), "certainly-not", ""),
        (patient((MEDICAL, "7")), patient(("urn:oid:1.2.3", "7")), "certainly-not", ""),
    ],
)  # fmt: skip
def test_grades(one: dict[str, Any], other: dict[str, Any], grade: str, grounds: str) -> None:
    for match in (graded(RULES, one, other), graded(RULES, other, one)):
        assert match.grade == grade
        assert not grounds or grounds in {each.ground for each in match.reasons}
        assert (match.score == 1) == (grade == "certain")


def test_reasons_are_told_in_both_languages_without_values() -> None:
    match = graded(RULES, patient((RESIDENT, CARD), **LIN), patient((RESIDENT, CARD), **LIN))
    told = " ".join(f"{each.en} {each.zh}" for each in match.reasons)
    assert "same resident ID" in told
    assert "居民身份证号相同" in told
    assert CARD not in told
    assert "林一" not in told


@pytest.mark.parametrize(
    ("other", "grade"),
    [
        ({"name": "陈二", "birthDate": "1971-02-15"}, "certainly-not"),
        ({**LIN, "phone": "13900010002"}, "probable"),
    ],
)
def test_a_resident_id_that_was_put_right_speaks_neither_for_nor_against(
    other: dict[str, Any], grade: str
) -> None:
    """It was typed for somebody else's, or that record has the same slip: what else they have decides."""
    one = patient((RESIDENT, CARD), **LIN, phone="13900010002")
    one["identifier"].append({"system": RESIDENT, "value": CARD_OTHER, "use": "old"})
    match = graded(RULES, one, patient((RESIDENT, CARD_OTHER), **other))
    assert match.grade == grade
    assert not any("resident-id" in each.rule for each in match.reasons)


def test_what_stands_for_nothing_is_no_reason() -> None:
    """无名氏, and the telephone number that a clerk types who has none."""
    unknown = patient(name="无名氏", phone="13800138000")
    assert graded(RULES, unknown, unknown).reasons == ()


CARDS = "urn:oid:2.16.156.10011.1.19"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("ABC-12", "AB.C12", False),
        ("ABC-12", "ABC12", False),
        ("ABC 12", "ABC12", False),
        ("ABC-12", "abc-12", True),
        ("ABC-12", " ＡＢＣ－１２ ", True),
    ],
)
def test_a_number_is_the_same_but_for_case_and_width(one: str, other: str, same: bool) -> None:
    found = graded(RULES, patient((CARDS, one)), patient((CARDS, other)))
    assert (found.grade == "certain") == same


@pytest.mark.parametrize(
    ("system", "value", "counts"),
    [
        *((system, value, False) for system in (CARDS, MEDICAL) for value in
          ("无", "-", "0", "0000000000", "９９９９９９", "xxxx", "N/A", "未知", "/ /", "123456789",
           "00-0000", "999-9", "无病案号", "未办理", "新患者", "VIP", "待定", "无身份证")),
        (CARDS, "12345", False),  # shorter than any card
        (MEDICAL, "7", True),
        (MEDICAL, "77", True),
        (MEDICAL, "0007", True),
    ],
)  # fmt: skip
def test_what_is_typed_where_there_is_no_number_makes_nobody_one_person(
    system: str, value: str, counts: bool
) -> None:
    found = graded(RULES, patient((system, value)), patient((system, value)))
    assert (found.grade == "certain") == counts


def test_a_hospital_says_what_is_no_number_of_its_own(tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text(
        "{match: Patient, numbers: [{id: mr, types: [MR], ignore: [LINSHI], shortest: 3}]}", "utf-8"
    )
    rules = load_rules(file)

    def certain(value: str) -> bool:
        said = {"system": "urn:x", "value": value, "type": {"coding": [{"code": "MR"}]}}
        both: Any = {"resourceType": "Patient", "identifier": [said]}
        return graded(rules, both, both).grade == "certain"

    assert [certain(one) for one in ("linshi", "12", "无", "123")] == [False, False, False, True]


def test_names_of_minorities_and_letters() -> None:
    def alike(one: str, other: str) -> set[str]:
        return {each.ground for each in graded(RULES, patient(name=one), patient(name=other)).reasons}

    assert alike("买买提·艾力", "买买提•艾力") == {"name"}
    assert alike("LIN  Yi", "lin yi") == {"name"}
    assert alike("林一", "Lin Yi") == set()


def test_a_year_is_no_other_date() -> None:
    found = graded(RULES, patient(birthDate="1980"), patient(birthDate="1980-05-06")).reasons
    assert found == ()


@pytest.mark.parametrize(
    ("element", "one", "other", "ground"),
    [
        ("name", "欧阳建国", "欧阳建园", "name-nearly"),
        ("name", "欧阳建国", "欧建阳国", "name-nearly"),
        ("name", "林一", "林二", "-name"),  # as likely somebody else
        ("birthDate", "1980-05-06", "1980-06-05", "birth-date-nearly"),
        ("birthDate", "1980-05-06", "1981-05-06", "birth-date-nearly"),
        ("birthDate", "1980-05-06", "1981-05-07", "-birth-date"),
        ("phone", "13900010002", "13900010020", "phone-nearly"),
        ("phone", "13900010002", "13900020001", None),
    ],
)
def test_a_slip_of_the_pen_is_no_other_person(element: str, one: str, other: str, ground: str | None) -> None:
    found = graded(RULES, patient(**{element: one}), patient(**{element: other}))
    assert {each.ground for each in found.reasons} == ({ground} if ground else set())


def test_a_number_in_common_is_not_certain_beside_a_slip() -> None:
    one, other = (patient((RESIDENT, CARD), name=name) for name in ("欧阳建国", "欧阳建园"))
    assert graded(RULES, one, other).grade == "probable"


def test_a_mistyped_resident_id_speaks_for_who_has_the_right_one() -> None:
    wrong = CARD[:16] + str((int(CARD[16]) + 1) % 10) + CARD[17:]
    found = graded(RULES, patient((RESIDENT, wrong), **LIN), patient((RESIDENT, CARD), **LIN))
    assert found.grade == "probable"
    assert "resident-id-nearly" in {each.ground for each in found.reasons}
    far = graded(RULES, patient((RESIDENT, wrong), **LIN), patient((RESIDENT, CARD_OTHER), **LIN))
    assert "resident-id-nearly" not in {each.ground for each in far.reasons}


def test_an_old_resident_id_is_the_same() -> None:
    assert resident("990101800506001") == CARD
    assert resident(f" {CARD.lower()} ") == CARD
    assert resident(CARD[:-1] + ("0" if CARD[-1] != "0" else "1")) == ""


def test_phones_are_digits() -> None:
    assert phones(patient(phone="＋86（139）0001 0002"), "telecom") == {"13900010002"}
    assert phones(patient(phone="110"), "telecom") == set()


@pytest.mark.parametrize(
    "text",
    [
        "[",
        "match: Encounter",
        "{match: Patient, numbers: [{id: a}]}",
        "{match: Patient, numbers: [{id: a, types: [MR], check: luhn}]}",
        "{match: Patient, compare: [{id: a, element: name, how: soundex}]}",
        "{match: Patient, compare: [{id: a, element: name, how: name, same: 1000}]}",
        "{match: Patient, compare: [{id: a, element: name, how: name, wight: 3}]}",
        "{match: Patient, find: [[nobody]]}",
        "{match: Patient, otherwise: [[nobody]]}",
        "{match: Patient, numbers: [{id: a, types: [MR], shortest: 0}]}",
        "{match: Patient, numbers: [{id: a, types: [MR], ignore: 无}]}",
        "{match: Patient, grades: {probable: 10, possible: 20}}",
    ],
)
def test_wrong_rules_are_told(tmp_path: Path, text: str) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text(text, "utf-8")
    with pytest.raises(Misconfigured) as told:
        load_rules(file)
    assert str(file) in str(told.value)
