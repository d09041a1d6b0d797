"""Definition: what a Subscription asks for, read and checked (R4 Subscription; Backport 1.1.0)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from gateway.canonical import Issue, Resource
from gateway.errors import Rejected
from gateway.feed import endpoint
from gateway.feed.subscription import urls
from gateway.feed.subscription.criteria import compiled
from gateway.feed.subscription.faults import issue
from gateway.feed.subscription.topics import UNWATCHED, Topic
from gateway.settings import SubscriptionSettings
from gateway.store.types import NUMBER

Content = Literal["empty", "id-only", "full-resource"]
CONTENTS: tuple[Content, ...] = ("empty", "id-only", "full-resource")

JSON = "application/fhir+json"
XML = "application/fhir+xml"
_FORMATS = {JSON: JSON, "application/json": JSON, "json": JSON, XML: XML, "application/xml": XML, "xml": XML}
_RESULT = re.compile(r"(?:^|&)(_sort|_count|_include|_revinclude|_summary|_elements|_total|_cursor)\b")
_CLASSIC = re.compile(r"([A-Z][A-Za-z]+)(?:\?(.*))?\Z", re.DOTALL)
_LARGEST = 2**31 - 1
_NAMES = {"not-supported": "criteria-unsupported", "too-costly": "criteria-unsupported"}


@dataclass(frozen=True, slots=True)
class Channel:
    """How notifications are sent.

    Attributes:
        endpoint: URL.
        headers: sent with each notification.
        format: MIME type of what is sent, ``""`` where a classic Subscription asks for empty requests.
        content: how much of the resources a notification to a topic tells.
        heartbeat: seconds without a notification after which one is sent that has no event; 0: none is.
        timeout: seconds that one attempt may take, 0: as this server is set.
        most: events of one notification, 0: as this server is set.
    """

    endpoint: str
    headers: tuple[tuple[str, str], ...]
    format: str
    content: Content
    heartbeat: int
    timeout: int
    most: int


@dataclass(frozen=True, slots=True)
class Definition:
    """One Subscription.

    Attributes:
        topic: URL of its topic, ``""`` for a classic one, which names a type and search parameters.
        criteria: ``(type, query)``: of a classic one its criteria, else its filters.
        channel: see :class:`Channel`.
        end_us: when it ends, microseconds since 1970; None: never.
    """

    topic: str
    criteria: tuple[tuple[str, str], ...]
    channel: Channel
    end_us: int | None


class Reader:
    """Reads Subscriptions against the topics and settings of one server.

    Args:
        loopback: receivers on this machine are allowed.
        zone: in which dates without a zone are read.
    """

    def __init__(
        self,
        topics: Mapping[str, Topic],
        settings: SubscriptionSettings,
        *,
        loopback: bool,
        zone: str = "+08:00",
    ) -> None:
        self.topics = topics
        self._settings = settings
        self._loopback = loopback
        self.zone = zone

    def read(self, resource: Resource) -> tuple[Definition | None, list[Issue]]:
        """Return what a Subscription asks for; None and the reasons where this server cannot serve it.

        Issues never quote the endpoint, the headers or the criteria's values.
        """
        issues: list[Issue] = []
        channel = resource.get("channel")
        if not isinstance(channel, dict):
            return None, [issue("no-channel", "Subscription.channel")]
        topic, criteria = self._criteria(resource, issues)
        made = self._channel(channel, topic, issues)
        end_us = _moment(resource.get("end"), issues)
        if made is None or any(issue.severity == "error" for issue in issues):
            return None, issues
        return Definition(topic, criteria, made, end_us), issues

    def _criteria(self, resource: Resource, issues: list[Issue]) -> tuple[str, tuple[tuple[str, str], ...]]:
        where, text = "Subscription.criteria", resource.get("criteria")
        if not isinstance(text, str) or not text:
            issues.append(issue("no-criteria", where))
            return "", ()
        url, _, version = text.partition("|")
        topic = self.topics.get(url)
        if topic is not None and version in ("", topic.version):
            return topic.url, self._filters(resource, topic, issues)
        found = _CLASSIC.match(text)
        if found is None or found[1] not in NUMBER:
            issues.append(issue("unknown-criteria", where))
            return "", ()
        one = self._tested(found[1], found[2] or "", where, issues)
        return "", (one,) if one else ()

    def _filters(self, resource: Resource, topic: Topic, issues: list[Issue]) -> tuple[tuple[str, str], ...]:
        where = "Subscription.criteria.extension"
        made = []
        for text in _extensions(resource.get("_criteria"), urls.FILTER_CRITERIA):
            type_, _, query = text.partition("?") if isinstance(text, str) and "?" in text else ("", "", text)
            types = [type_] if type_ else sorted(topic.types)
            if not isinstance(query, str) or not query or not set(types) <= topic.types:
                issues.append(issue("no-filter", where))
                continue
            names = {part.partition("=")[0].partition(":")[0].partition(".")[0] for part in query.split("&")}
            if topic.filters and not names <= topic.filters:
                issues.append(issue("not-filtered", where, ", ".join(sorted(topic.filters))))
                continue
            made += [one for name in types if (one := self._tested(name, query, where, issues))]
        return tuple(made)

    def _tested(self, type_: str, query: str, where: str, issues: list[Issue]) -> tuple[str, str] | None:
        if type_ in UNWATCHED:
            issues.append(issue("unwatched", where, type_))
        elif found := _RESULT.search(query):
            issues.append(issue("result", where, found[1]))
        else:
            try:
                compiled(type_, query, self.zone)
            except Rejected as error:
                issues.append(issue(_NAMES.get(error.code, "criteria"), where, error))
            else:
                return type_, query
        return None

    def _channel(self, channel: Mapping[str, Any], topic: str, issues: list[Issue]) -> Channel | None:
        where, before = "Subscription.channel", len(issues)
        if channel.get("type") != "rest-hook" or _extensions(channel.get("_type"), urls.CHANNEL_TYPE):
            issues.append(issue("channel-type", f"{where}.type"))
        address = channel.get("endpoint")
        if not isinstance(address, str):
            issues.append(issue("no-endpoint", f"{where}.endpoint"))
            address = ""
        elif wrong := endpoint.fault(address, self._settings.hosts, loopback=self._loopback):
            issues.append(issue(wrong, f"{where}.endpoint"))
        lines = channel.get("header", [])
        try:
            headers = tuple(endpoint.headers(lines if isinstance(lines, list) else [lines]))
        except endpoint.NotSent as error:
            name, said = error.args
            issues.append(issue(name, f"{where}.header", said))
            headers = ()
        payload = channel.get("payload", JSON if topic else "")
        format_ = _FORMATS.get(str(payload).partition(";")[0].strip()) if payload else ""
        if format_ is None:
            issues.append(issue("payload", f"{where}.payload", f"{JSON}, {XML}"))
        contents = _extensions(channel.get("_payload"), urls.PAYLOAD_CONTENT)
        given = contents[0] if contents else "empty"
        if given not in CONTENTS or len(contents) > 1:
            issues.append(issue("content", f"{where}.payload.extension", ", ".join(CONTENTS)))
        heartbeat = _number(channel, urls.HEARTBEAT_PERIOD, issues)
        timeout = _number(channel, urls.TIMEOUT, issues)
        most = _number(channel, urls.MAX_COUNT, issues)
        if len(issues) > before:
            return None
        content = next(one for one in CONTENTS if one == given)
        return Channel(address, headers, format_ or "", content, heartbeat, timeout, most)


def _extensions(element: object, url: str) -> list[Any]:
    """Return the values of the extensions of one URL."""
    if not isinstance(element, dict):
        return []
    found: Sequence[Any] = element.get("extension") or ()
    return [
        value
        for one in found
        if isinstance(one, dict) and one.get("url") == url
        for name, value in one.items()
        if name.startswith("value")
    ]


def _number(channel: Mapping[str, Any], url: str, issues: list[Issue]) -> int:
    values = _extensions(channel, url)
    if not values:
        return 0
    if len(values) > 1 or type(values[0]) is not int or not 0 <= values[0] <= _LARGEST:
        name = url.rpartition("/")[2]
        issues.append(issue("number", "Subscription.channel.extension", name))
        return 0
    return int(values[0])


def _moment(text: object, issues: list[Issue]) -> int | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(str(text))
        if moment.tzinfo is None:
            raise ValueError
    except ValueError:
        issues.append(issue("end", "Subscription.end"))
        return None
    return round(moment.astimezone(UTC).timestamp() * 1_000_000)
