"""Trust: whose signatures a reader takes: fingerprints, public keys, certificates and their authorities."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from conformance.seal.keys import PublicKey, certified
from conformance.seal.refused import SealRefused
from conformance.seal.signature import Signature
from conformance.simulators.jws import trusted

_FINGERPRINT = re.compile(r"[0-9a-f]{64}")


@dataclass(slots=True, frozen=True)
class Trust:
    """Keys by their fingerprints, and certificates that others may lead up to."""

    fingerprints: frozenset[str]
    authorities: tuple[x509.Certificate, ...] = ()

    def takes(self, found: Signature) -> bool:
        """Tell whether a good signature is of somebody trusted; an SM2 key by itself, by no authority."""
        if found.fingerprint in self.fingerprints:
            return True
        if not found.chain or not self.authorities or not _in_date(found):
            return False
        return trusted(found.chain, self.authorities) is True


def read_trust(given: Iterable[str | Path]) -> Trust:
    """Return whom to trust: fingerprints (with or without colons), PEM files of public keys or certificates.

    Raises:
        SealRefused: one is neither.
    """
    fingerprints, authorities = set(), []
    for one in given:
        plain = str(one).replace(":", "").replace(" ", "").lower()
        if _FINGERPRINT.fullmatch(plain):
            fingerprints.add(plain)
            continue
        try:
            pem = Path(one).read_bytes()
            if b"BEGIN CERTIFICATE" in pem:
                found = x509.load_pem_x509_certificates(pem)
                authorities += found
                fingerprints |= {_of(certificate) for certificate in found}
            else:
                fingerprints.add(_public(pem).fingerprint)
        except (OSError, ValueError, UnsupportedAlgorithm) as error:
            raise SealRefused(
                f"{one} 既不是指纹，也不是公钥或证书（PEM）",
                f"{one} is no fingerprint, public key or certificate (PEM)",
            ) from error
    return Trust(frozenset(fingerprints), tuple(authorities))


def _of(certificate: x509.Certificate) -> str:
    """Return the fingerprint of a certificate's key; ``""`` of an authority's of another kind."""
    try:
        return certified(certificate.public_bytes(serialization.Encoding.DER)).fingerprint
    except (ValueError, UnsupportedAlgorithm):
        return ""


def _public(pem: bytes) -> PublicKey:
    key = serialization.load_pem_public_key(pem)
    if not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name != "secp256r1":
        raise ValueError("no key of P-256")
    numbers = key.public_numbers()
    return PublicKey("ES256", (numbers.x, numbers.y))


def _in_date(found: Signature) -> bool:
    when = datetime.fromisoformat(found.when)
    certificate = x509.load_der_x509_certificate(found.chain[0])
    return certificate.not_valid_before_utc <= when <= certificate.not_valid_after_utc
