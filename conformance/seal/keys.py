"""Keys: who signs a report: P-256 (ES256, RFC 7518 §3.4) or SM2 (GB/T 32918), from a PEM file."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from conformance.seal import sm2
from conformance.seal.refused import SealRefused

_CURVES = {"ES256": "P-256", "SM2": "SM2"}


@dataclass(slots=True, frozen=True)
class PublicKey:
    """A point of P-256 or of the SM2 curve.

    Attributes:
        algorithm: ``ES256`` or ``SM2``.
    """

    algorithm: str
    point: tuple[int, int]

    @property
    def jwk(self) -> dict[str, str]:
        """The key as RFC 7517 writes it; ``crv`` of SM2 is ours, since no register has one."""
        x, y = (base64url(one.to_bytes(32)) for one in self.point)
        return {"crv": _CURVES[self.algorithm], "kty": "EC", "x": x, "y": y}

    @property
    def fingerprint(self) -> str:
        """The key's thumbprint (RFC 7638) in hexadecimal; it is printed on the report and compared by eye."""
        text = json.dumps(self.jwk, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def verify(self, data: bytes, value: bytes) -> bool:
        """Tell whether a signature (r and s, 32 bytes each) is this key's over ``data``."""
        if len(value) != 64:
            return False
        if self.algorithm == "SM2":
            return sm2.verify(self.point, data, value)
        try:
            key = ec.EllipticCurvePublicNumbers(*self.point, ec.SECP256R1()).public_key()
            der = encode_dss_signature(int.from_bytes(value[:32]), int.from_bytes(value[32:]))
            key.verify(der, data, ec.ECDSA(hashes.SHA256()))
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(slots=True, frozen=True)
class SigningKey:
    """A private key, with the certificates that stand in its file.

    Attributes:
        chain: DER, the key's own certificate first; empty without.
        made: whether it was made just now.
    """

    private: int
    public: PublicKey
    chain: tuple[bytes, ...] = ()
    made: bool = False

    @property
    def fingerprint(self) -> str:
        """Of the public key."""
        return self.public.fingerprint

    def sign(self, data: bytes) -> bytes:
        """Return r and s, 32 bytes each."""
        if self.public.algorithm == "SM2":
            return sm2.sign(self.private, data)
        key = ec.derive_private_key(self.private, ec.SECP256R1())
        r, s = decode_dss_signature(key.sign(data, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32) + s.to_bytes(32)


def default_place() -> Path:
    """Return where the user's own key is kept (XDG Base Directory)."""
    home = os.environ.get("XDG_CONFIG_HOME") or str(Path("~/.config").expanduser())
    return Path(home) / "qiao" / "conformance.key.pem"


def open_key(path: Path | None = None) -> SigningKey:
    """Return a key from a file; without one the user's own, which is made at first.

    Args:
        path: PEM: a private key (PKCS #8 or SEC 1, not encrypted), and its certificates where there are.

    Raises:
        SealRefused: it cannot be read or made, is no such key, or others may read the user's own.
    """
    try:
        if path is not None:
            return _read(path, path.read_bytes())
        own = default_place()
        made = _made(own)
        if os.name == "posix" and stat.S_IMODE(own.stat().st_mode) & 0o077:
            raise SealRefused(
                f"签名密钥 {own} 可被他人读取，请改为仅本人可读（chmod 600）",
                f"the key {own} may be read by others: make it yours alone (chmod 600)",
            )
        found = _read(own, own.read_bytes())
        return SigningKey(found.private, found.public, found.chain, made)
    except OSError as error:
        raise SealRefused(f"无法读取签名密钥：{error}", f"the key cannot be read: {error}") from error


def _made(path: Path) -> bool:
    """Make the user's own key where there is none; returns whether it was made."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    if path.exists():
        return False
    # Written whole beside its place and then linked: two that start at once must not read half a key.
    number, name = tempfile.mkstemp(prefix=".", dir=path.parent)
    beside = Path(name)
    with os.fdopen(number, "wb") as file:
        file.write(pem)
    try:
        path.hardlink_to(beside)
    except FileExistsError:
        return False
    finally:
        beside.unlink()
    return True


def _read(path: Path, pem: bytes) -> SigningKey:
    refused = SealRefused(
        f"{path} 不是可用的签名密钥（需未加密的 P-256 或 SM2 私钥）",
        f"{path} is no key to sign with: it takes a private key of P-256 or SM2, not encrypted",
    )
    try:
        chain = _certificates(pem)
        private = sm2.read_private(pem)
        if private is not None:
            public = PublicKey("SM2", sm2.public_key(private))
        else:
            key: Any = serialization.load_pem_private_key(pem, None)
            if not isinstance(key, ec.EllipticCurvePrivateKey) or key.curve.name != "secp256r1":
                raise refused
            numbers = key.private_numbers()
            private = numbers.private_value
            public = PublicKey("ES256", (numbers.public_numbers.x, numbers.public_numbers.y))
        if chain and certified(chain[0]) != public:
            raise SealRefused(
                f"{path} 中的证书不属于该私钥", f"{path}: the certificate is not that of the key"
            )
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise refused from error
    return SigningKey(private, public, chain)


def _certificates(pem: bytes) -> tuple[bytes, ...]:
    if b"BEGIN CERTIFICATE" not in pem:
        return ()
    found = x509.load_pem_x509_certificates(pem)
    return tuple(one.public_bytes(serialization.Encoding.DER) for one in found)


def certified(certificate: bytes) -> PublicKey:
    """Return the key of a certificate in DER. Raises ``ValueError``: it has none of these kinds."""
    point = sm2.read_certified(certificate)
    if point is not None:
        return PublicKey("SM2", point)
    key = x509.load_der_x509_certificate(certificate).public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name != "secp256r1":
        raise ValueError("the certificate's key is neither P-256 nor SM2")
    numbers = key.public_numbers()
    return PublicKey("ES256", (numbers.x, numbers.y))


def from_jwk(jwk: dict[str, Any]) -> PublicKey:
    """Return a key as RFC 7517 writes it. Raises ``ValueError``: it is none of these kinds."""
    algorithm = next((name for name, curve in _CURVES.items() if curve == jwk.get("crv")), "")
    x, y = (from_base64url(str(jwk.get(name))) for name in ("x", "y"))
    whole = algorithm and len(x) == len(y) == 32
    found = PublicKey(algorithm, (int.from_bytes(x), int.from_bytes(y))) if whole else None
    if found is None or found.jwk != jwk:
        raise ValueError("no key of P-256 or SM2")
    return found


def base64url(data: bytes) -> str:
    """Return base64url without padding (RFC 7515 §2)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def from_base64url(text: str) -> bytes:
    """Return what base64url says. Raises ``ValueError``: it is none, or not the one way to write it."""
    data = base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    if base64url(data) != text:
        raise ValueError("not the one way to write it")
    return data
