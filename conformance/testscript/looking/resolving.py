"""``resolve()`` of FHIRPath (R4 §2.9.2) inside of one resource or Bundle; nothing is fetched."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from conformance.simulators.exact import Resource
from conformance.testscript.unusable import Unsupported


def resolver(root: Resource) -> Callable[[list[Any]], list[Any]]:
    """Return the function for one resource; it raises ``Unsupported`` for what lies elsewhere."""
    return lambda references: [_resolved(root, one) for one in references]


def _resolved(root: Resource, reference: Any) -> Resource:
    said = reference.get("reference") if isinstance(reference, dict) else reference
    if isinstance(said, str):
        found = _contained(root, said[1:]) if said.startswith("#") else _brought(root, said)
        if len(found) == 1:
            return found[0]
    raise Unsupported("resolve()：引用的资源不在此内容之中", "resolve(): what is referred to is not in here")


def _contained(root: Resource, id_: str) -> list[Resource]:
    holders = [root, *(one["resource"] for one in _entries(root))]
    each = [one for holder in holders for one in _list(holder, "contained")]
    return [one for one in each if one.get("id") == id_]


def _brought(root: Resource, said: str) -> list[Resource]:
    address = said.partition("/_history/")[0]
    return [one["resource"] for one in _entries(root) if _names(one, address)]


def _names(entry: Resource, address: str) -> bool:
    url, inner = entry.get("fullUrl"), entry["resource"]
    if isinstance(url, str):
        return url == address or (":" not in address and url.endswith(f"/{address}"))
    return f"{inner.get('resourceType')}/{inner.get('id')}" == address


def _entries(root: Resource) -> list[Resource]:
    return [one for one in _list(root, "entry") if isinstance(one.get("resource"), dict)]


def _list(holder: Resource, name: str) -> list[Resource]:
    found = holder.get(name)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
