"""Files a resource value by value, whatever is in it: what is not as R4 has it is passed over."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from gateway.canonical import Resource
from gateway.store.index import readings
from gateway.store.index.definitions import catalogue
from gateway.store.index.expression import Member, Path
from gateway.store.index.keys import SHORT_US, list_key, logical, reference_key, token_key
from gateway.store.index.lists import PRESENT, UNFILED, Filed, way
from gateway.store.index.normal import filed_strings
from gateway.store.index.readings import Quantity
from gateway.store.index.rows import Rows
from gateway.store.keys import posting_key, system_key
from gateway.store.referring import NAMED
from gateway.store.types import NUMBER

FAR = 1.7976931348623157e308
"""Where an open end of a number is filed."""


def carefully(resource: Resource, tenant: int, seq: int, rows: Rows, zone: str) -> None:
    """Append the posting rows of one version to ``rows``; what cannot be read has none."""
    type_ = resource["resourceType"]
    for one in catalogue().lists(type_):
        found = [(path, value) for path in one.paths for value in _reached(resource, way(path))]
        _FILES[one.kind](one, type_, found, (tenant, seq, zone), rows)
    for path in catalogue().unsearched(type_):
        for value in _reached(resource, way(path)):
            for text in readings.references("Reference", value):
                if text.startswith(NAMED):
                    rows.tokens.append((reference_key(tenant, text), NUMBER[type_], 0, seq))


def _reached(node: Any, members: tuple[Member, ...]) -> Iterator[Any]:
    if not members:
        yield node
        return
    value = node.get(members[0].name) if isinstance(node, dict) else None
    if value is None or isinstance(value, list) != members[0].many:
        return
    entry = members[0].entry
    entries = value if members[0].many else [value]
    for each in entries if entry is None else entries[entry : entry + 1]:
        yield from _reached(each, members[1:])


Found = list[tuple[Path, Any]]
Version = tuple[int, int, str]
"""(tenant, seq, zone)"""


def _tokens(one: Filed, type_: str, found: Found, version: Version, rows: Rows) -> None:
    tenant, seq, _ = version
    for path, value in found:
        said = [("", str(value is not False).lower())] if path.type == PRESENT else None
        for system, code in said or readings.tokens(catalogue().system(path), path.type, value):
            if code not in UNFILED.get(one.name, ()):
                key = token_key(tenant, one.name, code)
                rows.tokens.append((key, NUMBER[type_], system_key(system), seq))


def _references(one: Filed, type_: str, found: Found, version: Version, rows: Rows) -> None:
    tenant, seq, _ = version
    for path, value in found:
        for text in readings.references(path.type, value):
            if not text.startswith("#"):
                key = reference_key(tenant, text)
                rows.tokens.append((key, NUMBER[type_], system_key(one.name), seq))
        for system, said in readings.identifier(value):
            key = token_key(tenant, logical(one.name), said)
            rows.tokens.append((key, NUMBER[type_], system_key(system), seq))


def _uris(one: Filed, type_: str, found: Found, version: Version, rows: Rows) -> None:
    tenant, seq, _ = version
    for path, value in found:
        for text in readings.references(path.type, value):
            uri = readings.unversioned(text) if path.type == "canonical" else text
            key = posting_key(tenant, one.name, uri)
            rows.tokens.append((key, NUMBER[type_], 0, seq))


def _dates(one: Filed, type_: str, found: Found, version: Version, rows: Rows) -> None:
    tenant, seq, zone = version
    for path, value in found:
        for low, high in readings.spans(path.type, value, zone):
            kind = "short" if high - low < SHORT_US else "long"
            rows.ranges.append((seq, list_key(tenant, kind, one.name, type_), low, high))


def _strings(one: Filed, type_: str, found: Found, version: Version, rows: Rows) -> None:
    tenant, seq, _ = version
    texts = [text for path, value in found for text in readings.strings(path.type, value)]
    key = list_key(tenant, "string", one.name, type_)
    rows.strings += [(key, text, seq) for text in filed_strings(texts)]


def _numbers(one: Filed, type_: str, found: Found, version: Version, rows: Rows) -> None:
    tenant, seq, _ = version
    key = list_key(tenant, "number", one.name, type_)
    for path, value in found:
        rows.numbers += [(key, *bounds(one), seq) for one in readings.quantities(path.type, value)]


_FILES = {
    "token": _tokens,
    "reference": _references,
    "uri": _uris,
    "date": _dates,
    "string": _strings,
    "number": _numbers,
}


def bounds(quantity: Quantity) -> tuple[float, float]:
    """Return the ends of a range of numbers as they are filed."""
    low, high = quantity.low, quantity.high
    return -FAR if low is None else _filed(low), FAR if high is None else _filed(high)


def _filed(number: Decimal) -> float:
    return max(-FAR, min(FAR, float(number)))
