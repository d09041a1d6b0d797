"""Same: by what a result is known again that comes in another message, or waits and comes again."""

from __future__ import annotations

from hashlib import sha256

from gateway.canonical import Resource
from gateway.canonical.elements import name_of
from gateway.feed.critical.grounds import shown

_LENGTH = 16


def mark_of(observation: Resource) -> str:
    """Return a short text that is another one for another result, value or time of it."""
    said = (name_of(observation), shown(observation), str(observation.get("effectiveDateTime", "")))
    return sha256("\n".join(said).encode()).hexdigest()[:_LENGTH]
