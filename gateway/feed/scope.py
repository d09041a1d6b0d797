"""Scope: which of the written resources belong to an internet visit; the wards hardly notice the question.

A document belongs to the visit that it says it is of (``encounter``, ``context``); a dispense and a Task also
to that of what they are about. What only mentions a visit (``supportingInfo``, ``section.entry``) does not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from gateway.canonical import Resource
from gateway.canonical.elements import each
from gateway.canonical.json import dumps, glance
from gateway.feed.kinds import FAMILIES, ORDERS, is_virtual, serial_in
from gateway.store import Desk, Made

_VIRTUAL = b'"VR"'
_ENCOUNTER = re.compile(rb'["/]Encounter/([A-Za-z0-9\-.]{1,64})')
_PRESCRIPTION = re.compile(rb'"MedicationRequest/([A-Za-z0-9\-.]{1,64})')
_GROUP = re.compile(rb'"RequestGroup/([A-Za-z0-9\-.]{1,64})')
_REQUEST = re.compile(rb'"ServiceRequest/([A-Za-z0-9\-.]{1,64})')
_NAMED = re.compile(
    r"(?:[^?#]*/)?([A-Z][A-Za-z]+)/([A-Za-z0-9\-.]{1,64})(?:/_history/.*)?(?:[?#].*)?"
).fullmatch
_CONSENT = (
    b"urn:qiao:extension:consent-covers",
    b"urn:qiao:profile:consent",
    b"urn:qiao:policy:informed-consent",
)

_ABOUT = {"MedicationDispense": ("authorizingPrescription",), "Task": ("focus",)}
"""Type → the elements that name what it is about: it belongs to the visit of that."""


def governed(desk: Desk, made: Made) -> bool:
    """Tell whether a version, or the one before it, belongs to an internet visit.

    It looks at the bytes first; only what may belong to one is parsed.
    """
    version = made.version
    if version is not None and not version.deleted and _may_belong(desk, made.type, version.body):
        after = made.after
        if after is not None and in_visit(desk, after):
            return True
    if made.method == "create" or not made.before_seq:
        return False
    before = made.before
    return before is not None and (_is_numbered(before) or in_visit(desk, before))


def _is_numbered(before: Resource) -> bool:
    """Tell whether an order has a serial: it stays governed, whatever its Encounter says by now."""
    return before["resourceType"] in ORDERS and bool(serial_in(before))


def in_visit(desk: Desk, resource: Resource) -> bool:
    """Tell whether a resource belongs to an internet visit."""
    type_ = resource["resourceType"]
    if type_ == "Encounter":
        return is_virtual(resource)
    if type_ == "Consent":
        return _is_informed(dumps(resource))
    if type_ not in FAMILIES:
        return False
    paths = ("encounter", "context", *_ABOUT.get(type_, ()))
    return any(_belongs(desk, name, id_) for path in paths for name, id_ in _named(resource, path))


def names_visit(desk: Desk, resource: Resource) -> bool:
    """Tell whether a resource of any type names an internet visit as the ``encounter`` that it is of."""
    return any(
        type_ == "Encounter" and visit_is_virtual(desk, id_) for type_, id_ in _named(resource, "encounter")
    )


def _belongs(desk: Desk, type_: str, id_: str) -> bool:
    """Tell whether what a document names as its own is, or belongs to, an internet visit."""
    if type_ == "Encounter":
        return visit_is_virtual(desk, id_)
    found = desk.read(type_, id_) if type_ in ORDERS else None
    return found is not None and in_visit(desk, found)


def _named(resource: Resource, path: str) -> Iterator[tuple[str, str]]:
    """Yield (type, id) of the references of an element; whatever server's address stands before them."""
    for said in each(resource, f"{path}.reference"):
        found = _NAMED(said) if isinstance(said, str) else None
        if found is not None:
            yield found[1], found[2]


def visit_is_virtual(desk: Desk, encounter: str) -> bool:
    """Tell whether an Encounter on file is an internet visit."""
    return bool(desk.gist(is_virtual, "Encounter", encounter))


def _may_belong(desk: Desk, type_: str, body: bytes) -> bool:
    """Tell by the bytes whether :func:`in_visit` may say yes: the wards are spared the parsing."""
    if type_ == "Consent":
        return _is_informed(body)
    if type_ == "Encounter":
        return _VIRTUAL in body and is_virtual(glance(body))
    if any(visit_is_virtual(desk, id_.decode()) for id_ in set(_ENCOUNTER.findall(body))):
        return True
    if type_ == "MedicationDispense":
        return _through(desk, "MedicationRequest", _PRESCRIPTION.findall(body))
    return type_ == "Task" and (
        _through(desk, "RequestGroup", _GROUP.findall(body))
        or _through(desk, "MedicationRequest", _PRESCRIPTION.findall(body))
        or _through(desk, "ServiceRequest", _REQUEST.findall(body))
    )


def _is_informed(body: bytes) -> bool:
    return any(mark in body for mark in _CONSENT)


def _through(desk: Desk, type_: str, ids: list[bytes]) -> bool:
    for id_ in set(ids):
        version = desk.version(type_, id_.decode())
        if version is not None and not version.deleted and _may_belong(desk, type_, version.body):
            return True
    return False
