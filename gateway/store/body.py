"""The bytes of a version: content plus the ``meta`` that the store adds, without dumping twice.

Implements ``Resource.meta`` of R4 §2.26.3.2.
"""

from __future__ import annotations

from dataclasses import dataclass

from gateway.canonical import Resource
from gateway.canonical.json import dumps, stored
from gateway.store.clock import instant
from gateway.store.keys import content_sha

_STORE_OWNED = ("versionId", "lastUpdated", "source")


@dataclass(slots=True)
class Content:
    """A resource taken apart: its bytes without head and store-owned meta, and their digest."""

    meta: bytes
    rest: bytes
    source: str
    sha: bytes


def content(resource: Resource) -> Content:
    """Return the parts of ``resource`` that a version is made of.

    ``meta.source`` is kept apart: where a resource came from is no difference in content.
    """
    if "meta" not in resource:
        data = dumps(resource)
        head = f'{{"resourceType":"{resource["resourceType"]}","id":"{resource["id"]}",'.encode()
        if data.startswith(head):  # the mapping writes type and id first: nothing needs copying
            rest = data[len(head) : -1]
            return Content(b"", rest, "", content_sha(b"\0" + rest))
    return _content(resource)


def _content(resource: Resource) -> Content:
    rest = {name: value for name, value in resource.items() if name not in ("resourceType", "id", "meta")}
    own = resource.get("meta") or {}
    meta = {name: value for name, value in own.items() if name not in _STORE_OWNED}
    meta_bytes = dumps(meta)[1:-1] if meta else b""
    rest_bytes = dumps(rest)[1:-1]
    return Content(
        meta_bytes, rest_bytes, own.get("source", ""), content_sha(meta_bytes + b"\0" + rest_bytes)
    )


def render(type_: str, id_: str, ver: int, ts_us: int, parts: Content) -> bytes:
    """Return the JSON of one version, as it is stored and answered."""
    source = b',"source":' + dumps(parts.source) if parts.source else b""
    meta = b"," + parts.meta if parts.meta else b""
    rest = b"}," + parts.rest if parts.rest else b"}"
    return b"".join((head(type_, id_, ver, ts_us), source, meta, rest, b"}"))


def rendered(body: Resource, ver: int, ts_us: int) -> Resource:
    """Return what the bytes of :func:`render` say, without reading them: ``body`` with the store's ``meta``.

    Its parts are those of ``body``; a number may be a ``Decimal`` that JSON writes without a point.
    """
    own = body.get("meta") or {}
    meta = {"versionId": str(ver), "lastUpdated": instant(ts_us)}
    if source := own.get("source"):
        meta["source"] = source
    meta |= {name: value for name, value in own.items() if name not in _STORE_OWNED}
    made = {"resourceType": body["resourceType"], "id": body["id"], "meta": meta, **body}
    made["meta"] = meta  # in its place
    return made


def head(type_: str, id_: str, ver: int, ts_us: int) -> bytes:
    """Return how the JSON of a version begins: what the row says beside the body."""
    return (
        f'{{"resourceType":"{type_}","id":"{id_}","meta":{{"versionId":"{ver}","lastUpdated":"{instant(ts_us)}"'
    ).encode()


def resource(body: bytes) -> Resource:
    """Return a stored body as a resource without what the store added; decimals keep their digits."""
    found: Resource = stored(body)
    meta = {name: value for name, value in found["meta"].items() if name not in ("versionId", "lastUpdated")}
    if meta:
        found["meta"] = meta
    else:
        del found["meta"]
    return found
