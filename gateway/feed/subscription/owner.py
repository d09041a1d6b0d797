"""Owner: the client that a Subscription belongs to, told by a tag of the server, else by who wrote it."""

from __future__ import annotations

from collections.abc import Callable

from gateway.canonical import Resource

SYSTEM = "urn:qiao:client"
"""System of the tag; its code is the name of the client."""

May = Callable[[str, str], bool]
"""(client, name of the tenant) → whether that client may be notified."""

_CLIENT = "client:"
_MACHINE = "client:local"
"""Who wrote at a gateway that had no clients: nobody who could be revoked."""


def tagged(resource: Resource) -> str | None:
    """Return the client that the tag names; None where there is no such tag."""
    meta = resource.get("meta")
    tags = meta.get("tag") if isinstance(meta, dict) else None
    for tag in tags if isinstance(tags, list) else ():
        if isinstance(tag, dict) and tag.get("system") == SYSTEM:
            return str(tag.get("code", ""))
    return None


def owner(resource: Resource, source: str) -> str:
    """Return the client that a Subscription belongs to, ``""`` where it is nobody's.

    Args:
        source: who wrote it. What an operator writes has no tag: it is its own until another writes it.
    """
    named = tagged(resource)
    if named is not None:
        return named
    return source.removeprefix(_CLIENT) if source.startswith(_CLIENT) and source != _MACHINE else ""


def anybody(_client: str, _tenant: str) -> bool:
    """Let every client be notified: a gateway without clients."""
    return True


def nobody(_client: str, _tenant: str) -> bool:
    """Limit no client: a gateway without regulators."""
    return False
