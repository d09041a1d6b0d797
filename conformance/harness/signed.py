"""Signed calls: a digest over time, nonce, path and body, by a key that both sides have (RFC 2104 HMAC).

What a target wants signed is a template of its own; the digest stands in a header.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from conformance.harness.template import PLACE

ALGORITHMS = ("hmac-sha256", "hmac-sm3", "hmac-sha1", "sha256", "sm3", "md5")
"""A plain digest is one only where its text names ``{secret}``; whoever holds it can extend some of these."""
ENCODINGS = ("hex", "HEX", "base64")
PLACES = ("method", "path", "query", "body", "timestamp", "milliseconds", "nonce", "token", "secret")
SIGNATURE = "signature"


@dataclass(slots=True, frozen=True)
class Sign:
    """How the calls of an identity are signed.

    Attributes:
        text: what is signed: a template of :data:`PLACES`; what is not given is an empty text.
        headers: templates of these (but the secret) and of ``{signature}``.
    """

    algorithm: str
    text: str
    headers: Mapping[str, str]
    secret: str = field(repr=False)
    encoding: str = "hex"

    def sent(self, method: str, url: str, body: bytes, told: Mapping[str, str]) -> dict[str, str]:
        """Return the headers of a call.

        Args:
            told: what a login told; its ``token`` may be signed, too.
        """
        address, now = urlsplit(url), time.time()
        given = {
            "method": method, "path": address.path, "query": address.query, "nonce": secrets.token_hex(16),
            "body": body.decode("utf-8", "surrogateescape"), "token": told.get("token", ""),
            "timestamp": str(int(now)), "milliseconds": str(int(now * 1000)),
        }  # fmt: skip
        signed = {SIGNATURE: self._signature(_filled(self.text, {**given, "secret": self.secret}))}
        return {name: _filled(one, given | signed) for name, one in self.headers.items()}

    def _signature(self, text: str) -> str:
        data, name = text.encode("utf-8", "surrogateescape"), self.algorithm.removeprefix("hmac-")
        if name == self.algorithm:
            digest = hashlib.new(name, data, usedforsecurity=False).digest()
        else:
            digest = hmac.new(self.secret.encode(), data, name).digest()
        if self.encoding == "base64":
            return base64.b64encode(digest).decode()
        return digest.hex().upper() if self.encoding == "HEX" else digest.hex()


def usable(algorithm: str) -> bool:
    """Tell whether this computer has an algorithm: SM3 is left out of some builds of OpenSSL."""
    try:
        hashlib.new(algorithm.removeprefix("hmac-"), usedforsecurity=False)
    except ValueError:
        return False
    return algorithm in ALGORITHMS


def _filled(template: str, given: Mapping[str, str]) -> str:
    return PLACE.sub(lambda found: given.get(found[1], ""), template)
