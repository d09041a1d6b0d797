"""Local: absolute references of the server that resources are of, as ``"Type/id"`` (FHIR R4 §2.3.0.1)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from gateway.canonical import Resource
from gateway.canonical.elements import name_of

_ABSOLUTE = re.compile(r"(https?://.+)/([A-Z][A-Za-z]+/[A-Za-z0-9.-]{1,64})(?:/_history/[^/]+)?\Z")


def local(
    resources: Iterable[Resource], urls: Mapping[str, Resource]
) -> tuple[list[Resource], Mapping[str, Resource]]:
    """Return resources, and those named by a URL, whose absolute references to each other are relative.

    Only where they are of one server: of two with one ``Patient/1`` each nobody could tell which is meant.
    """
    every = list(resources)
    here = {name_of(one) for one in every}
    bases = {base for text in (*_texts(every), *urls) for base, name in _parts(text) if name in here}
    if len(bases) != 1:
        return every, urls
    (base,) = bases
    made = [localised(one, base) for one in every]
    same = {id(one): new for one, new in zip(every, made, strict=True)}
    return made, {url: same.get(id(one), one) for url, one in urls.items()}


def localised(value: Any, base: str) -> Any:
    """Return an element whose references below a server's base URL are relative to it."""
    if isinstance(value, list):
        return [localised(one, base) for one in value]
    if not isinstance(value, dict):
        return value
    made = {name: localised(one, base) for name, one in value.items()}
    text = made.get("reference")
    if isinstance(text, str) and (parts := next(_parts(text), None)) and parts[0] == base:
        made["reference"] = parts[1]
    return made


def _parts(text: str) -> Iterator[tuple[str, str]]:
    if match := _ABSOLUTE.match(text):
        yield match[1], match[2]


def _texts(value: Any) -> Iterator[str]:
    stack = [value]
    while stack:
        one = stack.pop()
        if isinstance(one, list):
            stack += one
        elif isinstance(one, dict):
            if isinstance(text := one.get("reference"), str):
                yield text
            stack += one.values()
