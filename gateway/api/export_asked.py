"""What a kick-off request of $export asks for, read and checked (Bulk Data Access 2.0, query parameters).

What the server does not know is an error, or with ``Prefer: handling=lenient`` a remark in the manifest's
``error`` file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from typing import Any, TypeVar
from urllib.parse import parse_qsl

from starlette.requests import Request

from gateway.api import body
from gateway.api.context import base_of, context
from gateway.api.operation import LONGEST
from gateway.api.prefer import prefer
from gateway.api.query import Pairs, pairs_of
from gateway.canonical.logical_id import ID
from gateway.errors import Rejected
from gateway.mapping.elements import names
from gateway.security.caller import caller_of
from gateway.store.dates import date_range
from gateway.store.export import Asked, Level, types_of

FORMATS = frozenset({"application/fhir+ndjson", "application/ndjson", "ndjson"})
CONFIDENTIAL = "Subscription"
"""A type whose resources may hold secrets of their clients: operators alone may take it out."""

MOST = {"_typeFilter": 100, "patient": 10_000}
"""Values of these; others have :data:`_MOST`. A Group may have as many members as it likes."""
_MOST = 1000
FIELDS = 100
"""Search parameters of one ``_typeFilter``."""

_PATHS = {"system": "/$export", "patient": "/Patient/$export", "group": "/Group/{}/$export"}
_GENERAL = frozenset({"_format", "_pretty"})
_ONCE = ("_outputFormat", "_since", "_until")
_QUERY = re.compile(r",(?=[A-Z][A-Za-z]+\?)")
_PATIENT = re.compile(rf"(?:Patient/)?({ID})\Z")
_ELEMENT = re.compile(r"(?:([A-Z][A-Za-z]+)\.)?([a-z][A-Za-z]*)\Z")


T = TypeVar("T")
Split = Callable[[str], list[str]]


def _at_commas(text: str) -> list[str]:
    return text.split(",")


async def asked_of(request: Request, level: Level, group: str = "") -> Asked:
    """Return what a request asks for.

    Raises:
        HTTPException: 413 or 415 for its body.
        Rejected: a parameter that is not known or not supported, twice, or has a value that it cannot take.
    """
    pairs = pairs_of(request)
    if request.method == "POST":
        pairs += await _posted(request)
    elif any(name == "patient" for name, _ in pairs):
        raise Rejected("goes with POST only", code="not-supported", where="patient")
    return _Reading(request, level, pairs).asked(group)


class _Reading:
    """Reads the parameters of one request."""

    def __init__(self, request: Request, level: Level, pairs: Pairs) -> None:
        self._request, self._level = request, level
        self._lenient = prefer(request).lenient
        self._given: dict[str, list[str]] = {}
        for name, value in pairs:
            if name not in _GENERAL:
                self._given.setdefault(name, []).append(value)
        self._remarks: list[str] = []

    def asked(self, group: str) -> Asked:
        for name in _ONCE:
            if len(self._given.get(name, ())) > 1:
                raise Rejected("may be given once only", code="value", where=name)
        self._format()
        since, until = self._moment("_since"), self._moment("_until")
        if since is not None and until is not None and since > until:
            raise Rejected("is later than _until", code="value", where="_since")
        types = self._types()
        filters = self._each("_typeFilter", lambda text: self._filter(text, types), _QUERY.split)
        patients = self._patients()
        elements = self._each("_elements", _element)
        for name in self._given:
            self._leave_out("this export has no such parameter", name)
        base, query = base_of(self._request), self._request.url.query
        return Asked(
            level=self._level,
            url=f"{base}{_PATHS[self._level].format(group)}{'?' if query else ''}{query}",
            base=base,
            types=types,
            filters=tuple(filters),
            elements=tuple(elements),
            group=group,
            patients=patients,
            since_us=since,
            until_us=until,
            remarks=tuple(self._remarks),
            closed=() if self._may_see(CONFIDENTIAL) else (CONFIDENTIAL,),
            supervised=caller_of(self._request.scope).sees != "all",
        )

    def _format(self) -> None:
        for value in self._given.pop("_outputFormat", ()):
            if value.strip().replace(" ", "+").lower() not in FORMATS:
                raise Rejected(
                    f"is one of {', '.join(sorted(FORMATS))}", code="not-supported", where="_outputFormat"
                )

    def _moment(self, name: str) -> int | None:
        for value in self._given.pop(name, ()):
            try:
                return date_range(value.replace(" ", "+"), context(self._request).store.exports.zone)[0]
            except Rejected as error:
                raise Rejected(
                    "takes an instant such as 2026-03-01T08:00:00+08:00", code="value", where=name
                ) from error
        return None

    def _types(self) -> tuple[str, ...]:
        """Return the types to export; all that belong to the level where none is named."""
        known = types_of(self._level)
        named = "_type" in self._given
        wanted = self._each("_type", lambda name: self._type(name, known))
        if named and not wanted:
            raise Rejected("names no type that this export could have", code="not-supported", where="_type")
        if not named and not self._may_see(CONFIDENTIAL):
            return tuple(name for name in known if name != CONFIDENTIAL)
        return tuple(dict.fromkeys(wanted)) or known

    def _type(self, name: str, known: tuple[str, ...]) -> str:
        if name in known and self._may_see(name):
            return name
        scope = "this server" if self._level == "system" else "the compartment of a patient"
        raise Rejected(f"{name[:64]} is no type of {scope}", code="not-supported", where="_type")

    def _may_see(self, type_: str) -> bool:
        return type_ != CONFIDENTIAL or caller_of(self._request.scope).may("other")

    def _filter(self, text: str, types: Iterable[str]) -> tuple[str, tuple[tuple[str, str], ...]]:
        type_, _, query = text.partition("?")
        if type_ not in types:
            raise Rejected("filters a type that is not exported", code="value", where="_typeFilter")
        try:
            pairs = tuple(parse_qsl(query, keep_blank_values=True, max_num_fields=FIELDS))
        except ValueError:
            told = f"has {FIELDS} parameters at most"
            raise Rejected(told, code="too-costly", where="_typeFilter") from None
        if not pairs:
            raise Rejected("is written Type?parameter=value", code="value", where="_typeFilter")
        context(self._request).store.exports.check_filter(type_, pairs, base_of(self._request))
        return type_, pairs

    def _patients(self) -> tuple[str, ...]:
        given = self._given.get("patient", [])
        if given and self._level == "system":
            del self._given["patient"]
            self._leave_out("goes with an export of patients or of a Group", "patient")
            return ()
        found = self._each("patient", self._patient, lambda text: [text])
        if given and not found:
            raise Rejected("names no patient", code="value", where="patient")
        return tuple(dict.fromkeys(found))

    def _patient(self, text: str) -> str:
        local = _PATIENT.match(text.removeprefix(base_of(self._request) + "/"))
        if local is None:
            raise Rejected("is a reference such as Patient/1", code="value", where="patient")
        return local[1]

    def _each(self, name: str, read: Callable[[str], T], split: Split = _at_commas) -> list[T]:
        """Return what the values of a parameter are; one that is wrong is left out where that is wanted."""
        found = []
        for value in self._given.pop(name, ()):
            for one in split(value):
                if not one.strip():
                    continue
                try:
                    found.append(read(one.strip()))
                except Rejected as error:
                    if not self._lenient:
                        raise Rejected(error.reason, code=error.code, where=error.where or name) from error
                    self._remarks.append(str(error))
                if len(found) + len(self._remarks) > MOST.get(name, _MOST):
                    raise Rejected("names too many", code="too-costly", where=name)
        return found

    def _leave_out(self, why: str, name: str) -> None:
        if not self._lenient:
            raise Rejected(why, code="not-supported", where=name[:64])
        self._remarks.append(f"{name[:64]}: {why}")


def _element(text: str) -> str:
    found = _ELEMENT.match(text)
    if found is None or (found[1] and not _has(found[1], found[2])):
        raise Rejected(
            "is written element or Type.element, of the root only", code="value", where="_elements"
        )
    return text


def _has(type_: str, name: str) -> bool:
    known = names(type_)
    return name in ("id", "meta") or any(one == name or one.startswith(name) for one in known)


async def _posted(request: Request) -> Pairs:
    """Return the parameters of a Parameters resource; no body at all is none."""
    if request.headers.get("content-length") == "0" or not request.headers.get("content-type"):
        return []
    try:
        told = json.loads(await body.json_of(request, LONGEST))
    except (ValueError, RecursionError):
        raise Rejected("the body is not JSON", code="invalid") from None
    listed = told.get("parameter", []) if isinstance(told, dict) else None
    if not isinstance(listed, list) or told.get("resourceType") != "Parameters":
        raise Rejected("the body must be a Parameters resource", code="invalid")
    return [_pair(one) for one in listed]


def _pair(one: Any) -> tuple[str, str]:
    name = one.get("name") if isinstance(one, dict) else None
    if not isinstance(name, str):
        raise Rejected("every parameter has a name", code="invalid")
    values = [value for key, value in one.items() if key.startswith("value") and not key.startswith("_")]
    if len(values) == 1 and isinstance(values[0], dict):
        values = [values[0].get("reference")]
    if len(values) != 1 or not isinstance(values[0], str):
        raise Rejected("it must have one value, a text or a reference", code="value", where=name[:64])
    return name, values[0]
