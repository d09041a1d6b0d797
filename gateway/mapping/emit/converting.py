"""How a generated function converts: by a datatype map, a function of the closed table, or a code table."""

from __future__ import annotations

from gateway.errors import Misconfigured
from gateway.mapping.elements import is_primitive, is_resource
from gateway.mapping.emit.world import World
from gateway.mapping.functions import FUNCTIONS
from gateway.mapping.paths import Source
from gateway.mapping.rows import MapFile, Row

CODED = {"CodeableConcept": "CWE[CodeableConcept]", "Coding": "CWE[Coding]"}
"""Datatype map of a coded element whose row names a code table and no ``as``."""

_QUANTITIES = {"Quantity", "SimpleQuantity", "Age", "Duration", "Count", "Distance", "Money"}
_TEXTS = ("string", "text", "markdown")


_TEXT_TYPES = frozenset({"string", "code", "markdown", "uri", "url", "canonical", "id", "oid", "uuid"})
_ALSO = {
    "date": {"dateTime"},
    "instant": {"dateTime"},
    "integer": {"decimal"},
    "positiveInt": {"decimal", "integer", "unsignedInt"},
    "unsignedInt": {"decimal", "integer"},
}
"""Types that a value of another type is too."""


def _fits(made: str, fhir: str) -> bool:
    """Return whether a value of type ``made`` (``""`` for several) may be written as ``fhir``."""
    if not made or made == fhir or fhir in _ALSO.get(made, ()):
        return True
    return (made in _TEXT_TYPES and fhir in _TEXT_TYPES) or (made in _QUANTITIES and fhir in _QUANTITIES)


def table_name(codes: str) -> str:
    """Return the name of a code table in generated code."""
    return f"T_{codes.replace('-', '_')}"


class Converting:
    """The expressions that make FHIR values of raw text.

    Attributes:
        mentions: some row makes a resource.
        clean: the text is known to hold no escape sequence and no control character.
    """

    def __init__(self, file: MapFile, world: World, *, clean: bool = False) -> None:
        self.file, self.world, self.clean = file, world, clean
        self.mentions = False

    def expression(self, row: Row, fhir: str, value: str, at: Source) -> str:
        """Return the expression that makes the FHIR value of the raw text ``value``.

        Raises:
            Misconfigured: the row names no known map, function or table, or one of another type.
        """
        separator = "'&'" if at.component else "'^'"
        if not self.file.is_segment and at.variable == "this":
            separator = "s"
        if row.codes:
            return self.coded(row, fhir, value, separator)
        how = row.convert or (fhir if is_primitive(fhir) else "")
        if how in self.world.maps:
            return self.by_map(row, fhir, how, value, separator)
        function = FUNCTIONS.get(how)
        if function is None:
            what = f"unknown map or function {how!r}" if how else f"{fhir} needs 'as'"
            raise Misconfigured(f"{what}; functions are {', '.join(sorted(FUNCTIONS))}", where=row.where)
        if function.kind == "segment":
            raise Misconfigured(f"{how} works on a whole segment", where=row.where)
        if not _fits(function.result, fhir):
            raise Misconfigured(f"{how} makes a {function.result}; {row.to!r} is a {fhir}", where=row.where)
        if function.kind in ("raw", "field"):
            return f"F_{how}({value}, run)"
        if how in _TEXTS and self.clean:
            return f"{value}.strip() or None"
        if how in _TEXTS:
            return f"({value}.strip() or None if clean else F_string(run.unescape({value}), run))"
        return f"F_{how}({self.unescaped(value)}, run)"

    def unescaped(self, value: str) -> str:
        """Return the expression of a raw text without its escape sequences."""
        return value if self.clean else f"{value} if clean else run.unescape({value})"

    def may_fail(self, row: Row, fhir: str) -> bool:
        """Return whether the conversion can find the value malformed; maps and tables never do."""
        how = row.convert or fhir
        return not row.codes and how not in self.world.maps and how not in _TEXTS

    def is_shared(self, row: Row, fhir: str) -> bool:
        """Return whether the value may belong to other messages too (see ``gateway.mapping.memory``)."""
        made = self.world.maps.get(row.convert or CODED.get(fhir, ""))
        return made is not None and made.memo

    def by_map(self, row: Row, fhir: str, how: str, value: str, separator: str) -> str:
        """Return the call of a datatype map."""
        made = self.world.maps[how].target
        call = f"{self.world.function_names[how]}({value}, run, {separator})"
        if is_resource(made):
            if fhir != "Reference":
                raise Misconfigured(f"{how} makes a {made}; {row.to!r} is a {fhir}", where=row.where)
            self.mentions = True
            return "R_" + call
        both_primitive = is_primitive(made) and is_primitive(fhir)
        if made != fhir and not both_primitive and not (made in _QUANTITIES and fhir in _QUANTITIES):
            raise Misconfigured(f"{how} makes a {made}; {row.to!r} is a {fhir}", where=row.where)
        return call

    def coded(self, row: Row, fhir: str, value: str, separator: str) -> str:
        """Return the call that looks a coded value up."""
        if row.codes not in self.world.tables:
            raise Misconfigured(f"unknown code table {row.codes!r}", where=row.where)
        name = table_name(row.codes)
        if is_primitive(fhir):
            return f"run.code({name}, {value})"
        how = row.convert or CODED.get(fhir, "")
        if how in FUNCTIONS:
            return f"run.concept({name}, F_{how}({self.unescaped(value)}, run))"
        if how not in self.world.maps:
            raise Misconfigured(f"{fhir} needs 'as' to be coded", where=row.where)
        function = self.world.function_names[how]
        kind = "coding" if fhir == "Coding" else "concept"
        self.world.coded.add((kind, how, row.codes))
        return f"{kind}_{function}_{name}({value}, run, {separator})"
