"""What the statements of a document say about each other, and what they do not say of the patient."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.canonical import Envelope, Translation
from gateway.wire import er7, xml
from tests.mapping.cda.test_documents import check, maps

DE = "2.16.156.10011.2.2.1"
RECORDED = '<value xsi:type="TS" value="{}"/>'


def obs(code: str, label: str, value: str, inner: str = "") -> str:
    return (
        f'<observation><code code="{code}" displayName="{label}" codeSystem="{DE}"/>'
        f"{value}{inner}</observation>"
    )


def text(words: str) -> str:
    return f'<value xsi:type="ST">{words}</value>'


def coded(code: str, name: str) -> str:
    return f'<value xsi:type="CD" code="{code}" displayName="{name}" codeSystem="2.16.156.10011.2.3.3.11"/>'


def amount(number: str, unit: str) -> str:
    return f'<value xsi:type="PQ" value="{number}" unit="{unit}"/>'


def cluster(*statements: str) -> str:
    inner = "".join(f"<component>{one}</component>" for one in statements)
    return f'<entry><organizer classCode="CLUSTER" moodCode="EVN"><statusCode/>{inner}</organizer></entry>'


def section(code: str, *entries: str, narrative: str = "", title: str = "") -> str:
    return (
        f'<component><section><code code="{code}" codeSystem="2.16.840.1.113883.6.1" displayName="{title}"/>'
        f"<text>{narrative}</text>{''.join(entries)}</section></component>"
    )


def document(kind: str, *sections: str, number: str = "N-1", ids: str = "", resident: str = "-") -> str:
    return (
        '<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f'<id root="2.16.156.10011.1.1" extension="{number}"/>'
        f'<code code="{kind}" codeSystem="2.16.156.10011.2.4"/>'
        '<title>文档</title><effectiveTime value="20260310101500"/><recordTarget><patientRole>'
        f'<id root="2.16.156.10011.1.13" extension="9100711"/>{ids}'
        f'<patient><id root="2.16.156.10011.1.3" extension="{resident}"/><name>冯知秋</name>'
        '<age unit="岁" value="46"/></patient></patientRole></recordTarget>'
        '<author><time value="20260310101500"/><assignedAuthor><id root="2.16.156.10011.1.4" extension="D1"/>'
        "</assignedAuthor></author>"
        f"<component><structuredBody>{''.join(sections)}</structuredBody></component></ClinicalDocument>"
    )


def translated(written: str) -> Translation:
    raw = written.encode()
    envelope = Envelope("0" * 32, "default", "his/cda", "", 1_790_000_000_000_000, "text/xml", "", raw)
    message = maps().lay(xml.parse(raw), envelope)
    made = maps().translate(message, envelope, maps().profile("his/cda", "", message))
    assert [one for one in check()(made.drafts) if one.severity in ("error", "fatal")] == []
    return made


def of(translation: Translation, type_: str) -> list[dict[str, Any]]:
    return [one.body for one in translation.drafts if one.type == type_]


def named(translation: Translation, label: str) -> list[dict[str, Any]]:
    return [
        one
        for one in of(translation, "Observation")
        if label
        in (one["code"].get("text"), *(each.get("display") for each in one["code"].get("coding", ())))
    ]


def diagnosis(name: str, label: str = "诊断名称", *beside: str) -> str:
    return cluster(obs("DE05.01.025.00", label, text(name)), *beside)


@pytest.mark.parametrize("kind", ["C0002", "C0004", "C0053"])
@pytest.mark.parametrize(
    ("name", "label", "said"),
    [
        ("肺炎", "初步诊断名称", None),
        ("肺癌？", "初步诊断名称", "provisional"),
        ("疑似肺结核", "诊断名称", "provisional"),
        ("肺结核", "鉴别诊断名称", "differential"),
        ("排除胃癌", "诊断名称", "refuted"),
        ("否认冠心病", "诊断名称", "refuted"),
        ("胃癌待排除", "诊断名称", "provisional"),
    ],
)
def test_a_diagnosis_is_as_sure_as_it_is_told(kind: str, name: str, label: str, said: str | None) -> None:
    number = '<id root="2.16.156.10011.1.20" extension="CF1"/>'
    drug = (
        "<entry><substanceAdministration><consumable><manufacturedProduct><manufacturedLabeledDrug>"
        '<code code="Y1"/>'
        "<name>药</name></manufacturedLabeledDrug></manufacturedProduct></consumable>"
        "</substanceAdministration></entry>"
    )
    entries = (diagnosis("高血压"), diagnosis(name, label), drug)
    made = of(translated(document(kind, section("29548-5", *entries), ids=number)), "Condition")
    (found,) = [one for one in made if one["code"]["text"] == name]
    (plain,) = [one for one in made if one["code"]["text"] == "高血压"]
    assert "verificationStatus" not in plain
    sure = found.get("verificationStatus", {"coding": [{"code": None}]})["coding"][0]["code"]
    assert sure == said
    assert not any("clinicalStatus" in one for one in made), "nobody said that it goes on"


@pytest.mark.parametrize("kind", ["C0002", "C0053"])
@pytest.mark.parametrize("name", ["无", "未见异常"])
def test_who_has_nothing_has_no_disease(kind: str, name: str) -> None:
    made = translated(document(kind, section("29548-5", diagnosis(name))))
    assert of(made, "Condition") == []
    (found,) = named(made, "诊断名称")
    assert found["valueString"] == name


def test_nothing_is_no_allergen() -> None:
    substance = (
        '<participant typeCode="CSM"><participantRole classCode="MANU"><playingEntity classCode="MMAT">'
        "<code/><desc>{}</desc></playingEntity></participantRole></participant>"
    )
    entries = [
        f"<entry>{obs('DE02.10.022.00', '过敏史', text(said), substance.format(named_))}</entry>"
        for said, named_ in (("无", "无"), ("皮疹", "青霉素"))
    ]
    made = translated(document("C0002", section("11369-6", *entries)))
    assert [one["code"]["text"] for one in of(made, "AllergyIntolerance")] == ["青霉素"]


@pytest.mark.parametrize("sign", ["-", "/", "无"])
def test_a_sign_is_the_value_of_a_result(sign: str) -> None:
    entry = cluster(
        obs("DE04.30.019.00", "检验项目代码", coded("PRO", "尿蛋白")),
        obs("DE04.30.015.00", "检验结果值", text(sign)),
    )
    made = translated(document("C0007", section("30954-2", entry), ids=REPORT))
    found = [
        one for one in of(made, "Observation") if one["code"].get("coding", [{}])[0].get("code") == "PRO"
    ]
    assert [one.get("valueString") for one in found] == [sign]


def test_of_two_codes_none_is_lost_in_silence() -> None:
    both = "".join(f'<code code="{one}" displayName="{one}" codeSystem="{DE}"/>' for one in ("X1", "X2"))
    made = translated(
        document("C0002", section("29545-1", f"<entry><observation>{both}{text('有')}</observation></entry>"))
    )
    assert any(path.endswith("code/@code") for path in made.unmapped)


def test_what_a_diagnosis_by_message_is_stays_active() -> None:
    raw = (
        b"MSH|^~\\&|HIS|H|Q|Q|20260305090000||ADT^A01|1|P|2.5.1\rPID|1||9100711^^^^MR\r"
        b"PV1|1|I|||||||||||||||||ZY1\rDG1|1||I10^x^I10\r"
    )
    envelope = Envelope("0" * 32, "default", "his/hl7v2", "", 1_790_000_000_000_000, "", "", raw)
    message = er7.parse(raw)
    (found,) = of(maps().translate(message, envelope, maps().profile("his/hl7v2", "", message)), "Condition")
    assert found["clinicalStatus"]["coding"][0]["code"] == "active"


@pytest.mark.parametrize(("code", "title"), [("10157-6", ""), ("", "家族史")])
def test_what_a_relative_has_is_not_the_patients(code: str, title: str) -> None:
    entry = cluster(
        obs("DE05.01.024.00", "疾病编码", coded("C16.9", "胃恶性肿瘤")),
        obs("DE02.10.103.00", "家族史", text("父亲")),
    )
    made = translated(document("C0053", section(code, entry, title=title)))
    assert of(made, "Condition") == []
    (history,) = of(made, "FamilyMemberHistory")
    (patient,) = of(made, "Patient")
    assert history["patient"] == {"reference": f"Patient/{patient['id']}"}
    assert history["condition"][0]["code"]["coding"][0]["code"] == "C16.9"
    assert [one["valueString"] for one in named(made, "家族史")] == ["父亲"]


def test_what_stands_beside_a_diagnosis_is_about_it() -> None:
    outcome = "DE05.10.113.00", "治疗结果代码"
    sugar = diagnosis("糖尿病", "出院诊断", obs(*outcome, coded("1", "治愈")),
                      obs("DE05.01.058.00", "诊断日期", RECORDED.format("20260301")))  # fmt: skip
    liver = diagnosis("肝癌", "出院诊断", obs(*outcome, coded("5", "死亡")))
    made = translated(document("C0053", section("11535-2", sugar, liver)))
    conditions = {one["code"]["text"]: one for one in of(made, "Condition")}
    about = {
        one["valueCodeableConcept"]["text"]: one["focus"][0]["reference"]
        for one in named(made, "治疗结果代码")
    }
    assert about == {
        "治愈": f"Condition/{conditions['糖尿病']['id']}",
        "死亡": f"Condition/{conditions['肝癌']['id']}",
    }
    assert conditions["糖尿病"]["clinicalStatus"]["coding"][0]["code"] == "resolved"
    assert "clinicalStatus" not in conditions["肝癌"]
    assert conditions["糖尿病"]["recordedDate"] == "2026-03-01"


def test_the_rank_of_a_diagnosis_reaches_the_visit() -> None:
    visit = '<id root="2.16.156.10011.1.12" extension="ZY9100"/>'
    entries = [
        diagnosis(
            name, "入院诊断", obs("DE05.01.080.00", "诊断顺位", f'<value xsi:type="INT" value="{rank}"/>')
        )
        for name, rank in (("肺炎", 2), ("心衰", 1))
    ]
    made = translated(document("C0034", section("29548-5", *entries), ids=visit))
    names = {f"Condition/{one['id']}": one["code"]["text"] for one in of(made, "Condition")}
    (encounter,) = of(made, "Encounter")
    assert {names[one["condition"]["reference"]]: one["rank"] for one in encounter["diagnosis"]} == {
        "肺炎": 2,
        "心衰": 1,
    }


def test_a_time_among_statements_is_the_time_of_all_and_they_are_held_together() -> None:
    def measured(hour: str) -> str:
        return cluster(
            obs("DE09.00.099.00", "记录日期时间", RECORDED.format(f"20260310{hour}0000")),
            obs("DE04.10.186.00", "体温", amount("38.5", "℃")),
            obs("DE04.10.118.00", "脉率", amount("90", "次/min")),
        )

    made = translated(
        document("C0022", section("8716-3", measured("02"), measured("06"), title="VITAL SIGNS"))
    )
    warm = named(made, "体温")
    assert [one["effectiveDateTime"][:13] for one in warm] == ["2026-03-10T02", "2026-03-10T06"]
    panels = [one for one in of(made, "Observation") if "hasMember" in one]
    assert [one["code"] for one in panels] == [{"text": "VITAL SIGNS"}] * 2
    for one, panel in zip(warm, panels, strict=True):
        assert {"reference": f"Observation/{one['id']}"} in panel["hasMember"]
        assert len(panel["hasMember"]) == 3


def test_when_a_patient_died_is_not_when_he_was_measured() -> None:
    entry = cluster(
        obs("DE04.01.121.00", "死亡日期时间", RECORDED.format("20260310020000")),
        obs("DE04.10.186.00", "体温", amount("38.5", "℃")),
    )
    (found,) = named(translated(document("C0053", section("8716-3", entry))), "体温")
    assert "effectiveDateTime" not in found
    assert found["issued"] == "2026-03-10T10:15:00+08:00", "when it was written down is known"


def test_what_is_found_at_a_visit_is_so_at_that_time() -> None:
    entry = f"<entry>{obs('DE04.10.186.00', '体温', amount('38.5', '℃'))}</entry>"
    (found,) = named(translated(document("C0002", section("8716-3", entry))), "体温")
    assert found["effectiveDateTime"] == "2026-03-10T10:15:00+08:00"


REPORT = '<id root="2.16.156.10011.1.32" extension="RP1"/><id root="2.16.156.10011.1.33" extension="RP1"/>'


def test_the_impression_of_an_examination_is_its_conclusion() -> None:
    entries = (
        f"<entry>{obs('DE04.50.131.00', '检查报告结果-客观所见', text('肺纹理增多'))}</entry>",
        f"<entry>{obs('DE04.50.132.00', '检查报告结果-主观提示', text('支气管炎'))}</entry>",
    )
    (report,) = of(
        translated(document("C0006", section("30954-2", *entries), ids=REPORT)), "DiagnosticReport"
    )
    assert report["conclusion"] == "支气管炎"


@pytest.mark.parametrize(
    ("value", "code", "name"),
    [
        (text("脂蛋白(a)"), None, "脂蛋白(a)"),
        (text("CT"), None, "CT"),
        ('<value xsi:type="CD" displayName="脂蛋白(a)"/>', None, "脂蛋白(a)"),
        (coded("LPA", "脂蛋白(a)"), "LPA", "脂蛋白(a)"),
        (text("L0077"), "L0077", None),
    ],
)
def test_a_name_is_no_code(value: str, code: str | None, name: str | None) -> None:
    entry = cluster(
        obs("DE04.30.019.00", "检验项目代码", value),
        obs("DE04.30.015.00", "检验定量结果", amount("210", "mg/L")),
    )
    made = translated(document("C0007", section("30954-2", entry), ids=REPORT))
    (found,) = [
        one for one in of(made, "Observation") if str(one.get("valueQuantity", {}).get("value")) == "210"
    ]
    assert [one.get("code") for one in found["code"].get("coding", ())] == ([code] if code else [])
    assert found["code"].get("text") == name


@pytest.mark.parametrize(
    ("name", "mapped"), [("口服", True), ("", True), ("静脉滴注", False), ("皮下", False)]
)
def test_a_code_whose_name_says_something_else_is_not_translated(name: str, mapped: bool) -> None:
    route = f'<routeCode code="1" displayName="{name}" codeSystem="2.16.156.10011.2.3.1.158"/>'
    drug = (
        f"<entry><substanceAdministration>{route}<consumable><manufacturedProduct><manufacturedLabeledDrug>"
        '<code code="Y1"/><name>药</name></manufacturedLabeledDrug></manufacturedProduct></consumable>'
        "</substanceAdministration></entry>"
    )
    number = '<id root="2.16.156.10011.1.20" extension="CF1"/>'
    (order,) = of(translated(document("C0004", section("10160-0", drug), ids=number)), "MedicationRequest")
    codes = [one["code"] for one in order["dosageInstruction"][0]["route"]["coding"]]
    assert codes == (["1", "PO"] if mapped else ["1"])


def test_what_refers_to_the_narrative_says_its_words() -> None:
    value = '<value xsi:type="ED"><reference value="#cc1"/></value>'
    made = translated(
        document(
            "C0002",
            section(
                "10154-3",
                f"<entry>{obs('DE04.01.119.00', '主诉', value)}</entry>",
                narrative='<paragraph><content ID="cc1">咳嗽 3 天</content></paragraph>',
            ),
        )
    )
    (found,) = named(made, "主诉")
    assert found["valueString"] == "咳嗽 3 天"
    (composition,) = of(made, "Composition")
    assert '<span id="cc1">' in composition["section"][0]["text"]["div"]
    assert not any("reference" in path for path in made.unmapped)


@pytest.mark.parametrize(
    ("number", "unit", "said"),
    [("172cm", "cm", "172"), ("３８．５", "℃", "38.5"), ("5.60", "mmol/L", "5.60")],
)
def test_a_number_is_one_however_it_is_written(number: str, unit: str, said: str) -> None:
    entry = f"<entry>{obs('DE04.10.167.00', '量', amount(number, unit))}</entry>"
    made = translated(document("C0002", section("8716-3", entry)))
    (found,) = named(made, "量")
    assert (str(found["valueQuantity"]["value"]), found["valueQuantity"]["unit"]) == (said, unit)
    assert not any("observation" in path for path in made.unmapped)


def test_a_reason_that_nobody_gave_is_not_told() -> None:
    (found,) = named(
        translated(document("C0002", section("8716-3", f"<entry>{obs('X1', '量', '')}</entry>"))), "量"
    )
    assert "text" not in found["dataAbsentReason"]


def test_an_age_is_told_once() -> None:
    first, second = (translated(document("C0002", number=number)) for number in ("N-1", "N-2"))
    (one,), (other,) = named(first, "Age"), named(second, "Age")
    assert one["id"] == other["id"]


def test_an_old_resident_number_is_kept_as_by_the_other_doors() -> None:
    (patient,) = of(translated(document("C0002", resident="990101710215002")), "Patient")
    kinds = {one["value"]: one["type"]["coding"][0]["code"] for one in patient["identifier"]}
    assert kinds["990101710215002"] == "SB"
    (patient,) = of(translated(document("C0002", resident="99010119710215002X")), "Patient")
    kinds = {one["value"]: one["type"]["coding"][0]["code"] for one in patient["identifier"]}
    assert kinds["99010119710215002X"] == "NNCHN"


@pytest.mark.parametrize("written", ["2026/3/10 10:15:00", "2026-03-10 10:15"])
def test_a_time_in_another_style_is_read(written: str) -> None:
    made = translated(
        document("C0002").replace('effectiveTime value="20260310101500"', f'effectiveTime value="{written}"')
    )
    (one,) = of(made, "Provenance")
    assert one["recorded"]
    assert not [issue for issue in made.issues if "MSH-7" in issue.where]


def test_a_section_with_entries_is_not_called_empty() -> None:
    """What a layout has read of it stands in its text; ``empty`` is one that says nothing at all."""
    left = obs("DE06.00.017.00", "出院日期时间", RECORDED.format("20260310093000"))
    hollow = '<entry><observation nullFlavor="NI"><value xsi:type="ST">-</value></observation></entry>'
    made = translated(
        document(
            "C0053",
            section("11535-2", f"<entry>{left}</entry>", title="出院诊断"),
            section("10184-0", hollow, title="过程"),
            section("8653-8", title="医嘱"),
        )
    )
    (composition,) = of(made, "Composition")
    told = [one["text"] for one in composition["section"]]
    assert [one["status"] for one in told] == ["generated", "generated", "empty"]
    assert "出院日期时间：20260310093000" in told[0]["div"]
