"""Links: references between the entries of a transaction, and conditional ones (R4 §3.1.0.11.2).

What refers to the ``fullUrl`` of another entry names its ``Type/id`` afterwards, wherever it may stand: in
references, in elements of type uri, url, oid and uuid, in the narrative's ``href`` and ``src``; canonicals
stay.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from gateway.canonical import Resource
from gateway.canonical.json import dumps
from gateway.canonical.logical_id import ID
from gateway.errors import Rejected
from gateway.store.types import NUMBER

Condition = tuple[str, tuple[tuple[str, str], ...]]
"""(resource type, decoded search parameters)"""

_NAMED = frozenset(("uri", "url", "oid", "uuid"))
_RESTFUL = re.compile(rf"(.+)/[A-Z][A-Za-z]+/{ID}\Z")
_SEARCH = re.compile(r"([A-Z][A-Za-z]+)\?(.+)\Z", re.DOTALL)
_VERSIONED = re.compile(rf"(.+)/_history/{ID}\Z")
_PLACE = re.compile(r"""\b(href|src)(\s*=\s*)(["'])([^"']*)\3""")

_ASKING = re.compile(rb'"reference":"[^"?]*\?')

_Path = tuple[Any, ...]
"""(name, path of the parent): read from the leaf up, as few leaves ask for their type"""


def may_ask(body: Resource) -> bool:
    """Tell whether a resource may have conditional references; its bytes tell sooner than a walk."""
    try:
        return _ASKING.search(dumps(body)) is not None
    except TypeError:  # no JSON: it will be refused
        return False


class Links:
    """What the references of one transaction mean.

    Attributes:
        targets: ``fullUrl`` → ``Type/id``.
        created: ``fullUrl`` of resources that have no version before this transaction.
        found: conditional reference as it stands → ``Type/id``.
    """

    def __init__(self, base: str) -> None:
        self._base = f"{base.rstrip('/')}/" if base else ""
        self.targets: dict[str, str] = {}
        self.created: set[str] = set()
        self.found: dict[str, str] = {}

    def __bool__(self) -> bool:
        return bool(self.targets or self.found)

    def add(self, full_url: str, target: str, *, created: bool) -> None:
        """Let ``full_url`` mean a resource.

        Raises:
            Rejected: another entry has it too.
        """
        if self.targets.setdefault(full_url, target) != target:
            raise Rejected("another entry has the same fullUrl", code="invalid", where="fullUrl")
        if created:
            self.created.add(full_url)

    def condition(self, reference: str) -> Condition | None:
        """Return the search that a conditional reference is, None for any other reference."""
        if "?" not in reference:
            return None
        found = _SEARCH.match(reference.removeprefix(self._base))
        if found is None or found[1] not in NUMBER:
            return None
        return found[1], tuple(parse_qsl(found[2], keep_blank_values=True))

    def conditional(self, node: Any) -> set[str]:
        """Return the conditional references of a resource."""
        result: set[str] = set()
        stack = [node]
        while stack:
            one = stack.pop()
            if isinstance(one, list):
                stack += one
            elif isinstance(one, dict):
                said = one.get("reference")
                if isinstance(said, str) and self.condition(said) is not None:
                    result.add(said)
                stack += [value for value in one.values() if isinstance(value, dict | list)]
        return result

    def rewritten(self, body: Resource, full_url: str) -> Resource:
        """Return a resource with its links resolved; itself where it has none.

        Args:
            full_url: of its entry: relative references are read from there (R4 §2.36.4.1).
        """
        restful = _RESTFUL.match(full_url)
        return _Walk(self, f"{restful[1]}/" if restful else "").resource(body)


class _Walk:
    """One resource on its way through :meth:`Links.rewritten`."""

    def __init__(self, links: Links, root: str) -> None:
        self._links, self._targets, self._root = links, links.targets, root

    def resource(self, body: Resource) -> Resource:
        result: Resource = self._node(body, (body.get("resourceType", ""),))
        return result

    def _node(self, node: Any, path: _Path) -> Any:
        """Return ``node`` rewritten, the very object where nothing in it is."""
        if not isinstance(node, dict):
            return node
        if path[1:] and "resourceType" in node:
            path = (node["resourceType"],)
        changed = {}
        for name, value in node.items():
            new: Any = value
            if isinstance(value, str):
                new = self._text(name, value, path)
            elif isinstance(value, list):
                new = self._list(name, value, path)
            elif isinstance(value, dict):
                new = self._node(value, (name, path))
            if new is not value:
                changed[name] = new
        return {**node, **changed} if changed else node

    def _list(self, name: str, entries: list[Any], path: _Path) -> list[Any]:
        new = [
            self._text(name, entry, path) if isinstance(entry, str) else self._node(entry, (name, path))
            for entry in entries
        ]
        return new if any(a is not b for a, b in zip(new, entries, strict=True)) else entries

    def _text(self, name: str, value: str, path: _Path) -> str:
        if name == "reference":
            return self._reference(value)
        if name == "div":
            return self._narrative(value)
        target = self._targets.get(value)
        return target if target is not None and _type_at(name, path) in _NAMED else value

    def _reference(self, said: str) -> str:
        links = self._links
        target = self._targets.get(said) or links.found.get(said) or self._targets.get(self._root + said)
        if target is not None:
            return target
        versioned = _VERSIONED.match(said) if "/_history/" in said else None
        if versioned is None:
            return said
        for full_url in (versioned[1], self._root + versioned[1]):
            if full_url in self._targets:
                version = "1" if full_url in links.created else said[len(versioned[1]) + len("/_history/") :]
                return f"{self._targets[full_url]}/_history/{version}"
        return said

    def _narrative(self, div: str) -> str:
        if "href" not in div and "src" not in div:
            return div
        targets: Mapping[str, str] = self._targets

        def place(found: re.Match[str]) -> str:
            target = targets.get(found[4])
            return found[0] if target is None else f"{found[1]}{found[2]}{found[3]}{target}{found[3]}"

        new = _PLACE.sub(place, div)
        return div if new == div else new


def _type_at(name: str, path: _Path) -> str:
    """Return the FHIR type of an element, ``""`` where R4 has none."""
    from gateway.mapping.elements import element  # the table is large, and hardly any transaction asks

    names = [name]
    while len(path) > 1:
        names.append(path[0])
        path = path[1]
    type_ = str(path[0])
    for each in reversed(names):
        found = element(type_, each)
        if found is None:
            return ""
        type_ = found.type
    return type_
