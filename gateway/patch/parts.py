"""Parts: the operations of a FHIRPath Patch as its Parameters resource says them (R4 fhirpatch.html)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gateway.patch.failure import MalformedPatch
from gateway.patch.growth import MOST_OPERATIONS

NEEDED = {
    "add": ("path", "name", "value"),
    "insert": ("path", "value", "index"),
    "delete": ("path",),
    "replace": ("path", "value"),
    "move": ("path", "source", "destination"),
}
"""Parts of each operation; what else it has of ``KNOWN`` is ignored, as other servers do."""

KNOWN = frozenset({"type", "path", "name", "value", "index", "source", "destination"})
RESOURCE = "Resource"
"""Type of a value that is a resource."""

MOST_PATHS = 32 * 1024
"""Characters of all different paths of a patch: a path takes longer to read than to follow."""

_TEXTS = ("valueString", "valueCode")
_INTEGERS = ("valueInteger", "valueUnsignedInt", "valuePositiveInt")
_EXTRA = frozenset({"id", "extension", "modifierExtension", "name", "_name"})

Json = dict[str, Any]


@dataclass(slots=True, frozen=True)
class Value:
    """The value of an operation.

    Attributes:
        type: its type (``"HumanName"``), ``RESOURCE``, or ``""`` where it is made of parts.
        json: its JSON; None for a primitive with a second half only.
        half: the ``_value…`` object of a primitive, None for none.
        parts: elements by their names, of an anonymous type.
    """

    type: str
    json: Any = None
    half: Any = None
    parts: tuple[tuple[str, Value], ...] = ()


@dataclass(slots=True, frozen=True)
class Operation:
    """One operation; what its type does not need is empty."""

    type: str
    path: str
    name: str = ""
    value: Value = Value("")
    index: int = 0
    source: int = 0
    destination: int = 0


def operations(parameters: Any, types: Mapping[str, str]) -> list[Operation]:
    """Return the operations of a FHIRPath Patch.

    Args:
        parameters: the Parameters resource.
        types: the types that a value may have, by their JSON names (``valueString``).

    Raises:
        MalformedPatch: it is none.
    """
    if type(parameters) is not dict or parameters.get("resourceType") != "Parameters":
        raise MalformedPatch("a FHIRPath Patch is a Parameters resource")
    listed = parameters.get("parameter", [])
    if type(listed) is not list:
        raise MalformedPatch("Parameters.parameter is a list")
    if len(listed) > MOST_OPERATIONS:
        raise MalformedPatch(f"a patch has at most {MOST_OPERATIONS} operations", code="too-costly")
    out: list[Operation] = []
    for at, one in enumerate(listed):
        try:
            out.append(_operation(one, types))
        except MalformedPatch as failure:
            raise failure.of(at) from None
    if sum(map(len, {one.path for one in out})) > MOST_PATHS:
        raise MalformedPatch(f"its paths are longer than {MOST_PATHS} characters together", code="too-costly")
    return out


def _operation(parameter: Any, types: Mapping[str, str]) -> Operation:
    if type(parameter) is not dict or parameter.get("name") != "operation":
        raise MalformedPatch('each parameter is called "operation"')
    parts: dict[str, Json] = {}
    for part in _parts(parameter):
        name = part["name"]
        if name not in KNOWN:
            raise MalformedPatch(f"the parts of an operation are {', '.join(sorted(KNOWN))}")
        if name in parts:
            raise MalformedPatch(f"its part {name} comes twice")
        parts[name] = part
    kind = _text(parts, "type")
    if kind not in NEEDED:
        raise MalformedPatch(f"its type is one of {', '.join(NEEDED)}")
    needed = NEEDED[kind]
    return Operation(
        kind,
        _text(parts, "path"),
        _text(parts, "name") if "name" in needed else "",
        _value(_part(parts, "value"), types) if "value" in needed else Value(""),
        *(_integer(parts, name) if name in needed else 0 for name in ("index", "source", "destination")),
    )


def _parts(holder: Json) -> list[Json]:
    listed = holder.get("part")
    if type(listed) is not list or not listed:
        raise MalformedPatch("part is a list, and not empty")
    if not all(type(part) is dict and type(part.get("name")) is str for part in listed):
        raise MalformedPatch("each part has a name")
    return listed


def _part(parts: Mapping[str, Json], name: str) -> Json:
    if name not in parts:
        raise MalformedPatch(f"its part {name} is missing")
    return parts[name]


def _text(parts: Mapping[str, Json], name: str) -> str:
    part = _part(parts, name)
    value = next((part[key] for key in _TEXTS if key in part), None)
    if type(value) is not str or not value:
        raise MalformedPatch(f"its part {name} is a {'valueCode' if name == 'type' else 'valueString'}")
    return value


def _integer(parts: Mapping[str, Json], name: str) -> int:
    part = _part(parts, name)
    value = next((part[key] for key in _INTEGERS if key in part), None)
    if type(value) is not int or value < 0:
        raise MalformedPatch(f"its part {name} is a valueInteger from 0")
    return value


def _value(part: Json, types: Mapping[str, str]) -> Value:
    """Return what a part says: ``value[x]`` with its second half, a resource, or parts."""
    keys = {key.removeprefix("_") for key in part if key not in _EXTRA}
    if len(keys) != 1:
        raise MalformedPatch("a value is one value[x], one resource, or parts")
    key = keys.pop()
    if key == "part":
        return Value("", parts=tuple((one["name"], _value(one, types)) for one in _parts(part)))
    json, half = part.get(key), part.get("_" + key)
    if key == "resource" and type(json) is dict and type(json.get("resourceType")) is str:
        return Value(RESOURCE, json)
    if key not in types or (half is not None and type(half) is not dict):
        raise MalformedPatch(
            "a value is of a type that Parameters may have (R4 datatypes.html#open), or made of parts"
        )
    return Value(types[key], json, half)
