"""TLS of a door: the context that its three settings ask for."""

from __future__ import annotations

import ssl
from collections.abc import Mapping

from gateway.errors import Misconfigured


def server_context(adapter: str, settings: Mapping[str, str | int | float | bool]) -> ssl.SSLContext | None:
    """Return the context of ``tls_cert``, ``tls_key`` and ``tls_client_ca``, None without a certificate.

    Args:
        adapter: whose door it is, for the error.

    Raises:
        Misconfigured: a file cannot be loaded.
    """
    cert, key, authority = (str(settings[name]) for name in ("tls_cert", "tls_key", "tls_client_ca"))
    if not cert:
        return None
    try:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(cert, key or None)
        if authority:
            context.load_verify_locations(authority)
            context.verify_mode = ssl.CERT_REQUIRED
    except (OSError, ssl.SSLError) as error:
        said = f"tls_cert, tls_key or tls_client_ca cannot be loaded: {error}"
        raise Misconfigured(said, where=adapter) from None
    return context
