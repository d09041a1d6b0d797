"""Contained resources (R4 §2.28.3): dom-2, dom-3, dom-4, dom-5."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gateway.validation.faults import Faults, Rule

Value = dict[str, Any]

NESTED = Rule(
    "dom-2",
    "error",
    "invariant",
    "move contained resources up: they do not contain others",
    "contained 资源不能再包含资源，请上移",
)
ORPHAN = Rule(
    "dom-3",
    "error",
    "invariant",
    "refer to the contained resource by #id, or remove it",
    "contained 资源必须以 #id 被引用，否则应删除",
)
VERSIONED = Rule(
    "dom-4",
    "error",
    "invariant",
    "a contained resource has no versionId or lastUpdated",
    "contained 资源不能有 versionId 或 lastUpdated",
)
SECURED = Rule(
    "dom-5",
    "error",
    "invariant",
    "a contained resource has no security label of its own",
    "contained 资源不能有自己的安全标签",
)
NAMELESS = Rule(
    "contained-id", "error", "required", "give the contained resource an id", "contained 资源必须有 id"
)
TWICE = Rule(
    "contained-id",
    "error",
    "duplicate",
    "give each contained resource an id of its own",
    "contained 资源的 id 不能重复",
)


def contained_faults(v: Value) -> Faults:
    """Return what is wrong with the contained resources of ``v`` as contained ones."""
    inner = v["contained"]
    if type(inner) is not list:
        return []
    out: Faults = []
    used = set(_local(v))
    seen: set[str] = set()
    for at, one in enumerate(inner):
        if type(one) is dict:
            out += [[f"contained[{at}]{place}", rule] for place, rule in _faults(one, used, seen)]
    return out


def _faults(one: Value, used: set[str], seen: set[str]) -> Iterator[tuple[str, Rule]]:
    own = one.get("id")
    if type(own) is not str:
        yield "", NAMELESS
    else:
        if own in seen:
            yield ".id", TWICE
        seen.add(own)
        # A contained resource may also stand alone where it refers to its container (dom-3).
        if "#" + own not in used and "#" not in set(_local(one)):
            yield "", ORPHAN
    meta = one.get("meta")
    if "contained" in one:
        yield ".contained", NESTED
    if type(meta) is dict:
        if "versionId" in meta or "lastUpdated" in meta:
            yield ".meta", VERSIONED
        if "security" in meta:
            yield ".meta.security", SECURED


def _local(value: Any) -> Iterator[str]:
    """Every string below that begins with #: Reference.reference, canonical, uri, url."""
    pending = [value]
    while pending:
        one = pending.pop()
        if type(one) is dict:
            pending.extend(one.values())
        elif type(one) is list:
            pending.extend(one)
        elif type(one) is str and one.startswith("#"):
            yield one
