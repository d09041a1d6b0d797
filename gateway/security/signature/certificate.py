"""Certificate: X.509 v3 as RFC 5280 says, with keys of RSA, P-256 and SM2, and who signed it.

``cryptography`` reads the names, the times and the extensions; keys and signatures with SM2 are read here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512, HashAlgorithm

from gateway.errors import Rejected
from gateway.security.sm.curve import Point
from gateway.security.sm.der import raw_signature, read
from gateway.security.sm.keys import SM2_WITH_SM3, read_subject_key
from gateway.security.sm.sm2 import verify

PublicKey = Point | ec.EllipticCurvePublicKey | rsa.RSAPublicKey

_UNDERSTOOD = {
    "2.5.29.14",
    "2.5.29.15",
    "2.5.29.17",
    "2.5.29.19",
    "2.5.29.31",
    "2.5.29.32",
    "2.5.29.35",
    "2.5.29.37",
}
"""Extensions that may be critical: key identifiers, usage, alternative names, constraints, lists,
policies."""
_T = TypeVar("_T", bound=x509.ExtensionType)
_HASHES = (SHA256, SHA384, SHA512)
_SMALLEST_RSA = 2048


@dataclass(slots=True, frozen=True, eq=False)
class Certificate:
    """What is asked of a certificate.

    Attributes:
        subject: its name, DER; of a chain, the issuer of the one below.
        begins, ends: its validity, both included.
        authority: True where it may sign certificates.
        below: authorities that may stand between it and a signer, None for any number.
        signs: True where its key may sign documents (key usage digitalSignature or nonRepudiation).
    """

    der: bytes
    parsed: x509.Certificate
    key: PublicKey
    subject: bytes
    issuer: bytes
    begins: datetime
    ends: datetime
    authority: bool
    below: int | None
    signs: bool

    def attributes(self, names: Iterable[str]) -> Iterator[str]:
        """Yield the values of the subject's attributes of these names, whole and parted at ``@``."""
        wanted = {NAMES[one] for one in names}
        for attribute in self.parsed.subject:
            if attribute.oid in wanted and isinstance(attribute.value, str):
                yield attribute.value
                if "@" in attribute.value:
                    yield from attribute.value.split("@")


NAMES = {
    "CN": x509.NameOID.COMMON_NAME,
    "O": x509.NameOID.ORGANIZATION_NAME,
    "OU": x509.NameOID.ORGANIZATIONAL_UNIT_NAME,
    "UID": x509.NameOID.USER_ID,
    "organizationIdentifier": x509.NameOID.ORGANIZATION_IDENTIFIER,
    "serialNumber": x509.NameOID.SERIAL_NUMBER,
}
"""Attributes of a subject that settings may name."""


@lru_cache(maxsize=1024)
def read_certificate(der: bytes) -> Certificate:
    """Return a certificate.

    Raises:
        Rejected: it is none, is older than version 3, or has a critical extension that nobody here
        understands.
    """
    try:
        parsed = x509.load_der_x509_certificate(der)
        extensions = parsed.extensions
        constraints = _extension(extensions, x509.BasicConstraints)
        usage = _extension(extensions, x509.KeyUsage)
        key = _key(parsed)
    except (ValueError, UnsupportedAlgorithm):
        raise _bad("a certificate of the signature cannot be read") from None
    if any(one.critical and one.oid.dotted_string not in _UNDERSTOOD for one in extensions):
        raise _bad("a certificate of the signature has a critical extension that is not understood")
    return Certificate(
        der=der,
        parsed=parsed,
        key=key,
        subject=parsed.subject.public_bytes(),
        issuer=parsed.issuer.public_bytes(),
        begins=parsed.not_valid_before_utc,
        ends=parsed.not_valid_after_utc,
        authority=constraints is not None and constraints.ca and (usage is None or usage.key_cert_sign),
        below=constraints.path_length if constraints else None,
        signs=usage is None or usage.digital_signature or usage.content_commitment,
    )


def is_signed_by(
    body: bytes,
    value: bytes,
    algorithm: str,
    hashed: HashAlgorithm | None,
    issuer: Certificate,
) -> bool:
    """Tell whether an issuer signed the body of a certificate or of a revocation list.

    Args:
        algorithm: OID of the signature.
        hashed: its hash, None for SM2.
    """
    key = issuer.key
    try:
        if isinstance(key, tuple):
            return algorithm == SM2_WITH_SM3 and verify(key, body, raw_signature(value))
        if hashed is None or not isinstance(hashed, _HASHES):
            return False
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(value, body, padding.PKCS1v15(), hashed)
        else:
            key.verify(value, body, ec.ECDSA(hashed))
    except (InvalidSignature, Rejected):
        return False
    return True


def hash_of(signed: x509.Certificate | x509.CertificateRevocationList) -> HashAlgorithm | None:
    """Return the hash of its signature; None: it is another algorithm's business, SM2's for one."""
    try:
        return signed.signature_hash_algorithm
    except UnsupportedAlgorithm:
        return None


def _key(parsed: x509.Certificate) -> PublicKey:
    # tbsCertificate: [0] version, serial, algorithm, issuer, validity, subject, subjectPublicKeyInfo (RFC
    # 5280 §4.1)
    fields = read(parsed.tbs_certificate_bytes).children()
    point = read_subject_key(fields[6].whole) if len(fields) > 6 else None
    if point:
        return point
    key = parsed.public_key()
    if isinstance(key, rsa.RSAPublicKey) and key.key_size >= _SMALLEST_RSA:
        return key
    if isinstance(key, ec.EllipticCurvePublicKey):
        return key
    raise ValueError


def _extension(extensions: x509.Extensions, kind: type[_T]) -> _T | None:
    try:
        return extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def _bad(reason: str) -> Rejected:
    return Rejected(reason, code="signature-certificate")
