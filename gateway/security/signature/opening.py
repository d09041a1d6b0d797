"""Opening: signatures as the settings of ``[signatures]`` say."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from gateway.errors import Misconfigured
from gateway.security.signature.certificate import NAMES
from gateway.security.signature.moments import Limits
from gateway.security.signature.provider import Provider
from gateway.security.signature.signatures import Naming, Signatures
from gateway.security.signature.software import SoftwareProvider
from gateway.security.signature.trust import Trust
from gateway.settings import SignatureSettings, is_loopback


def open_signatures(settings: SignatureSettings, clock: Callable[[], int] | None = None) -> Signatures:
    """Return what signs and verifies.

    Args:
        clock: microseconds since 1970; None: the machine's.

    Raises:
        Misconfigured: a file cannot be read, an attribute is unknown, or the server is neither https nor
        here.
    """
    for name in (*settings.person, *settings.organization):
        if name not in NAMES:
            raise Misconfigured(
                f"{name!r} is no attribute of a subject; known are {', '.join(sorted(NAMES))}",
                where="[signatures]",
            )
    trust = Trust([Path(one) for one in settings.trust], [Path(one) for one in settings.crl])
    return Signatures(
        trust,
        _provider(settings),
        clock or (lambda: time.time_ns() // 1000),
        Naming(settings.person, settings.organization),
        Limits(settings.tolerance, settings.max_age),
    )


def _provider(settings: SignatureSettings) -> Provider:
    if not settings.server:
        return SoftwareProvider(Path(settings.keys) if settings.keys else None)
    if not _is_safe(settings.server):
        raise Misconfigured("the signature server needs https", where="[signatures] server")
    from gateway.security.signature.server import ServerProvider  # only who has one loads an HTTP client

    return ServerProvider(
        settings.server,
        token=settings.server_token,
        ca=settings.server_ca,
        verifies=settings.server_verifies,
    )


def _is_safe(server: str) -> bool:
    try:
        url = urlsplit(server)
        host, _ = url.hostname or "", url.port
    except ValueError:
        return False
    return bool(host) and (url.scheme == "https" or (url.scheme == "http" and is_loopback(host)))
