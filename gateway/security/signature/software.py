"""Software: keys in PEM files of a folder, for tests, demonstrations and small hospitals; and how all verify.

``NAME.key.pem`` is a private key (PKCS #8, not encrypted, readable by its owner alone), ``NAME.crt.pem`` its
certificate and those above it.
"""

from __future__ import annotations

import re
import stat
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from gateway.errors import Misconfigured, Rejected
from gateway.security.signature.certificate import read_certificate
from gateway.security.signature.pem import blocks
from gateway.security.signature.provider import Algorithm, Key
from gateway.security.sm import sm2
from gateway.security.sm.der import der_signature, raw_signature
from gateway.security.sm.keys import read_private_pem

_NAME = re.compile(r"[\w.-]{1,64}")
_PSS = padding.PSS(padding.MGF1(SHA256()), 32)
"""RFC 7518 §3.5: the salt is as long as the hash."""

Private = int | ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


def verify_value(algorithm: Algorithm, certificate: bytes, data: bytes, value: bytes) -> bool:
    """Tell whether ``value`` (as JWA writes it) is the signature over ``data`` of a certificate's key (DER).

    Raises:
        Rejected: the key is none of the algorithm.
    """
    key = read_certificate(certificate).key
    try:
        if algorithm == "SM2" and isinstance(key, tuple):
            return sm2.verify(key, data, value)
        if algorithm == "ES256" and isinstance(key, ec.EllipticCurvePublicKey) and _is_p256(key.curve):
            key.verify(der_signature(value), data, ec.ECDSA(SHA256()))
            return len(value) == 64
        if algorithm in ("RS256", "PS256") and isinstance(key, rsa.RSAPublicKey):
            key.verify(value, data, _PSS if algorithm == "PS256" else padding.PKCS1v15(), SHA256())
            return True
    except InvalidSignature:
        return False
    raise Rejected("the certificate's key is not of the signature's algorithm", code="signature-algorithm")


@dataclass(frozen=True)
class _Held:
    """A key of the folder."""

    private: Private
    chain: tuple[bytes, ...]

    @cached_property
    def key(self) -> Key:
        return Key(_algorithm(self.private), self.chain)

    def sign(self, data: bytes) -> bytes:
        if isinstance(self.private, int):
            return sm2.sign(self.private, data)
        if isinstance(self.private, rsa.RSAPrivateKey):
            return self.private.sign(data, padding.PKCS1v15(), SHA256())
        return raw_signature(self.private.sign(data, ec.ECDSA(SHA256())))


class SoftwareProvider:
    """Keys in a folder, None for no keys: it verifies all the same. A key is read at its first use."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._held: dict[str, _Held] = {}

    def key(self, name: str) -> Key:
        """Return what is known of a key. Raises ``Misconfigured``."""
        return self._get(name).key

    def sign(self, name: str, data: bytes) -> bytes:
        """Return the signature value over ``data``. Raises ``Misconfigured``."""
        return self._get(name).sign(data)

    def verify(self, algorithm: Algorithm, certificate: bytes, data: bytes, value: bytes) -> bool:
        """Tell whether ``value`` is a certificate's signature over ``data``: see :func:`verify_value`."""
        return verify_value(algorithm, certificate, data, value)

    def known(self, algorithm: Algorithm, certificate: bytes, data: bytes, value: bytes) -> bool | None:
        """Tell the same: nobody else is asked."""
        return verify_value(algorithm, certificate, data, value)

    def _get(self, name: str) -> _Held:
        if self._folder is None:
            raise Misconfigured("there are no keys to sign with", where="[signatures] keys")
        if name not in self._held:
            if not _NAME.fullmatch(name):
                raise Misconfigured("is no name of a key: letters, digits, - _ .", where=name[:64])
            file = self._folder / f"{name}.key.pem"
            private = read_private(file)
            chain = tuple(blocks(self._folder / f"{name}.crt.pem", "CERTIFICATE"))
            self._held[name] = held = _Held(private, chain)
            probe = b"qiao"
            if not verify_value(held.key.algorithm, chain[0], probe, held.sign(probe)):
                raise Misconfigured("is not the key of the certificate beside it", where=str(file))
        return self._held[name]


def read_private(file: Path) -> Private:
    """Return the private key of a PEM file: SM2, P-256 or RSA.

    Raises:
        Misconfigured: it cannot be read, is encrypted, of another kind, or open to everybody.
    """
    try:
        text = file.read_bytes()
        mode = file.stat().st_mode
    except OSError as error:
        raise Misconfigured(f"cannot be read: {error.strerror}", where=str(file)) from None
    if mode & (stat.S_IRGRP | stat.S_IROTH | stat.S_IWGRP | stat.S_IWOTH):
        raise Misconfigured("a private key that others may read: chmod 600", where=str(file))
    try:
        found = read_private_pem(text) or load_pem_private_key(text, None)
    except TypeError:
        raise Misconfigured("is encrypted; a signature server keeps keys better", where=str(file)) from None
    except (ValueError, UnsupportedAlgorithm, Misconfigured):
        raise Misconfigured("is no private key", where=str(file)) from None
    if isinstance(found, int | rsa.RSAPrivateKey):
        return found
    if isinstance(found, ec.EllipticCurvePrivateKey) and _is_p256(found.curve):
        return found
    raise Misconfigured("is no key of SM2, P-256 or RSA", where=str(file))


def _algorithm(private: Private) -> Algorithm:
    if isinstance(private, int):
        return "SM2"
    return "RS256" if isinstance(private, rsa.RSAPrivateKey) else "ES256"


def _is_p256(curve: ec.EllipticCurve) -> bool:
    return isinstance(curve, ec.SECP256R1)
