"""Ordinary visits: nobody who does right is stopped, whatever the specialty, wherever; and who must be is."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.policy import Decision, load_policy
from gateway.policy.check import case_of

ICD = "urn:oid:2.16.156.10011.2.3.3.11"
SUBJECTS = "urn:qiao:codes:clinical-subjects"
PLACES = ((), ("cn-chongqing",), ("cn-sichuan",), ("cn-yunnan",))


def coded(system: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}]}


def earlier(code: str) -> dict[str, Any]:
    parts = [
        {"url": "institution", "valueString": "渡桥市人民医院"},
        {"url": "date", "valueDate": "2024-11-03"},
        {"url": "diagnosis", "valueCodeableConcept": coded(ICD, code)},
        {"url": "evidence", "valueReference": {"reference": "DocumentReference/d1"}},
    ]
    return {"url": "urn:qiao:extension:earlier-diagnosis", "extension": parts}


def visit(
    subject: str, scope: str, diagnosis: str, *drugs: str, born: str = "1970-05-01", kind: str = "western"
) -> dict[str, Any]:
    """A revisit as a patch of the fixture; the diagnoses (``"I10.x00 E11.900"``) are those of before."""
    codes = diagnosis.split()
    line = case_of("prescription").facts.read("MedicationRequest/m1") or {}
    lines = {
        f"MedicationRequest/m{n}": {
            **{name: value for name, value in line.items() if name not in ("id", "resourceType")},
            "category": [coded("urn:qiao:codes:prescription-type", kind)],
            "medicationCodeableConcept": {"text": drug},
            "reasonReference": [{"reference": f"Condition/c{min(n, len(codes))}"}],
        }
        for n, drug in enumerate(drugs, 1)
    }
    conditions = {
        f"Condition/c{n}": {"code": coded(ICD, code), "subject": {"reference": "Patient/p1"}}
        for n, code in enumerate(codes, 1)
    }
    licence = {"code": {"text": scope}, "period": {"start": "2014-07-01"}}
    return {
        "Patient/p1": {"identifier": [{"system": "urn:qiao:id:passport", "value": "X1"}], "birthDate": born},
        "HealthcareService/s1": {"specialty": [coded(SUBJECTS, subject)]},
        "HealthcareService/s2": {"specialty": [coded(SUBJECTS, subject.partition(".")[0])]},
        "Practitioner/w1": {"qualification": [licence]},
        "PractitionerRole/w1": {"specialty": None},
        "Encounter/v1": {
            "serviceType": coded(SUBJECTS, subject),
            "extension": [earlier(one) for one in codes],
        },
        "RequestGroup/g1": {"action": [{"resource": {"reference": one}} for one in lines]},
        "documents": ["RequestGroup/g1", *lines],
        **conditions,
        **lines,
    }


def decided(patch: dict[str, Any], event: Any, place: tuple[str, ...]) -> Decision:
    given = {name: one for name, one in patch.items() if name != "documents" or event == "prescription"}
    return load_policy(place).decide(case_of(event, given))


HERBS = ("黄芪 15g", "白术 10g", "炙甘草 6g", "法半夏 9g", "陈皮 6g", "茯苓 15g")
ORDINARY = [
    visit(
        "03.04", "执业医师：内科专业", "I10.x00 E11.900", "苯磺酸氨氯地平片", "盐酸二甲双胍缓释片 0.5g*30片"
    ),
    visit("03.10", "内科专业", "I25.103", "阿司匹林肠溶片", "硫酸氢氯吡格雷片", born="1940-01-01"),
    visit("03.01", "内科", "J44.900", "噻托溴铵粉吸入剂", "布地奈德福莫特罗吸入粉雾剂(Ⅱ)"),
    visit("03.07", "内科专业", "E03.900", "左甲状腺素钠片（优甲乐） 50μg×100片"),
    visit("03.06", "内科专业", "N18.900", "骨化三醇软胶囊", "罗沙司他胶囊"),
    visit("03.08", "内科专业", "M10.900", "非布司他片", "碳酸氢钠片"),
    visit("03.03", "内科专业", "G40.900", "左乙拉西坦片", "丙戊酸钠缓释片"),
    visit("16.03", "内科专业", "B18.100", "恩替卡韦分散片"),
    visit("17", "内科专业", "A15.000", "异烟肼片"),
    visit("19", "外科专业", "C50.900", "来曲唑片"),
    visit("04.04", "外科专业", "N40.x00", "盐酸坦索罗辛缓释胶囊", "非那雄胺片"),
    visit("04.03", "外科专业", "M17.900", "硫酸氨基葡萄糖胶囊", "双氯芬酸钠缓释片"),
    visit("05.01", "妇产科专业", "N95.100", "戊酸雌二醇片"),
    visit("10", "眼耳鼻咽喉科专业", "H40.100", "拉坦前列素滴眼液", "布林佐胺滴眼液"),
    visit("11.02", "眼耳鼻咽喉科专业", "J30.400", "糠酸莫米松鼻喷雾剂", "氯雷他定片"),
    visit("12.01", "口腔专业", "K05.300", "甲硝唑片"),
    visit("13.01", "皮肤病与性病专业", "L20.900", "曲安奈德益康唑乳膏", "盐酸西替利嗪片"),
    visit("15.06", "精神卫生专业", "F32.900", "草酸艾司西酞普兰片"),
    visit("21", "康复医学专业", "M51.200", "盐酸乙哌立松片", "塞来昔布胶囊"),
    visit("02", "全科医学专业", "I10.x00", "缬沙坦胶囊"),
    visit("50.01", "中医专业", "K29.500", *HERBS, kind="herbal"),
    visit("50.01", "中医专业", "K29.500", "摩罗丹", "香砂养胃丸"),
    visit("07.04", "儿科专业", "J45.900", "孟鲁司特钠咀嚼片", born="2016-05-01"),
    visit("03.01", "内科专业", "J06.900", "氨咖黄敏胶囊", "盐酸氨溴索口服溶液"),
]
STOPPED = [
    ("refuse", visit("03.03", "内科专业", "G47.000", "酒石酸唑吡坦片")),
    ("refuse", visit("19", "内科专业", "C34.900", "盐酸羟考酮缓释片（奥施康定）")),
    ("refuse", visit("03.01", "内科专业", "J42.x00", "氢溴酸右美沙芬片")),
    ("refuse", visit("07.04", "儿科专业", "J45.900", "孟鲁司特钠咀嚼片", born="2019-03-06")),
    ("hold", visit("03.01", "内科专业", "J42.x00", "复方甘草口服溶液")),
    ("hold", visit("03.01", "内科专业", "J06.900", "复方盐酸伪麻黄碱缓释胶囊（新康泰克）")),
    ("hold", visit("19", "内科专业", "C22.000", "复方斑蝥胶囊")),
    ("warn", visit("03.07", "内科专业", "E11.900", "门冬胰岛素30注射液")),
]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("patch", ORDINARY)
def test_an_ordinary_visit_passes(patch: dict[str, Any], place: tuple[str, ...]) -> None:
    for event in ("visit", "prescription"):
        found = decided(patch, event, place).findings
        assert {one.rule for one in found} <= {"cq49-5-care"}, event


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(("verdict", "patch"), STOPPED)
def test_what_must_be_seen_is(verdict: str, patch: dict[str, Any], place: tuple[str, ...]) -> None:
    assert decided(patch, "prescription", place).verdict == verdict
