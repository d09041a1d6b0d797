"""Opening: from ``[writeback]`` to the worker that tells every HIS, with addresses and secrets checked."""

from __future__ import annotations

from base64 import b64encode
from urllib.parse import urlsplit

from gateway.errors import Misconfigured
from gateway.feed.endpoint import NotSent, headers
from gateway.feed.receiver.wire import Wire
from gateway.feed.reconciliation.kinds import EVENTS, KINDS
from gateway.feed.relay import Exchange, Filling, Online, RelayWorker
from gateway.feed.relay.exchange import trusted
from gateway.feed.writeback.body import Posting
from gateway.feed.writeback.choosing import Wanted, filling
from gateway.feed.writeback.hl7v2 import Hl7
from gateway.feed.writeback.mllp import Mllp
from gateway.feed.writeback.table import Database, Inserting
from gateway.feed.writeback.wire import Teller
from gateway.mapping import Maps
from gateway.mapping.outbound import OutMaps, dialect_of
from gateway.settings import Settings, WritebackSettings, is_loopback, secret
from gateway.settings.writeback import PREFIX
from gateway.store import Store

ALONE = 6
"""Attempts after which a document is an exception that gets no answer while others do."""

_PORTS = {"mllp": 2575, "mllps": 2575, "http": 80, "https": 443}
_SAFE = ("mllps", "https")
_FORMS = {
    "mllp": ("hl7v2",), "mllps": ("hl7v2",), "http": ("json", "xml", "cda"), "https": ("json", "xml", "cda"),
}  # fmt: skip


def open_writeback(settings: Settings, store: Store, maps: Maps) -> RelayWorker:
    """Return the worker for ``[writeback]``; without any HIS it does nothing.

    Raises:
        Misconfigured: an address, map, secret or certificate is wrong.
    """
    wires = open_wires(settings, maps)
    made = {f"{PREFIX}{name}": (settings.writeback[name], wire) for name, wire in wires.items()}

    def means(name: str) -> tuple[Exchange, Filling]:
        said, wire = made[name]
        events: dict[str, list[str]] = {}
        for kind, event in wire.wanted:
            events.setdefault(kind, []).append(event)
        return _exchange(said, _where(name)), filling(
            store, said.tenant, Wanted(events, said.not_from, said.order)
        )

    receivers = [(name, said.as_receiver(), wire) for name, (said, wire) in made.items()]
    return RelayWorker(store, receivers, means=means, work="writeback", alone=ALONE)


def open_wires(settings: Settings, maps: Maps) -> dict[str, Wire]:
    """Return the wire of every HIS by its name, checked as far as it can be without reaching it.

    Raises:
        Misconfigured: as :func:`open_writeback`.
    """
    if not settings.writeback:
        return {}
    out = OutMaps(frozenset(maps.tables))
    return {name: _wire(name, said, settings, maps, out) for name, said in settings.writeback.items()}


def _wire(name: str, said: WritebackSettings, settings: Settings, maps: Maps, out: OutMaps) -> Wire:
    where = _where(name)
    profile = maps.profiles.get(said.dialect)
    if profile is None:
        known = ", ".join(sorted(maps.profiles))
        raise Misconfigured(f"there is no such profile; there is {known}", where=f"{where} dialect")
    organization = settings.tenant(said.tenant).organization
    dialect = dialect_of(profile, maps.tables, said.register)
    tests = maps.tables[profile.orders] if profile.orders else None
    teller = Teller(name, said, out.set(said.map), dialect, organization, _address(said, where), tests)
    _check(said, teller, where)
    scheme = _scheme(said, where)
    wire = _kinds(scheme, teller, where)
    _exchange(said, where)  # what cannot be opened stops the start, not the first prescription
    return wire


def _kinds(scheme: str, teller: Teller, where: str) -> Wire:
    form = teller.set.form
    if form not in _FORMS.get(scheme, ("rows",)):
        raise Misconfigured(f"a map of the form {form} is not for {scheme}://", where=f"{where} map")
    if form == "hl7v2":
        return Hl7(teller)
    return Inserting(teller) if form == "rows" else Posting(teller, _headers(teller.settings, where))


def _check(said: WritebackSettings, teller: Teller, where: str) -> None:
    """Refuse kinds and events that no ledger has: nothing would ever be told."""
    for kind, events in teller.set.kinds.items():
        if kind not in KINDS or not set(events) <= set(EVENTS):
            raise Misconfigured(f"no ledger has such events of {kind}", where=said.map)
    if unknown := sorted(set(said.kinds) - set(teller.set.kinds)):
        raise Misconfigured(f"the map has no {unknown[0]}", where=f"{where} kinds")


def _address(said: WritebackSettings, where: str) -> str:
    return secret(said.to, f"{where} to")


def _scheme(said: WritebackSettings, where: str) -> str:
    """Return the scheme of the address; others are not reached without TLS unless that is meant."""
    try:
        url = urlsplit(_address(said, where))
        port = url.port
    except ValueError:
        raise Misconfigured("is no URL", where=f"{where} to") from None
    if url.scheme not in _PORTS:
        if "://" not in _address(said, where):
            raise Misconfigured("is no URL", where=f"{where} to")
        return url.scheme
    if not url.hostname or (url.scheme.startswith("mllp") and port is None):
        raise Misconfigured("needs a host and a port", where=f"{where} to")
    if url.scheme not in _SAFE and not said.plain and not is_loopback(url.hostname):
        safe = "mllps" if url.scheme == "mllp" else "https"
        told = f"patient data would leave without TLS: use {safe}://, or say plain = true"
        raise Misconfigured(told, where=f"{where} to")
    return url.scheme


def _exchange(said: WritebackSettings, where: str) -> Exchange:
    address = _address(said, where)
    url = urlsplit(address)
    if url.scheme in ("mllp", "mllps"):
        trust = trusted(said.ca, said.cert, where) if url.scheme == "mllps" else None
        both = said.answer != "CA"
        return Mllp(url.hostname or "", url.port or 0, trust, timeout=said.timeout, both=both)
    if url.scheme in ("http", "https"):
        return Online(trusted(said.ca, said.cert, where))
    try:
        return Database(address, said.timeout)
    except Exception as error:  # noqa: BLE001 -- whatever a driver says of its URL
        told = f"the database cannot be reached this way: {type(error).__name__}"
        raise Misconfigured(told, where=f"{where} to") from None


def _headers(said: WritebackSettings, where: str) -> tuple[tuple[str, str], ...]:
    lines = list(said.headers)
    if said.token:
        lines.append(f"Authorization: Bearer {secret(said.token, f'{where} token')}")
    if said.user:
        pair = f"{said.user}:{secret(said.password, f'{where} password')}"
        lines.append(f"Authorization: Basic {b64encode(pair.encode()).decode()}")
    try:
        return tuple(headers(lines))
    except NotSent as error:
        raise Misconfigured(f"a header cannot be sent ({error.args[0]})", where=f"{where} headers") from None


def _where(name: str) -> str:
    return f"[writeback.{name.removeprefix(PREFIX)}]"
