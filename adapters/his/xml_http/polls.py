"""Polls: what is fetched from services that have to be asked, as the operator's YAML file says it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from gateway.errors import Misconfigured
from gateway.wire.xml.document import path_of

CHINA = timezone(timedelta(hours=8))
SOAP_VERSIONS = ("", "1.1", "1.2")

_GOOD = re.compile(r"\s*[^\s./=()'\"\[\]]+(\.[^\s./=()'\"\[\]]+)*\s*=\s*[^\s'\"=][^'\"=]*")
"""``data.code = 0``: without quotes, so that an XPath is not taken for one."""


@dataclass(slots=True, frozen=True)
class Poll:
    """One service that is asked again and again.

    Attributes:
        name: what it is called in status, log and state.
        url: where it is asked; with a ``wsdl`` empty for the address that stands there.
        wsdl: address or file of the description, ``""`` for none: then ``body`` is sent.
        operation: of the WSDL.
        soap: version of SOAP that ``body`` is wrapped in, ``""`` for none.
        action: SOAPAction, where ``body`` is wrapped.
        method: of plain HTTP.
        parameters: of the operation, or of the query of the URL; ``{since} {until} {page} {size}``.
        body: template of what is sent.
        headers: sent with every request.
        items: XPath of what is delivered, each by itself; ``""``: the whole answer.
        rows: of an answer in JSON the path of its rows (``data.list``); a list in a row is its details.
        view: name of the layout in ``mappings/rows`` for rows; of XML the root element decides.
        good: XPath that is true in a good answer; of JSON a path and what stands there (``code = 0``);
            ``""``: every answer without a fault is good.
        time: strftime format of ``{since}`` and ``{until}``.
        begin: from when on, where it was never asked.
        every: seconds between two questions.
        window: most seconds that one question spans.
        overlap: seconds that are asked for again, for what was committed late.
        size: ``{size}``, items of a page; 0: there are no pages.
        first: number of the first page.
        timeout: seconds for one answer.
        most: bytes of one answer.
        user: for HTTP Basic; ``password_file``: file whose first line is the password.
        ca: PEM file of the authority of the service's certificate, ``""`` for those of the system.
    """

    name: str
    url: str = ""
    wsdl: str = ""
    operation: str = ""
    soap: str = ""
    action: str = ""
    method: str = "POST"
    parameters: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    items: str = ""
    rows: str = ""
    view: str = ""
    good: str = ""
    namespaces: Mapping[str, str] = field(default_factory=dict)
    time: str = "%Y-%m-%d %H:%M:%S"
    begin: str = ""
    every: float = 30.0
    window: float = 86400.0
    overlap: float = 60.0
    size: int = 0
    first: int = 1
    timeout: float = 30.0
    most: int = 20_000_000
    user: str = ""
    password_file: str = ""
    ca: str = ""

    @property
    def since(self) -> datetime:
        """From when on it is asked the first time."""
        made = datetime.fromisoformat(self.begin) if self.begin else datetime.now(CHINA) - timedelta(days=1)
        return made if made.tzinfo else made.replace(tzinfo=CHINA)


_KNOWN = {one.name: one for one in fields(Poll)}


def read_polls(path: Path) -> list[Poll]:
    """Return what a file (``polls:`` with a list) asks for.

    Raises:
        Misconfigured: names file and poll, and what to do.
    """
    try:
        data = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, UnicodeError, yaml.YAMLError) as error:
        raise Misconfigured(f"polls cannot be read ({type(error).__name__})", where=str(path)) from None
    listed = data.get("polls") if isinstance(data, dict) else None
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise Misconfigured("the file begins with polls: and a list of services to ask", where=str(path))
    made = [_poll(one, str(path)) for one in listed]
    names = [one.name for one in made]
    for name in names:
        if names.count(name) > 1:
            raise Misconfigured(f"two polls are called {name!r}", where=str(path))
    return made


def _poll(data: dict[str, Any], file: str) -> Poll:
    where = f"{file} {data.get('name', '?')}"
    for key, value in data.items():
        known = _KNOWN.get(key)
        if known is None:
            raise Misconfigured(f"unknown key {key!r}; known are {', '.join(_KNOWN)}", where=where)
        if isinstance(value, datetime):
            data[key] = value.isoformat()
        elif known.type in ("float", "int") and isinstance(value, bool | str):
            raise Misconfigured(f"{key} takes a number", where=where)
    try:
        made = Poll(**{key: _text(value, _KNOWN[key].type) for key, value in data.items()})
        _ = made.since
    except (TypeError, ValueError):
        said = "a poll needs a name; begin looks like 2026-01-01T00:00:00"
        raise Misconfigured(said, where=where) from None
    _check(made, where)
    return made


def _check(poll: Poll, where: str) -> None:
    """Raise ``Misconfigured`` where what is said does not go together."""
    if not (poll.url or poll.wsdl):
        raise Misconfigured("a poll needs url, or wsdl and operation", where=where)
    if poll.url and not _is_address(poll.url):
        raise Misconfigured(
            "url is no address of a service; it looks like http://HOST:PORT/PATH", where=where
        )
    if poll.wsdl and not poll.operation:
        raise Misconfigured("wsdl needs operation", where=where)
    if poll.soap not in SOAP_VERSIONS:
        raise Misconfigured("soap is 1.1 or 1.2, or left out", where=where)
    if poll.rows and not poll.view:
        raise Misconfigured("rows needs view, the name of a layout in mappings/rows", where=where)
    if min(poll.every, poll.window, poll.timeout) <= 0 or poll.overlap < 0:
        raise Misconfigured("every, window and timeout are more than 0, overlap is not less", where=where)
    if poll.rows and poll.items:
        raise Misconfigured("rows is for JSON, items for XML; a poll has one of them", where=where)
    if poll.rows and poll.good and not _GOOD.fullmatch(poll.good):
        said = "with rows, good is a path and what stands there in a good answer, like code = 0"
        raise Misconfigured(said, where=where)
    for path in (poll.items, "" if poll.rows else poll.good):
        if path:
            path_of(path, tuple(sorted(poll.namespaces.items())))


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _text(value: Any, kind: object) -> Any:
    if isinstance(value, dict):
        return {str(key): str(one) for key, one in value.items()}
    return value if kind in ("float", "int") else str(value)
