"""Receivers: in which form entries are said to a platform, and what its answer means (docs/feed.md)."""

from gateway.feed.receiver.opening import open_wire
from gateway.feed.receiver.wire import Reply, Request, Verdict, Wire

__all__ = ["Reply", "Request", "Verdict", "Wire", "open_wire"]
