"""Notifications: Bundles whose first entry says how the Subscription stands (Backport 1.1.0, Notifications).

In R4 that entry is a Parameters resource (profile backport-subscription-status-r4) and the Bundle a history.
Stored bodies are joined as bytes, not parsed.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from gateway.canonical.json import dumps, loads
from gateway.feed.subscription import urls
from gateway.feed.subscription.definition import XML, Content
from gateway.store.clock import instant
from gateway.store.method import VERBS
from gateway.store.model import Version
from gateway.validation import xml

Kind = Literal["handshake", "heartbeat", "event-notification", "query-status", "query-event"]


@dataclass(frozen=True, slots=True)
class About:
    """What a notification says of its Subscription.

    Attributes:
        base: URL of the FHIR API.
        id: of the Subscription.
        topic: canonical URL, ``""`` for a classic one.
        status: ``requested``, ``active``, ``error`` or ``off``.
        number: of the newest event.
        error: why it does not work, ``""`` for nothing.
    """

    base: str
    id: str
    topic: str
    status: str
    number: int
    error: str = ""

    @property
    def url(self) -> str:
        """Address of the Subscription."""
        return f"{self.base}/Subscription/{self.id}"


@dataclass(frozen=True, slots=True)
class Event:
    """One event: its number and the version that it is."""

    number: int
    version: Version


def history(
    about: About, kind: Kind, events: Sequence[Event], content: Content, now_us: int, next_url: str = ""
) -> bytes:
    """Return a notification, or the answer of ``$events``, as JSON.

    Args:
        content: how much is told of the events' resources.
        now_us: the present, microseconds since 1970.
        next_url: where the events that follow are.
    """
    key = str(uuid.uuid4())
    status = _status(about, kind, events, content) | {"id": key}
    first = {
        "fullUrl": f"urn:uuid:{key}",
        "resource": status,
        "request": {"method": "GET", "url": f"{about.url}/$status"},
        "response": {"status": "200"},
    }
    entries = [
        dumps(first),
        *(_entry(about.base, event.version, content) for event in events if content != "empty"),
    ]
    link = b',"link":' + dumps([{"relation": "next", "url": next_url}]) if next_url else b""
    head = {
        "resourceType": "Bundle",
        "id": str(uuid.uuid4()),
        "meta": {"profile": [urls.NOTIFICATION_PROFILE]},
        "type": "history",
        "timestamp": instant(now_us),
    }
    return b"".join((dumps(head)[:-1], link, b',"entry":[', b",".join(entries), b"]}"))


def searchset(abouts: Iterable[About], self_url: str) -> bytes:
    """Return the answer of ``$status`` as JSON (OperationDefinition backport-subscription-status)."""
    entries = []
    for about in abouts:
        key = str(uuid.uuid4())
        status = _status(about, "query-status", (), "empty", tell_topic=True) | {"id": key}
        entries.append({"fullUrl": f"urn:uuid:{key}", "resource": status, "search": {"mode": "match"}})
    bundle: dict[str, Any] = {
        "resourceType": "Bundle",
        "type": "searchset",
        "total": len(entries),
        "link": [{"relation": "self", "url": self_url}],
    }
    return dumps(bundle | ({"entry": entries} if entries else {}))


def written(body: bytes, format_: str) -> bytes:
    """Return JSON in the format that a channel asks for."""
    return xml.to_xml(loads(body)) if format_ == XML else body


def _status(
    about: About, kind: Kind, events: Sequence[Event], content: Content, *, tell_topic: bool = False
) -> dict[str, Any]:
    """Return the SubscriptionStatus; an ``empty`` notification names neither topic nor resource."""
    parameters: list[dict[str, Any]] = [
        {"name": "subscription", "valueReference": {"reference": about.url}},
    ]
    if about.topic and (tell_topic or content != "empty"):
        parameters.append({"name": "topic", "valueCanonical": about.topic})
    parameters += [
        {"name": "status", "valueCode": about.status},
        {"name": "type", "valueCode": kind},
        {"name": "events-since-subscription-start", "valueString": str(about.number)},
        *({"name": "notification-event", "part": _parts(about.base, event, content)} for event in events),
    ]
    if about.error:
        coding = [{"system": urls.ERROR_SYSTEM, "code": "no-response"}]
        parameters.append({"name": "error", "valueCodeableConcept": {"coding": coding, "text": about.error}})
    return {
        "resourceType": "Parameters",
        "meta": {"profile": [urls.STATUS_PROFILE]},
        "parameter": parameters,
    }


def _parts(base: str, event: Event, content: Content) -> list[dict[str, Any]]:
    version = event.version
    parts: list[dict[str, Any]] = [
        {"name": "event-number", "valueString": str(event.number)},
        {"name": "timestamp", "valueInstant": instant(version.ts_us)},
    ]
    if content != "empty":
        parts.append(
            {"name": "focus", "valueReference": {"reference": f"{base}/{version.type}/{version.id}"}}
        )
    return parts


def _entry(base: str, version: Version, content: Content) -> bytes:
    """Return the entry of one version: with what was done to the resource, as every history tells it."""
    address = f"{version.type}/{version.id}"
    asked = version.type if version.method == "create" else address
    status = "204" if version.deleted else "201" if version.ver == 1 else "200"
    told = {
        "fullUrl": f"{base}/{address}",
        "request": {"method": VERBS[version.method], "url": asked},
        "response": {
            "status": status,
            "etag": f'W/"{version.ver}"',
            "lastModified": instant(version.ts_us),
        },
    }
    entry = dumps(told)
    if content != "full-resource" or version.deleted:
        return entry
    return entry[:-1] + b',"resource":' + version.body + b"}"
