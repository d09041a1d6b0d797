"""Client: one row of ``clients.toml``, and its token, of which only the SHA-256 is kept.

A plain hash is right here: a token is 256 random bits, so nobody can guess one from its hash, and how long
the hash of what was shown is looked for tells nothing about any token.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import stat
import tomllib
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from gateway.errors import Misconfigured
from gateway.security.caller import Caller
from gateway.security.roles import Role

PREFIX = "qiao_"
"""What our tokens begin with, so that those who look for lost secrets know one."""
HASH = "sha256:"
DEFAULT_TENANT = "default"

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}").fullmatch
_TENANT = re.compile(r"[a-z0-9][a-z0-9-]{0,31}").fullmatch
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}").fullmatch
_PRACTITIONER = re.compile(r"(Practitioner|PractitionerRole)/[A-Za-z0-9\-.]{1,64}|[^|\s]+\|[^|\s]+").fullmatch
_KEYS = (
    "token",
    "role",
    "tenant",
    "expires",
    "added",
    "note",
    "practitioner",
    "asserts",
    "arrived",
    "patient",
)
_PATIENT = re.compile(r"Patient/[A-Za-z0-9\-.]{1,64}").fullmatch
_REQUIRED = ("token", "role")


@dataclass(slots=True, frozen=True)
class Client:
    """Somebody who may ask.

    Attributes:
        name: unique in the file; it stands in logs and in what the client wrote.
        digest: SHA-256 of its token.
        expires: from then on the token is none; None for never.
        note: for people.
        practitioner: see ``Caller``.
        asserts: see ``Caller``.
        arrived: see ``Caller``.
        patient: see ``Caller``.
    """

    name: str
    digest: bytes
    role: Role
    tenant: str = DEFAULT_TENANT
    expires: datetime | None = None
    added: datetime | None = None
    note: str = ""
    practitioner: str = ""
    asserts: bool = False
    arrived: bool = False
    patient: str = ""

    @property
    def caller(self) -> Caller:
        """Who asks when this client does."""
        return Caller(
            self.name,
            self.tenant,
            self.role,
            self.practitioner,
            self.asserts,
            arrived=self.arrived,
            patient=self.patient,
        )

    def expired(self, now: datetime) -> bool:
        """Tell whether the token is one no more."""
        return self.expires is not None and now >= self.expires


def new_token() -> str:
    """Return a token of 256 random bits."""
    return PREFIX + secrets.token_urlsafe(32)


def digest(token: bytes) -> bytes:
    """Return what is kept of a token."""
    return hashlib.sha256(token).digest()


def check_name(name: str, where: str) -> None:
    """Refuse what cannot be a client's name. Raises ``Misconfigured``."""
    if not _NAME(name):
        raise Misconfigured("a client's name is 1 to 64 letters, digits, - or _", where=where)


def check_tenant(tenant: object, where: str) -> str:
    """Return a tenant's name, which stands in addresses. Raises ``Misconfigured``."""
    if not isinstance(tenant, str) or not _TENANT(tenant):
        raise Misconfigured("a tenant's name is 1 to 32 small letters, digits or -", where=where)
    return tenant


def read_clients(file: Path) -> dict[str, Client]:
    """Return the clients of a file by name.

    Raises:
        Misconfigured: it cannot be read, is not TOML, has what no client has, or everybody may write it.
        FileNotFoundError: there is none.
    """
    try:
        if file.stat().st_mode & stat.S_IWOTH:
            raise Misconfigured("everybody may write this file; chmod o-w", where=str(file))
        return parse_clients(file.read_text("utf-8"), str(file))
    except FileNotFoundError:
        raise
    except OSError as error:
        raise Misconfigured(f"cannot be read: {error.strerror}", where=str(file)) from None
    except UnicodeDecodeError as error:
        raise Misconfigured(f"is not TOML: {error}", where=str(file)) from None


