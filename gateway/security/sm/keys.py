"""Keys: SM2 keys as certificates and files hold them (RFC 5280 §4.1.2.7, RFC 5915, RFC 5958; GB/T 35275)."""

from __future__ import annotations

import base64
import binascii
import re

from gateway.errors import Misconfigured, Rejected
from gateway.security.sm.curve import N, Point, on_curve
from gateway.security.sm.der import BIT_STRING, OCTET_STRING, OID, SEQUENCE, Element, integer, read, write
from gateway.security.sm.sm2 import public_key_of

_EC_KEY = bytes.fromhex("2a8648ce3d0201")
_SM2_CURVE = bytes.fromhex("2a811ccf5501822d")
SM2_WITH_SM3 = "1.2.156.10197.1.501"
"""OID of the signature algorithm."""
SIGNATURE_ALGORITHM = write(SEQUENCE, write(OID, bytes.fromhex("2a811ccf55018375")))
"""AlgorithmIdentifier of SM2 with SM3, without parameters (GM/T 0015)."""
_KEY_ALGORITHM = write(SEQUENCE, write(OID, _EC_KEY), write(OID, _SM2_CURVE))
_LABEL = re.compile(rb"-----BEGIN ((?:EC |SM2 )?PRIVATE KEY)-----(.*?)-----END \1-----", re.DOTALL)


def subject_key(public: Point) -> bytes:
    """Return the SubjectPublicKeyInfo of a key."""
    return write(SEQUENCE, _KEY_ALGORITHM, write(BIT_STRING, subject_key_bits(public)))


def read_subject_key(info: bytes) -> Point | None:
    """Return the SM2 key of a SubjectPublicKeyInfo; None: it is a key of another kind.

    Raises:
        Rejected: it says that it is SM2 and is no point of the curve.
    """
    parts = read(info).children()
    if len(parts) != 2 or not _is_sm2(parts[0]):
        return None
    bits = parts[1].content
    point = int.from_bytes(bits[2:34]), int.from_bytes(bits[34:])
    if len(bits) != 66 or bits[:2] != b"\0\4" or not on_curve(point):
        raise Rejected("the certificate's key is no point of the curve", code="signature-certificate")
    return point


def private_pem(private: int) -> bytes:
    """Return the PEM of a private key, unencrypted PKCS #8 as OpenSSL writes it."""
    public = subject_key_bits(public_key_of(private))
    key = write(
        SEQUENCE,
        integer(1),
        write(OCTET_STRING, private.to_bytes(32)),
        write(0xA1, write(BIT_STRING, public)),
    )
    info = write(SEQUENCE, integer(0), _KEY_ALGORITHM, write(OCTET_STRING, key))
    return b"-----BEGIN PRIVATE KEY-----\n" + base64.encodebytes(info) + b"-----END PRIVATE KEY-----\n"


def subject_key_bits(public: Point) -> bytes:
    """Return the content of the BIT STRING of a public key."""
    x, y = public
    return b"\0\4" + x.to_bytes(32) + y.to_bytes(32)


def read_private_pem(text: bytes) -> int | None:
    """Return the SM2 key of a PEM file; None: it is a key of another kind, or encrypted.

    Raises:
        Misconfigured: it says that it is SM2 and is not.
    """
    found = _LABEL.search(text)
    if not found:
        return None
    try:
        data = read(base64.b64decode(found[2], validate=False))
        return _ec_private(data) if found[1] != b"PRIVATE KEY" else _private_info(data)
    except (Rejected, binascii.Error, IndexError):
        raise Misconfigured("is no private key") from None


def _private_info(info: Element) -> int | None:
    parts = info.children()
    return _checked(read(parts[2].content).children()[1].number()) if _is_sm2(parts[1]) else None


def _ec_private(key: Element) -> int | None:
    """Return the key of RFC 5915, where the curve stands in the key itself."""
    parts = key.children()
    named = any(one.tag == 0xA0 and one.content == write(OID, _SM2_CURVE) for one in parts)
    return _checked(parts[1].number()) if named else None


def _checked(private: int) -> int:
    if not 0 < private < N - 1:
        raise Misconfigured("is no private key")
    return private


def _is_sm2(algorithm: Element) -> bool:
    parts = algorithm.children()
    return len(parts) == 2 and parts[1].tag == OID and parts[1].content == _SM2_CURVE
