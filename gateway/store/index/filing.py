"""Files the postings of a resource: per type one function, written from its lists when it first comes.

A generated function walks each element once; a chain of small functions took twice as long, and every
version of every resource comes through here. It takes a resource to be what R4 says; one that is not breaks
it, and is then filed value by value, with what can be read of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from gateway.canonical import Resource
from gateway.store.index import readings
from gateway.store.index.carefully import bounds, carefully
from gateway.store.index.definitions import catalogue
from gateway.store.index.expression import Member
from gateway.store.index.keys import SHORT_US, list_key, logical, reference_key, token_key
from gateway.store.index.lists import PRESENT, Filed, Way, way
from gateway.store.index.normal import filed_strings
from gateway.store.index.rows import Rows
from gateway.store.keys import posting_key, repeated_key, system_key
from gateway.store.referring import NAMED
from gateway.store.types import NUMBER

Extractor = Callable[[Resource, int, int, Rows], None]
Lines = list[str]


class Index:
    """Files the postings of resources; dates without a zone are read in ``zone``."""

    def __init__(self, zone: str) -> None:
        self._zone = zone
        self._extractors: dict[str, Extractor] = {}

    def extract(self, resource: Resource, tenant: int, seq: int, rows: Rows) -> None:
        """Append the posting rows of one version to ``rows``."""
        type_ = resource["resourceType"]
        extractor = self._extractors.get(type_)
        if extractor is None:
            extractor = self._extractors[type_] = _written(type_, self._zone)
        before = rows.lengths()
        try:
            extractor(resource, tenant, seq, rows)
        except Exception:  # noqa: BLE001 (whatever is not as R4 has it)
            rows.cut(before)
            carefully(resource, tenant, seq, rows, self._zone)


@dataclass(slots=True)
class _Place:
    """An element on the way of some list: the lines that file it (as ``@``), and what is below."""

    leaves: list[Lines] = field(default_factory=list)
    below: dict[Member, _Place] = field(default_factory=dict)

    def at(self, members: Way) -> _Place:
        place = self
        for member in members:
            place = place.below.setdefault(member, _Place())
        return place


def _written(type_: str, zone: str) -> Extractor:
    """Return the function that files a resource type."""
    index, top, last = catalogue(), _Place(), list[str]()
    for one in index.lists(type_):
        if one.kind == "string":
            last += _gathered(one, type_)
        for path in one.paths:
            leaf = _LEAVES[one.kind](one, type_, path.type, index.system(path))
            top.at(way(path)).leaves.append(leaf)
    for path in index.unsearched(type_):
        top.at(way(path)).leaves.append(_merged(type_))
    names = [one.name for one in index.lists(type_) if one.kind == "string"]
    lines = [
        "def extract(r, tenant, seq, rows):",
        "    tokens, ranges, strings, numbers = rows.tokens, rows.ranges, rows.strings, rows.numbers",
        *(f"    {_gathering(name)} = []" for name in names),
        *_walked(top, "r", 1),
        *("    " + line for line in last),
    ]
    exec("\n".join(lines), scope := _SCOPE | {"ZONE": zone})  # noqa: S102 (our own text, from official definitions)
    extract: Extractor = scope["extract"]
    return extract


_SCOPE: dict[str, Any] = {
    "listed": lru_cache(4096)(list_key),
    "repeated": repeated_key,
    "token": token_key,
    "plain": posting_key,
    "reference": reference_key,
    "system_key": system_key,
    "spans": readings.spans,
    "said": readings.strings,
    "quantities": readings.quantities,
    "unversioned": readings.unversioned,
    "bounds": bounds,
    "filed": filed_strings,
    "NAMED": NAMED,
    "SHORT": SHORT_US,
}


def _walked(place: _Place, here: str, depth: int) -> Lines:
    """Return the lines that reach what is below an object and file it."""
    lines, pad, value = Lines(), "    " * depth, f"v{depth}"
    for member, below in place.below.items():
        lines.append(f"{pad}{value} = {here}.get({member.name!r})")
        lines.append(f"{pad}if {value} is not None:")
        inner, deeper = pad + "    ", depth + 1
        if member.many:
            part = "" if member.entry is None else f"[{member.entry}:{member.entry + 1}]"
            lines.append(f"{inner}if {value}.__class__ is not list: raise TypeError")
            lines.append(f"{inner}for {value} in {value}{part}:")
            inner, deeper = inner + "    ", depth + 2
        for leaf in below.leaves:
            lines += [inner + line.replace("@", value) for line in leaf]
        lines += _walked(below, value, deeper)
    return lines


def _token(one: Filed, type_: str, fhir: str, system: str) -> Lines:
    no, name = NUMBER[type_], one.name
    row = f"tokens.append((%s, {no}, %s, seq))"
    if fhir == PRESENT:
        return ["if @ is not False:", "    " + row % (f"repeated(tenant, {name!r}, 'true')", 0)]
    if fhir == "boolean":
        key = f"repeated(tenant, {name!r}, 'true' if @ else 'false')"
        return ["if @.__class__ is bool:", "    " + row % (key, 0)]
    if fhir in ("code", "id", "string", "uri"):
        key = f"repeated(tenant, {name!r}, @.casefold())"
        return ["if @.__class__ is str and @:", "    " + row % (key, system_key(system))]
    key = "repeated" if fhir in ("CodeableConcept", "Coding") else "token"
    value = "code" if key == "repeated" else "value"
    found = row % (f"{key}(tenant, {name!r}, c.casefold())", "system_key(t.get('system', ''))")
    return [
        "for t in @.get('coding') or ():" if fhir == "CodeableConcept" else "for t in (@,):",
        f"    c = t.get({value!r})",
        f"    if c: {found}",
    ]


def _reference(one: Filed, type_: str, fhir: str, _: str) -> Lines:
    row = f"tokens.append((reference(tenant, t), {NUMBER[type_]}, {system_key(one.name)}, seq))"
    if fhir in ("canonical", "uri"):
        return ["t = @", f"if t.__class__ is str and t and t[0] != '#': {row}"]
    if fhir == "Resource":
        return ["t = @.get('id')", "if t:", "    t = @['resourceType'] + '/' + t", "    " + row]
    key = f"token(tenant, {logical(one.name)!r}, c)"
    return [
        "t = @.get('reference')",
        f"if t and t[0] != '#': {row}",
        "t = @.get('identifier')",
        "if t:",
        "    c = t.get('value')",
        f"    if c: tokens.append(({key}, {NUMBER[type_]}, system_key(t.get('system', '')), seq))",
    ]


def _merged(type_: str) -> Lines:
    """Return the lines that file a reference to what may be merged, which no search asks for."""
    row = f"tokens.append((reference(tenant, t), {NUMBER[type_]}, 0, seq))"
    return ["t = @.get('reference')", f"if t and t.startswith(NAMED): {row}"]


def _uri(one: Filed, type_: str, fhir: str, _: str) -> Lines:
    uri = "unversioned(@)" if fhir == "canonical" else "@"
    key = f"plain(tenant, {one.name!r}, {uri})"
    return ["if @.__class__ is str and @:", f"    tokens.append(({key}, {NUMBER[type_]}, 0, seq))"]


def _date(one: Filed, type_: str, fhir: str, _: str) -> Lines:
    short, long = _key("short", one, type_), _key("long", one, type_)
    return [
        f"for low, high in spans({fhir!r}, @, ZONE):",
        f"    ranges.append((seq, {short} if high - low < SHORT else {long}, low, high))",
    ]


def _string(one: Filed, type_: str, fhir: str, _: str) -> Lines:
    if fhir in ("HumanName", "Address"):
        return [f"{_gathering(one.name)} += said({fhir!r}, @)"]
    return [f"if @.__class__ is str: {_gathering(one.name)}.append(@)"]


def _gathering(name: str) -> str:
    return "texts_" + "".join(letter if letter.isalnum() else "_" for letter in name)


def _gathered(one: Filed, type_: str) -> Lines:
    return [
        f"if {_gathering(one.name)}:",
        f"    p = {_key('string', one, type_)}",
        f"    strings += [(p, text, seq) for text in filed({_gathering(one.name)})]",
    ]


def _number(one: Filed, type_: str, fhir: str, _: str) -> Lines:
    key = _key("number", one, type_)
    return [f"numbers += [({key}, *bounds(one), seq) for one in quantities({fhir!r}, @)]"]


def _key(kind: str, one: Filed, type_: str) -> str:
    """Return the call that gives :func:`~gateway.store.index.keys.list_key`."""
    return f"listed(tenant, {kind!r}, {one.name!r}, {type_!r})"


_LEAVES: dict[str, Callable[[Filed, str, str, str], Lines]] = {
    "token": _token,
    "reference": _reference,
    "uri": _uri,
    "date": _date,
    "string": _string,
    "number": _number,
}
