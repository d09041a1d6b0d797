"""The name and the code of a diagnosis in entries of their own; two names of one code."""

from __future__ import annotations

import pytest

from tests.mapping.cda.test_content import cluster, coded, document, obs, of, section, text, translated

NAME, CODE = "DE05.01.025.00", "DE05.01.024.00"
BARE = '<value xsi:type="CD" code="{}" codeSystem="2.16.156.10011.2.3.3.11"/>'


def name(words: str) -> str:
    return f"<entry>{obs(NAME, '出院诊断-西医诊断名称', text(words))}</entry>"


def code(value: str, words: str = "") -> str:
    said = coded(value, words) if words else BARE.format(value)
    return f"<entry>{obs(CODE, '出院诊断-西医诊断编码', said)}</entry>"


def diagnoses(*entries: str) -> list[tuple[str, str]]:
    """Return code and name of each Condition."""
    made = of(translated(document("C0053", section("11535-2", *entries))), "Condition")
    codings = [one["code"].get("coding", [{}])[0] for one in made]
    return [
        (coding.get("code", ""), one["code"].get("text", coding.get("display", "")))
        for one, coding in zip(made, codings, strict=True)
    ]


@pytest.mark.parametrize(
    "entries",
    [
        (name("糖尿病"), code("E11.900", "糖尿病"), name("高血压病"), code("I10.x00", "高血压病")),
        (name("糖尿病"), code("E11.900"), name("高血压病"), code("I10.x00")),
        (code("E11.900", "糖尿病"), name("糖尿病"), code("I10.x00", "高血压病"), name("高血压病")),
    ],
)
def test_a_name_and_its_code_in_two_entries_are_one_diagnosis(entries: tuple[str, ...]) -> None:
    assert diagnoses(*entries) == [("E11.900", "糖尿病"), ("I10.x00", "高血压病")]


@pytest.mark.parametrize(
    ("named", "coded_as"),
    [
        ("诊断名称", "疾病编码"),
        ("主要诊断名称", "主要诊断疾病编码"),
        ("出院诊断名称", "出院诊断ICD-10编码"),
        ("出院诊断-西医诊断名称", "西医诊断编码"),
    ],
)
def test_labels_that_differ_in_what_they_are_of_one_diagnosis_join_it(named: str, coded_as: str) -> None:
    entries = obs(NAME, named, text("糖尿病")), obs(CODE, coded_as, BARE.format("E11.900"))
    assert diagnoses(*(f"<entry>{one}</entry>" for one in entries)) == [("E11.900", "糖尿病")]


def test_what_may_belong_to_another_is_left_as_it_is() -> None:
    assert len(diagnoses(name("胃炎"), code("E11.900", "糖尿病"))) == 2
    found = diagnoses(name("胃炎"), name("糖尿病"), code("E11.900"), name("高血压病"))
    assert ("", "胃炎") in found and ("", "高血压病") in found and len(found) == 4
    assert diagnoses(name("胃炎"), name("糖尿病"), code("E11.900", "糖尿病")) == [
        ("", "胃炎"),
        ("E11.900", "糖尿病"),
    ]


def test_one_code_with_two_names_is_two_diagnoses() -> None:
    def both(code: str, words: str) -> str:
        return cluster(obs(NAME, "出院诊断名称", text(words)), obs(CODE, "出院诊断编码", coded(code, words)))

    left, right = "左额部头皮裂伤", "右颞部皮下血肿"
    assert diagnoses(both("S00.800", left), both("S00.800", right), both("S00.800", left)) == [
        ("S00.800", left),
        ("S00.800", right),
    ]


@pytest.mark.parametrize(
    ("name", "code", "label", "element"),
    [
        ("入院诊断-西医诊断名称", "I10.x00", "出院诊断-西医诊断编码", CODE),
        ("出院诊断-西医诊断名称", "BNP050", "出院诊断-中医病名代码", "DE05.10.130.00"),
        ("主要诊断名称", "E11.900", "其他诊断编码", CODE),
        ("诊断名称", "E11.900", "出院诊断-其他诊断编码", CODE),
        ("诊断名称", "S06.000", "损伤中毒外部原因疾病编码", CODE),
        ("出院诊断-诊断名称", "E11.900", "诊断编码", CODE),
    ],
)
def test_a_name_and_the_code_of_another_diagnosis_are_two(
    name: str, code: str, label: str, element: str
) -> None:
    named = f"<entry>{obs(NAME, name, text('冠心病'))}</entry>"
    coded = f"<entry>{obs(element, label, BARE.format(code))}</entry>"
    assert len(diagnoses(named, coded)) == 2
