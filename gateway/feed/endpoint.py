"""Endpoints: where notifications may go, and which headers go with them (R4 Subscription).

A server that posts to whatever address it is given can be turned against its own network. So an address is
taken only if its host is listed in ``[subscriptions] hosts``, or if it is loopback and so is the API.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

from gateway.settings import is_listed, is_loopback
from gateway.settings.hosts import PORTS

_HEADER = re.compile(r"([!#$%&'*+\-.^_`|~0-9A-Za-z]+): ?([\x20-\x7e\x80-\xff]*)\Z")
_OWN_HEADERS = frozenset(
    ("host", "content-length", "content-type", "transfer-encoding", "connection", "keep-alive", "te",
     "trailer", "upgrade", "expect", "proxy-authorization", "proxy-connection")
)  # fmt: skip
MOST_HEADERS = 20
LONGEST_HEADER = 4096
LONGEST_URL = 2048


class NotSent(Exception):
    """A header that is not sent; its arguments are the name of the fault, and what it says."""


def fault(endpoint: str, hosts: Iterable[str], *, loopback: bool) -> str:
    """Return the name of the fault for which nothing may be sent to an address, ``""`` where it may.

    Args:
        endpoint: ``Subscription.channel.endpoint``.
        hosts: entries of ``[subscriptions] hosts``: ``"name"`` or ``"name:port"`` for https,
            ``"http://name:port"`` where plain HTTP is meant.
        loopback: addresses of this machine are allowed, by http too.
    """
    try:
        url = urlsplit(endpoint)
        _ = url.port  # raises where it is none
    except ValueError:
        return "no-url"
    if len(endpoint) > LONGEST_URL or any(char <= " " or char == "\\" for char in endpoint):
        return "no-url"
    if url.scheme not in PORTS or not url.hostname:
        return "scheme"
    if url.username is not None or url.password is not None or "#" in endpoint:
        return "user"
    if loopback and is_loopback(url.hostname):
        return ""
    if is_listed(url, hosts):
        return ""
    if is_listed(url._replace(scheme="https"), hosts):
        return "https"
    return "host"


def headers(lines: Iterable[object]) -> Iterator[tuple[str, str]]:
    """Yield name and value of each ``channel.header``.

    Raises:
        NotSent: one that is no header line, or that this server sets itself.
    """
    for count, line in enumerate(lines, 1):
        found = _HEADER.match(line) if isinstance(line, str) and len(line) <= LONGEST_HEADER else None
        if found is None or count > MOST_HEADERS:
            raise NotSent("header", str(MOST_HEADERS))
        if found[1].lower() in _OWN_HEADERS:
            raise NotSent("own-header", found[1])
        yield found[1], found[2].strip()
