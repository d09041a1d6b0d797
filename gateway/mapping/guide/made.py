"""What our maps make: for every row the elements that it writes, spelt as coverage compares them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from gateway.mapping.elements import is_primitive, is_resource
from gateway.mapping.guide.targets import tail
from gateway.mapping.marked import Json
from gateway.mapping.paths import Source, Target, source, target
from gateway.mapping.rows import MapFile, Row

_DEEPEST = 4
_VALUES = (
    "valueCodeableConcept",
    "valueDateTime",
    "valuePeriod",
    "valueQuantity",
    "valueRange",
    "valueRatio",
    "valueSampledData",
    "valueString",
    "valueTime",
)
_MADE_BY = {
    "obx_value": _VALUES,
    "obx_components": (
        "component.code",
        "component.referenceRange",
        "component.extension(extension-observation.valueattachment).valueAttachment",
        *(f"component.{name}" for name in _VALUES),
    ),
}
"""Elements that a function of a whole segment writes into the resource."""


@dataclass(slots=True, frozen=True)
class Made:
    """One element that a row writes.

    Attributes:
        path: ``participant.individual>Practitioner.name.family``.
        value: the constant, None where the value comes from the message.
        whole: whether a function or code table makes all of a complex element, so that its parts are not
        listed.
        reads: the source paths that decide it; empty for a constant.
        tests: the fields or components that its condition names, as the guide spells them.
        rule: our map and row id.
    """

    path: str
    value: str | None
    whole: bool
    reads: tuple[Source, ...]
    rule: tuple[str, str]
    tests: frozenset[str] = frozenset()


def spelt(to: str, prefix: str = "") -> str:
    """Return a target path of ours in the form of coverage: without merge keys, addresses by their tail."""
    path = re.sub(r"extension\(([^)]*)\)", lambda found: f"extension({tail(found[1])})", to)
    path = re.sub(r"\[@?[\w-]+\]", "", path)
    return ".".join(part for part in (prefix, "" if path == "$this" else path) if part)


def constants(value: Json, path: str) -> Iterator[tuple[str, str]]:
    """Yield the leaves of a JSON constant with their paths."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from constants(inner, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for inner in value:
            yield from constants(inner, path)
    else:
        yield path, str(value)


def fields(text: str) -> frozenset[str]:
    """Return the fields or components that a condition names: ``PV1-2.1 = P`` names ``PV1-2``."""
    return frozenset(re.findall(r"[A-Z][A-Z0-9]{2}-\d+|\b[A-Z][A-Z0-9]{0,3}\.\d+", text))


class Makings:
    """What every map makes, expanded through the maps that it calls."""

    def __init__(self, maps: Mapping[str, MapFile]) -> None:
        self.maps = maps
        self._known: dict[str, list[Made]] = {}

    def handled(self, name: str) -> frozenset[str]:
        """Return the fields or components that any row of a map reads or asks for."""
        rows = self.maps[name].rows
        return frozenset().union(*(fields(" ".join((*row.sources, row.when))) for row in rows))

    def of(self, name: str, depth: int = 0) -> list[Made]:
        """Return all that the map ``name`` makes."""
        if name not in self._known:
            file = self.maps[name]
            made = [one for row in file.rows if row.to for one in self._row(file, row, depth)]
            if depth:
                return made
            self._known[name] = made
        return self._known[name]

    def _row(self, file: MapFile, row: Row, depth: int) -> Iterator[Made]:
        if row.clears:
            return
        prefix = file.target.partition(".")[2]
        path = spelt(row.to, prefix)
        reads = tuple(source(text, row.where) for text in row.sources)
        own = Made(path, None, False, reads, (file.name, row.id.partition("/")[2]), fields(row.when))
        steps = target(file.target, row.to, row.where)
        kind = steps[-1].type if steps else file.target
        for name in _MADE_BY.get(row.convert, ()):
            yield replace(own, path=f"{path}.{name}" if path else name, whole=True)
        for leaf, value in constants(row.constants, _element(row.to, steps, prefix)):
            yield replace(own, path=leaf, value=value)
        if row.has_value and not row.convert:
            for leaf, value in constants(row.value, path):
                yield replace(own, path=leaf, value=value)
            return
        yield replace(own, whole=not is_primitive(kind) and (row.convert not in self.maps or bool(row.codes)))
        called = self.maps.get(row.convert)
        if called is not None and depth < _DEEPEST:
            joint = (
                f"{path}>{called.target}" if is_resource(called.target) and not called.is_segment else path
            )
            if joint != path:
                yield replace(own, path=joint)
            yield from self._called(own, joint, called, depth)

    def _called(self, own: Made, joint: str, called: MapFile, depth: int) -> Iterator[Made]:
        passes = any(one.variable == "this" for one in own.reads)
        for one in self.of(called.name, depth + 1):
            path = f"{joint}.{one.path}" if joint and one.path else joint + one.path
            inner = replace(own, path=path, value=one.value, whole=one.whole)
            yield replace(inner, reads=one.reads, tests=one.tests or own.tests) if passes else inner


def _element(to: str, steps: list[Target], prefix: str) -> str:
    """Return the path of the innermost list element of a target, else of its parent: for ``with``."""
    parts = re.findall(r"[a-zA-Z]\w*(?:\[[^\]]*\]|\([^)]*\))?", to)
    many = [at + 1 for at, step in enumerate(steps) if step.many]
    return spelt(".".join(parts[: many[-1] if many else -1]), prefix)
