"""SM2: signatures of GB/T 32918.2 over the curve of GB/T 32918.5 with SM3, in Python integers.

``cryptography`` has SM3 and no SM2. A report is signed once and verified once, so that this is the plain
double-and-add, a few milliseconds; it does not run in constant time. Files hold keys as RFC 5915 and RFC 5958
say.
"""

from __future__ import annotations

import base64
import binascii
import re
import secrets
from collections.abc import Iterator

from cryptography.hazmat.primitives import hashes

P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
A = P - 3
B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123

Point = tuple[int, int]
Jacobian = tuple[int, int, int]

G: Point = (
    0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
    0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0,
)
IDENTITY = b"1234567812345678"
"""Of a signer, where nothing else was agreed (GM/T 0009 §10)."""
_CURVE = bytes.fromhex("06082a811ccf5501822d")
_LABEL = re.compile(rb"-----BEGIN ((?:EC |SM2 )?PRIVATE KEY)-----(.*?)-----END \1-----", re.DOTALL)


def sign(private: int, data: bytes, *, nonce: int = 0) -> bytes:
    """Return r and s, 32 bytes each (GB/T 32918.2 §6.1).

    Args:
        nonce: of the standard's example; 0: a random one.
    """
    e = _digest(data, public_key(private))
    while True:
        k = nonce or secrets.randbelow(N - 1) + 1
        r = (e + _affine(_times(G, k))[0]) % N
        s = pow(1 + private, -1, N) * (k - r * private) % N
        if r and s and r + k != N:
            return r.to_bytes(32) + s.to_bytes(32)


def verify(public: Point, data: bytes, signature: bytes) -> bool:
    """Tell whether a signature (r and s) is that of ``public`` over ``data`` (GB/T 32918.2 §7.1)."""
    r, s = int.from_bytes(signature[:32]), int.from_bytes(signature[32:])
    t = (r + s) % N
    if len(signature) != 64 or not (0 < r < N and 0 < s < N and t) or not on_curve(public):
        return False
    total = _add(_times(G, s), _times(public, t))
    return bool(total[2]) and (_digest(data, public) + _affine(total)[0]) % N == r


def public_key(private: int) -> Point:
    """Return the public key of a private key ``1 <= private < N - 1``."""
    return _affine(_times(G, private))


def on_curve(point: Point) -> bool:
    """Tell whether the coordinates are those of a point."""
    x, y = point
    return 0 <= x < P and 0 <= y < P and (y * y - (x * x + A) * x - B) % P == 0


def _sm3(data: bytes) -> bytes:
    digest = hashes.Hash(hashes.SM3())
    digest.update(data)
    return digest.finalize()


def _digest(data: bytes, public: Point) -> int:
    """Return e, the hash of data and of who signs (GB/T 32918.2 §5.5)."""
    numbers = b"".join(one.to_bytes(32) for one in (A, B, *G, *public))
    who = _sm3((8 * len(IDENTITY)).to_bytes(2) + IDENTITY + numbers)
    return int.from_bytes(_sm3(who + data))


def _double(point: Jacobian) -> Jacobian:
    x, y, z = point
    zz, yy = z * z % P, y * y % P
    slope, xyy = 3 * (x - zz) * (x + zz) % P, 4 * x * yy % P
    twice = (slope * slope - 2 * xyy) % P
    return twice, (slope * (xyy - twice) - 8 * yy * yy) % P, 2 * y * z % P


def _add(one: Jacobian, other: Jacobian) -> Jacobian:
    if not one[2] or not other[2]:
        return one if one[2] else other
    (x1, y1, z1), (x2, y2, z2) = one, other
    u1, u2 = x1 * z2 * z2 % P, x2 * z1 * z1 % P
    s1, s2 = y1 * z2**3 % P, y2 * z1**3 % P
    h, r = (u2 - u1) % P, (s2 - s1) % P
    if not h:
        return _double(one) if not r else (1, 1, 0)
    hh = h * h % P
    hhh, v = h * hh % P, u1 * hh % P
    x = (r * r - hhh - 2 * v) % P
    return x, (r * (v - x) - s1 * hhh) % P, h * z1 * z2 % P


def _times(point: Point, scalar: int) -> Jacobian:
    total: Jacobian = (1, 1, 0)
    for bit in f"{scalar:b}":
        total = _double(total)
        if bit == "1":
            total = _add(total, (*point, 1))
    return total


def _affine(point: Jacobian) -> Point:
    x, y, z = point
    inverse = pow(z, -1, P)
    return x * inverse**2 % P, y * inverse**3 % P


def read_private(pem: bytes) -> int | None:
    """Return the SM2 key of a PEM file; None: it is a key of another kind.

    Raises:
        ValueError: it says that it is SM2 and is not.
    """
    found = _LABEL.search(pem)
    try:
        data = base64.b64decode(found[2]) if found else b""
    except binascii.Error:
        return None
    # RFC 5915: version 1, then the number, wherever that is; the curve is named before or behind it.
    at = data.find(bytes.fromhex("0201010420"))
    if at < 0 or _CURVE not in data:
        return None
    private = int.from_bytes(data[at + 5 : at + 37])
    if len(data) < at + 37 or not 0 < private < N - 1:
        raise ValueError("no private key of SM2")
    return private


def read_certified(certificate: bytes) -> Point | None:
    """Return the SM2 key of a certificate in DER (RFC 5280 §4.1.2.7); None: its key is of another kind.

    Raises:
        ValueError: it is no certificate, or its key is no point of the curve.
    """
    whole = next(_elements(certificate))
    parts = [one for one in _elements(next(_elements(whole[1]))[1]) if one[0] != 0xA0]
    key = parts[5][1] if len(parts) > 5 else b""
    if _CURVE not in key:
        return None
    bits = list(_elements(key))[1][1]
    point = int.from_bytes(bits[2:34]), int.from_bytes(bits[34:])
    if len(bits) != 66 or bits[:2] != b"\0\4" or not on_curve(point):
        raise ValueError("the key is no point of the curve")
    return point


def _elements(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield tags and contents of what DER has side by side (X.690 §8.1). Raises ``ValueError``."""
    at = 0
    while at < len(data):
        if len(data) < at + 2:
            raise ValueError("no DER")
        tag, length, start = data[at], data[at + 1], at + 2
        if length & 0x80:
            start += length & 0x7F
            length = int.from_bytes(data[at + 2 : start])
        if len(data) < start + length:
            raise ValueError("no DER")
        yield tag, data[start : start + length]
        at = start + length
