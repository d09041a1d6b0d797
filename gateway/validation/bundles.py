"""Bundles as wholes (R4 §2.36): identity of entries, and what each type of Bundle asks of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from gateway.canonical.logical_id import ID
from gateway.validation.faults import Faults, Rule
from gateway.validation.scope import Scope

Value = dict[str, Any]

_restful = re.compile(rf"https?://\S+/([A-Z][A-Za-z]+)/({ID})").fullmatch
_address = re.compile(rf"/?([A-Z][A-Za-z]+)(?:/({ID}))?(?:\?.*)?").fullmatch
_absolute = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:\S+").fullmatch

UNNAMED = ("Parameters", "OperationOutcome")
"""What an operation or a search may answer without an identity."""

NO_URL = Rule(
    "bundle-fullUrl",
    "error",
    "required",
    "add fullUrl: references find the entry by it",
    "请补充 fullUrl：引用靠它找到该条目",
)
RELATIVE = Rule(
    "bundle-fullUrl",
    "error",
    "value",
    "write an absolute URL or URN as fullUrl",
    "fullUrl 应为绝对地址或 URN",
)
OTHER_ID = Rule(
    "bundle-fullUrl",
    "error",
    "value",
    "let fullUrl end in the type and id of its resource",
    "fullUrl 应以资源类型和 id 结尾",
)
NO_RESOURCE = Rule(
    "bundle-entry", "error", "required", "add the resource that this entry is for", "请补充该条目的资源"
)
NO_RESOURCE_WANTED = Rule(
    "bundle-entry",
    "error",
    "structure",
    "leave the resource out: this request has none",
    "该请求不带资源，应省略",
)
OTHER_ADDRESS = Rule(
    "bundle-request",
    "error",
    "value",
    "let the request name the type and id of its resource",
    "request.url 应与资源的类型和 id 一致",
)
NOT_FOUND = Rule(
    "bundle-reference",
    "error",
    "not-found",
    "add the entry that this refers to: a document or message is complete",
    "请补充被引用的条目：文档和消息必须完整",
)


def index(bundle: Value) -> dict[str, Value]:
    """Return the resources of a Bundle by fullUrl."""
    entries = bundle.get("entry")
    if type(entries) is not list:
        return {}
    return {
        one["fullUrl"]: one["resource"]
        for one in entries
        if type(one) is dict and type(one.get("fullUrl")) is str and type(one.get("resource")) is dict
    }


class Bundles:
    """Checks of Bundles as wholes.

    Args:
        types: the resource types of R4: an address that ends in another name is no RESTful one.
    """

    def __init__(self, types: frozenset[str]) -> None:
        self._types = types

    def check(self, v: Value, _: Any) -> Faults | None:
        """Return what is wrong with the entries of a Bundle beyond their own shape, None for nothing."""
        entries = v.get("entry")
        if type(entries) is not list:
            return None
        kind = v.get("type")
        out: Faults = []
        for at, entry in enumerate(entries):
            if type(entry) is dict:
                out += [[f"entry[{at}]{place}", rule] for place, rule in _entry(entry, kind)]
                out += [[f"entry[{at}].fullUrl", rule] for rule in self._identity(entry)]
        if kind in ("document", "message") and type(entries[0] if entries else None) is dict:
            out += [[f"entry[0].resource.{place}", NOT_FOUND] for place in _lost(v, kind)]
        return out or None

    def _identity(self, entry: Value) -> Iterator[Rule]:
        """A fullUrl that is a RESTful address names type and id of the resource (R4 Bundle.entry.fullUrl)."""
        resource, url = entry.get("resource"), entry.get("fullUrl")
        if type(url) is not str:
            return
        if _absolute(url) is None:
            yield RELATIVE
        match = _restful(url)
        if match is None or match.group(1) not in self._types:
            return
        if type(resource) is dict and "id" in resource and _method(entry) != "POST":
            kind, last = match.groups()
            own = resource["id"]
            # "The 'id' portion of the fullUrl SHALL end with the Resource.id": it may say more in front.
            if kind != resource.get("resourceType") or type(own) is not str or not last.endswith(own):
                yield OTHER_ID


def _method(entry: Value) -> Any:
    return entry["request"].get("method") if type(entry.get("request")) is dict else None


def _entry(entry: Value, kind: Any) -> Iterator[tuple[str, Rule]]:
    resource, url = entry.get("resource"), entry.get("fullUrl")
    method = _method(entry)
    if kind in ("document", "message", "searchset", "collection") and type(resource) is not dict:
        yield "", NO_RESOURCE
    if kind in ("batch", "transaction"):
        if method in ("POST", "PUT", "PATCH") and type(resource) is not dict:
            yield "", NO_RESOURCE
        if method in ("GET", "HEAD", "DELETE") and resource is not None:
            yield ".resource", NO_RESOURCE_WANTED
        if type(resource) is dict and _elsewhere(entry["request"] if method else {}, resource):
            yield ".request.url", OTHER_ADDRESS
    needed = kind in ("document", "message", "collection", "searchset") or (
        kind == "history" and method != "POST"
    )
    nameless = url is None and "_fullUrl" not in entry
    if needed and nameless and type(resource) is dict:
        yield from [("", NO_URL)] if resource.get("resourceType") not in UNNAMED else []


def _elsewhere(request: Value, resource: Value) -> bool:
    """Return whether an update or create goes to the address of another resource (R4 §3.1.0.4, §3.1.0.8)."""
    url = request.get("url")
    if type(url) is not str or request.get("method") not in ("POST", "PUT"):
        return False
    match = _address(url)
    if match is None:
        return False
    kind, id_ = match.groups()
    own = resource.get("id", id_)
    return kind != resource.get("resourceType") or (request["method"] == "PUT" and id_ not in (None, own))


def _lost(bundle: Value, kind: str) -> Iterator[str]:
    """Places in the first entry whose references must be found in the Bundle (R4 §3.3.1, §3.4.1)."""
    first = bundle["entry"][0]
    resource = first.get("resource")
    if type(resource) is not dict:
        return
    url = first.get("fullUrl")
    scope = Scope(resource, index(bundle), url if type(url) is str else "")
    for place, reference in _named(resource, kind):
        to = reference.get("reference") if type(reference) is dict else None
        if type(to) is str and not to.startswith("urn:") and scope.resolve(to) is None:
            yield place


def _named(resource: Value, kind: str) -> Iterator[tuple[str, Any]]:
    if kind == "message":
        yield from _each(resource, "focus")
        return
    for name in ("subject", "encounter", "custodian"):
        yield name, resource.get(name)
    yield from _each(resource, "author")
    for place, attester in _each(resource, "attester"):
        yield f"{place}.party", attester.get("party") if type(attester) is dict else None
    for place, event in _each(resource, "event"):
        if type(event) is dict:
            yield from ((f"{place}.{below}", one) for below, one in _each(event, "detail"))
    yield from _sections(resource, "")


def _each(parent: Value, name: str) -> Iterator[tuple[str, Any]]:
    listed = parent.get(name)
    yield from ((f"{name}[{at}]", one) for at, one in enumerate(listed if type(listed) is list else []))


def _sections(parent: Value, above: str) -> Iterator[tuple[str, Any]]:
    for place, section in _each(parent, "section"):
        if type(section) is dict:
            here = above + place
            yield from ((f"{here}.{below}", one) for below, one in _each(section, "entry"))
            yield from _sections(section, f"{here}.")
