"""Parcels: what is sent for a Subscription, and up to which event (Backport 1.1.0; R4 rest-hook)."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.feed.subscription import notification
from gateway.feed.subscription.definition import Definition
from gateway.feed.subscription.notification import About, Event
from gateway.feed.subscription.sending import Parcel
from gateway.settings import SubscriptionSettings
from gateway.store.subscriptions import Standing, Subscriptions

MOST_BYTES = 8 * 1024 * 1024
"""Bytes of resources in one notification; a single larger resource still passes alone."""

LONGER = 10
"""How many times the server's own timeout a Subscription may ask for."""


class Packer:
    """Makes parcels from what the store keeps."""

    def __init__(self, tables: Subscriptions, settings: SubscriptionSettings) -> None:
        self._tables = tables
        self._settings = settings

    def greeting(self, about: About, definition: Definition, kind: notification.Kind, now_us: int) -> Parcel:
        """Return a handshake or a heartbeat."""
        body = notification.history(about, kind, (), definition.channel.content, now_us)
        return self._post(definition, body)

    def events(
        self, about: About, standing: Standing, definition: Definition, now_us: int
    ) -> tuple[Parcel | None, int]:
        """Return the next notification of events, and the number of its last one.

        None: there is nothing to send for the events up to that number (a resource is deleted, and a classic
        Subscription is not told of it).
        """
        first, many = standing.delivered + 1, self._many(standing, definition)
        behind = standing.number - standing.delivered
        if standing.failures and behind > self._settings.catch_up and not _every(definition):
            first, many = standing.number, 1  # the receiver sees the gap by the number
        events = self._events(standing.n, first, first + many - 1)
        if not definition.topic:
            return self._classic(definition, events[0])
        content = definition.channel.content
        if content == "full-resource":
            events = _fitting(events)
        body = notification.history(about, "event-notification", events, content, now_us)
        return self._post(definition, body), events[-1].number

    def _many(self, standing: Standing, definition: Definition) -> int:
        """Return how many events go together; after a failure a single one, lest the many were the reason."""
        if standing.failures or not definition.topic:
            return 1
        return min(definition.channel.most or self._settings.batch, self._settings.batch)

    def _events(self, n: int, first: int, last: int) -> list[Event]:
        found = self._tables.events(n, first, last, last - first + 1)
        versions = self._tables.versions(seq for _, seq in found)
        return [Event(number, versions[seq].version) for number, seq in found]

    def _classic(self, definition: Definition, event: Event) -> tuple[Parcel | None, int]:
        """R4: an empty request, or the resource as an update at the receiver."""
        channel, version = definition.channel, event.version
        if not channel.format:
            return Parcel(
                "POST", channel.endpoint, channel.headers, b"", self._seconds(definition)
            ), event.number
        if version.deleted:
            return None, event.number
        url = f"{channel.endpoint.rstrip('/')}/{version.type}/{version.id}"
        body = notification.written(version.body, channel.format)
        return Parcel("PUT", url, self._headers(definition), body, self._seconds(definition)), event.number

    def _post(self, definition: Definition, body: bytes) -> Parcel:
        channel = definition.channel
        content = notification.written(body, channel.format)
        return Parcel("POST", channel.endpoint, self._headers(definition), content, self._seconds(definition))

    def _headers(self, definition: Definition) -> tuple[tuple[str, str], ...]:
        return (*definition.channel.headers, ("Content-Type", definition.channel.format))

    def _seconds(self, definition: Definition) -> float:
        own = self._settings.timeout
        return float(min(definition.channel.timeout or own, own * LONGER))


def _every(definition: Definition) -> bool:
    """A classic Subscription with a payload has no numbers: its receiver could not see a gap."""
    return not definition.topic and bool(definition.channel.format)


def _fitting(events: Sequence[Event]) -> list[Event]:
    """Return as many events from the front as fit, at least one."""
    size = 0
    fitting: list[Event] = []
    for event in events:
        size += len(event.version.body)
        if fitting and size > MOST_BYTES:
            break
        fitting.append(event)
    return fitting
