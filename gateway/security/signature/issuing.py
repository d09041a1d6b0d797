"""Issuing: a small authority for demonstrations and tests: certificates and revocation lists, with SM2 too.

It is no certification service: nobody is identified, and its own key lies beside what it issues.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from gateway.security.signature.certificate import NAMES
from gateway.security.signature.software import Private
from gateway.security.sm import sm2
from gateway.security.sm.curve import N
from gateway.security.sm.der import BIT_STRING, SEQUENCE, der_signature, read, write
from gateway.security.sm.keys import SIGNATURE_ALGORITHM, private_pem, subject_key

Subject = Mapping[str, str]
"""Attributes of a name: ``{"CN": "温如玉", "serialNumber": "110990101000017", "O": "渡桥市人民医院"}``."""

_DAY = timedelta(days=1)


def make_key(algorithm: Literal["SM2", "ES256", "RS256"]) -> Private:
    """Return a new private key."""
    if algorithm == "SM2":
        return 1 + secrets.randbelow(N - 2)
    if algorithm == "RS256":
        return rsa.generate_private_key(65537, 2048)
    return ec.generate_private_key(ec.SECP256R1())


def key_pem(key: Private) -> bytes:
    """Return a private key as a PEM file holds it, unencrypted PKCS #8."""
    if isinstance(key, int):
        return private_pem(key)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@dataclass(frozen=True)
class Authority:
    """Somebody who issues certificates.

    Attributes:
        chain: its own certificate and those above it, DER.
    """

    key: Private
    subject: Subject
    chain: tuple[bytes, ...]

    @classmethod
    def root(
        cls, key: Private, subject: Subject, *, begins: datetime | None = None, days: int = 3650
    ) -> Authority:
        """Return an authority that stands above itself."""
        own = cls(key, subject, ())
        return cls(key, subject, own.issue(key, subject, begins=begins, days=days, authority=True))

    def below(
        self,
        key: Private,
        subject: Subject,
        *,
        begins: datetime | None = None,
        path_length: int | None = 0,
    ) -> Authority:
        """Return an authority that this one stands above."""
        chain = self.issue(key, subject, begins=begins, authority=True, path_length=path_length)
        return Authority(key, subject, chain)

    def issue(
        self,
        key: Private,
        subject: Subject,
        *,
        begins: datetime | None = None,
        days: int = 825,
        authority: bool = False,
        path_length: int | None = None,
        signs: bool = True,
    ) -> tuple[bytes, ...]:
        """Return a certificate for a key, and those above it, DER.

        Args:
            begins: of its validity; None: yesterday.
            signs: its key may sign documents.
        """
        start = begins or datetime.now(UTC) - _DAY
        builder = (
            x509.CertificateBuilder(serial_number=x509.random_serial_number())
            .issuer_name(_name(self.subject))
            .subject_name(_name(subject))
            .not_valid_before(start)
            .not_valid_after(start + days * _DAY)
            .add_extension(
                x509.BasicConstraints(authority, path_length if authority else None), critical=True
            )
            .add_extension(_usage(authority, signs), critical=True)
        )
        return _signed_certificate(builder, key, self.key), *self.chain

    def revoke(self, certificates: Iterable[bytes], at: datetime, *, days: int = 7) -> bytes:
        """Return a revocation list of these certificates (DER), revoked and listed at a time."""
        builder = x509.CertificateRevocationListBuilder().issuer_name(_name(self.subject))
        builder = builder.last_update(at).next_update(at + days * _DAY)
        for one in certificates:
            number = x509.load_der_x509_certificate(one).serial_number
            entry = x509.RevokedCertificateBuilder().serial_number(number).revocation_date(at)
            builder = builder.add_revoked_certificate(entry.build())
        if not isinstance(self.key, int):
            return builder.sign(self.key, SHA256()).public_bytes(Encoding.DER)
        body = builder.sign(_stand_in(), SHA256()).tbs_certlist_bytes
        fields = [one.whole for one in read(body).children()]
        fields[1] = SIGNATURE_ALGORITHM
        return _signed(write(SEQUENCE, *fields), SIGNATURE_ALGORITHM, self.key)


def _signed_certificate(builder: x509.CertificateBuilder, key: Private, issuer: Private) -> bytes:
    """Return the certificate; ``cryptography`` makes all but SM2's keys and signatures, which are put in
    here."""
    own = _stand_in() if isinstance(key, int) else key
    above = _stand_in() if isinstance(issuer, int) else issuer
    made = builder.public_key(own.public_key()).sign(above, SHA256())
    fields = [one.whole for one in read(made.tbs_certificate_bytes).children()]
    if isinstance(issuer, int):
        fields[2] = SIGNATURE_ALGORITHM
    if isinstance(key, int):
        fields[6] = subject_key(sm2.public_key(key))
    return _signed(write(SEQUENCE, *fields), fields[2], issuer)


def _signed(body: bytes, algorithm: bytes, key: Private) -> bytes:
    if isinstance(key, int):
        value = der_signature(sm2.sign(key, body))
    elif isinstance(key, rsa.RSAPrivateKey):
        value = key.sign(body, padding.PKCS1v15(), SHA256())
    else:
        value = key.sign(body, ec.ECDSA(SHA256()))
    return write(SEQUENCE, body, algorithm, write(BIT_STRING, b"\0", value))


def _stand_in() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def _name(subject: Subject) -> x509.Name:
    return x509.Name([x509.NameAttribute(NAMES[name], value) for name, value in subject.items()])


def _usage(authority: bool, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=signs and not authority,
        content_commitment=signs and not authority,
        key_encipherment=not signs,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )
