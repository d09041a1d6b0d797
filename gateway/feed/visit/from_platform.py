"""From a platform: serials that receivers answer with get into the documents that wait for them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from gateway.canonical.actor import Principal
from gateway.feed.visit.assign import assign
from gateway.feed.visit.hospital import Hospitals
from gateway.settings import Settings
from gateway.store import Desk, Entered, Transact, Transacted

Write = Callable[[Transact], Awaitable[Transacted]]

Taken = Callable[[str, Entered, str], Awaitable[None]]
"""Writes down the serial that a receiver (its name) gave the document of an entry."""


def from_platform(settings: Settings, write: Write, hospitals: Hospitals) -> Taken:
    """Return what takes a serial for a document that waits for it; any other counts nothing.

    Args:
        write: changes the store.
    """
    mute = {name for name, said in settings.receivers.named.items() if not said.gives_serials}

    async def taken(receiver: str, entry: Entered, serial: str) -> None:
        if entry.serial or receiver in mute or settings.tenant(entry.tenant).minted_by != "platform":
            return
        principal = Principal(client=f"receiver:{receiver}", platform=True)

        def act(desk: Desk) -> object:
            return assign(desk, hospitals, entry.type, entry.id, principal, serial, receiver)

        done = await write(Transact(entry.tenant, f"receiver:{receiver}", [], act=act))
        if done.error is not None:
            raise done.error

    return taken
