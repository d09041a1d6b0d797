"""Hosts: whom this server may call, as ``[subscriptions] hosts`` and ``[bulk] import_hosts`` list them."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import SplitResult, urlsplit

PORTS = {"http": 80, "https": 443}


def is_listed(url: SplitResult, hosts: Iterable[str]) -> bool:
    """Tell whether scheme, host and port of a URL are those of an entry.

    Args:
        hosts: ``"name"`` or ``"name:port"`` for https, ``"http://name:port"`` where plain HTTP is meant.
    """
    wanted = _place(url)
    return any(_place(urlsplit(entry if "://" in entry else f"https://{entry}")) == wanted for entry in hosts)


def _place(url: SplitResult) -> tuple[str, str | None, int | None]:
    return url.scheme, url.hostname, url.port or PORTS.get(url.scheme)