def parse_clients(text: str, where: str) -> dict[str, Client]:
    """Return the clients of the text of a file by name. Raises ``Misconfigured``."""
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Misconfigured(f"is not TOML: {error}", where=where) from None
    if unknown := set(found) - {"clients"}:
        raise Misconfigured(f"unknown section [{min(unknown)}]; valid: clients", where=where)
    tables = found.get("clients", {})
    if not isinstance(tables, dict):
        raise Misconfigured("must be tables like [clients.NAME]", where=where)
    clients = {name: _client(name, table, f"{where} [clients.{name}]") for name, table in tables.items()}
    seen: dict[bytes, str] = {}
    for one in clients.values():
        if seen.setdefault(one.digest, one.name) != one.name:
            raise Misconfigured(f"has the token of {seen[one.digest]}", where=f"{where} [clients.{one.name}]")
    return clients


def _client(name: str, table: object, where: str) -> Client:
    check_name(name, where)
    if not isinstance(table, dict):
        raise Misconfigured("must be a table", where=where)
    unknown = sorted(set(table) - set(_KEYS))
    missing = [key for key in _REQUIRED if key not in table]
    if unknown:
        raise Misconfigured(f"unknown key {unknown[0]!r}; valid: {', '.join(_KEYS)}", where=where)
    if missing:
        raise Misconfigured(f"{missing[0]} is missing", where=where)
    check_whose(table["role"], table.get("patient", ""), table.get("asserts", False), where)
    token, note = table["token"], table.get("note", "")
    if not isinstance(token, str) or not _DIGEST(token):
        raise Misconfigured("must be sha256: and 64 hexadecimal digits", where=f"{where} token")
    if not isinstance(note, str):
        raise Misconfigured("must be str", where=f"{where} note")
    return Client(
        name,
        bytes.fromhex(token.removeprefix(HASH)),
        check_role(table["role"], f"{where} role"),
        check_tenant(table.get("tenant", DEFAULT_TENANT), f"{where} tenant"),
        _moment(table, "expires", where),
        _moment(table, "added", where),
        note,
        check_practitioner(table.get("practitioner", ""), f"{where} practitioner"),
        _switch(table, "asserts", where),
        _switch(table, "arrived", where),
        check_patient(table.get("patient", ""), f"{where} patient"),
    )


def check_practitioner(said: object, where: str) -> str:
    """Return how a client's practitioner is named. Raises ``Misconfigured``."""
    if not isinstance(said, str) or (said and not _PRACTITIONER(said)):
        raise Misconfigured("must be Practitioner/ID, PractitionerRole/ID or SYSTEM|VALUE", where=where)
    return said


def check_patient(said: object, where: str) -> str:
    """Return how a patient is named. Raises ``Misconfigured``."""
    if not isinstance(said, str) or (said and not _PATIENT(said)):
        raise Misconfigured("must be Patient/ID", where=where)
    return said


def check_whose(role: object, patient: object, asserts: object, where: str) -> None:
    """Make sure that it is said whose record a client reads, of this role alone. Raises ``Misconfigured``."""
    if role == "patient" and not (patient or asserts):
        raise Misconfigured("a client with the role patient needs patient, or asserts", where=where)
    if role != "patient" and patient:
        raise Misconfigured("only a client with the role patient has a patient", where=where)


def _switch(table: Mapping[str, object], key: str, where: str) -> bool:
    value = table.get(key, False)
    if not isinstance(value, bool):
        raise Misconfigured("must be true or false", where=f"{where} {key}")
    return value


def check_role(role: object, where: str) -> Role:
    """Return a role. Raises ``Misconfigured``."""
    roles: tuple[Role, ...] = typing.get_args(Role)
    for known in roles:
        if role == known:
            return known
    raise Misconfigured(f"must be one of {', '.join(roles)}", where=where)


def _moment(table: Mapping[str, object], key: str, where: str) -> datetime | None:
    value = table.get(key)
    if value is None:
        return None
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise Misconfigured("must be a time with a zone, 2027-01-31T00:00:00Z", where=f"{where} {key}")
    return value.astimezone(UTC)
