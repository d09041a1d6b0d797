"""Provider: who holds the private keys: a software key store, or a signature server in front of an HSM."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

Algorithm = Literal["SM2", "ES256", "RS256", "PS256"]
"""Value of the JWS header ``alg``. RFC 7518 §3.1 registers all but ``SM2``, which is ours: SM2 with SM3 and
the default identity 1234567812345678 (GB/T 32918.2, OID 1.2.156.10197.1.501 of GB/T 35275)."""

ALGORITHMS: tuple[Algorithm, ...] = ("SM2", "ES256", "RS256", "PS256")


@dataclass(slots=True, frozen=True)
class Key:
    """What a signature says of the key that makes it.

    Attributes:
        algorithm: how it signs.
        chain: its certificate and those above it, DER, the signer's first (RFC 7515 §4.1.6).
    """

    algorithm: Algorithm
    chain: tuple[bytes, ...]


class Provider(Protocol):
    """Signs with keys that it never gives away, and verifies with the public key of a certificate.

    A signature value is as JWA writes it (RFC 7518 §3.3–§3.5): of SM2 and ES256 r and s, 32 bytes each.
    """

    def key(self, name: str) -> Key:
        """Return what is known of a key. Raises ``Misconfigured``: there is none of this name."""

    def sign(self, name: str, data: bytes) -> bytes:
        """Return the signature value over ``data``.

        Raises:
            Misconfigured: there is no such key.
            Retry: the server does not answer.
        """

    def verify(self, algorithm: Algorithm, certificate: bytes, data: bytes, value: bytes) -> bool:
        """Tell whether ``value`` is the signature over ``data`` of the key of ``certificate`` (DER).

        Raises:
            Rejected: the certificate's key is none of the algorithm.
            Retry: the server does not answer.
        """

    def known(self, algorithm: Algorithm, certificate: bytes, data: bytes, value: bytes) -> bool | None:
        """Return what :meth:`verify` would say, without waiting for anybody; None: that must be asked first.

        Raises:
            Rejected: the certificate's key is none of the algorithm.
        """
