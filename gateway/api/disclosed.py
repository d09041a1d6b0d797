"""Disclosed: which elements of an institution, a service and a physician the public sees (CQ49 article 3(3)).

No number by which a person is known otherwise: no resident ID, no telephone, no birth date; and no text with
one in it (a certificate of qualification has the resident ID in its own number).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from gateway.canonical import Resource
from gateway.canonical.elements import codes, each, listed, reference, texts, values_of
from gateway.policy.systems import HOSPITAL_LEVEL, INSTITUTION

CREDIT_CODE = "urn:qiao:id:unified-social-credit-code"
CERTIFICATE = "urn:qiao:id:practice-certificate"
"""Practice certificates of physicians (医师执业证书)."""
_RESIDENT_ID = re.compile(r"[1-9][0-9]{5}(?:18|19|20)[0-9]{9}[0-9Xx]").search


def shown(resource: Resource) -> Resource:
    """Return the copy of a resource of one of the four types that the public may see."""
    type_ = str(resource["resourceType"])
    made = {name: value for name, value in _SHOWN[type_](resource).items() if value}
    return {"resourceType": type_, "id": resource["id"], "active": True, **made}


def is_physician(role: Resource) -> bool:
    """Tell whether a PractitionerRole is a physician's."""
    return "doctor" in codes(role.get("code")) or any("医师" in one for one in texts(role.get("code")))


def _organization(one: Resource) -> Resource:
    levels = [level for level in values_of(one, HOSPITAL_LEVEL) if isinstance(level, str)]
    return {
        "extension": [{"url": HOSPITAL_LEVEL, "valueCode": level} for level in levels],
        "identifier": list(_identifiers(one, INSTITUTION, CREDIT_CODE)),
        "type": _concepts(one.get("type")),
        "name": _text(one.get("name")),
        "alias": [text for alias in listed(one.get("alias")) if (text := _text(alias))],
        "partOf": _reference(one.get("partOf")),
    }


def _service(one: Resource) -> Resource:
    return {
        "providedBy": _reference(one.get("providedBy")),
        "type": _concepts(one.get("type")),
        "specialty": _concepts(one.get("specialty")),
        "name": _text(one.get("name")),
    }


def _practitioner(one: Resource) -> Resource:
    certificates = (said for said in _identifiers(one, CERTIFICATE) if _text(said["value"]))
    licences = (_concepts(code) for code in each(one, "qualification.code"))
    return {
        "identifier": list(certificates),
        "name": [name for said in listed(one.get("name")) if (name := _name(said))],
        "qualification": [{"code": code[0]} for code in licences if code],
    }


def _role(one: Resource) -> Resource:
    return {
        "practitioner": _reference(one.get("practitioner")),
        "organization": _reference(one.get("organization")),
        "code": _concepts(one.get("code")),
        "specialty": _concepts(one.get("specialty")),
    }


def _identifiers(one: Resource, *systems: str) -> Iterator[Resource]:
    for said in listed(one.get("identifier")):
        if isinstance(said, dict) and said.get("system") in systems and isinstance(said.get("value"), str):
            yield {"system": said["system"], "value": said["value"]}


def _name(said: Any) -> Resource:
    if not isinstance(said, dict) or said.get("use") in ("old", "nickname"):
        return {}
    made = {name: text for name in ("text", "family") if (text := _text(said.get(name)))}
    given = [text for one in listed(said.get("given")) if (text := _text(one))]
    return {**made, "given": given} if given else made


def _concepts(value: object) -> list[Resource]:
    made = []
    for one in listed(value):
        codings = [_coding(coding) for coding in each(one, "coding") if isinstance(coding, dict)]
        concept = {"coding": [coding for coding in codings if coding], "text": _text(each(one, "text"))}
        made.append({name: said for name, said in concept.items() if said})
    return [one for one in made if one]


def _coding(coding: Resource) -> Resource:
    return {name: text for name in ("system", "code", "display") if (text := _text(coding.get(name)))}


def _reference(value: object) -> Resource:
    name = reference(value)
    return {"reference": name} if name else {}


def _text(value: object) -> str:
    """Return a text; ``""`` for what is none, and for one with what looks like a resident ID (GB 11643)."""
    one = value[0] if isinstance(value, list) and value else value
    return one if isinstance(one, str) and not _RESIDENT_ID(one) else ""


_SHOWN: Mapping[str, Callable[[Resource], Resource]] = {
    "Organization": _organization,
    "HealthcareService": _service,
    "Practitioner": _practitioner,
    "PractitionerRole": _role,
}
