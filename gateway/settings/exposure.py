"""Exposure: nothing opens to others unprotected (design §6, "loopback by default")."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping

from gateway.errors import Misconfigured
from gateway.settings.casting import Value, listed

CLIENTS = "clients (qiao client add NAME --role ROLE)"
"""What is missing where nobody has a token."""
TLS_KEY = "tls_key (or behind_proxy = true where TLS ends at a proxy in front)"
"""What is missing where others can reach the API and it does not encrypt."""


def check_port(port: Value, where: str) -> None:
    """Refuse what is no TCP port.

    Raises:
        Misconfigured: it is not between 0 (any free one) and 65535.
    """
    if not 0 <= int(port) <= 65535:
        raise Misconfigured("must be between 0 and 65535", where=where)


def guard(
    where: str, host: str, given: Mapping[str, object], needed: tuple[str, ...], *, proxied: bool = False
) -> None:
    """Refuse a port that others can reach without TLS and credentials (issue: "loopback by default").

    Args:
        proxied: a proxy lets others in, whatever ``host`` is.

    Raises:
        Misconfigured: says which settings are missing.
    """
    missing = [key for key in needed if not given.get(key)]
    if missing and proxied:
        said = f"others can come through the proxy (behind_proxy): set {listed(missing)}"
        raise Misconfigured(said, where=where)
    if missing and not is_loopback(host):
        said = f'host {host} can be reached from outside: set {listed(missing)}, or use host = "127.0.0.1"'
        raise Misconfigured(said, where=where)


def is_loopback(host: str) -> bool:
    """Return whether only this machine can reach ``host``; a name that is no address counts as reachable."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
