"""Registers: numbers and whose they are: identifiers, code systems, authorities (HL7 v2.8 §2A.3.14)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote
from uuid import NAMESPACE_URL, uuid5

from gateway.mapping.outbound.tongue import Tongue
from gateway.mapping.outbound.words import codings, text

_V2 = re.compile(r"http://terminology\.hl7\.org/CodeSystem/v2-(\d{4})\Z")
_OURS = re.compile(r"urn:qiao:[^:]+:(?:codes|id|authority|namespace):(.+)\Z")
_OID = "urn:oid:"

OF_PATIENT = ("MR", "PI")
"""Kinds of number by which a HIS knows a patient (v2-0203)."""


def system(value: Any, speech: Tongue, arg: Any) -> str | None:
    """URI of a code system → its name (CWE.3, v2-0396); of a concept that of its first code."""
    uri = _uri(value)
    if match := _V2.match(uri):
        return f"HL7{match[1]}"
    if name := speech.namespaces.get(uri) or speech.coding_systems.get(uri):
        return name
    return _bare(uri)


def oid(value: Any, speech: Tongue, arg: Any) -> str | None:
    """``urn:oid:`` URI → the OID alone; CodeableConcept or Coding → that of its first code.

    Another URI is nothing, unless ``arg`` (URI → OID) knows it.
    """
    uri = _uri(value)
    return uri.removeprefix(_OID) if uri.startswith(_OID) else (arg or {}).get(uri)


def _uri(value: Any) -> str:
    """Return the code system that is meant: of a concept that of the code which :func:`words.code` takes."""
    if isinstance(value, str):
        return value
    return next((str(one.get("system", "")) for one in codings(value) if one.get("code")), "")


def kind(value: Any, speech: Tongue, arg: Any) -> str | None:
    """Identifier → its type code (v2-0203), else what the receiver calls its register."""
    return kind_of(value, speech.kinds)


def kind_of(number: Mapping[str, Any], kinds: Mapping[str, str]) -> str | None:
    """Return the kind of an Identifier, None where nobody knows it.

    Args:
        kinds: URI of a register → what the receiver calls it.
    """
    for one in number.get("type", {}).get("coding", ()):
        if one.get("code"):
            return str(one["code"])
    return kinds.get(str(number.get("system", "")))


def authority(value: Any, speech: Tongue, arg: Any) -> str | None:
    """Identifier → HD.1 of its register; nothing where the kind of number says which one it is of."""
    uri = str(value.get("system", ""))
    if not uri or uri in speech.kinds:
        return None
    if name := speech.namespaces.get(uri):
        return name
    match = re.match(r"urn:qiao:[^:]+:authority:(.+)\Z", uri)
    return unquote(match[1]) if match else None


def universal(value: Any, speech: Tongue, arg: Any) -> str | None:
    """Identifier → HD.2 of its register: an OID or URI, where it has no name here."""
    uri = str(value.get("system", ""))
    if not uri or uri in speech.kinds or uri in speech.namespaces or uri.startswith("urn:qiao:"):
        return None
    return uri.removeprefix(_OID)


def universal_type(value: Any, speech: Tongue, arg: Any) -> str | None:
    """Identifier → HD.3: what :func:`universal` is (table 0301)."""
    found = universal(value, speech, arg)
    return None if found is None else "ISO" if str(value["system"]).startswith(_OID) else "URI"


def number(value: Any, speech: Tongue, arg: Any) -> str | None:
    """Identifier → its value where it is of a kind that ``arg`` lists.

    ``""``: of a register that the receiver calls nothing; ``"?"``: that nobody knows. A number of a patient
    is only told of the register that the receiver names.
    """
    found = kind(value, speech, None)
    if speech.register and value.get("system") == speech.register:
        found = found or "MR"  # the receiver's own register says what it is
    if speech.register and found in OF_PATIENT and value.get("system") != speech.register:
        return None
    return text(value.get("value", ""), speech) if ("?" if found is None else found) in arg else None


def credit_code(value: Any, speech: Tongue, arg: Any) -> str | None:
    """Identifier → a unified social credit code or another code of 18 characters (GB 32100)."""
    said = str(value.get("value", "") if isinstance(value, dict) else value)
    return said if len(said) == 18 else None


def document_id(value: Any, speech: Tongue, arg: Any) -> str | None:
    """Resource → the id of the document that says this version of it: a UUID, 36 characters."""
    version = str(value.get("meta", {}).get("versionId", ""))
    return str(uuid5(NAMESPACE_URL, f"{value['resourceType']}/{value.get('id', '')}/{version}"))


def _bare(uri: str) -> str:
    match = _OURS.match(uri)
    return unquote(match[1]) if match else uri.removeprefix(_OID)
