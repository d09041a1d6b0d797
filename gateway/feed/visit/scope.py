"""Scope: which of the written resources belong to an internet visit; the wards hardly notice the question."""

from __future__ import annotations

import re

from gateway.canonical import Resource
from gateway.feed.visit.kinds import FAMILIES, ORDERS, is_virtual, serial_in
from gateway.store import Desk, Made

_VIRTUAL = b'"VR"'
_ENCOUNTER = re.compile(rb'["/]Encounter/([A-Za-z0-9\-.]{1,64})')
_PRESCRIPTION = re.compile(rb'"MedicationRequest/([A-Za-z0-9\-.]{1,64})')
_GROUP = re.compile(rb'"RequestGroup/([A-Za-z0-9\-.]{1,64})')
_CONSENT = (
    b"urn:qiao:extension:consent-covers",
    b"urn:qiao:profile:consent",
    b"urn:qiao:policy:informed-consent",
)


def governed(desk: Desk, made: Made) -> bool:
    """Tell whether a version, or the one before it, belongs to an internet visit.

    It looks at the bytes first; only what may belong to one is parsed.
    """
    version = made.version
    if version is not None and not version.deleted and _belongs(desk, made.type, version.body):
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
    from gateway.canonical.json import dumps

    return resource["resourceType"] in FAMILIES and _belongs(desk, resource["resourceType"], dumps(resource))


def visit_is_virtual(desk: Desk, encounter: str) -> bool:
    """Tell whether an Encounter on file is an internet visit."""
    version = desk.version("Encounter", encounter)
    if version is None or _VIRTUAL not in version.body:
        return False
    found = desk.read("Encounter", encounter)
    return found is not None and is_virtual(found)


def _belongs(desk: Desk, type_: str, body: bytes) -> bool:
    if type_ == "Consent":
        return any(mark in body for mark in _CONSENT)
    if type_ == "Encounter":
        return _VIRTUAL in body and _is_one(body)
    if any(visit_is_virtual(desk, id_.decode()) for id_ in set(_ENCOUNTER.findall(body))):
        return True
    if type_ == "MedicationDispense":
        return _through(desk, "MedicationRequest", _PRESCRIPTION.findall(body))
    return type_ == "Task" and _through(desk, "RequestGroup", _GROUP.findall(body))


def _is_one(body: bytes) -> bool:
    from gateway.canonical.json import glance

    return is_virtual(glance(body))


def _through(desk: Desk, type_: str, ids: list[bytes]) -> bool:
    for id_ in set(ids):
        version = desk.version(type_, id_.decode())
        if version is not None and not version.deleted and _belongs(desk, type_, version.body):
            return True
    return False
