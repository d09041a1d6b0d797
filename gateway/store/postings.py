"""The search postings of a resource: per type one function, written from the parameter table at start.

A generated function walks each path once; a chain of small functions took twice as long, and every version of
every resource comes through here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from gateway.canonical import Resource
from gateway.store.dates import element_range
from gateway.store.keys import neighbour_key, repeated_key, system_key
from gateway.store.parameters import PARAMETERS, Parameter
from gateway.store.referring import POSTINGS, paths
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
        self._zone = zone
        self._extractors = {type_: self._made(type_) for type_ in PARAMETERS}

    def extract(self, resource: Resource, tenant: int, seq: int, rows: Rows) -> None:
        """Append the rows of one version to ``rows``."""
        type_ = resource["resourceType"]
        extractor = self._extractors.get(type_)
        if extractor is None:  # one of many that no search asks for: made when the first one comes
            extractor = self._extractors[type_] = self._made(type_)
        extractor(resource, tenant, seq, rows)

    def _made(self, type_: str) -> Extractor:
        searched = type_ in PARAMETERS
        parameters = _distinct(PARAMETERS.get(type_, {}))
        return _extractor(NUMBER[type_], parameters, paths(type_, searched=searched), self._zone)


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
    keys = _names(path)
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
    for key in _names(names[depth]):
        for value in _listed(node.get(key)):
            yield from _walk(value, names, depth + 1)


def _names(name: str) -> list[str]:
    return [name[:-3] + kind for kind in _CHOICE_KINDS] if name.endswith("[x]") else [name]


def _extractor(type_no: int, parameters: list[Parameter], beside: tuple[str, ...], zone: str) -> Extractor:
    """Return the function that appends the postings of one type."""
    lines = ["def extract(r, tenant, seq, rows):", "    tokens, ranges = rows.tokens, rows.ranges"]
    for parameter in parameters:
        leaf = _LEAVES[parameter.kind](type_no, parameter)
        for path in parameter.paths:
            lines += _walked(path.split("."), leaf, "r", 1)
    for path in beside:
        lines += _walked(path.split("."), _merged(type_no), "r", 1)
    scope: dict[str, Any] = {"repeated": repeated_key, "neighbour": neighbour_key, "system_key": system_key}
    scope |= {"element_range": element_range, "SHORT": SHORT_US, "ZONE": zone, "POSTINGS": POSTINGS}
    exec("\n".join(lines), scope)  # noqa: S102 (our own text, from our own table)
    extract: Extractor = scope["extract"]
    return extract


def _walked(names: list[str], leaf: list[str], here: str, depth: int) -> list[str]:
    """Return the lines that reach what stands at a dotted path, through lists, and do ``leaf`` with ``v``."""
    if not names:
        return ["    " * depth + f"v = {here}", *("    " * depth + line for line in leaf)]
    lines, pad, value = [], "    " * depth, f"v{depth}"
    for name in _names(names[0]):
        lines += [
            f"{pad}{value} = {here}.get({name!r})",
            f"{pad}if {value} is not None:",
            f"{pad}    for {value} in ({value} if {value}.__class__ is list else ({value},)):",
        ]
        inner = _walked(names[1:], leaf, value, depth + 2)
        if len(names) > 1:
            lines.append(f"{pad}        if {value}.__class__ is not dict: continue")
        lines += inner
    return lines


def _code(type_no: int, parameter: Parameter) -> list[str]:
    key = f"repeated(tenant, {parameter.posting!r}, v.casefold())"
    return [f"tokens.append(({key}, {type_no}, {system_key(parameter.system)}, seq))"]


def _token(type_no: int, parameter: Parameter) -> list[str]:
    key = "neighbour" if parameter.posting == "identifier" else "repeated"
    return [
        "for t in v.get('coding') or (v,):",
        "    text = t.get('value') or t.get('code')",
        "    if text:",
        f"        key = {key}(tenant, {parameter.posting!r}, text.casefold())",
        f"        tokens.append((key, {type_no}, system_key(t.get('system', '')), seq))",
    ]


def _reference(type_no: int, parameter: Parameter) -> list[str]:
    only = parameter.posting == "patient" and parameter.targets == ("Patient",)
    test = "if t and t.startswith('Patient/'):" if only else "if t:"
    key = f"repeated(tenant, {parameter.posting!r}, t)"
    return ["t = v.get('reference')", test, f"    tokens.append(({key}, {type_no}, 0, seq))"]


def _merged(type_no: int) -> list[str]:
    """Return the lines that file a reference to what a merge may end, see ``referring``."""
    return [
        "t = v.get('reference') if v.__class__ is dict else None",
        "name = POSTINGS.get(t.partition('/')[0]) if t else None",
        f"if name: tokens.append((repeated(tenant, name, t), {type_no}, 0, seq))",
    ]


def _date(type_no: int, parameter: Parameter) -> list[str]:
    short, long = _span_names(type_no, parameter)
    return [
        "span = element_range(v, ZONE)",
        "if span is not None:",
        "    low, high = span",
        f"    name = {short!r} if high - low < SHORT else {long!r}",
        "    ranges.append((seq, repeated(tenant, 'date', name), low, high))",
    ]


_LEAVES = {"code": _code, "token": _token, "reference": _reference, "date": _date}


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
