"""Notifier: what the API asks of Subscriptions: can it be served, how does it stand, what were its events.

Implements ``$status`` and ``$events`` (Backport 1.1.0, backport-subscription-status and -events).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache

from gateway.canonical import Issue, Resource, now_us
from gateway.canonical.json import loads
from gateway.errors import Rejected
from gateway.feed.subscription import notification
from gateway.feed.subscription.definition import CONTENTS, Content, Reader
from gateway.feed.subscription.notification import About, Event
from gateway.feed.subscription.topics import Topic, load_topics
from gateway.settings import SubscriptionSettings
from gateway.store import Store
from gateway.store.subscriptions import Standing

PAGE = 1000
"""Events of one answer of ``$events`` at most; a link leads to the next ones."""

PAGE_BYTES = 16 * 1024 * 1024
"""Bytes of resources in one answer of ``$events``."""


@dataclass(frozen=True, slots=True)
class Events:
    """What ``$events`` is asked for.

    Attributes:
        since: number of the first event.
        until: number of the last one; None: the newest.
        content: how much is told of the resources, ``""``: as the Subscription says.
    """

    since: int = 1
    until: int | None = None
    content: str = ""


class Notifier:
    """Answers for the Subscriptions of one store; any thread.

    Args:
        loopback: receivers on this machine are allowed: the API is on loopback.
    """

    def __init__(
        self,
        store: Store,
        topics: Mapping[str, Topic],
        settings: SubscriptionSettings,
        *,
        loopback: bool = True,
    ) -> None:
        self._store = store
        self.topics = topics
        self.settings = settings
        self.reader = Reader(topics, settings, loopback=loopback, zone=store.zone)

    def check(self, resource: Resource) -> list[Issue]:
        """Return why a Subscription cannot be served; nothing where it can. It is refused with 422 then."""
        return [issue for issue in self.reader.read(resource)[1] if issue.severity == "error"]

    def status(
        self, tenant: str, base: str, ids: Collection[str] = (), statuses: Collection[str] = ()
    ) -> list[About]:
        """Return how Subscriptions stand.

        Args:
            base: URL of the FHIR API.
            ids: of the Subscriptions; none: all.
            statuses: that they must have; none: any.

        Raises:
            Rejected: ``not-found``: one of ``ids`` is no Subscription.
        """
        number = self._store.subscriptions.tenant(tenant)
        resources = {id_: self._written(tenant, id_) for id_ in ids}
        if number is None:
            known = []
        elif ids:
            known = [self._store.subscriptions.find(number, id_) for id_ in ids]
        else:
            known = [one for one in self._store.subscriptions.standings() if one.tenant == number]
        found = [self._about(one, base) for one in known if one is not None]
        there = {one.id for one in found}
        found += [
            self._unseen(id_, resource, base) for id_, resource in resources.items() if id_ not in there
        ]
        return [one for one in found if not statuses or one.status in statuses]

    def events(self, tenant: str, id: str, base: str, asked: Events) -> bytes:
        """Return past events of a Subscription as a notification.

        Raises:
            Rejected: ``not-found``; or ``value``: ``asked`` makes no sense.
        """
        if asked.content and asked.content not in CONTENTS:
            raise Rejected(f"must be one of {', '.join(CONTENTS)}", code="value", where="content")
        resource = self._written(tenant, id)
        number = self._store.subscriptions.tenant(tenant)
        standing = self._store.subscriptions.find(number, id) if number is not None else None
        if standing is None:
            about = self._unseen(id, resource, base)
            return notification.history(about, "query-event", (), "empty", now_us())
        last = standing.number if asked.until is None else min(asked.until, standing.number)
        found = self._events(standing, max(asked.since, 1), last)
        content = asked.content or self._content(standing)
        more = bool(found) and found[-1].number < last
        next_url = self._next(base, standing, asked, found[-1].number + 1, last) if more else ""
        about = self._about(standing, base)
        return notification.history(about, "query-event", found, _content(content), now_us(), next_url)

    def _events(self, standing: Standing, first: int, last: int) -> list[Event]:
        rows = self._store.subscriptions.events(standing.n, first, last, PAGE)
        size = 0
        found: list[Event] = []
        for start in range(0, len(rows), 100):
            part = rows[start : start + 100]
            steps = self._store.subscriptions.versions(seq for _, seq in part)
            for number, seq in part:
                size += len(steps[seq].version.body)
                if found and size > PAGE_BYTES:
                    return found
                found.append(Event(number, steps[seq].version))
        return found

    def _next(self, base: str, standing: Standing, asked: Events, first: int, last: int) -> str:
        content = f"&content={asked.content}" if asked.content else ""
        query = f"eventsSinceNumber={first}&eventsUntilNumber={last}{content}"
        return f"{base}/Subscription/{standing.id}/$events?{query}"

    def _about(self, standing: Standing, base: str) -> About:
        topic = self._topic(self._resource(standing))
        return About(base, standing.id, topic, standing.status, standing.number, standing.error)

    def _written(self, tenant: str, id_: str) -> Resource:
        """Return a Subscription as it is now: the worker may not yet know that it is new, or gone."""
        version = self._store.read(tenant, "Subscription", id_)
        if version is None or version.deleted:
            raise Rejected("there is no such Subscription", code="not-found")
        resource: Resource = loads(version.body)
        return resource

    def _unseen(self, id_: str, resource: Resource, base: str) -> About:
        """Return how a Subscription stands that nobody has looked at yet."""
        return About(base, id_, self._topic(resource), str(resource.get("status", "requested")), 0)

    def _resource(self, standing: Standing) -> Resource:
        step = self._store.subscriptions.versions([standing.seq]).get(standing.seq)
        found: Resource = loads(step.version.body) if step else {}
        return found

    def _topic(self, resource: Resource) -> str:
        topic = self.topics.get(str(resource.get("criteria", "")).partition("|")[0])
        return topic.url if topic else ""

    def _content(self, standing: Standing) -> str:
        definition, _ = self.reader.read(self._resource(standing))
        return definition.channel.content if definition else "empty"


def _content(text: str) -> Content:
    return next((one for one in CONTENTS if one == text), "empty")


@lru_cache(maxsize=1)
def _shipped() -> Reader:
    return Reader(load_topics(), SubscriptionSettings(), loopback=True)


def check(resource: Resource) -> list[Issue]:
    """Return why a server with default settings cannot serve a Subscription; see :meth:`Notifier.check`."""
    return [issue for issue in _shipped().read(resource)[1] if issue.severity == "error"]
