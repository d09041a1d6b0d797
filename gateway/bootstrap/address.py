"""Address: where the API listens, and how others reach it."""

from __future__ import annotations

import socket
from collections.abc import Callable

from gateway.api.server import bind as bound
from gateway.errors import Misconfigured
from gateway.security import DEFAULT_TENANT
from gateway.settings import ApiSettings

Base = Callable[[str], str]
"""Gives the URL of the FHIR API by the tenant's name."""


def bind(api: ApiSettings) -> socket.socket:
    """Return the API's socket, bound. Raises ``Misconfigured``: it cannot be."""
    try:
        return bound(api.host, api.port)
    except OSError as error:
        said = f"cannot bind {api.host}:{api.port}: {error.strerror}; set another port"
        raise Misconfigured(said, where="[api]") from error


def root(api: ApiSettings, listening: socket.socket) -> str:
    """Return scheme, host and port."""
    host, port = listening.getsockname()[:2]
    return f"{'https' if api.tls_cert else 'http'}://{f'[{host}]' if ':' in host else host}:{port}"


def base(api: ApiSettings, listening: socket.socket, tenant: str) -> str:
    """Return the base URL of a tenant's API as its receivers know it."""
    shown = api.public_url.rstrip("/") or root(api, listening)
    return f"{shown}/fhir" if tenant == DEFAULT_TENANT else f"{shown}/t/{tenant}/fhir"
