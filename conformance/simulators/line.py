"""Owns how a simulator opens a line to a URL, with TLS or without."""

from __future__ import annotations

import http.client
from urllib.parse import urlsplit

PATIENCE = 30.0
"""Seconds to wait for an answer."""


def line_to(url: str) -> http.client.HTTPConnection:
    """Return a connection, not open yet, to where a URL leads.

    Certificates are checked by what ``SSL_CERT_FILE`` in the environment names, else by the system's.
    """
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    return kind(parts.hostname or "", parts.port, timeout=PATIENCE)
