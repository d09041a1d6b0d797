"""Documents of all 53 types of WS/T 500: sections, coded entries and narrative survive."""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from copy import deepcopy
from functools import cache
from typing import Any

import pytest
from lxml import etree

from gateway.canonical import Draft, Envelope, Translation
from gateway.canonical.json import dumps
from gateway.errors import Rejected
from gateway.mapping import Maps, load_maps
from gateway.settings import Settings
from gateway.validation import draft_validator
from gateway.wire import er7, xml

CODES = [f"C{number:04}" for number in range(1, 54)]
MOMENT = 1_790_000_000_000_000
NS = {"h": "urn:hl7-org:v3"}
DE = "urn:oid:2.16.156.10011.2.2.1"
OF_THE_HEADER = ("30525-0", "DE02.01.052.00", "DE02.01.041.00")
"""Age, occupation and education are Observations that no section speaks of."""
Make = Callable[..., etree._Element]


@cache
def maps() -> Maps:
    return load_maps()


@cache
def check() -> Any:
    return draft_validator(Settings(), "report")


def translated(raw: bytes, adapter: str = "his/cda") -> Translation:
    envelope = Envelope("0" * 32, "default", adapter, "", MOMENT, "text/xml", "", raw)
    record = xml.parse(raw) if adapter == "his/cda" else er7.parse(raw)
    message = record if isinstance(record, er7.Message) else maps().lay(record, envelope)
    return maps().translate(message, envelope, maps().profile(adapter, "", message))


def written(root: etree._Element) -> bytes:
    return bytes(etree.tostring(root, encoding="utf-8", xml_declaration=True))


def of(translation: Translation, type_: str) -> list[dict[str, Any]]:
    return [one.body for one in translation.drafts if one.type == type_]


