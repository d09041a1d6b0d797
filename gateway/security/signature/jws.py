"""JWS: the detached form of RFC 7515 appendix F, and the header that qiao signs along.

The header says who (``x5c``), when (``sigT``, ETSI TS 119 182-1 §5.2.1) and what: ``urn:qiao:signed`` names
the canonicalization, the purpose and the versions, so that none of them can be exchanged afterwards.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from gateway.errors import Rejected
from gateway.security.signature.content import CANONICALIZATION
from gateway.security.signature.provider import ALGORITHMS, Algorithm, Key

SIGNED = "urn:qiao:signed"
_CRITICAL = ["sigT", SIGNED]
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
_LONGEST = 65536
"""Bytes of a signature with its certificates; five of them are some 10,000."""
_CHAIN = 6
"""Certificates of a chain at most."""
_LARGEST = 8192
"""Bytes of one certificate; those that were read are kept for a while."""


@dataclass(slots=True, frozen=True)
class Header:
    """The protected header.

    Attributes:
        signed: seconds since 1970.
        targets: versions in canonical order.
    """

    algorithm: Algorithm
    chain: tuple[bytes, ...]
    signed: int
    purpose: str
    targets: tuple[str, ...]


@dataclass(slots=True, frozen=True)
class Jws:
    """A detached JWS as it was read.

    Attributes:
        protected: the header as it stood there, base64url.
        value: the signature value as JWA writes it.
    """

    header: Header
    protected: bytes
    value: bytes

    def input(self, payload: bytes) -> bytes:
        """Return the bytes that were signed (RFC 7515 §5.1 step 8)."""
        return signing_input(self.protected, payload)


def protected(key: Key, signed: int, purpose: str, targets: Sequence[str]) -> bytes:
    """Return the header of a signature that is about to be made, base64url."""
    header = {
        "alg": key.algorithm,
        "crit": _CRITICAL,
        "sigT": datetime.fromtimestamp(signed, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        SIGNED: {"canonicalization": CANONICALIZATION, "purpose": purpose, "targets": list(targets)},
        "x5c": [base64.b64encode(one).decode() for one in key.chain],
    }
    return _base64url(orjson.dumps(header))


def signing_input(protected: bytes, payload: bytes) -> bytes:
    """Return the bytes that are signed."""
    return protected + b"." + _base64url(payload)


def compact(protected: bytes, value: bytes) -> str:
    """Return what ``Signature.data`` holds: base64 of header, nothing, and value, parted by dots."""
    return base64.b64encode(protected + b".." + _base64url(value)).decode()


def read(data: object) -> Jws:
    """Return the JWS of a ``Signature.data``.

    Raises:
        Rejected: it is none, or names an algorithm or a header that is not understood.
    """
    if not isinstance(data, str) or len(data) > _LONGEST:
        raise _form("the signature is no detached JWS")
    try:
        parts = base64.b64decode("".join(data.split()), validate=True).split(b".")
        head, middle, value = parts
        header: Any = orjson.loads(_plain(head))
        plain = _plain(value)
    except (binascii.Error, ValueError):
        raise _form("the signature is no detached JWS") from None
    if middle or not isinstance(header, dict):
        raise _form("the signature is no detached JWS")
    return Jws(_header(header), head, plain)


def _header(header: dict[str, Any]) -> Header:
    if header.get("alg") not in ALGORITHMS:
        raise Rejected(
            f"the algorithm of the signature is none of {', '.join(ALGORITHMS)}", code="signature-algorithm"
        )
    signed = header.get(SIGNED)
    if not isinstance(signed, dict) or header.get("crit") != _CRITICAL or "b64" in header:
        raise _form("the signature's header does not say what was signed")
    targets, purpose = signed.get("targets"), signed.get("purpose")
    if signed.get("canonicalization") != CANONICALIZATION:
        raise _form(f"the canonicalization of the signature is not {CANONICALIZATION}")
    if not (isinstance(targets, list) and targets and all(isinstance(one, str) for one in targets)):
        raise _form("the signature's header does not say what was signed")
    if not isinstance(purpose, str):
        raise _form("the signature's header does not say what was signed")
    return Header(
        header["alg"], _chain(header.get("x5c")), _time(header.get("sigT")), purpose, tuple(targets)
    )


def _chain(given: object) -> tuple[bytes, ...]:
    if not isinstance(given, list) or not 0 < len(given) <= _CHAIN:
        raise _form(f"the signature's header has no chain of 1 to {_CHAIN} certificates")
    try:
        chain = tuple(base64.b64decode(one, validate=True) for one in given)
    except (binascii.Error, ValueError, TypeError):
        chain = ()
    if not chain or max(map(len, chain)) > _LARGEST:
        raise _form(f"the signature's header has no chain of 1 to {_CHAIN} certificates")
    return chain


def _time(text: object) -> int:
    if isinstance(text, str) and _TIME.fullmatch(text):
        try:
            return int(datetime.fromisoformat(text).timestamp())
        except ValueError:  # the 30th of February
            pass
    raise _form("the signature's header does not say when it was signed")


def _base64url(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def _plain(text: bytes) -> bytes:
    return base64.b64decode(text + b"=" * (-len(text) % 4), b"-_", validate=True)


def _form(reason: str) -> Rejected:
    return Rejected(reason, code="signature-form")
