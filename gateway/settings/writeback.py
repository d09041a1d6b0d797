"""Write-back: ``[writeback.NAME]``: to which HIS goes what is created here (docs/writeback.md)."""

from __future__ import annotations

import re
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from gateway.errors import Misconfigured
from gateway.settings.casting import cast, listed
from gateway.settings.receivers import ReceiverSettings

PREFIX = "writeback:"
"""Of the names of its receivers in the store; no receiver of a ledger can have such a name."""

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}\Z")
_TIMES = {"timeout": 1, "alert_after": 1, "longest_pause": 1, "give_up_days": 0}


@dataclass(slots=True, frozen=True)
class WritebackSettings:
    """``[writeback.NAME]``: one HIS.

    ``to``, ``token`` and ``password`` may be ``"file:PATH"``; every key can come from the environment
    (``QIAO_WRITEBACK__NAME__TOKEN``).

    Attributes:
        to: where: ``mllps://HOST:PORT``, ``mllp://``, ``https://``, ``http://``, or the SQLAlchemy URL of a
            database with interface tables (``postgresql+psycopg://``, ``sqlite:///``).
        map: what it is told: a name in ``mappings/outbound``, or a YAML file.
        tenant: whose.
        enabled: ``false``: nothing is sent; what it is owed waits.
        begin: what it is owed: what is entered from ``now`` on, or all since the ``beginning``.
        order: what is kept in order: all of a ``patient``, or each ``document`` on its own.
        not_from: doors (shell patterns of adapter ids) whose documents are its own and do not go back.
        kinds: of documents it is told of; none: all of the map.
        dialect: profile in ``mappings/senders``: how it calls registers, authorities and times.
        register: URI of the register whose numbers of patients it is told; none: its dialect's before others.
        plain: ``true``: patient data may leave this machine without TLS.
        charset: of messages, as MSH-18 names it.
        version: of HL7, MSH-12.
        application, facility: MSH-3 and MSH-4: who we are.
        receiver, receiver_facility: MSH-5 and MSH-6: who it is.
        processing: MSH-11.
        answer: ``AA``: an application answer; ``CA``: the commit is enough; ``CA+AA``: both are asked for.
        timeout: seconds that an attempt may take.
        alert_after: attempts in a row that do not reach it before somebody is told.
        longest_pause: seconds between two attempts at most; they begin with one second and double.
        give_up_days: days after which what could not be delivered is an exception; 0: never.
        ca, cert: PEM files: the authorities of its certificate; ours, with its key.
        token: ``Authorization: Bearer``.
        user, password: ``Authorization: Basic``.
        headers: lines ``"Name: value"`` that are sent too.
        values: ``[writeback.NAME.values]``: what a map may name besides (``$name``).
    """

    to: str = field(repr=False)
    map: str = "his-hl7v2"
    tenant: str = "default"
    enabled: bool = True
    begin: Literal["beginning", "now"] = "now"
    order: Literal["patient", "document"] = "patient"
    not_from: tuple[str, ...] = ("his/*",)
    kinds: tuple[str, ...] = ()
    dialect: str = "default"
    register: str = ""
    plain: bool = False
    charset: str = "UNICODE UTF-8"
    version: str = "2.5.1"
    application: str = "QIAO"
    facility: str = ""
    receiver: str = "HIS"
    receiver_facility: str = ""
    processing: Literal["P", "T", "D"] = "P"
    answer: Literal["AA", "CA", "CA+AA"] = "AA"
    timeout: int = 30
    alert_after: int = 3
    longest_pause: int = 300
    give_up_days: int = 3
    ca: str = ""
    cert: str = ""
    token: str = field(default="", repr=False)
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    headers: tuple[str, ...] = field(default=(), repr=False)
    values: Mapping[str, str] = field(default_factory=dict, repr=False)

    def as_receiver(self) -> ReceiverSettings:
        """Return the same for the relay."""
        return ReceiverSettings(
            self.to, tenant=self.tenant, enabled=self.enabled, begin=self.begin, kinds=self.kinds,
            timeout=self.timeout, alert_after=self.alert_after, longest_pause=self.longest_pause,
            give_up_days=self.give_up_days, gives_serials=False, ca=self.ca, cert=self.cert,
        )  # fmt: skip


def read_writeback(table: object, origin: str) -> dict[str, WritebackSettings]:
    """Return ``[writeback.NAME]`` by name.

    Raises:
        Misconfigured: names file, HIS and key.
    """
    if not isinstance(table, dict):
        raise Misconfigured("must be tables like [writeback.NAME]", where=f"{origin} [writeback]")
    return {str(name): _one(str(name), said, f"{origin} [writeback.{name}]") for name, said in table.items()}


def _one(name: str, table: object, where: str) -> WritebackSettings:
    if not isinstance(table, dict):
        raise Misconfigured("must be a table", where=where)
    if not _NAME.match(name):
        raise Misconfigured("a receiver's name is lower-case letters, digits and hyphens", where=where)
    types = typing.get_type_hints(WritebackSettings)
    if unknown := sorted(set(table) - set(types)):
        raise Misconfigured(f"unknown key {unknown[0]!r}; valid: {listed(types)}", where=where)
    said = dict(table)
    values = said.pop("values", {})
    if not isinstance(values, dict) or not all(isinstance(one, str) for one in values.values()):
        raise Misconfigured("must be a table of texts", where=f"{where} values")
    rest: dict[str, Any] = {key: cast(types[key], value, f"{where} {key}") for key, value in said.items()}
    if not rest.get("to"):
        raise Misconfigured("needs an address: to", where=where)
    made = WritebackSettings(values=values, **rest)
    if made.register and ":" not in made.register:
        raise Misconfigured("is no URI of a register", where=f"{where} register")
    for key, least in _TIMES.items():
        if not least <= getattr(made, key) <= 100_000:
            raise Misconfigured(f"must be between {least} and 100000", where=f"{where} {key}")
    return made
