"""Barcoded: the rows of a sender that has the barcode of the sample in OBR-2 or OBR-3.

Its profile says ``sample: {barcode: OBR-3}``. There it numbers the sample, and neither the order nor the
report: what the shipped rows of ORU^R01 make of that field is left out, and it becomes the identifier of a
Specimen.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

FIELDS: Final = ("OBR-2", "OBR-3")

_ORDER: Final = {"when": "ORC-2 valued"}
_LEFT_OUT: Final[Mapping[str, Mapping[str, Any]]] = {
    "OBR-2": {
        "OBR[DiagnosticReport]/OBR-2": None,
        "ORU_R01/report.ORC.order": _ORDER,
        "ORU_R01/report.OBR.order": _ORDER,
    },
    "OBR-3": {"OBR[DiagnosticReport]/OBR-3": None},
}
"""Field → what changes of the shipped rows; an order is one that ORC-2 names."""

_MAPS: Final = {"OBR-2": "OBR[Specimen-Placer]", "OBR-3": "OBR[Specimen-Filler]"}


def with_barcode(marked: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a profile says, with the rows for the field of its barcode; its own go before."""
    said = marked.get("sample")
    field = said.get("barcode") if isinstance(said, dict) else None
    if field not in FIELDS:
        return dict(marked)
    line = {"__line__": said.get("__line__", 0)} if isinstance(said, dict) else {}
    overrides = dict(marked.get("overrides") or {})
    changed = {ident: dict(one, **line) if one else None for ident, one in _LEFT_OUT[field].items()}
    overrides["rows"] = {**changed, **(overrides.get("rows") or {})}
    messages = dict(marked.get("messages") or {})
    row = {"id": "barcode", "at": "OBR", "when": f"{field} valued", "map": _MAPS[field],
           "make": "Specimen", "as": "specimen", "per": "ORDER_OBSERVATION",
           "key": {"identifier": []}, "link": {"subject": "patient"}, **line}  # fmt: skip
    messages["ORU_R01"] = [*(messages.get("ORU_R01") or ()), row]
    return {**marked, "overrides": overrides, "messages": messages}
