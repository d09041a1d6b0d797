"""Data sets in the DICOM JSON model (PS3.18 Annex F), as evidence shows them; read from implicit VR."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from typing import Any

_KINDS = {
    "UI": "00000002 00000003 00001000 00080016 00080018 0020000D 0020000E",
    "US": "00000100 00000110 00000120 00000700 00000800 00000900",
    "UL": "00000000", "LO": "00000902 00100020", "CS": "00080005 00080060", "DA": "00080020",
    "TM": "00080030", "SH": "00080050", "PN": "00100010", "IS": "00200013",
}  # fmt: skip
"""Value representation → tags that a modality of the harness says or hears (PS3.6, PS3.7 Annex E)."""
_OF = {tag: kind for kind, tags in _KINDS.items() for tag in tags.split()}


def shown(*sets: bytes) -> str:
    """Return data sets, the command first, as one JSON object; what is unknown is named by its length."""
    return json.dumps({tag: said for one in sets for tag, said in _attributes(one)}, ensure_ascii=False)


def _attributes(data: bytes) -> Iterator[tuple[str, dict[str, Any]]]:
    at = 0
    while at + 8 <= len(data):
        group, number, length = struct.unpack("<HHL", data[at : at + 8])
        tag = f"{group:04X}{number:04X}"
        yield tag, _attribute(_OF.get(tag, "UN"), data[at + 8 : at + 8 + length])
        at += 8 + length


def _attribute(kind: str, value: bytes) -> dict[str, Any]:
    if kind == "UN":
        return {"vr": kind, "bytes": len(value)}
    if kind in ("US", "UL"):
        return {"vr": kind, "Value": [int.from_bytes(value, "little")]}
    text = value.rstrip(b"\0 ").decode("utf-8", "replace")
    if not text:
        return {"vr": kind}
    return {"vr": kind, "Value": [{"Alphabetic": text}] if kind == "PN" else text.split("\\")}
