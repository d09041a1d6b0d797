"""Receivers: ``[receivers.NAME]``, to whom the ledger of a hospital is sent, how, and when (docs/feed.md)."""

from __future__ import annotations

import re
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from gateway.errors import Misconfigured
from gateway.settings.casting import cast, listed

Kind = Literal["message", "transaction", "list", "xml"]

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}\Z")
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d\Z")
_LARGEST_SECRET = 64 * 1024


@dataclass(slots=True, frozen=True)
class ReceiverSettings:
    """``[receivers.NAME]``: one receiver.

    ``token``, ``sm4_key`` and ``mac_key`` may be ``"file:PATH"``; better given so, or in the environment
    (``QIAO_RECEIVERS__NAME__TOKEN``).

    Attributes:
        url: of the platform: the base of a FHIR server, or what the paths of the map are below.
        tenant: whose ledger it receives.
        kind: ``message``: FHIR messages to ``$process-message``; ``transaction``: FHIR transactions;
            ``list``: JSON as the map says, encrypted or not; ``xml``: FHIR messages in XML, or XML as the map
            says.
        map: of ``list`` and ``xml``: a name in ``mappings/receivers``, or a YAML file.
        enabled: ``false``: nothing is sent; what it is owed waits.
        begin: a new receiver is owed the ledger from its ``beginning``, or from ``now`` on.
        kinds: of documents it receives; none: all.
        events: of documents it receives; none: all.
        at: times of day when it is sent to (``"02:00"``), in the store's zone; none: at once.
        until: what is sent at such a time: what was entered till ``now``, or till ``midnight`` (T+1).
        sign_in: time of day from which on it is told once a day that we are there, ``""`` for never.
        batch: entries of one request at most.
        timeout: seconds that one request may take.
        alert_after: attempts in a row that fail before somebody is told.
        longest_pause: seconds between two attempts at most; they begin with one second and double.
        give_up_days: days after which an entry that could not be delivered is given up; 0: never.
        gives_serials: where a platform mints them (``minted_by``), whether it is this one; ``false``: what
            its answers say of serials counts nothing.
        ca: PEM file with the authorities of its certificate, ``""``: the system's.
        cert: PEM file with our certificate and its key, where it asks for one.
        token: sent as ``Authorization: Bearer``.
        headers: lines ``"Name: value"`` that are sent too.
        sm4_key: key of SM4, 16 bytes as 32 hexadecimal digits.
        mac_key: key of HMAC-SM3, hexadecimal; and what ``{secret}`` is in a map.
        sign_key: name of a key of ``[signatures]`` that signs FHIR messages, ``""`` for none.
        values: ``[receivers.NAME.values]``: what a map may name besides (``{value.organID}``).
    """

    url: str
    tenant: str = "default"
    kind: Kind = "message"
    map: str = ""
    enabled: bool = True
    begin: Literal["beginning", "now"] = "beginning"
    kinds: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    at: tuple[str, ...] = ()
    until: Literal["now", "midnight"] = "now"
    sign_in: str = ""
    batch: int = 50
    timeout: int = 30
    alert_after: int = 3
    longest_pause: int = 900
    give_up_days: int = 0
    gives_serials: bool = True
    ca: str = ""
    cert: str = ""
    token: str = field(default="", repr=False)
    headers: tuple[str, ...] = field(default=(), repr=False)
    sm4_key: str = field(default="", repr=False)
    mac_key: str = field(default="", repr=False)
    sign_key: str = ""
    values: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(slots=True, frozen=True)
class Receivers:
    """``[receivers]``: all receivers, and whom anything may be sent to at all.

    Attributes:
        hosts: ``"name"`` or ``"name:port"`` for https, ``"http://name:port"`` where plain HTTP is meant.
            Receivers on this machine need no entry.
        named: the receivers by name.
    """

    hosts: tuple[str, ...] = ()
    named: Mapping[str, ReceiverSettings] = field(default_factory=dict)


def read_receivers(table: object, origin: str) -> Receivers:
    """Return the receivers that a file says.

    Raises:
        Misconfigured: names file, receiver and key.
    """
    where = f"{origin} [receivers]"
    if not isinstance(table, dict):
        raise Misconfigured("must be tables like [receivers.NAME]", where=where)
    hosts = cast(tuple[str, ...], table.get("hosts", []), f"{where} hosts")
    assert isinstance(hosts, tuple)
    named = {
        str(name): _receiver(str(name), said, f"{origin} [receivers.{name}]")
        for name, said in table.items()
        if name != "hosts"
    }
    return Receivers(hosts, named)


def secret(said: str, where: str) -> str:
    """Return a secret, read from its file where it stands in one.

    Raises:
        Misconfigured: the file cannot be read, or is empty or large.
    """
    if not said.startswith("file:"):
        return said
    file = Path(said.removeprefix("file:"))
    try:
        with file.open("rb") as opened:
            found = opened.read(_LARGEST_SECRET + 1)
        text = found.decode("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured(f"{file} cannot be read: {type(error).__name__}", where=where) from None
    if not text or len(found) > _LARGEST_SECRET:
        raise Misconfigured(f"{file} has no secret in it", where=where)
    return text


def _receiver(name: str, table: object, where: str) -> ReceiverSettings:
    if not isinstance(table, dict):
        raise Misconfigured("must be a table", where=where)
    if not _NAME.match(name):
        raise Misconfigured("a receiver's name is lower-case letters, digits and hyphens", where=where)
    types = typing.get_type_hints(ReceiverSettings)
    if unknown := sorted(set(table) - set(types)):
        raise Misconfigured(f"unknown key {unknown[0]!r}; valid: {listed(types)}", where=where)
    said = dict(table)
    values = _values(said.pop("values", {}), f"{where} values")
    rest: dict[str, Any] = {key: cast(types[key], value, f"{where} {key}") for key, value in said.items()}
    if not rest.get("url"):
        raise Misconfigured("needs a url", where=where)
    made = ReceiverSettings(values=values, **rest)
    _check(made, where)
    return made


def _values(table: object, where: str) -> dict[str, str]:
    if not isinstance(table, dict) or not all(isinstance(one, str) for one in table.values()):
        raise Misconfigured("must be a table of texts", where=where)
    return dict(table)


def _check(made: ReceiverSettings, where: str) -> None:
    """Refuse what cannot be meant. Raises ``Misconfigured``."""
    for time in (*made.at, *([made.sign_in] if made.sign_in else [])):
        if not _TIME.match(time):
            raise Misconfigured("a time of day is HH:MM", where=f"{where} {time!r}")
    least = {"batch": 1, "timeout": 1, "alert_after": 1, "longest_pause": 1, "give_up_days": 0}
    for key, smallest in least.items():
        if not smallest <= getattr(made, key) <= 100_000:
            raise Misconfigured(f"must be between {smallest} and 100000", where=f"{where} {key}")
    if made.kind == "list" and not made.map:
        raise Misconfigured("a list needs a map", where=where)
    if made.map and made.kind not in ("list", "xml"):
        raise Misconfigured("only a list and xml have a map", where=where)
    if made.sign_in and not made.map:
        raise Misconfigured("a sign-in needs a map that says how", where=where)
