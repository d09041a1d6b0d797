"""The demo's certificate for loopback, by an authority that forgets its own key once it has issued it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_AUTHORITY, _SERVER = "qiao demonstration TLS authority", "localhost"


def loopback_certificate(folder: Path) -> tuple[Path, Path, Path]:
    """Return the files of authority, certificate and key; make them where there are none.

    Args:
        folder: where ``tls.pem``, ``tls.crt.pem`` and ``tls.key.pem`` lie.
    """
    authority, certificate, key = (folder / f"tls{part}.pem" for part in ("", ".crt", ".key"))
    if not authority.exists():
        above, own = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
        key.touch(mode=0o600)
        key.write_bytes(own.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        certificate.write_bytes(_server(above, own.public_key()))
        authority.write_bytes(_root(above))
    return authority, certificate, key


def _root(key: ec.EllipticCurvePrivateKey) -> bytes:
    made = _begun(_AUTHORITY, key.public_key())
    made = made.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    made = made.add_extension(_usage(signs_certificates=True), critical=True)
    own = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    return made.add_extension(own, critical=False).sign(key, SHA256()).public_bytes(Encoding.PEM)


def _server(above: ec.EllipticCurvePrivateKey, key: ec.EllipticCurvePublicKey) -> bytes:
    names = [
        x509.DNSName("localhost"),
        x509.IPAddress(IPv4Address("127.0.0.1")),
        x509.IPAddress(IPv6Address("::1")),
    ]
    made = _begun(_SERVER, key).add_extension(x509.SubjectAlternativeName(names), critical=False)
    made = made.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    made = made.add_extension(_usage(signs_certificates=False), critical=True)
    made = made.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(above.public_key())
    return made.add_extension(issuer, critical=False).sign(above, SHA256()).public_bytes(Encoding.PEM)


def _begun(subject: str, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    named = (x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]) for name in (subject, _AUTHORITY))
    made = x509.CertificateBuilder().subject_name(next(named)).issuer_name(next(named)).public_key(key)
    made = made.serial_number(x509.random_serial_number())
    return made.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=365))


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )
