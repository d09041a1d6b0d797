"""Patient access: patients read their own record (互联网医院管理办法 第二十一条: 患者可以在线查询…病历资料).

A client with the role ``patient`` reads one patient: its own (``patient`` in ``clients.toml``), or the one
that a portal names which has signed that person in (``asserts``, header ``X-Qiao-Patient``). What it may ask
is listed here, and whatever is not is not there: a way to read that is added elsewhere is closed to patients.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterator
from urllib.parse import parse_qsl

from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.api import outcome
from gateway.api.context import Context
from gateway.canonical import Resource
from gateway.canonical.json import loads
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
_AHEAD = 100
"""Matches that are looked through at once for the next one of the own record."""
_PLAIN = re.compile(r"[a-z][a-z-]*").fullmatch
"""A search parameter of the resource itself: no chain and no modifier, which could ask about others."""
_ONE = re.compile(rf"/([A-Z][A-Za-z]{{1,63}})/({ID})").fullmatch
_HERE = re.compile(rf"(Patient/{ID})(?:/_history/.*)?").fullmatch
_ANYWHERE = re.compile(r"(?:^|/)Patient[/?]").search
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


Find = Callable[[list[tuple[str, str]]], Page]
"""Runs a search."""


def own_page(find: Find, pairs: list[tuple[str, str]], caller: Caller, *, counted: bool) -> Page:
    """Return a page of a search; for a patient without whatever is no part of the own record.

    Nothing tells that others were found: neither a total (a cursor has it too) nor a cursor, which anybody
    can decode, that stands at one of them, nor a next page where there are only such.

    Args:
        counted: the search knows ``_total``.
    """
    if caller.role != "patient":
        return find(pairs)
    asked = pairs
    if counted:
        asked = [*(pair for pair in pairs if pair[0] != "_total"), ("_total", "none")]
    page = find(asked)
    own, cursor = [one for one in page.matches if _is_own(one, caller.patient)], page.cursor
    if cursor is not None and (not own or own[-1] is not page.matches[-1]):
        beyond = _beyond(find, asked, cursor, caller.patient)
        own += [] if beyond is None else beyond.matches[-1:]
        cursor = None if beyond is None else beyond.cursor
    if cursor is not None and _beyond(find, asked, cursor, caller.patient) is None:
        cursor = None
    page.matches, page.included, page.total, page.cursor = own, [], None, cursor
    page.more = cursor is not None
    return page


def _beyond(find: Find, asked: list[tuple[str, str]], cursor: str | None, patient: str) -> Page | None:
    """Return the page behind a cursor that ends with the next own match; None: there is none."""
    kept = [pair for pair in asked if pair[0] not in ("_count", "_cursor")]
    while cursor is not None:
        ahead = find([*kept, ("_count", str(_AHEAD)), ("_cursor", cursor)])
        at = next((at for at, one in enumerate(ahead.matches, 1) if _is_own(one, patient)), 0)
        if at:
            return find([*kept, ("_count", str(at)), ("_cursor", cursor)])
        cursor = ahead.cursor
    return None


def _is_own(version: Version, patient: str) -> bool:
    """Tell whether a version is of the record of a patient, and names nobody else's."""
    if version.type not in RECORD or version.deleted:
        return False
    if version.type == "Patient":  # its links name the same person (R4 patient.html#Patient.link)
        return f"Patient/{version.id}" == patient
    return set(_patients(loads(version.body))) == {patient}


def _patients(value: object) -> Iterator[str]:
    """Yield whom a resource names, ``""`` for a patient of whom nobody can tell who it is.

    That is one who is contained, or elsewhere, or referred to by an identifier or a name alone.
    """
    if isinstance(value, list):
        for one in value:
            yield from _patients(one)
    elif isinstance(value, dict):
        yield from _named_by(value)
        for one in value.values():
            yield from _patients(one)


def _named_by(element: Resource) -> Iterator[str]:
    said = element.get("reference")
    if isinstance(said, str) and _ANYWHERE(said):
        here = _HERE(said)
        yield here[1] if here else ""
    elif element.get("resourceType") == "Patient" or (element.get("type") == "Patient" and said is None):
        yield ""


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
