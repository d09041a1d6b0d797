"""The search postings of a resource: extractors compiled once per type from the parameter table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from gateway.canonical import Resource
from gateway.store.dates import element_range
from gateway.store.keys import neighbour_key, repeated_key, system_key
from gateway.store.parameters import PARAMETERS, Parameter
from gateway.store.types import NUMBER

SxRow = tuple[int, int, int, int]
RangeRow = tuple[int, int, int, int]
Values = Callable[[Any], Iterable[Any]]
Extractor = Callable[[Resource, int, int, "Rows"], None]

SHORT_US = 86_400_000_000
"""Ranges below one day are short."""

_CHOICE_KINDS = ("DateTime", "Period", "Instant", "Timing", "Date")


class Rows:
    """Posting rows waiting to be inserted."""

    __slots__ = ("ranges", "tokens")

    def __init__(self) -> None:
        self.tokens: list[SxRow] = []
        self.ranges: list[RangeRow] = []


class Postings:
    """Extracts postings; zone-less dates are read in ``zone``."""

    def __init__(self, zone: str) -> None:
        self._extractors = {
            type_: tuple(_extractor(NUMBER[type_], parameter, zone) for parameter in _distinct(parameters))
            for type_, parameters in PARAMETERS.items()
        }

    def extract(self, resource: Resource, tenant: int, seq: int, rows: Rows) -> None:
        """Append the rows of one version to ``rows``."""
        for extractor in self._extractors.get(resource["resourceType"], ()):
            extractor(resource, tenant, seq, rows)


def _distinct(parameters: dict[str, Parameter]) -> list[Parameter]:
    """Leave out what files the same postings again (``patient`` beside ``subject``)."""
    chosen: dict[tuple[str, tuple[str, ...]], Parameter] = {}
    for parameter in parameters.values():
        if parameter.searched:
            chosen.setdefault((parameter.posting, parameter.paths), parameter)
    return list(chosen.values())


def values(path: str) -> Values:
    """Return a function that gives what stands at a dotted path, through lists."""
    names = path.split(".")
    if len(names) > 1:
        return lambda resource: _walk(resource, names, 0)
    if not path.endswith("[x]"):
        return lambda resource: _listed(resource.get(path))
    keys = [path[:-3] + kind for kind in _CHOICE_KINDS]
    return lambda resource: [resource[key] for key in keys if key in resource]


def _listed(value: Any) -> Iterable[Any]:
    if value is None:
        return ()
    return value if isinstance(value, list) else (value,)


def _walk(node: Any, names: list[str], depth: int) -> Iterator[Any]:
    if depth == len(names):
        yield node
        return
    if not isinstance(node, dict):
        return
    name = names[depth]
    keys = [name[:-3] + kind for kind in _CHOICE_KINDS] if name.endswith("[x]") else (name,)
    for key in keys:
        for value in _listed(node.get(key)):
            yield from _walk(value, names, depth + 1)


def _extractor(type_no: int, parameter: Parameter, zone: str) -> Extractor:
    each = [values(path) for path in parameter.paths]
    make = {"code": _code, "token": _token, "reference": _reference}.get(parameter.kind)
    if make is None:
        return _date(type_no, parameter, each[0], zone)
    return make(type_no, parameter, each)


def _code(type_no: int, parameter: Parameter, each: list[Values]) -> Extractor:
    name, system = parameter.posting, system_key(parameter.system)

    def extract(resource: Resource, tenant: int, seq: int, rows: Rows) -> None:
        for value in each[0](resource):
            rows.tokens.append((repeated_key(tenant, name, value.casefold()), type_no, system, seq))

    return extract


def _token(type_no: int, parameter: Parameter, each: list[Values]) -> Extractor:
    name = parameter.posting
    key = neighbour_key if name == "identifier" else repeated_key

    def extract(resource: Resource, tenant: int, seq: int, rows: Rows) -> None:
        for at in each:
            for value in at(resource):
                for token in value.get("coding") or (value,):
                    text = token.get("value") or token.get("code")
                    if text:
                        system = system_key(token.get("system", ""))
                        rows.tokens.append((key(tenant, name, text.casefold()), type_no, system, seq))

    return extract


def _reference(type_no: int, parameter: Parameter, each: list[Values]) -> Extractor:
    name, at = parameter.posting, each[0]
    only = "Patient/" if name == "patient" and parameter.targets == ("Patient",) else ""

    def extract(resource: Resource, tenant: int, seq: int, rows: Rows) -> None:
        for value in at(resource):
            target = value.get("reference")
            if target and target.startswith(only):
                rows.tokens.append((repeated_key(tenant, name, target), type_no, 0, seq))

    return extract


def _date(type_no: int, parameter: Parameter, at: Values, zone: str) -> Extractor:
    short, long = _span_names(type_no, parameter)

    def extract(resource: Resource, tenant: int, seq: int, rows: Rows) -> None:
        for value in at(resource):
            span = element_range(value, zone)
            if span is not None:
                name = short if span[1] - span[0] < SHORT_US else long
                rows.ranges.append((seq, repeated_key(tenant, "date", name), span[0], span[1]))

    return extract


def _span_names(type_no: int, parameter: Parameter) -> tuple[str, str]:
    name = f"{parameter.posting}\x00{type_no}"
    return f"{name}\x00short", f"{name}\x00long"


def date_keys(tenant: int, type_no: int, parameter: Parameter) -> tuple[int, int]:
    """Return the keys under which short and long ranges are filed.

    Apart, because what is known of a short range's end bounds its beginning: a search for a month
    then reads that month of the index and not all that came before it.
    """
    short, long = (repeated_key(tenant, "date", name) for name in _span_names(type_no, parameter))
    return short, long
