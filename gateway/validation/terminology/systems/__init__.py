"""Code systems that no FHIR artefact enumerates: by grammar, by table, or both (R4 §4.3)."""

from __future__ import annotations

from collections.abc import Callable

from gateway.validation.terminology.concepts import Concepts
from gateway.validation.terminology.systems.language import Languages
from gateway.validation.terminology.systems.media_type import MediaTypes
from gateway.validation.terminology.systems.table import countries, currencies, time_zones
from gateway.validation.terminology.systems.ucum import Units
from gateway.validation.terminology.systems.uri import Subdivisions, Uris

SYSTEMS: dict[str, Callable[[], Concepts]] = {
    "http://unitsofmeasure.org": Units,
    "urn:ietf:bcp:47": Languages,
    "urn:ietf:bcp:13": MediaTypes,
    "urn:ietf:rfc:3986": Uris,
    "urn:iso:std:iso:3166": countries,
    "urn:iso:std:iso:3166:-2": Subdivisions,
    "urn:iso:std:iso:4217": currencies,
    "https://www.iana.org/time-zones": time_zones,
}
"""What makes the concepts of each system."""

__all__ = ["SYSTEMS"]
