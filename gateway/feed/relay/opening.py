"""Opening: from the settings to the worker that serves all receivers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from gateway.errors import Misconfigured
from gateway.feed.bundle import Bundler, Seal
from gateway.feed.institution import Institutions
from gateway.feed.receiver import open_wire
from gateway.feed.receiver.opening import Sender
from gateway.feed.reconciliation.kinds import EVENTS, KINDS
from gateway.feed.relay.worker import Assign, RelayWorker
from gateway.security.signature import Signatures
from gateway.settings import Settings
from gateway.store import Store


def open_relay(
    settings: Settings,
    store: Store,
    base: Callable[[str], str],
    assign: Assign,
    signatures: Signatures,
) -> RelayWorker:
    """Return the worker for ``[receivers]``.

    Args:
        base: gives the URL of the FHIR API by the tenant's name.
        assign: takes the serials that platforms give, see :class:`RelayWorker`.
        signatures: with which messages are signed.

    Raises:
        Misconfigured: an address is not allowed, a map is wrong, a secret or certificate cannot be read, a
            kind or event is none of a ledger's.
    """
    institutions = Institutions(store, settings.tenant)
    found = []
    for name, said in settings.receivers.named.items():
        key = said.sign_key or settings.tenant(said.tenant).sign_key
        seal = Seal(signatures, key) if key else None
        bundler = Bundler(base, institutions.of, lambda _, seal=seal: seal)  # type: ignore[misc]
        code = settings.tenant(said.tenant).organization
        sender = Sender(bundler, base(said.tenant), code, store.zone)
        wire = open_wire(name, said, sender, settings.receivers.hosts)
        _check(f"[receivers.{name}] kinds", said.kinds, KINDS)
        _check(f"[receivers.{name}] events", said.events, EVENTS)
        _check(f"{said.map} kinds", (kind for kind, _ in wire.wanted), KINDS)
        _check(f"{said.map} events", (event for _, event in wire.wanted if event), EVENTS)
        found.append((name, said, wire))
    return RelayWorker(store, found, assign)


def _check(where: str, said: Iterable[str], known: Sequence[str]) -> None:
    """Refuse what no ledger has: nothing of it would ever be owed, and so nothing be missed."""
    if not set(said) <= set(known):
        raise Misconfigured(f"is one of {', '.join(known)}", where=where)
