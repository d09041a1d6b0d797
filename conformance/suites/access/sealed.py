"""Sealed: such records, and tallies per prescriber, are refused and audited (SC articles 34 and 40)."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from typing import Any

from conformance.harness.answer import Answer
from conformance.harness.check import Case, check, checks
from conformance.harness.run import Run
from conformance.harness.words import Words
from conformance.simulators.exact import Resource
from conformance.suites.fhir.claims import Claims
from conformance.suites.fhir.ground import (
    created,
    declined,
    name_of,
    patient,
)

_PAGES = 10
"""Pages of AuditEvents that are looked through, of a hundred each."""
_SEALED = [
    {"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "V"},
    {"code": "sealed", "display": "封存"},
]


@checks(
    [
        Case(
            way,
            "SC-34.3",
            Words(f"封存的病历拒绝 {way}", f"what is sealed is refused ({way})"),
            (way,),
            needs=("identities.read",),
        )
        for way in ("read", "search", "update")
    ]
)
def sealed(run: Run, way: str) -> None:
    """A record with the label of what is sealed; the twin is the same without it."""
    Claims.of(run).need("DocumentReference", "search-type" if way == "search" else way)
    body, other = _record(run, sealed=True), _record(run, sealed=False)
    who = "write" if way == "update" and run.target.has("identities.write") else "read"
    goes: dict[str, Callable[[Resource], Answer]] = {
        "read": lambda one: run.client(who).get(name_of(one)),
        "search": lambda one: run.client(who).get(f"DocumentReference?_id={one['id']}"),
        "update": lambda one: run.client(who).put({**one, "description": "改动"}),
    }
    twin = run.done(goes[way](other), "未封存的可行", "what is not sealed goes")
    answer = goes[way](body)
    if way == "search":
        run.expect(str(other["id"]) in _ids(twin), "未封存的检索得到", "what is not sealed is found", twin)
        run.expect(str(body["id"]) not in _ids(answer), "检索不到", "it is not found", answer)
    else:
        # 404: who may not see it need not learn that it is there (R4 security#AccessDenied).
        declined(run, answer, "封存的被拒绝", "what is sealed is refused", 403, 404, 409, 423)


@check(
    "SC-34.3",
    zh="对封存病历的访问留有审计",
    en="access to what is sealed is in the audit trail",
    needs=("identities.read",),
)
def sealed_logged(run: Run) -> None:
    """An AuditEvent that names the record."""
    body = _record(run, sealed=True)
    run.client("read").get(name_of(body))
    _logged(run, name_of(body))


@check(
    "SC-40",
    zh="按医师汇总药品的查询被拒绝",
    en="a tally of drugs per prescriber is refused",
    needs=("identities.read", "on_file.physician"),
)
def tally(run: Run) -> None:
    """Count a physician's prescriptions of a drug; the twin counts those of a patient, as care needs it."""
    claims = Claims.of(run)
    by = "subject" if "subject" in claims.parameters("MedicationRequest") else "patient"
    claims.need_parameters("MedicationRequest", ["requester", by])
    client, who = run.client("read"), run.target.on_file["physician"]
    mine = client.get(f"MedicationRequest?{by}=Patient/conformance-nobody&_summary=count")
    run.done(mine, "按患者查询可行", "by patient it is answered")
    answer = client.get(f"MedicationRequest?requester={who}&_summary=count")
    declined(run, answer, "按医师汇总被拒绝", "by prescriber it is refused")


@check(
    "SC-40",
    zh="按医师汇总药品的查询留有审计",
    en="a tally of drugs per prescriber is in the audit trail",
    needs=("identities.read", "on_file.physician"),
)
def tally_logged(run: Run) -> None:
    """An AuditEvent with the query."""
    Claims.of(run).need_parameters("MedicationRequest", ["requester"])
    who = f"{run.target.on_file['physician']},Practitioner/{run.number}"
    run.client("read").get(f"MedicationRequest?requester={who}&_summary=count")
    _logged(run, run.number)


def _record(run: Run, *, sealed: bool) -> Resource:
    """Return a document of a patient; what is sealed has the labels in ``settings.labels.sealed``."""
    labels: Any = run.target.setting("labels.sealed", _SEALED)
    said = {
        "resourceType": "DocumentReference",
        "status": "current",
        "content": [{"attachment": {"title": "病历"}}],
        "subject": {"reference": name_of(created(run, patient(run)))},
    }
    return created(run, {**said, "meta": {"security": labels}} if sealed else said)


def _ids(answer: Answer) -> set[str]:
    return {str(one.get("id")) for one in answer.entries}


def _logged(run: Run, wanted: str) -> None:
    """Expect an AuditEvent that names something, in its entities or their query."""
    claims = Claims.of(run)
    claims.need("AuditEvent", "search-type")
    claimed = claims.parameters("AuditEvent")
    newest = next((f"&_sort=-{one}" for one in ("_lastUpdated", "date") if one in claimed), "")

    def found() -> bool | None:
        events = _events(run, f"AuditEvent?_count=100{newest}")
        return any(wanted in text for one in events for text in _said(one)) or None

    run.until(found, "有相应的 AuditEvent", "there is an AuditEvent of it")


def _events(run: Run, query: str) -> Iterator[Resource]:
    """Return what a search finds, page by page: without an order the newest may be the last."""
    for _ in range(_PAGES):
        answer = run.client().get(query)
        yield from answer.entries
        query = answer.link("next")
        if not query:
            return


def _said(event: Resource) -> list[str]:
    texts = []
    for one in event.get("entity") or []:
        texts += [
            str((one.get("what") or {}).get("reference", "")),
            str(one.get("name", "")),
            str(one.get("description", "")),
        ]
        try:
            texts.append(base64.b64decode(str(one.get("query") or "")).decode("utf-8", "replace"))
        except ValueError:
            continue
    return texts
