"""Opening: from the settings of a receiver to its wire, with its secrets read and its address checked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gateway.errors import Misconfigured
from gateway.feed.bundle import Bundler, Destination
from gateway.feed.endpoint import NotSent, fault, headers
from gateway.feed.receiver.envelope import Envelope, Secrets
from gateway.feed.receiver.map_file import load_map
from gateway.feed.receiver.mapped import Mapped
from gateway.feed.receiver.message import Message
from gateway.feed.receiver.transaction import Transaction
from gateway.feed.receiver.wire import Wire
from gateway.settings import ReceiverSettings, secret

_FAULTS = {
    "no-url": "is no URL",
    "scheme": "must begin with https://",
    "user": "must have no user, password or fragment",
    "https": "is listed for https: use it, or list http://HOST:PORT",
    "host": "is not listed in [receivers] hosts",
}


@dataclass(slots=True, frozen=True)
class Sender:
    """Who sends.

    Attributes:
        bundler: makes FHIR messages.
        base: URL of the tenant's FHIR API.
        organization: code of the institution, ``""`` where nobody says it.
        zone: of the store.
    """

    bundler: Bundler
    base: str
    organization: str
    zone: str


def open_wire(name: str, settings: ReceiverSettings, sender: Sender, hosts: Iterable[str] = ()) -> Wire:
    """Return the wire of a receiver.

    Args:
        hosts: ``[receivers] hosts``.

    Raises:
        Misconfigured: the address is not allowed, a secret cannot be read, or the map is wrong.
    """
    where = f"[receivers.{name}]"
    if found := fault(settings.url, hosts, loopback=True):
        raise Misconfigured(_FAULTS[found], where=f"{where} url")
    sent = _headers(settings, where)
    if settings.map:
        return _mapped(settings, sender, sent, where)
    if settings.kind == "transaction":
        return Transaction(settings.url, lambda _: sender.base, lambda: sent)
    to = Destination(name, settings.url)
    return Message(
        sender.bundler, to, settings.url, lambda: sent, "xml" if settings.kind == "xml" else "json"
    )


def _mapped(
    settings: ReceiverSettings, sender: Sender, sent: tuple[tuple[str, str], ...], where: str
) -> Mapped:
    mac = secret(settings.mac_key, f"{where} mac_key")
    secrets = Secrets(_hex(secret(settings.sm4_key, f"{where} sm4_key"), f"{where} sm4_key"), _key(mac), mac)
    constants = {f"value.{name}": value for name, value in settings.values.items()}
    constants["organization"] = sender.organization
    map_, xml = load_map(settings.map), settings.kind == "xml"
    if settings.sign_in and map_.sign_in is None:
        raise Misconfigured("the map does not say how to sign in", where=f"{where} sign_in")
    return Mapped(map_, Envelope(map_, settings.url, secrets, constants, sent, xml=xml), sender.zone, xml=xml)


def _headers(settings: ReceiverSettings, where: str) -> tuple[tuple[str, str], ...]:
    lines = list(settings.headers)
    if settings.token:
        lines.append(f"Authorization: Bearer {secret(settings.token, f'{where} token')}")
    try:
        return tuple(headers(lines))
    except NotSent as error:
        raise Misconfigured(f"a header cannot be sent ({error.args[0]})", where=f"{where} headers") from None


def _hex(text: str, where: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise Misconfigured("must be hexadecimal digits", where=where) from None


def _key(text: str) -> bytes:
    """Return a MAC's key: hexadecimal digits, else the text itself."""
    try:
        return bytes.fromhex(text)
    except ValueError:
        return text.encode()
