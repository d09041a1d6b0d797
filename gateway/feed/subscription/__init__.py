"""Subscriptions: R4 rest-hook with criteria, and topics of the R5 Backport (R4 Subscription; Backport 1.1.0).

- :class:`Notifier` says whether a Subscription can be served, how it stands, and what its events were;
- :class:`Worker` finds the events in new versions and delivers them;
- :func:`check` is the Notifier's check with the topics that qiao ships and its default settings.
"""

from gateway.feed.subscription import urls
from gateway.feed.subscription.notifier import Events, Notifier, check
from gateway.feed.subscription.topics import Topic, load_topics
from gateway.feed.subscription.worker import Worker

__all__ = ["Events", "Notifier", "Topic", "Worker", "check", "load_topics", "urls"]
