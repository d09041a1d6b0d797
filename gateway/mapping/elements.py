"""The elements of every R4 type: what exists, of which type, how often (R4 StructureDefinition snapshots).

``elements.json`` is written by ``python -m gateway.mapping.elements ZIP`` from the definitions that the
validator has (``gateway/validation/r4/definitions.zip``), so that both know the same R4::

    {"Patient": {"name": "HumanName*", "deceasedBoolean": "boolean", "contact": "Patient.contact*"}, …}

A ``*`` marks a list; a backbone element is a type of its own, named by its path.
"""

from __future__ import annotations

import json
import sys
import zipfile
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any


@dataclass(slots=True, frozen=True)
class Element:
    """One element: its type (``"HumanName"``, ``"Patient.contact"``, ``"code"``) and whether it is a list."""

    type: str
    many: bool


@cache
def _table() -> dict[str, dict[str, str]]:
    text = files("gateway.mapping").joinpath("elements.json").read_text(encoding="utf-8")
    table: dict[str, dict[str, str]] = json.loads(text)
    return table


def is_type(name: str) -> bool:
    """Return whether R4 knows a type or backbone element of that name."""
    return name in _table()


def is_primitive(name: str) -> bool:
    """Return whether ``name`` is a primitive type; R4 writes those with a small first letter."""
    return name[:1].islower()


def is_resource(name: str) -> bool:
    """Return whether ``name`` is a resource type, that is, has ``meta``."""
    return "meta" in _table().get(name, {})


def element(type_name: str, name: str) -> Element | None:
    """Return the element ``name`` of ``type_name``, or None where R4 has none."""
    code = _table().get(type_name, {}).get(name)
    return None if code is None else Element(code.rstrip("*"), code.endswith("*"))


def names(type_name: str) -> list[str]:
    """Return the element names of a type, for error messages."""
    return sorted(_table().get(type_name, {}))


def _type_code(definition: dict[str, Any]) -> str:
    code: str = definition["code"]
    if code.startswith("http://hl7.org/fhirpath/System."):
        return "string" if code.endswith("String") else code.rsplit(".", 1)[1].lower()
    return code


def _rows(structure: dict[str, Any]) -> dict[str, dict[str, str]]:
    table: dict[str, dict[str, str]] = {}
    for item in structure["snapshot"]["element"]:
        path: str = item["path"]
        parent, _, name = path.rpartition(".")
        if not parent:
            continue
        mark = "" if item["max"] in ("0", "1") else "*"
        row = table.setdefault(parent, {})
        if "contentReference" in item:
            row[name] = item["contentReference"].split("#")[-1] + mark
            continue
        codes = [_type_code(one) for one in item["type"]]
        for code in codes:
            own = path if code in ("BackboneElement", "Element") else code
            title = name.replace("[x]", code[0].upper() + code[1:])
            row[title if name.endswith("[x]") else name] = own + mark
    return table


def _main(definitions: str) -> None:
    table: dict[str, dict[str, str]] = {}
    with zipfile.ZipFile(definitions) as archive:
        for name in archive.namelist():
            structure = json.loads(archive.read(name)) if name.startswith("StructureDefinition/") else {}
            if "snapshot" in structure and structure["kind"] != "primitive-type":
                table.update(_rows(structure))
    target = Path(__file__).with_name("elements.json")
    target.write_text(json.dumps(table, separators=(",", ":"), sort_keys=True), encoding="utf-8")


if __name__ == "__main__":
    _main(sys.argv[1])
