"""Shipped value sets: those that R4 binds elements to and that its definitions leave to others."""

from __future__ import annotations

import json
from functools import lru_cache
from importlib.resources import files

from gateway.validation.terminology.concepts import Json

_MODALITY = "acquisition-modality.json"
_CID_29 = "http://dicom.nema.org/medical/dicom/current/output/chtml/part16/sect_CID_29.html"
_FILES = {
    # DICOM PS3.16 CID 29, bound to ImagingStudy.modality under the one name and imported under the other.
    _CID_29: _MODALITY,
    "http://hl7.org/fhir/ValueSet/dicom-cid29": _MODALITY,
}


@lru_cache(8)
def shipped(url: str, kind: str) -> Json | None:
    """Return the artefact of that canonical URL and resourceType, None for none."""
    if url not in _FILES:
        return None
    text = files("gateway.validation.terminology").joinpath("data", _FILES[url]).read_text("utf-8")
    found: Json = json.loads(text) | {"url": url}
    return found if found["resourceType"] == kind else None
