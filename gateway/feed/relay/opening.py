"""Opening: from the settings to the worker that serves all receivers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from gateway.feed.bundle import Bundler, Seal
from gateway.feed.institution import Institutions
from gateway.feed.receiver import open_wire
from gateway.feed.receiver.opening import Sender
from gateway.feed.relay.worker import Assign, RelayWorker
from gateway.feed.visit.acting import Acting
from gateway.feed.visit.assign import assign
from gateway.feed.visit.hospital import Hospitals
from gateway.security.signature import Signatures
from gateway.settings import Settings
from gateway.store import Desk, Entered, Store, Transact, Transacted

Write = Callable[[Transact], Awaitable[Transacted]]


def open_relay(
    settings: Settings,
    store: Store,
    base: Callable[[str], str],
    write: Write,
    hospitals: Hospitals,
    signatures: Signatures,
) -> RelayWorker:
    """Return the worker for ``[receivers]``.

    Args:
        base: gives the URL of the FHIR API by the tenant's name.
        write: changes the store; called in the loop that the worker is started in.
        signatures: with which messages are signed.

    Raises:
        Misconfigured: an address is not allowed, a map is wrong, a secret or certificate cannot be read.
    """
    institutions = Institutions(store, settings.tenant)
    found = []
    for name, said in settings.receivers.named.items():
        key = said.sign_key or settings.tenant(said.tenant).sign_key
        seal = Seal(signatures, key) if key else None
        bundler = Bundler(base, institutions.of, lambda _, seal=seal: seal)  # type: ignore[misc]
        code = settings.tenant(said.tenant).organization
        sender = Sender(bundler, base(said.tenant), code, store.zone)
        found.append((name, said, open_wire(name, said, sender, settings.receivers.hosts)))
    return RelayWorker(store, found, _assigns(settings, write, hospitals))


def _assigns(settings: Settings, write: Write, hospitals: Hospitals) -> Assign:
    """Return what takes a serial for a document that waits for it; any other counts nothing."""

    async def taken(receiver: str, entry: Entered, serial: str) -> None:
        if entry.serial or settings.tenant(entry.tenant).minted_by != "platform":
            return
        acting = Acting(client=f"receiver:{receiver}", platform=True)

        def act(desk: Desk) -> object:
            return assign(desk, hospitals, entry.type, entry.id, acting, serial, receiver)

        done = await write(Transact(entry.tenant, f"receiver:{receiver}", [], act=act))
        if done.error is not None:
            raise done.error

    return taken
