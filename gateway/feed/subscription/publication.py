"""Publication: topics as Basic resources with the elements of R5's SubscriptionTopic as extensions.

SubscriptionTopic is no type of R4; so the Backport's own example does it (Basic-r4-encounter-complete).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from gateway.feed.subscription.topics import Topic, Trigger

_R5 = "http://hl7.org/fhir/5.0/StructureDefinition"
_TOPIC = f"{_R5}/extension-SubscriptionTopic"
_TYPES = "http://hl7.org/fhir/fhir-types"


def published(topics: Iterable[Topic], base: str) -> dict[str, Any]:
    """Return a collection of all topics; ``base`` is the URL of the FHIR API."""
    made = [_basic(topic) for topic in sorted(topics, key=lambda one: one.url)]
    entries = [{"fullUrl": f"{base}/Basic/{one['id']}", "resource": one} for one in made]
    return {"resourceType": "Bundle", "type": "collection"} | ({"entry": entries} if entries else {})


def _basic(topic: Topic) -> dict[str, Any]:
    return {
        "resourceType": "Basic",
        "id": re.sub(r"[^A-Za-z0-9\-.]", "-", topic.url.removeprefix("urn:"))[-64:],
        "meta": {"profile": [f"{_R5}/profile-SubscriptionTopic"]},
        "extension": list(_extensions(topic)),
        "modifierExtension": [
            {"url": "http://hl7.org/fhir/StructureDefinition/artifact-status", "valueCode": "active"}
        ],
        "code": {"coding": [{"system": _TYPES, "code": "SubscriptionTopic"}]},
    }


def _extensions(topic: Topic) -> Iterator[dict[str, Any]]:
    yield {"url": "http://hl7.org/fhir/StructureDefinition/artifact-url", "valueUri": topic.url}
    if topic.version:
        yield {"url": f"{_TOPIC}.version", "valueString": topic.version}
    yield {"url": f"{_TOPIC}.title", "valueString": topic.title} | _in_chinese(topic)
    if topic.description:
        yield {"url": f"{_TOPIC}.description", "valueMarkdown": topic.description}
    for trigger in topic.triggers:
        yield {"url": f"{_TOPIC}.resourceTrigger", "extension": list(_trigger(trigger))}
    for name in sorted(topic.filters):
        yield {
            "url": f"{_TOPIC}.canFilterBy",
            "extension": [{"url": "filterParameter", "valueString": name}],
        }


def _in_chinese(topic: Topic) -> dict[str, Any]:
    if not topic.title_zh:
        return {}
    translation = {
        "url": "http://hl7.org/fhir/StructureDefinition/translation",
        "extension": [
            {"url": "lang", "valueCode": "zh"},
            {"url": "content", "valueString": topic.title_zh},
        ],
    }
    return {"_valueString": {"extension": [translation]}}


def _trigger(trigger: Trigger) -> Iterator[dict[str, Any]]:
    yield {"url": "resource", "valueUri": f"http://hl7.org/fhir/StructureDefinition/{trigger.type}"}
    for name in ("create", "update", "delete"):
        if name in trigger.on:
            yield {"url": "supportedInteraction", "valueCode": name}
    if trigger.previous or trigger.current:
        yield {"url": "queryCriteria", "extension": list(_query(trigger))}


def _query(trigger: Trigger) -> Iterator[dict[str, Any]]:
    if trigger.previous:
        yield {"url": "previous", "valueString": trigger.previous}
        yield {"url": "resultForCreate", "valueCode": "test-passes"}
    if trigger.current:
        yield {"url": "current", "valueString": trigger.current}
        yield {"url": "resultForDelete", "valueCode": "test-passes"}
    yield {"url": "requireBoth", "valueBoolean": True}
