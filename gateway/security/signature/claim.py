"""Claim: what a Provenance says of its signature, read strictly and held against the signed header."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gateway.canonical.resource import Resource
from gateway.errors import Rejected
from gateway.security.signature import jws, moments

_TYPES = "urn:iso-astm:E1762-95:2013"


@dataclass(slots=True, frozen=True)
class Claim:
    """One signature as a Provenance brings it.

    Attributes:
        who: reference of the signer.
        targets: versions that the Provenance names, some or all of those signed.
    """

    who: str
    targets: tuple[str, ...]
    jws: jws.Jws


def read_claim(provenance: Resource) -> Claim:
    """Return the signature of a Provenance.

    Raises:
        Rejected: it has none or several, its form is another, or it says otherwise than the header that was
        signed.
    """
    signatures = provenance.get("signature")
    if not isinstance(signatures, list) or len(signatures) != 1 or not isinstance(signatures[0], dict):
        raise _form("a Provenance of a document has exactly one signature")
    signature = signatures[0]
    if signature.get("sigFormat") != "application/jose":
        raise _form("the format of the signature is not application/jose")
    found = jws.read(signature.get("data"))
    if found.header.purpose not in _codes(signature.get("type")):
        raise _form("the type of the signature is not the one that was signed")
    if moments.seconds(signature.get("when")) != found.header.signed:
        raise Rejected("the time of the signature is not the one that was signed", code="signature-time")
    targets = tuple(_reference(one) for one in _list(provenance.get("target")))
    if not targets:
        raise _form("the Provenance has no target")
    return Claim(_who(provenance, signature), targets, found)


def _who(provenance: Resource, signature: dict[str, Any]) -> str:
    """Return the signer, a person, whom the Provenance names as an agent too."""
    who = _reference(signature.get("who"))
    agents = {_reference(one.get("who")) for one in _list(provenance.get("agent")) if isinstance(one, dict)}
    if who.split("/")[0] not in ("Practitioner", "PractitionerRole"):
        raise _form("the signer is no Practitioner")
    if who not in agents:
        raise _form("the signer is no agent of the Provenance")
    return who


def _codes(types: object) -> set[object]:
    return {one.get("code") for one in _list(types) if isinstance(one, dict) and one.get("system") == _TYPES}


def _reference(given: object) -> str:
    return str(given.get("reference", "")) if isinstance(given, dict) else ""


def _list(given: object) -> list[Any]:
    return given if isinstance(given, list) else []


def _form(reason: str) -> Rejected:
    return Rejected(reason, code="signature-form")
