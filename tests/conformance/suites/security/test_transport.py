"""Transport: a key is strong by its kind, not by its number of bits alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID

from conformance.suites.security.transport import _STRONG, _hash, _key


def _rsa(bits: int) -> rsa.RSAPublicKey:
    """Return a key of so many bits; nobody has its private half."""
    return rsa.RSAPublicNumbers(65537, (1 << (bits - 1)) + 1).public_key()


def _certificate(key: Any) -> x509.Certificate:
    issuer = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "gateway.example")])
    now = datetime.now(UTC)
    return x509.CertificateBuilder(name, name, key, 1, now, now + timedelta(days=1)).sign(issuer, SHA256())


@pytest.mark.parametrize(
    ("key", "strong"),
    [
        (_rsa(512), False),
        (_rsa(1024), False),
        (_rsa(2048), True),
        (ec.generate_private_key(ec.SECP192R1()).public_key(), False),
        (ec.generate_private_key(ec.SECP256R1()).public_key(), True),
        (ec.generate_private_key(ec.SECP521R1()).public_key(), True),
        (ed25519.Ed25519PrivateKey.generate().public_key(), True),
    ],
)
def test_a_key_is_strong_by_its_kind(key: Any, strong: bool) -> None:
    kind, bits = _key(_certificate(key))
    assert (bits >= _STRONG[kind]) is strong


_SM2 = """\
-----BEGIN CERTIFICATE-----
MIIBijCCAS+gAwIBAgIUD4C7pxIdGsYc94jW/7KrpkymRG4wCgYIKoEcz1UBg3Uw
GjEYMBYGA1UEAwwPZ2F0ZXdheS5leGFtcGxlMB4XDTI2MTEyMzAxMTcwMFoXDTI2
MTEyNDAxMTcwMFowGjEYMBYGA1UEAwwPZ2F0ZXdheS5leGFtcGxlMFkwEwYHKoZI
zj0CAQYIKoEcz1UBgi0DQgAEroByoH0T6TIBeiWaXLsqQ115DIMgmKtnRejnq0XI
woSpPa0pDInhw8NrqKUs+cHLimusOuN3BnWcX+RUS3c8sKNTMFEwHQYDVR0OBBYE
FKtGWISmqiM24pDAfcWDb56DgnSEMB8GA1UdIwQYMBaAFKtGWISmqiM24pDAfcWD
b56DgnSEMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoEcz1UBg3UDSQAwRgIhAKtTuoxt
wZfzB1QDYCvDbTd3pKr6E8RrMJZR18UXf6nUAiEA75AFCXsbh00NX8QWKEAhrZCu
OJa5cVbmyDTen2borqE=
-----END CERTIFICATE-----
"""
"""Of SM2, signed with SM3; valid for a day, its key thrown away."""


def test_sm2_is_known_though_no_library_here_reads_it() -> None:
    found = x509.load_pem_x509_certificate(_SM2.encode())
    kind, bits = _key(found)
    assert (kind, bits >= _STRONG[kind], _hash(found)) == ("SM2", True, "")
