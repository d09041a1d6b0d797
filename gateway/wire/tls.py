"""TLS: the settings of every door that binds a port, and the contexts that three of them ask for."""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import Mapping
from typing import Literal

from gateway.errors import Misconfigured

Option = tuple[str, Literal["str", "int", "float", "bool"], str | int | float | bool, str]
"""Name, type, default and documentation of a setting."""


def listening(port: int) -> tuple[Option, ...]:
    """Return the settings that every door with a port has; ``port`` is the default one."""
    return (
        ("host", "str", "127.0.0.1", "address to bind; anything but loopback needs the three tls settings"),
        ("port", "int", port, "TCP port, 0 for any free one"),
        ("tenant", "str", "default", "the hospital behind this door"),
        ("tls_cert", "str", "", "PEM file with our certificate chain"),
        ("tls_key", "str", "", "PEM file with its private key"),
        (
            "tls_client_ca", "str", "",
            "PEM file with the authority that signs the senders' certificates; "
            "only senders that show such a certificate may connect",
        ),
    )  # fmt: skip


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


def client_context(adapter: str, settings: Mapping[str, str | int | float | bool]) -> ssl.SSLContext | None:
    """Return the context in which the same door calls its senders, None without a certificate.

    They are known by the authority of ``tls_client_ca``, whatever address they have: certificates of devices
    seldom name one.

    Raises:
        Misconfigured: a file cannot be loaded.
    """
    cert, key, authority = (str(settings[name]) for name in ("tls_cert", "tls_key", "tls_client_ca"))
    if not cert or not authority:
        return None
    try:
        context = ssl.create_default_context(ssl.Purpose.SERVER_AUTH, cafile=authority)
        context.load_cert_chain(cert, key or None)
    except (OSError, ssl.SSLError) as error:
        said = f"tls_cert, tls_key or tls_client_ca cannot be loaded: {error}"
        raise Misconfigured(said, where=adapter) from None
    context.check_hostname = False
    return context


def is_here(host: str) -> bool:
    """Tell whether only this machine is reached at an address; a name that is none may be anybody."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
