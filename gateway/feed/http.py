"""HTTP: how the gateway sends to other servers: trusted, never redirected, past no proxy, waiting if told."""

from __future__ import annotations

import logging
import ssl
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx

AGENT = "qiao"
"""What the gateway says that it is (User-Agent)."""


def trust(ca: str = "", cert: str = "") -> ssl.SSLContext:
    """Return what a server's certificate is checked against, with our own where it asks for one.

    Args:
        ca: PEM file, ``""``: the system's certificates.
        cert: PEM file of our certificate and its key.

    Raises:
        OSError: a file cannot be read, or is none (``ssl.SSLError`` is one of these).
    """
    context = ssl.create_default_context(cafile=ca or None)
    if cert:
        context.load_cert_chain(cert)
    return context


def client(trust: ssl.SSLContext, *, most: int | None, idle: int, expiry: float) -> httpx.AsyncClient:
    """Return a client for one event loop.

    Args:
        most: connections at once, None: any number.
        idle: connections that are kept at most, ``expiry`` seconds long.
    """
    import httpx  # a third of a second, for those only who have something to send

    logging.getLogger("httpx").setLevel(logging.WARNING)  # its lines name whole URLs
    return httpx.AsyncClient(
        verify=trust,
        follow_redirects=False,
        trust_env=False,  # no proxy of the environment between a patient and the receiver
        limits=httpx.Limits(max_connections=most, max_keepalive_connections=idle, keepalive_expiry=expiry),
        timeout=None,  # noqa: S113 -- each attempt is bounded as a whole
    )


def after(said: str) -> float | None:
    """Return the seconds that ``Retry-After`` asks for, None where it says none (RFC 9110 §10.2.3)."""
    text = said.strip()
    if text.isascii() and text.isdigit() and len(text) < 10:
        return float(text)
    try:
        return max(0.0, (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return None
