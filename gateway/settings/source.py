"""Source: ``[supervision.NAME.sources.X]``, a system that is asked how many documents it has made.

docs/reconciliation.md. By SQL on a database, or by HTTP; ``password`` and ``token`` are better given as
``"file:PATH"`` or in the environment (``QIAO_SUPERVISION__NAME__SOURCES__X__PASSWORD``).
"""

from __future__ import annotations

import re
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from gateway.errors import Misconfigured
from gateway.settings.casting import cast, listed
from gateway.settings.exposure import is_loopback

SQL = ("postgresql", "sqlite")
WEB = ("http", "https")

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}\Z")
_KIND = re.compile(r"[a-z][a-z0-9-]{0,31}\Z")
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d\Z")
_LONGEST = 600


@dataclass(slots=True, frozen=True)
class SourceSettings:
    """One source.

    Attributes:
        url: ``postgresql://USER@HOST/DATABASE``, ``sqlite:///PATH``, or an address by HTTP in which
            ``{day}``, ``{start}`` and ``{end}`` stand for the day and its two ends.
        kinds: of documents that it speaks for. A row that is missing in its answer is 0 of that kind.
        sql: one SELECT that gives ``kind, count`` or ``kind, number``; ``:day``, ``:start`` and ``:end`` are
            its parameters.
        count: of an answer by HTTP: where the number stands in its JSON (``total``, ``data.count``).
        at: time of day, in the store's zone, from which on it is asked about the day before.
        timeout: seconds that it may take.
        password: of the database's user.
        token: sent as ``Authorization: Bearer``.
        ca: PEM file with the authorities of its certificate, ``""``: the system's.
    """

    url: str
    kinds: tuple[str, ...]
    sql: str = ""
    count: str = "total"
    at: str = "00:10"
    timeout: int = 30
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    ca: str = ""

    @property
    def scheme(self) -> str:
        """Of the address: one of :data:`SQL` or :data:`WEB`."""
        return self.url.partition(":")[0].partition("+")[0].lower()


def read_sources(table: object, where: str) -> dict[str, SourceSettings]:
    """Return the sources of a tenant by name.

    Args:
        where: ``"qiao.toml [supervision.NAME.sources"``, which the name of each ends.

    Raises:
        Misconfigured: names source and key.
    """
    if not isinstance(table, dict):
        raise Misconfigured("must be tables like [supervision.NAME.sources.X]", where=f"{where}]")
    return {str(name): _source(str(name), said, f"{where}.{name}]") for name, said in table.items()}


def _source(name: str, table: object, where: str) -> SourceSettings:
    if not isinstance(table, dict):
        raise Misconfigured("must be a table", where=where)
    if not _NAME.match(name):
        raise Misconfigured("a source's name is lower-case letters, digits and hyphens", where=where)
    types = typing.get_type_hints(SourceSettings)
    if unknown := sorted(set(table) - set(types)):
        raise Misconfigured(f"unknown key {unknown[0]!r}; valid: {listed(types)}", where=where)
    said: Mapping[str, Any] = {key: cast(types[key], value, f"{where} {key}") for key, value in table.items()}
    if not said.get("url") or not said.get("kinds"):
        raise Misconfigured("needs url and kinds", where=where)
    made = SourceSettings(**said)
    _check(made, where)
    return made


def _check(made: SourceSettings, where: str) -> None:
    """Refuse what cannot be meant. Raises ``Misconfigured``."""
    if made.scheme not in (*SQL, *WEB):
        raise Misconfigured(f"the url begins with one of {listed((*SQL, *WEB))}", where=f"{where} url")
    if (made.scheme in SQL) != bool(made.sql):
        raise Misconfigured("sql belongs to a database, and a database needs it", where=f"{where} sql")
    if made.scheme in WEB and len(made.kinds) != 1:
        raise Misconfigured("an address by HTTP tells of one kind", where=f"{where} kinds")
    if not all(_KIND.match(one) for one in made.kinds):
        raise Misconfigured("are kinds of documents, as in the ledger", where=f"{where} kinds")
    if made.token and made.scheme == "http" and not is_loopback(urlsplit(made.url).hostname or ""):
        raise Misconfigured("a token goes by https only", where=f"{where} url")
    if not _TIME.match(made.at):
        raise Misconfigured("a time of day is HH:MM", where=f"{where} at")
    if not 1 <= made.timeout <= _LONGEST:
        raise Misconfigured(f"must be between 1 and {_LONGEST}", where=f"{where} timeout")
