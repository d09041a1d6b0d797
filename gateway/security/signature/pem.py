"""PEM: the blocks of a file (RFC 7468); a file that is no text is one block of DER."""

from __future__ import annotations

import base64
import binascii
import re
from pathlib import Path

from gateway.errors import Misconfigured


def blocks(file: Path, label: str) -> list[bytes]:
    """Return the DER of each block with this label.

    Raises:
        Misconfigured: the file cannot be read or has none.
    """
    try:
        text = file.read_bytes()
    except OSError as error:
        raise Misconfigured(f"cannot be read: {error.strerror}", where=str(file)) from None
    if text[:1] == b"\x30" and b"-----BEGIN" not in text:
        return [text]
    marked = re.compile(rb"-----BEGIN %b-----(.*?)-----END %b-----" % ((label.encode(),) * 2), re.DOTALL)
    try:
        found = [base64.b64decode(b"".join(one.split()), validate=True) for one in marked.findall(text)]
    except binascii.Error:
        found = []
    if not found:
        raise Misconfigured(f"has no PEM block {label}", where=str(file))
    return found


def pem(der: bytes, label: str) -> bytes:
    """Return a block."""
    body = base64.encodebytes(der).replace(b"\n", b"")
    lines = [body[at : at + 64] for at in range(0, len(body), 64)]
    return b"\n".join(
        [b"-----BEGIN %b-----" % label.encode(), *lines, b"-----END %b-----\n" % label.encode()]
    )
