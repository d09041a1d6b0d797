"""Telemedicine: request and answer of each service that the national standard names (基本标准 四（五）)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from conformance.harness.check import Case, check, checks
from conformance.harness.paths import each, pick
from conformance.harness.run import Run
from conformance.harness.scene import Scene
from conformance.harness.words import Words, same
from conformance.simulators.exact import Number, Resource
from conformance.suites.exchange.hospital import counted
from conformance.suites.exchange.reading import codes, references

_SECTION = "http://terminology.hl7.org/CodeSystem/v2-0074"
_WAVE = " ".join(str((step * 37) % 200 - 100) for step in range(250))
"""A second of one lead at 250 Hz."""
_DATA = "component.valueSampledData"
_AS_SENT = (f"{_DATA}.data", f"{_DATA}.factor", "identifier.value", "type.text")


@dataclass(slots=True, frozen=True)
class Service:
    """One service that is given from afar.

    Attributes:
        category: of request and report (HL7 table 0074, or SNOMED CT).
        code: of the report (LOINC).
        object: what the report is about: a study, a specimen, a tracing; ``""``: nothing of its own.
    """

    category: tuple[str, str]
    code: str
    object: str
    conclusion: str


_SERVICES = (
    ("consultation", "远程会诊", "tele-consultation",
     Service(("http://snomed.info/sct", "11429006"), "11488-4", "", "同意原诊断，建议调整降压方案。")),
    ("pathology", "远程病理诊断", "tele-pathology",
     Service((_SECTION, "PAT"), "60568-3", "Specimen", "（胃窦）慢性萎缩性胃炎，轻度肠化。")),
    ("imaging", "远程医学影像诊断", "tele-imaging",
     Service((_SECTION, "RAD"), "29252-4", "ImagingStudy", "右肺下叶炎症，建议治疗后复查。")),
    ("ecg", "远程心电诊断", "tele-ECG",
     Service((_SECTION, "EC"), "11524-6", "Observation", "窦性心律，ST-T 改变。")),
    ("ultrasound", "远程超声诊断", "tele-ultrasound",
     Service((_SECTION, "RUS"), "24558-9", "ImagingStudy", "胆囊多发结石。")),
)  # fmt: skip


def _object(kind: str, number: str, patient: str, request: str) -> list[Resource]:
    """Return what a report is about, as the service that took it writes it."""
    common: Resource = {"resourceType": kind, "id": f"{number}-o", "subject": {"reference": patient}}
    taken = "2025-03-06T09:30:00+08:00"
    if kind == "Specimen":
        return [{**common, "status": "available", "type": {"text": "胃窦活检组织"},
                 "request": [{"reference": request}],
                 "collection": {"collectedDateTime": taken}}]  # fmt: skip
    if kind == "ImagingStudy":
        uid = f"urn:oid:2.25.{int.from_bytes(number.encode()) % 10**24}"
        return [{**common, "status": "available", "started": taken, "basedOn": [{"reference": request}],
                 "identifier": [{"system": "urn:dicom:uid", "value": uid}],
                 "numberOfSeries": 1, "numberOfInstances": 42}]  # fmt: skip
    if kind == "Observation":
        data = {
            "origin": {"value": 0, "unit": "uV"},
            "period": 4,
            "factor": Number("4.88"),
            "dimensions": 1,
            "data": _WAVE,
        }
        lead = {"code": {"text": "II 导联"}, "valueSampledData": data}
        code = {"coding": [{"system": "http://loinc.org", "code": "11524-6"}]}
        return [{**common, "status": "final", "code": code, "effectiveDateTime": taken,
                 "basedOn": [{"reference": request}], "component": [lead]}]  # fmt: skip
    return []


def _request(number: str, patient: str, service: Service, status: str) -> Resource:
    system, code = service.category
    return {
        "resourceType": "ServiceRequest", "id": f"{number}-r", "status": status, "intent": "order",
        "identifier": [{"system": "http://example.org/fhir/conformance", "value": f"{number}-r"}],
        "category": [{"coding": [{"system": system, "code": code}]}],
        "code": {"coding": [{"system": "http://loinc.org", "code": service.code}]},
        "subject": {"reference": patient}, "authoredOn": "2025-03-06T09:00:00+08:00",
    }  # fmt: skip


def _report(number: str, patient: str, service: Service, about: list[Resource]) -> Resource:
    system, code = service.category
    place = {"Specimen": "specimen", "ImagingStudy": "imagingStudy", "Observation": "result"}
    linked: dict[str, Any] = {
        place[one["resourceType"]]: [{"reference": f"{one['resourceType']}/{one['id']}"}] for one in about
    }
    return {
        "resourceType": "DiagnosticReport", "id": f"{number}-d", "status": "final",
        "basedOn": [{"reference": f"ServiceRequest/{number}-r"}],
        "category": [{"coding": [{"system": system, "code": code}]}],
        "code": {"coding": [{"system": "http://loinc.org", "code": service.code}]},
        "subject": {"reference": patient}, "effectiveDateTime": "2025-03-06T09:30:00+08:00",
        "issued": "2025-03-06T10:15:00+08:00", "conclusion": service.conclusion, **linked,
    }  # fmt: skip


@checks([
    Case(name, "NATA-4.5",
         Words(f"{zh}：申请与报告完整往返", f"{en}: request and report make a whole round trip"),
         (service,), needs=("seed",))
    for name, zh, en, service in _SERVICES
])  # fmt: skip
def service(run: Run, one: Service) -> None:
    """One hospital asks, another answers; who asked finds the answer."""
    client, number = run.client(), run.number
    patient = f"Patient/{number}-p"
    person: Resource = {"resourceType": "Patient", "id": f"{number}-p", "name": [{"text": "远程患者"}]}
    request = _request(number, patient, one, "active")
    about = _object(one.object, number, patient, f"ServiceRequest/{number}-r")
    for each_ in (person, request, *about, {"resourceType": "DiagnosticReport", "id": f"{number}-d"}):
        run.wrote(each_)
    run.given(client.put(person), "登记患者", "the patient is registered")
    run.step("发出申请", "the service is requested")
    run.done(client.put(request), "申请被接收", "the request is taken")
    system, code = one.category
    waiting = client.get(f"ServiceRequest?category={system}|{code}&subject={patient}&status=active").entries
    run.expect(
        len(waiting) == 1, "按类别可检索到待办申请", "the request is found by its category", counted(waiting)
    )
    run.step("返回报告", "the report comes back")
    for sent in (*about, _report(number, patient, one, about), _request(number, patient, one, "completed")):
        run.done(client.put(sent), f"{sent['resourceType']} 被接收", f"the {sent['resourceType']} is taken")
    found = client.get(f"DiagnosticReport?based-on=ServiceRequest/{number}-r").entries
    run.expect(len(found) == 1, "由申请可检索到报告", "the request finds its report", counted(found))
    run.expect(
        found[0].get("conclusion") == one.conclusion, "结论一字不差", "the conclusion is kept to the letter"
    )
    run.expect(code in codes(found[0], "category"), "类别一致", "its category is the same")
    done = str(client.get(f"ServiceRequest/{number}-r").body.get("status"))
    run.expect(done == "completed", "申请已完成", "the request is completed", same(done))
    for sent in about:
        _kept(run, found[0], sent)


def _kept(run: Run, report: Resource, sent: Resource) -> None:
    """Expect that the report leads to what it is about, and that this is as it was sent."""
    name = f"{sent['resourceType']}/{sent['id']}"
    named = [
        *references(report, "specimen"),
        *references(report, "imagingStudy"),
        *references(report, "result"),
    ]
    run.expect(
        name in named, f"报告指向 {sent['resourceType']}", f"the report leads to the {sent['resourceType']}"
    )
    back = run.client().get(name).body
    for path in _AS_SENT:
        wanted = [str(value) for value in each(sent, path)]
        kept = [str(value) for value in each(back, path)] == wanted
        run.expect(kept, f"{path} 与发送时相同", f"{path} is as it was sent")


@check(
    "NATA-4.5",
    zh="远程门诊：接诊、诊断、病历到结束完整往返",
    en="tele-clinic: a visit goes from its beginning over its record to its end",
    needs=("identities.physician",),
)
def clinic(run: Run) -> None:
    """An internet visit in which all is right."""
    scene = Scene(run).begun()
    parts = [scene.record()]
    signing = run.target.has("signing") and run.target.has("actions.submit")
    run.done(scene.ordered(parts) if signing else scene.write(parts), "病历被接收", "the record is taken")
    run.done(scene.finish(), "就诊结束", "the visit ends")
    found = scene.run.client().get(scene.encounter).body
    run.expect(
        found.get("status") == "finished", "状态为已结束", "it is finished", same(str(found.get("status")))
    )
    run.expect(
        pick(found, "class.code") == "VR",
        "类别为远程",
        "its class is virtual",
        same(str(pick(found, "class.code"))),
    )
    listed = run.client().get(f"Composition?encounter={scene.encounter}").entries
    run.expect(len(listed) == 1, "由就诊可检索到病历", "the visit finds its record", counted(listed))