def sections(composition: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for one in composition.get("section", ()):
        yield one
        yield from sections(one)


def text_of(div: str) -> str:
    return "".join(etree.fromstring(div).itertext())


@pytest.mark.parametrize("code", CODES)
def test_a_document_of_each_type_is_kept_whole(code: str, make: Make) -> None:
    root = make(code)
    raw = written(root)
    translation = translated(raw)
    (composition,) = of(translation, "Composition")
    made, said = list(sections(composition)), root.findall(".//h:section", NS)
    assert len(made) == len(said) > 0
    for one, section in zip(made, said, strict=True):
        head = section.find("h:code", NS)
        if head.get("code"):
            assert one["code"]["coding"][0]["code"] == head.get("code")
        assert one["title"]
        narrative = (
            "".join(section.find("h:text", NS).itertext()) if section.find("h:text", NS) is not None else ""
        )
        assert narrative.strip() == "" or text_of(one["text"]["div"]) == narrative
    coded = Counter(one.get("code") for one in root.findall(".//h:observation/h:code[@code]", NS))
    discrete = Counter(
        coding["code"] for one in of(translation, "Observation") for coding in one["code"].get("coding", ())
        if coding.get("system") == DE
    )  # fmt: skip
    assert {key: count for key, count in discrete.items() if key in coded} == coded
    everything = dumps([one.body for one in translation.drafts]).decode()
    for value in root.findall(".//h:observation/h:value", NS):
        told = value.get("code") or value.get("value") or value.text or ""
        assert told == "true" or told[:4] in everything
    (document,) = of(translation, "DocumentReference")
    attachment = document["content"][0]["attachment"]
    assert base64.b64decode(attachment["data"]) == raw
    assert base64.b64decode(attachment["hash"]) == hashlib.sha1(raw).digest()
    assert attachment["size"] == len(raw)


@pytest.mark.parametrize("code", CODES)
def test_what_a_document_becomes_is_valid_and_hangs_together(code: str, make: Make) -> None:
    translation = translated(written(make(code)))
    issues = check()(translation.drafts)
    assert [one for one in issues if one.severity in ("error", "fatal")] == []
    (composition,) = of(translation, "Composition")
    there = {f"{one.type}/{one.id}" for one in translation.drafts}
    referred = {entry["reference"] for one in sections(composition) for entry in one.get("entry", ())}
    assert referred <= there
    (patient,) = of(translation, "Patient")
    assert composition["subject"] == {"reference": f"Patient/{patient['id']}"}
    loose = {
        f"Observation/{one['id']}"
        for one in of(translation, "Observation")
        if not any(code in str(one["code"]) for code in OF_THE_HEADER)
    } - referred
    assert loose == set()


def template_of_another(root: etree._Element) -> None:
    root.find("h:templateId", NS).set("root", "2.16.156.10011.2.1.1.21")


def header_in_another_order(root: etree._Element) -> None:
    body = root.findall("h:component", NS)
    others = [one for one in root if one not in body]
    for one in [*body, *reversed(others)]:
        root.append(one)


def body_without_structured_body(root: etree._Element) -> None:
    body = root.find("h:component/h:structuredBody", NS)
    for one in list(body):
        root.append(one)
    root.remove(body.getparent())


def header_of_the_patient_only(root: etree._Element) -> None:
    for one in list(root):
        if etree.QName(one).localname not in ("id", "code", "recordTarget", "component"):
            root.remove(one)


def times_and_names_as_dashes(root: etree._Element) -> None:
    for one in root.iter(f"{{{NS['h']}}}time", f"{{{NS['h']}}}effectiveTime"):
        one.set("value", "-")


FLAWS = (
    template_of_another, header_in_another_order, body_without_structured_body, header_of_the_patient_only,
    times_and_names_as_dashes,
)  # fmt: skip


@pytest.mark.parametrize("flaw", FLAWS, ids=lambda one: one.__name__)
@pytest.mark.parametrize("code", ["C0002", "C0007", "C0028", "C0034"])
def test_a_sloppy_sender_loses_nothing_of_the_body(code: str, flaw: Callable[..., None], make: Make) -> None:
    root = make(code)
    whole = translated(written(root))
    flaw(root)
    sloppy = translated(written(root))

    def told(translation: Translation) -> list[Any]:
        kept = (
            "code",
            "valueString",
            "valueQuantity",
            "valueCodeableConcept",
            "valueInteger",
            "valueBoolean",
        )
        return [{key: one.get(key) for key in kept} for one in of(translation, "Observation")]

    assert told(sloppy) == told(whole)
    assert [one.get("text") for one in sections(of(sloppy, "Composition")[0])] == [
        one.get("text") for one in sections(of(whole, "Composition")[0])
    ]
    assert [one for one in check()(sloppy.drafts) if one.severity in ("error", "fatal")] == []


@pytest.mark.parametrize("declared", ["", "UTF-8", "GB2312"])
def test_the_bytes_decide_about_the_charset(declared: str, make: Make) -> None:
    text = etree.tostring(make("C0028"), encoding="unicode")
    head = f'<?xml version="1.0" encoding="{declared}"?>' if declared else ""
    (patient,) = of(translated((head + text).encode("gb18030")), "Patient")
    assert patient["name"] == [{"text": "孟秋禾"}]


def test_a_document_of_nobody_waits(make: Make) -> None:
    root = make("C0028")
    for one in root.findall(".//h:patientRole//h:id", NS):
        one.set("extension", "-")
    with pytest.raises(Rejected) as error:
        translated(written(root))
    assert error.value.code == "no-patient"


@pytest.mark.parametrize("number", ["Z1", "-"])
def test_a_document_of_two_patients_waits(make: Make, number: str) -> None:
    """Nothing says whose the statements of its body are; WS/T 500 has one."""
    root = make("C0028")
    first = root.find("h:recordTarget", NS)
    second = deepcopy(first)
    for one in second.iter(f"{{{NS['h']}}}id"):
        one.set("extension", number)
    second.find(".//h:patient/h:name", NS).text = "另一人"
    first.addnext(second)
    with pytest.raises(Rejected) as error:
        translated(written(root))
    assert (error.value.code, error.value.where) == ("several-patients", "recordTarget")


def test_the_same_patient_twice_in_a_document_is_one(make: Make) -> None:
    root = make("C0028")
    first = root.find("h:recordTarget", NS)
    first.addnext(deepcopy(first))
    (patient,) = of(translated(written(root)), "Patient")
    assert patient["name"] == [{"text": "孟秋禾"}]


def stated(inner: str) -> etree._Element:
    """A statement with a code, and what else stands in it."""
    return etree.fromstring(
        '<entry xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        '<observation classCode="OBS" moodCode="EVN"><code code="DE80.00.000.00" displayName="项"/>'
        f"{inner}</observation></entry>"
    )


def observed(make: Make, entry: etree._Element) -> tuple[Translation, list[dict[str, Any]]]:
    root = make("C0034")
    root.find(".//h:section", NS).append(entry)
    translation = translated(written(root))
    assert [one for one in check()(translation.drafts) if one.severity in ("error", "fatal")] == []
    return translation, [one for one in of(translation, "Observation") if "DE80.00" in str(one["code"])]


def test_what_is_not_so_is_never_told_as_if_it_were(make: Make) -> None:
    entry = stated('<value xsi:type="ST">胸痛</value>')
    entry[0].set("negationInd", "true")
    _, (found,) = observed(make, entry)
    assert found["modifierExtension"] == [{"url": "urn:qiao:extension:negated", "valueBoolean": True}]


def test_what_is_only_planned_is_no_result(make: Make) -> None:
    entry = stated('<value xsi:type="PQ" value="80" unit="kg"/>')
    entry[0].set("moodCode", "GOL")
    _, (found,) = observed(make, entry)
    assert found["status"] == "registered"


def test_each_of_several_values_is_kept(make: Make) -> None:
    _, found = observed(make, stated('<value xsi:type="ST">甲</value><value xsi:type="ST">乙</value>'))
    assert [one["valueString"] for one in found] == ["甲", "乙"]


def test_a_reference_range_and_an_attachment_are_kept(make: Make) -> None:
    inner = (
        '<value xsi:type="PQ" value="5.60" unit="mmol/L"/><referenceRange><observationRange>'
        '<value xsi:type="IVL_PQ"><low value="3.9" unit="mmol/L"/><high value="6.1" unit="mmol/L"/></value>'
        "</observationRange></referenceRange>"
    )
    _, (found,) = observed(make, stated(inner))
    (one,) = found["referenceRange"]
    assert (str(one["low"]["value"]), str(one["high"]["value"]), one["low"]["unit"]) == (
        "3.9",
        "6.1",
        "mmol/L",
    )
    url = "https://pacs.example/1"
    inner = f'<value xsi:type="ED" mediaType="image/jpeg"><reference value="{url}"/></value>'
    _, (found,) = observed(make, stated(inner))
    assert found["extension"][0]["valueAttachment"] == {"contentType": "image/jpeg", "url": url}


@pytest.mark.parametrize(("flag", "allergies"), [("true", ["青霉素"]), ("false", [])])
def test_an_allergen_is_an_allergy_unless_there_is_none(make: Make, flag: str, allergies: list[str]) -> None:
    inner = (
        f'<value xsi:type="BL" value="{flag}"/><participant typeCode="CSM"><participantRole classCode="MANU">'
        '<playingEntity classCode="MMAT"><code code="A01"/><desc>青霉素</desc></playingEntity>'
        "</participantRole></participant>"
    )
    translation, (found,) = observed(make, stated(inner))
    assert [one["code"]["text"] for one in of(translation, "AllergyIntolerance")] == allergies
    assert found["component"][0]["valueCodeableConcept"]["text"] == "青霉素"
    assert not any(one.get("name") == [{"text": "青霉素"}] for one in of(translation, "Practitioner"))


def test_what_stands_in_a_statement_and_becomes_nothing_is_counted(make: Make) -> None:
    inner = '<value xsi:type="CD" code="K1" displayName="甲"><translation code="T99"/></value>'
    translation, _ = observed(make, stated(inner))
    assert any(path.endswith("observation/value/translation/@code") for path in translation.unmapped)


def test_sections_nest_and_keep_their_order(make: Make) -> None:
    root = make("C0034")
    first, second, *_ = root.findall(".//h:section", NS)
    around = etree.SubElement(first, f"{{{NS['h']}}}component")
    around.append(second)
    deeper = etree.SubElement(second, f"{{{NS['h']}}}component")
    inner = etree.SubElement(deeper, f"{{{NS['h']}}}section")
    etree.SubElement(inner, f"{{{NS['h']}}}title").text = "最里层"
    etree.SubElement(inner, f"{{{NS['h']}}}text").text = "第三层叙述"
    (composition,) = of(translated(written(root)), "Composition")
    innermost = composition["section"][0]["section"][0]["section"][0]
    assert (innermost["title"], text_of(innermost["text"]["div"])) == ("最里层", "第三层叙述")


def test_an_unknown_data_element_is_an_observation_under_its_own_name(make: Make) -> None:
    root = make("C0028")
    code = root.find(".//h:observation/h:code", NS)
    code.set("code", "DE77.77.777.77")
    code.set("displayName", "某院自定义项")
    found = [
        one for one in of(translated(written(root)), "Observation") if "DE77.77.777.77" in str(one["code"])
    ]
    assert found[0]["code"]["coding"] == [{"system": DE, "code": "DE77.77.777.77", "display": "某院自定义项"}]


def drafts(translation: Translation, type_: str) -> set[str]:
    found: list[Draft] = [one for one in translation.drafts if one.type == type_]
    return {one.id for one in found}


HEAD = (
    "MSH|^~\\&|HIS|DQRM|QIAO|DQRM|20260305090540||{type}|1|P|2.5.1|||||CHN|UNICODE UTF-8\r"
    "PID|1||{mr}^^^^MR~{resident}^^^^NNCHN||{name}||{birth}|1\r"
    "PV1|1|{class_}|||||||||||||||||{visit}\r"
)


def sample(name: str) -> bytes:
    from gateway import registry

    found: bytes = (registry.one_root() / "adapters/his/cda/samples" / name).read_bytes()
    return found


def test_a_prescription_is_the_same_by_hl7_v2_and_as_a_document() -> None:
    head = HEAD.format(
        type="RDE^O11^RDE_O11", mr="1000977", resident="990101195111230452", name="周德顺", birth="19511123",
        class_="O", visit="MZ2026030500118",
    )  # fmt: skip
    order = (
        "ORC|NW|||CF2026030500087|||||20260305090320|||D030701^方以宁\r"
        "RXE||XY012^盐酸二甲双胍缓释片|0.5||g|||||60|片||||CF2026030500087\r"
    )
    by_message, by_document = (
        translated((head + order).encode(), "his/hl7v2"),
        translated(sample("01-C0004-prescription.xml")),
    )
    for type_ in ("Patient", "Encounter"):
        assert drafts(by_message, type_) == drafts(by_document, type_) != set()
    assert drafts(by_message, "MedicationRequest") <= drafts(by_document, "MedicationRequest")
    assert len(drafts(by_document, "MedicationRequest")) == 3
    requester = of(by_message, "MedicationRequest")[0]["requester"]
    assert requester == of(by_document, "MedicationRequest")[0]["requester"]


@pytest.mark.parametrize(
    ("name", "report", "order", "item"),
    [
        ("04-C0007-laboratory.xml", "T260305004412", "JY2026030500412", "BR^血常规(五分类)"),
        ("03-C0006-examination.xml", "CT2026030500041", "JC2026030500077", "CTCH^胸部CT平扫"),
    ],
)
def test_a_report_is_the_same_by_hl7_v2_and_as_a_document(
    name: str, report: str, order: str, item: str
) -> None:
    head = HEAD.format(
        type="ORU^R01^ORU_R01", mr="1002345", resident="990101197805120011", name="陈远航", birth="19780512",
        class_="I", visit="ZY2026000318",
    )  # fmt: skip
    text = f"{head}ORC|RE|{order}|{report}\rOBR|1|{order}|{report}|{item}|||20260305165500\r"
    text += "OBX|1|NM|WBC^白细胞计数||11.82|10*9/L|||||F\r"
    by_message, by_document = translated(text.encode(), "lis/hl7v2"), translated(sample(name))
    for type_ in ("Patient", "Encounter", "DiagnosticReport", "ServiceRequest"):
        assert drafts(by_message, type_) == drafts(by_document, type_) != set()
    if "C0007" in name:
        (value,) = [
            one for one in of(by_document, "Observation") if one["id"] in drafts(by_message, "Observation")
        ]
        assert value["valueQuantity"]["unit"] == "10*9/L"


def test_a_report_has_its_conclusion_and_its_results() -> None:
    (report,) = of(translated(sample("03-C0006-examination.xml")), "DiagnosticReport")
    assert report["conclusion"] == "心影增大。双侧少量胸腔积液。"
    (report,) = of(translated(sample("04-C0007-laboratory.xml")), "DiagnosticReport")
    assert report["conclusion"] == "血小板减少"
    assert len(report["result"]) == 2
    assert report["specimen"]


def test_parts_belong_to_what_they_are_a_part_of() -> None:
    translation = translated(sample("07-C0053-discharge.xml"))
    (procedure,) = of(translation, "Procedure")
    assert procedure["code"]["text"] == "超声心动图检查"
    (anaesthesia,) = [one for one in of(translation, "Observation") if one["code"]["text"] == "麻醉方法代码"]
    assert anaesthesia["partOf"] == [{"reference": f"Procedure/{procedure['id']}"}]
    (encounter,) = of(translation, "Encounter")
    assert encounter["period"] == {"start": "2026-03-03T09:40:00+08:00", "end": "2026-03-10T09:30:00+08:00"}


def test_the_same_document_writes_the_same_resources() -> None:
    raw = sample("06-C0034-admission.xml")
    assert [one.body for one in translated(raw).drafts] == [one.body for one in translated(raw).drafts]


def test_many_of_one_shape_are_mapped_as_the_first_one_was() -> None:
    raws = [sample("01-C0004-prescription.xml").replace(b"XY012", b"XY%03d" % number) for number in range(20)]
    made = [translated(raw) for raw in raws]
    assert {len(of(one, "Patient")[0]["identifier"]) for one in made} == {3}
    assert {len(one.drafts) for one in made} == {len(made[0].drafts)}
