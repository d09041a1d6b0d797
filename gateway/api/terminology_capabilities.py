"""metadata?mode=terminology: known code systems, and what $expand can do (R4 TerminologyCapabilities)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from gateway.api.value_set import EXPAND
from gateway.canonical.json import dumps
from gateway.validation.terminology import Terminology
from gateway.validation.terminology.systems import SYSTEMS


def statement(version: str, base: str, started: datetime, terminology: Terminology) -> bytes:
    """Return the TerminologyCapabilities as JSON."""
    versions: dict[str, list[str]] = {}
    for canonical in terminology.urls("CodeSystem"):
        url, _, pinned = canonical.partition("|")
        versions.setdefault(url, []).extend([pinned] if pinned else [])
    for url in SYSTEMS:
        versions.setdefault(url, [])
    taken = sorted(name for name in EXPAND if name not in ("url", "valueSet", "valueSetVersion"))
    return dumps(
        {
            "resourceType": "TerminologyCapabilities",
            "status": "active",
            "date": started.isoformat(timespec="seconds"),
            "kind": "instance",
            "software": {"name": "qiao", "version": version},
            "implementation": {"description": "HL7 FHIR R4 gateway for internet hospitals", "url": base},
            "codeSystem": [_code_system(url, codes) for url, codes in versions.items()],
            "expansion": {
                "hierarchical": False,
                "paging": True,
                "incomplete": False,
                "parameter": [{"name": name} for name in taken],
            },
            "validateCode": {"translations": False},
            "translation": {"needsMap": False},
        }
    )


def _code_system(url: str, versions: list[str]) -> dict[str, Any]:
    made: dict[str, Any] = {"uri": url}
    if versions:
        made["version"] = [{"code": one} for one in versions]
    return made
