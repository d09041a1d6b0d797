"""A JSON Schema of one R4 type, for the peer that validates against such: names, types, formats, cardinality.

The official schema of all types at once runs out of memory there; this one has what the type can contain.
"""

from __future__ import annotations

from typing import Any

from gateway.validation.primitives import CHECKS
from gateway.validation.r4 import Definitions
from gateway.validation.shapes import Element, shape

JSON_TYPES = {"boolean": "boolean", "decimal": "number", "integer": "integer"}
PATTERNS = {
    "id": r"^[A-Za-z0-9\-.]{1,64}$",
    "code": r"^[^\s]+(\s[^\s]+)*$",
    "uri": r"^\S+$",
    "date": r"^\d{4}(-\d\d(-\d\d)?)?$",
    "dateTime": r"^\d{4}(-\d\d(-\d\d(T\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d))?)?)?$",
}


def schema(type_: str) -> dict[str, Any]:
    """Return the schema of a resource type with its data types; resources inside are left open."""
    definitions = Definitions()
    made: dict[str, Any] = {}
    pending = [type_]
    while pending:
        name = pending.pop()
        structure = definitions.structure(name)
        if name not in made and structure is not None:
            made[name] = _object(shape(structure), pending)
    made[type_]["properties"]["resourceType"] = {"const": type_}
    return {"$ref": f"#/definitions/{type_}", "definitions": made}


def _object(element: Element, pending: list[str]) -> dict[str, Any]:
    properties: dict[str, Any] = {}
    for child in element.children:
        for key, one in child.names():
            inner = _value(child, one.code, pending)
            properties[key] = {"type": "array", "items": inner, "minItems": 1} if child.many else inner
            if one.code in CHECKS:
                properties["_" + key] = {}
    required = [child.name for child in element.children if child.least and not child.choice]
    return {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
        "minProperties": 1,
    }


def _value(child: Element, code: str, pending: list[str]) -> dict[str, Any]:
    if child.own:
        return _object(child, pending)
    if code in CHECKS:
        pattern = {"pattern": PATTERNS[code]} if code in PATTERNS else {}
        return {"type": JSON_TYPES.get(code, "integer" if code.endswith("Int") else "string"), **pattern}
    if child.reference or code == "Resource":
        return {"type": "object"}
    pending.append(code)
    return {"$ref": f"#/definitions/{code}"}
