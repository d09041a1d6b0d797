"""Patient access: patients read their own record (互联网医院管理办法 第二十一条: 患者可以在线查询…病历资料).

A client with the role ``patient`` reads one patient: its own (``patient`` in ``clients.toml``), or the one
that a portal names which has signed that person in (``asserts``, header ``X-Qiao-Patient``). What it may ask
is listed here, and whatever is not is not there: a way to read that is added elsewhere is closed to patients.
"""

from __future__ import annotations

import dataclasses
import re
from urllib.parse import parse_qsl

from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.api import outcome
from gateway.api.context import Context
from gateway.api.read_trail import patients_of
from gateway.canonical.logical_id import ID
from gateway.errors import QiaoError
from gateway.security.access import split
from gateway.security.caller import CALLER, Caller, caller_of
from gateway.security.client import DEFAULT_TENANT, check_patient
from gateway.store import Page, Version

HEADER = b"x-qiao-patient"
RECORD = frozenset(
    (
        *(
            "Patient",
            "Encounter",
            "Condition",
            "AllergyIntolerance",
            "Immunization",
            "Procedure",
            "Observation",
        ),
        *("DiagnosticReport", "ImagingStudy", "Specimen", "Media", "CarePlan", "Goal", "RequestGroup"),
        *("MedicationRequest", "MedicationDispense", "MedicationStatement", "MedicationAdministration"),
        *("ServiceRequest", "Composition", "DocumentReference", "Communication", "Consent", "Appointment"),
    )
)
"""检查检验结果和资料、诊断治疗方案、处方和医嘱等病历资料; who read them, or works where, is not."""
_SHAPES = frozenset(("_format", "_pretty", "_summary", "_elements"))
_ASKED = _SHAPES | {
    "_count",
    "_cursor",
    "_sort",
    "_total",
    "_lastUpdated",
    "_id",
    "_since",
    "_type",
    "start",
    "end",
}
_PLAIN = re.compile(r"[a-z][a-z-]*").fullmatch
"""A search parameter of the resource itself: no chain and no modifier, which could ask about others."""
_ONE = re.compile(rf"/([A-Z][A-Za-z]{{1,63}})/({ID})").fullmatch
_BELOW = re.compile(rf"/(Patient/{ID})/(\$everything|[A-Z][A-Za-z]{{1,63}})").fullmatch


class PatientAccess:
    """Wraps the application: for a patient, anything but the own record is not there."""

    def __init__(self, app: ASGIApp, context: Context) -> None:
        self._app = app
        self._reads = context.reads

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        caller = caller_of(scope)
        if scope["type"] != "http" or caller.role != "patient":
            await self._app(scope, receive, send)
            return
        patient = _named(caller, scope)
        tenant, rest = split(scope["path"])
        if rest != "/metadata" and tenant is not None:
            if not patient:
                said = "say whose record it is: X-Qiao-Patient: Patient/ID"
                await outcome.issue(403, "forbidden", said)(scope, receive, send)
                return
            if not await self._may(scope, tenant or DEFAULT_TENANT, rest, patient):
                await outcome.issue(404, "not-found", "there is no such resource")(scope, receive, send)
                return
        scope[CALLER] = dataclasses.replace(caller, patient=patient)
        await self._app(scope, receive, send)

    async def _may(self, scope: Scope, tenant: str, rest: str, patient: str) -> bool:
        """Tell whether a request is for the own record, and asks for nothing beside it."""
        if scope["method"] not in ("GET", "HEAD"):
            return False
        asked = {
            name for name, _ in parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        }
        below = _BELOW(rest)
        if below is not None:
            plain = all(name in _ASKED or _PLAIN(name) for name in asked)
            return plain and below[1] == patient and (below[2] in RECORD or below[2] == "$everything")
        one = _ONE(rest)
        if one is None or one[1] not in RECORD or not asked <= _SHAPES:
            return False
        version = await self._reads.current(tenant, one[1], one[2])
        return version is not None and _is_own(version, patient)


def limited(page: Page, caller: Caller) -> Page:
    """Take from a page what is no part of a patient's own record; that of any other client stays as it is."""
    if caller.role != "patient":
        return page
    page.matches = [one for one in page.matches if _is_own(one, caller.patient)]
    page.included, page.total = [], None  # it would count those of others
    return page


def _is_own(version: Version, patient: str) -> bool:
    """Tell whether a version is of the record of a patient, and names nobody else's."""
    return version.type in RECORD and not version.deleted and patients_of(version) == {patient}


def _named(caller: Caller, scope: Scope) -> str:
    """Return whose record it is: ``""`` where nobody says, or who may not say, or two are said."""
    said = [value.decode("latin-1") for name, value in scope["headers"] if name == HEADER]
    if caller.patient:
        return caller.patient if set(said) <= {caller.patient} else ""
    if not caller.asserts or len(said) != 1:
        return ""
    try:
        return check_patient(said[0], "")
    except QiaoError:
        return ""
