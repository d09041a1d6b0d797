"""Keys in files: which ones are read, and what a value must be to be one."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from gateway.errors import Misconfigured, Rejected
from gateway.security.signature.issuing import Authority, make_key
from gateway.security.signature.software import read_private, verify_value


def written(folder: Path, text: bytes) -> Path:
    file = folder / "x.key.pem"
    file.touch(0o600)
    file.write_bytes(text)
    return file


def test_ps256_is_verified_and_is_not_rs256() -> None:
    key = rsa.generate_private_key(65537, 2048)
    certificate = Authority.root(key, {"CN": "x"}).chain[0]
    value = key.sign(b"data", padding.PSS(padding.MGF1(SHA256()), 32), SHA256())
    assert verify_value("PS256", certificate, b"data", value)
    assert not verify_value("PS256", certificate, b"Data", value)
    assert not verify_value("RS256", certificate, b"data", value)


@pytest.mark.parametrize("value", [b"", b"x" * 63, bytes(64), b"\xff" * 64, b"x" * 200])
@pytest.mark.parametrize("algorithm", ["SM2", "ES256", "RS256"])
def test_what_is_no_value_is_not_good(algorithm: str, value: bytes) -> None:
    key = make_key(algorithm)  # type: ignore[arg-type]
    certificate = Authority.root(key, {"CN": "x"}).chain[0]
    assert not verify_value(algorithm, certificate, b"data", value)  # type: ignore[arg-type]


def test_es256_means_p256() -> None:
    key = ec.generate_private_key(ec.SECP384R1())
    certificate = Authority.root(key, {"CN": "x"}).chain[0]
    with pytest.raises(Rejected, match="not of the signature's algorithm"):
        verify_value("ES256", certificate, b"data", bytes(64))


def test_files_that_hold_no_usable_key_say_so(tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    sealed = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret"))
    other = ed25519.Ed25519PrivateKey.generate()
    for text, said in (
        (sealed, "is encrypted"),
        (b"nothing", "is no private key"),
        (b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "is no private key"),
        (other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()), "is no key of"),
        (
            ec.generate_private_key(ec.SECP384R1()).private_bytes(
                Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
            ),
            "is no key of",
        ),
    ):
        with pytest.raises(Misconfigured, match=said):
            read_private(written(tmp_path, text))
    with pytest.raises(Misconfigured, match="cannot be read"):
        read_private(tmp_path / "nowhere.pem")
