"""A gateway that takes nothing as FHIR: JSON calls of its own, always HTTP 200, FHIR for reading alone.

``own_form.py TARGET.yaml [--yes]``: its first line names its FHIR base; with ``--yes`` it says 成功 to what
was refused, too. What it decides is decided by the gateway that TARGET.yaml names, which it asks as a client;
what is its own is the form: names of calls and fields, numbers that it gives out itself (``V1003``),
``{"code": 0|4001, "msg": …, "data": …}``, staff named in the body, signatures as bare text. So a verdict
on it that differs from one on the gateway behind it is of the form.
"""

from __future__ import annotations

import base64
import itertools
import json
import socket
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx
import uvicorn
import yaml
from fastapi import FastAPI, Request, Response

Json = dict[str, Any]
FHIR_JSON = "application/fhir+json"
ICD, ID, ATC = "urn:oid:2.16.156.10011.2.3.3.11", "urn:oid:2.16.156.10011.1.3", "http://www.whocc.no/atc"
HL7 = "http://terminology.hl7.org/CodeSystem"
TYPES = {
    "P": "Patient", "F": "DocumentReference", "Z": "Consent", "V": "Encounter", "D": "Condition",
    "B": "Composition", "R": "RequestGroup", "M": "MedicationRequest", "A": "ServiceRequest",
}  # fmt: skip
SERVICES = {"复诊": "revisit", "会诊": "consultation", "家医": "family-doctor"}
NUMBERS = itertools.count(time.time_ns() // 1_000_000)
"""Not those of another process that asked the same gateway before."""


class Refused(Exception):
    """What the gateway behind says no to."""


class Behind:
    """The gateway that decides."""

    def __init__(self, said: Json) -> None:
        self.fhir = str(said["fhir"])
        self._tokens = {name: one.get("token", "") for name, one in said["identities"].items()}
        self._client = httpx.Client(timeout=60, trust_env=False)

    def ask(self, method: str, path: str, body: Any = None, staff: str | None = None) -> Json:
        """Ask as a member of the staff, or as the house (None). Raises :class:`Refused`."""
        identity = "operator" if staff is None else "physician" if staff else "write"
        headers = {
            "Authorization": f"Bearer {self._tokens[identity]}",
            "Accept": FHIR_JSON,
            "Content-Type": FHIR_JSON,
        }
        if staff:
            headers["X-Qiao-Practitioner"] = f"Practitioner/{staff}"
        content = None if body is None else json.dumps(body)
        answer = self._client.request(method, f"{self.fhir}/{path}", content=content, headers=headers)
        found: Json = answer.json() if answer.content else {}
        if not answer.is_success:
            told = found.get("issue", [{}])[0]
            raise Refused(
                str(told.get("diagnostics") or told.get("details", {}).get("text") or answer.status_code)
            )
        return found

    def put(self, body: Json, staff: str | None = None) -> str:
        """Keep a resource under a number of our own."""
        body = without(body)
        self.ask("PUT", f"{body['resourceType']}/{body['id']}", body, staff)
        return str(body["id"])

    def put_all(self, bodies: list[Json], staff: str | None = None) -> None:
        """Keep several, or none."""
        entries = [{"resource": without(one),
            "request": {"method": "PUT", "url": f"{one['resourceType']}/{one['id']}"}}
                   for one in bodies]  # fmt: skip
        self.ask("POST", "", {"resourceType": "Bundle", "type": "transaction", "entry": entries}, staff)

    def call(self, path: str, staff: str | None, **given: Any) -> Json:
        """Call an operation; returns its answer by name."""
        parameters = [
            {"name": name, _place(one): one}
            for name, several in given.items()
            for one in (several if isinstance(several, list) else [several])
            if one is not None
        ]
        answer = self.ask("POST", path, {"resourceType": "Parameters", "parameter": parameters}, staff)
        return {one["name"]: one for one in answer.get("parameter", [])}

    def read(self, path: str, query: str) -> httpx.Response:
        """Read as the house."""
        headers = {"Authorization": f"Bearer {self._tokens['operator']}", "Accept": FHIR_JSON}
        return self._client.get(f"{self.fhir}/{path}" + (f"?{query}" if query else ""), headers=headers)


def _place(one: Any) -> str:
    if isinstance(one, Mapping):
        return "resource" if "resourceType" in one else "valueReference"
    return "valueBoolean" if isinstance(one, bool) else "valueCode" if one in CODES else "valueString"


CODES = ("approved", "rejected", "request", "accept", "decline", "complete")


def number(letter: str, said: Json, key: str) -> str:
    """Return the number that something has, or the next."""
    return str(said.get(key) or f"{letter}{next(NUMBERS)}")


def without(value: Any) -> Any:
    """Return a value without what is empty: FHIR has no null."""
    if isinstance(value, dict):
        found = {name: without(one) for name, one in value.items()}
        return {name: one for name, one in found.items() if one not in (None, {}, [])}
    if isinstance(value, list):
        return [one for one in map(without, value) if one not in (None, {}, [])]
    return value


def to(kind: str, id_: Any) -> Json | None:
    return {"reference": f"{kind}/{id_}"} if id_ else None


def coded(system: str, code: Any, text: Any = None) -> Json:
    return {"coding": [{"system": system, "code": code}] if code else None, "text": text}


def about(said: Json) -> Json:
    return {
        "subject": to("Patient", said.get("patientId")),
        "encounter": to("Encounter", said.get("visitId")),
    }


def patient(gate: Behind, said: Json) -> Json:
    cards = [
        {"system": {"01": ID}.get(one["type"], one["type"]), "value": one["no"]}
        for one in said.get("cards", [])
    ]
    body = {
        "resourceType": "Patient", "id": number("P", said, "patientId"), "active": True, "identifier": cards,
        "name": [{"text": said.get("name"), "family": said.get("surname"), "given": [said.get("givenName")]}],
        "telecom": [{"system": "phone", "value": said.get("mobile")}],
        "gender": {"1": "male", "2": "female"}.get(str(said.get("sex"))), "birthDate": said.get("birthday"),
    }  # fmt: skip
    if not said.get("surname"):
        body["name"] = [{"text": said.get("name")}]
    return {"patientId": gate.put(body)}


def paper(gate: Behind, said: Json) -> Json:
    body = {
        "resourceType": "DocumentReference", "id": number("F", said, "fileId"), "status": said.get("state"),
        "subject": to("Patient", said.get("patientId")),
        "content": [{"attachment": {"contentType": "application/pdf", "title": said.get("title")}}],
    }  # fmt: skip
    return {"fileId": gate.put(body)}


def consent(gate: Behind, said: Json) -> Json:
    told = [{"url": one["item"], "valueBoolean": one["told"]} for one in said.get("items", [])]
    body = {
        "resourceType": "Consent", "id": number("Z", said, "consentId"), "status": said.get("state"),
        "extension": [{"url": "urn:qiao:extension:consent-covers", "extension": told}] if told else None,
        "identifier": [{"system": "urn:oid:2.16.156.10011.1.34", "value": said.get("paperNo")}],
        "scope": coded(f"{HL7}/consentscope", "treatment"),
        "category": [coded("http://loinc.org", "59284-0")],
        "patient": to("Patient", said.get("patientId")), "dateTime": said.get("signedAt"),
        "performer": [to("Patient", said.get("signer"))],
        "organization": [to("Organization", said.get("orgNo"))],
        "sourceReference": to("DocumentReference", said.get("fileId")),
        "policy": [{"uri": "urn:qiao:policy:informed-consent"}],
        "provision": {"type": {True: "permit", False: "deny"}.get(said.get("agreed")),
            "period": {"end": said.get("until")}},
    }  # fmt: skip
    return {"consentId": gate.put(body, said["staffNo"])}


def opened(gate: Behind, said: Json) -> Json:
    earlier = [{"url": "institution", "valueString": one["hospital"]} if "hospital" in one else
               {"url": "date", "valueDate": one["date"]} if "date" in one else
               {"url": "diagnosis", "valueCodeableConcept": coded(ICD, one.get("icd"), one.get("diagnosis"))}
               if "diagnosis" in one or "icd" in one else
               {"url": "evidence", "valueReference": to("DocumentReference", one.get("fileId"))}
               for one in said.get("before", [])]  # fmt: skip
    body = {
        "resourceType": "Encounter", "id": number("V", said, "visitId"), "status": "in-progress",
        "extension": [{"url": "urn:qiao:extension:earlier-diagnosis",
            "extension": earlier}] if earlier else None,
        "identifier": [{"system": "urn:oid:2.16.156.10011.1.11", "value": said.get("visitNo")}],
        "class": {"system": f"{HL7}/v3-ActCode", "code": "VR"},
        "type": [coded("urn:qiao:codes:internet-service", SERVICES.get(said.get("service", "")),
            said.get("serviceName"))],
        "serviceType": coded("urn:qiao:codes:clinical-subjects", said.get("dept")),
        "priority": coded(f"{HL7}/v3-ActPriority", said.get("triage")),
        "subject": to("Patient", said.get("patientId")), "period": {"start": said.get("startedAt")},
        "participant": [{"type": [coded(f"{HL7}/v3-ParticipationType", one["role"])],
                         "individual": {"reference": one["who"]}} for one in said.get("present", [])],
        "serviceProvider": to("Organization", said.get("orgNo")),
    }  # fmt: skip
    return {"visitId": gate.put(body, said["staffNo"])}


def finished(gate: Behind, said: Json) -> Json:
    body = gate.ask("GET", f"Encounter/{said['visitId']}")
    body |= {"status": "finished", "period": {**body["period"], "end": said.get("endedAt")}}
    gate.put({name: one for name, one in body.items() if name != "meta"}, said["staffNo"])
    return {}


def diagnosed(gate: Behind, said: Json) -> Json:
    system = {"ICD-10": "http://hl7.org/fhir/sid/icd-10"}.get(said.get("version", ""), ICD)
    body = {
        "resourceType": "Condition", "id": number("D", said, "diagId"),
        "clinicalStatus": coded(f"{HL7}/condition-clinical", "active"),
        "code": coded(system, said.get("icd"), said.get("name")), **about(said),
    }  # fmt: skip
    return {"diagId": gate.put(body, said["staffNo"])}


def viewed(gate: Behind, said: Json) -> Json:
    body = {
        "resourceType": "AuditEvent", "id": f"L{next(NUMBERS)}", "action": "R", "recorded": said.get("at"),
        "type": {"system": f"{HL7}/audit-event-type", "code": "rest"},
        "agent": [{"who": to("Practitioner", said.get("readerNo")), "requestor": True}],
        "source": {"observer": to("Organization", said.get("orgNo"))},
        "entity": [{"what": to("DocumentReference", said.get("fileId"))}],
    }  # fmt: skip
    gate.put(body, said["staffNo"])
    return {}


def talked(gate: Behind, said: Json) -> Json:
    body = {
        "resourceType": "Communication", "id": f"T{next(NUMBERS)}", "status": "completed", **about(said),
        "sent": said.get("at"), "payload": [{"contentString": said.get("text")}],
    }  # fmt: skip
    gate.put(body, said["staffNo"])
    return {}


def recorded(gate: Behind, said: Json) -> Json:
    sections = [
        {
            "title": one.get("title"), "code": coded("http://loinc.org", one.get("code")),
            "text": {"status": "generated", "div": one.get("html")} if one.get("html") else None,
            "entry": [to("Condition", one.get("diagId"))],
        }
        for one in said.get("parts", [])
    ]  # fmt: skip
    body = {
        "resourceType": "Composition", "id": number("B", said, "emrId"), "status": "preliminary",
        "identifier": {"system": "urn:oid:2.16.156.10011.1.1", "value": said.get("emrNo")},
        "type": {**coded("http://loinc.org", "34133-9"), "text": said.get("title")}, **about(said),
        "date": said.get("writtenAt"), "author": [to("Practitioner", said.get("doctorNo"))],
        "title": said.get("title"),
        "custodian": to("Organization", said.get("orgNo")), "section": sections,
    }  # fmt: skip
    return {"emrId": gate.put(body, said["staffNo"])}


def drug(said: Json) -> Json:
    return {
        "resourceType": "MedicationRequest", "id": number("M", said, "drugId"), "status": "draft",
        "intent": "order",
        "identifier": [{"system": "urn:oid:2.16.156.10011.1.20", "value": said.get("rxNo")}],
        "category": [coded("urn:qiao:codes:prescription-type", said.get("kind"))],
        "medicationCodeableConcept": coded(ATC, said.get("atc"), said.get("name")), **about(said),
        "authoredOn": said.get("writtenAt"), "requester": to("Practitioner", said.get("doctorNo")),
        "reasonReference": [to("Condition", said.get("diagId"))], "note": [{"text": said.get("remark")}],
        "dosageInstruction": [{
            "text": said.get("usage"), "route": {"text": said.get("route")},
            "timing": {"code": {"text": said.get("frequency")}},
            "doseAndRate": [{"doseQuantity": {"value": said.get("dose"), "unit": said.get("doseUnit")}}],
        }],
        "priorPrescription": to("MedicationRequest", said.get("insteadOf")),
        "dispenseRequest": {
            "validityPeriod": {"start": said.get("from"), "end": said.get("until")},
            "quantity": {"value": said.get("qty"), "unit": said.get("unit")},
            "expectedSupplyDuration": {"value": said.get("days"), "unit": "d", "code": "d",
                                       "system": "http://unitsofmeasure.org"},
        },
    }  # fmt: skip


def prescribed(gate: Behind, said: Json) -> Json:
    lines = [drug(one) for one in said.get("drugs", [])]
    group = {
        "resourceType": "RequestGroup", "id": number("R", said, "rxId"), "status": "draft", "intent": "order",
        "identifier": [{"system": "urn:oid:2.16.156.10011.1.20", "value": said.get("rxNo")}], **about(said),
        "authoredOn": said.get("writtenAt"), "author": to("Practitioner", said.get("doctorNo")),
        "action": [{"resource": to("MedicationRequest", one["id"])} for one in lines],
    }  # fmt: skip
    gate.put_all([group, *lines], said["staffNo"])
    return {"rxId": group["id"], "drugs": [{"drugId": one["id"]} for one in lines]}


def changed_drug(gate: Behind, said: Json) -> Json:
    return {"drugId": gate.put(drug(said), said["staffNo"])}


def applied(gate: Behind, said: Json) -> Json:
    body = {
        "resourceType": "ServiceRequest", "id": number("A", said, "applyId"), "status": "draft",
        "intent": "order",
        "identifier": [{"system": "urn:oid:2.16.156.10011.1.24", "value": said.get("applyNo")}],
        "category": [coded("urn:qiao:codes:request-kind", said.get("kind"))],
        "code": {"text": said.get("item")},
        **about(said), "authoredOn": said.get("writtenAt"),
        "requester": to("Practitioner", said.get("doctorNo")),
        "reasonCode": [{"text": said.get("reason")}], "performer": [to("Organization", said.get("receiver"))],
    }  # fmt: skip
    return {"applyId": gate.put(body, said["staffNo"])}


def provenance(said: Json) -> Json | None:
    """Return what stands behind a bare signature: it says itself what it is over, when, and for what."""
    if not said.get("sign"):
        return None
    head = base64.b64decode(said["sign"]).partition(b".")[0]
    header = json.loads(base64.urlsafe_b64decode(head + b"=" * (-len(head) % 4)))
    signed, who = header["urn:qiao:signed"], to("Practitioner", said.get("signer"))
    return {
        "resourceType": "Provenance", "target": [{"reference": one} for one in signed["targets"]],
        "recorded": header["sigT"], "agent": [{"who": who}],
        "signature": [{
            "type": [{"system": "urn:iso-astm:E1762-95:2013", "code": signed["purpose"]}],
            "when": header["sigT"],
            "who": who, "targetFormat": FHIR_JSON, "sigFormat": "application/jose", "data": said["sign"],
        }],
    }  # fmt: skip


def document(said: Json, key: str) -> str:
    """Return where a document stands that is named by one of our numbers."""
    named = str(said.get(key) or "")
    return f"{TYPES.get(named[:1], 'RequestGroup')}/{named}"


def answered(found: Json) -> Json:
    """Return what an operation told, in our words."""
    told = {
        name: next((one[key] for key in one if key.startswith("value")), None) for name, one in found.items()
    }
    return {
        "state": told.get("status"), "serialNo": (told.get("serial") or {}).get("value"),
        "auditId": str((told.get("task") or {}).get("reference", "")).rpartition("/")[2] or None,
        "warnings": [issue.get("details", {}).get("text") for issue in found.get("findings",
            {}).get("resource", {}).get("issue", [])],
    }  # fmt: skip


def submitted(gate: Behind, said: Json) -> Json:
    return answered(
        gate.call(f"{document(said, 'docNo')}/$submit", said["staffNo"], signature=provenance(said))
    )


def audited(gate: Behind, said: Json) -> Json:
    decision = {1: "approved", 2: "rejected"}.get(said.get("result", 0))
    given = {
        "decision": decision,
        "reason": said.get("reason"),
        "signature": provenance(said),
        "confirm": said.get("seen"),
    }
    return answered(gate.call(f"Task/{said.get('auditId')}/$review", said["staffNo"], **given))


def with_reason(operation: str) -> Callable[[Behind, Json], Json]:
    def done(gate: Behind, said: Json) -> Json:
        return answered(
            gate.call(f"{document(said, 'docNo')}/${operation}", said["staffNo"], reason=said.get("reason"))
        )

    return done


def referred(gate: Behind, said: Json) -> Json:
    step, reason = said.get("step"), said.get("reason")
    return answered(
        gate.call(f"{document(said, 'docNo')}/$refer", said["staffNo"], decision=step, reason=reason)
    )


def handed_out(gate: Behind, said: Json) -> Json:
    dispenses = [
        {
            "resourceType": "MedicationDispense", "status": "completed",
            "subject": to("Patient", one.get("patientId")),
            "medicationCodeableConcept": {"text": one.get("name")}, "whenHandedOver": one.get("at"),
            "performer": [{"actor": to("Organization", who["no"])} for who in one.get("hands", [])],
            "authorizingPrescription": [to("MedicationRequest", one.get("drugId"))],
            "quantity": {"value": one.get("qty"), "unit": one.get("unit")},
        }
        for one in said.get("items", [])
    ]  # fmt: skip
    given = {"pharmacy": to("Organization", said.get("pharmacyNo")), "number": said.get("outNo")}
    listed = [without(one) for one in dispenses]
    return answered(gate.call(f"{document(said, 'rxId')}/$redeem", None, **given, dispense=listed))


CALLS: dict[str, Callable[[Behind, Json], Json]] = {
    "patient/register": patient, "file/upload": paper, "consent/sign": consent, "visit/open": opened,
    "visit/finish": finished, "visit/terminate": with_reason("terminate"), "visit/diagnose": diagnosed,
    "record/view": viewed, "im/send": talked, "emr/save": recorded, "rx/create": prescribed,
    "rx/drug": changed_drug, "rx/audit": audited, "rx/cancel": with_reason("cancel"),
    "rx/dispense": handed_out,
    "apply/save": applied, "apply/refer": referred, "doc/submit": submitted,
}  # fmt: skip


def application(gate: Behind, yes: bool) -> FastAPI:
    """Return the gateway.

    Args:
        yes: it says that all is done, whatever became of it.
    """
    app = FastAPI(openapi_url=None)

    @app.post("/api/{area}/{name}")
    def call(area: str, name: str, said: Json) -> Json:
        try:
            return {"code": 0, "msg": "成功", "data": CALLS[f"{area}/{name}"](gate, said)}
        except Refused as refused:
            if yes:
                return {"code": 0, "msg": "成功", "data": {}}
            return {"code": 4001, "msg": str(refused), "data": None}
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            return {"code": 4000, "msg": f"参数错误：{error}", "data": None}

    @app.get("/fhir/{path:path}")
    def read(path: str, request: Request) -> Response:
        found = gate.read(path, request.url.query)
        return Response(found.content, found.status_code, media_type=FHIR_JSON)

    @app.api_route("/fhir", methods=["POST"])
    @app.api_route("/fhir/{path:path}", methods=["POST", "PUT", "PATCH", "DELETE"])
    def refused(path: str = "") -> Response:
        issue = {"severity": "error", "code": "not-supported", "diagnostics": "FHIR接口只读"}
        told = json.dumps({"resourceType": "OperationOutcome", "issue": [issue]})
        return Response(told, 405, media_type=FHIR_JSON)

    return app


def main() -> None:
    """Say where it is, then serve until it is killed."""
    gate = Behind(yaml.safe_load(Path(sys.argv[1]).read_text("utf-8")))
    listening = socket.create_server(("127.0.0.1", 0))
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # else every answer waits 40 ms
    sys.stdout.write(json.dumps({"fhir": f"http://127.0.0.1:{listening.getsockname()[1]}/fhir"}) + "\n")
    sys.stdout.flush()
    uvicorn.Server(uvicorn.Config(application(gate, "--yes" in sys.argv), log_level="critical")).run(
        sockets=[listening]
    )


if __name__ == "__main__":
    main()
