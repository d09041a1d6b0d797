"""Verified: what a good signature under documents proves, as policy and API see it (docs/signatures.md)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

PERSONS = (
    "urn:qiao:id:practice-certificate",
    "urn:oid:2.16.156.10011.1.4",
    "urn:oid:2.16.156.10011.1.3",
)
"""Systems by which a certificate may name a Practitioner: practice certificate, staff number, resident ID."""


@dataclass(slots=True, frozen=True)
class Verified:
    """A signature whose value, covered content, certificate chain and validity were found good.

    Attributes:
        who: ``Provenance.signature.who`` as it stands, e.g. ``"Practitioner/w1"``.
        purpose: code of the signature's type (ASTM E1762-95): ``"1.2.840.10065.1.12.1.1"``, the author's;
            ``"1.2.840.10065.1.12.1.5"``, a verification. Covered by the signature.
        targets: versions that were signed, ``"RequestGroup/g1/_history/1"``, in canonical order; covered.
        signed_us: when it was signed, by the signer's clock, microseconds since 1970; covered.
        algorithm: ``"SM2"``, ``"ES256"``, ``"RS256"`` or ``"PS256"``.
        persons: what the certificate's subject says of the person: identifier values.
        organizations: what it says of the hospital: identifier values and names.
        certificate: SHA-256 of the certificate, hexadecimal.
        until_us: when the certificate ends, microseconds since 1970.
        arrived_us: when the signature came, microseconds since 1970; 0: now, with what is decided.
    """

    who: str
    purpose: str
    targets: tuple[str, ...]
    signed_us: int
    algorithm: str
    persons: tuple[str, ...]
    organizations: tuple[str, ...]
    certificate: str
    until_us: int
    arrived_us: int = 0

    def names_person(self, practitioner: Mapping[str, Any]) -> bool:
        """Tell whether the certificate names this Practitioner, by an identifier of :data:`PERSONS`."""
        given = [one.get("value") for one in _identifiers(practitioner) if one.get("system") in PERSONS]
        return any(one in self.persons for one in given)

    def names_organization(self, organization: Mapping[str, Any]) -> bool:
        """Tell whether the certificate names this Organization: by an identifier, its name or an alias."""
        given = [one.get("value") for one in _identifiers(organization)]
        names = [organization.get("name"), *_list(organization.get("alias"))]
        return any(one in self.organizations for one in (*given, *names))


def _identifiers(resource: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    given = _list(resource.get("identifier"))
    return (one for one in given if isinstance(one, Mapping) and one.get("use") != "old")


def _list(given: object) -> list[Any]:
    return given if isinstance(given, list) else []
