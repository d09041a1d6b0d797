"""Trust: the authorities that the operator trusts, the way from a signer up to one of them, and what was
revoked.

RFC 5280 §6.1 without policies and name constraints: signatures, validity, basic constraints, key usage,
path length, revocation lists (§6.3).
"""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from threading import Lock

from cryptography import x509

from gateway.errors import Misconfigured, Rejected
from gateway.security.signature.certificate import Certificate, hash_of, is_signed_by, read_certificate
from gateway.security.signature.pem import blocks

_log = logging.getLogger("qiao.signature")

_LONGEST_PATH = 8
_LOOK_AGAIN_US = 60 * 1_000_000
"""How often the files are looked at: revocation lists are renewed daily, and nobody should have to
restart."""


@dataclass(frozen=True, eq=False)
class Revoked:
    """A revocation list, the name of who issues it (DER), and its file."""

    list: x509.CertificateRevocationList
    issuer: bytes
    place: str


class Trust:
    """Authorities and revocation lists, read from PEM or DER files and again when those change.

    Args:
        anchors: files with the certificates of authorities.
        lists: files with revocation lists.

    Raises:
        Misconfigured: a file cannot be read or holds something else.
    """

    def __init__(self, anchors: Sequence[Path], lists: Sequence[Path] = ()) -> None:
        self._files = anchors, lists
        self._lock = Lock()
        self._looked_us = 0
        self._marks = self._mark()
        self._read()

    def path(self, chain: Sequence[bytes], now: datetime, signed: datetime) -> tuple[Certificate, ...]:
        """Return the way from the signer's certificate, the first, up to an authority that is trusted, the
        last.

        Args:
            now: when it is asked: whatever was revoked until then does not count, since a thief would say
                an earlier time of signing.
            signed: when the signer says that it was signed: all must have been valid.

        Raises:
            Rejected: there is no such way, or one on it is not, no longer or not yet valid, or revoked.
        """
        self._look_again(int(now.timestamp() * 1_000_000))
        way = self._way(tuple(chain))
        for one in way:
            if not one.begins <= signed <= one.ends:
                raise Rejected(
                    "the signer's certificate, or one above it, was not valid at the time of signing",
                    code="signature-expired",
                )
        for one, issuer in pairwise(way):
            self._check_revoked(one, issuer, now)
        return way

    def outdated(self, now: datetime) -> list[str]:
        """Return the files whose revocation list should have been renewed by now."""
        return [
            one.place
            for one in self._lists
            if one.list.next_update_utc is not None and one.list.next_update_utc < now
        ]

    def _find(self, chain: tuple[bytes, ...]) -> tuple[Certificate, ...]:
        signer, *others = (read_certificate(one) for one in chain)
        if signer.authority or not signer.signs:
            raise Rejected("the certificate of the signature is not for signing", code="signature-usage")
        way = [signer]
        while way[-1].der not in self._anchors:
            above = self._above(way[-1], others, len(way) - 1)
            if above is None or len(way) == _LONGEST_PATH:
                raise Rejected(
                    "no authority that is trusted has issued the signer's certificate",
                    code="signature-untrusted",
                )
            way.append(above)
        return tuple(way)

    def _above(self, one: Certificate, others: Sequence[Certificate], below: int) -> Certificate | None:
        """Return who issued a certificate, an authority that is trusted before one that the signature
        brings."""
        for issuer in (*self._anchors.values(), *others):
            allowed = issuer.authority and (issuer.below is None or issuer.below >= below)
            if issuer.subject == one.issuer and allowed and _issued(one, issuer):
                return issuer
        return None

    def _check_revoked(self, one: Certificate, issuer: Certificate, now: datetime) -> None:
        for revoked in self._lists:
            if revoked.issuer != issuer.subject:
                continue
            if not self._listed(revoked, issuer):
                raise Rejected(
                    "the revocation list of an authority is not signed by it", code="signature-revocation"
                )
            entry = revoked.list.get_revoked_certificate_by_serial_number(one.parsed.serial_number)
            if entry is not None and entry.revocation_date_utc <= now:
                raise Rejected(
                    "the signer's certificate, or one above it, is revoked", code="signature-revoked"
                )

    def _look_again(self, now_us: int) -> None:
        with self._lock:
            if abs(now_us - self._looked_us) < _LOOK_AGAIN_US:
                return
            self._looked_us = now_us
            if (marks := self._mark()) == self._marks:
                return
            self._marks = marks
        try:
            self._read()
        except Misconfigured as error:  # half-written: what was read before stands
            _log.error("%s; the authorities and lists read before stand", error)

    def _mark(self) -> list[tuple[int, int]]:
        return [
            (found.st_mtime_ns, found.st_size) if (found := _stat(file)) else (0, 0)
            for files in self._files
            for file in files
        ]

    def _read(self) -> None:
        anchors, lists = self._files
        certificates = [one for file in anchors for one in _anchors(file)]
        self._lists = [_revoked(one, str(file)) for file in lists for one in blocks(file, "X509 CRL")]
        self._anchors = {one.der: one for one in certificates}
        # A cache of its own each time: what was found under other authorities is forgotten with them.
        self._way = lru_cache(maxsize=1024)(self._find)
        self._listed = lru_cache(maxsize=64)(_listed)


def _anchors(file: Path) -> list[Certificate]:
    try:
        found = [read_certificate(one) for one in blocks(file, "CERTIFICATE")]
    except Rejected as error:
        raise Misconfigured(error.reason, where=str(file)) from None
    if not all(one.authority for one in found):
        raise Misconfigured("has a certificate that is no authority's", where=str(file))
    return found


def _revoked(der: bytes, place: str) -> Revoked:
    try:
        found = x509.load_der_x509_crl(der)
        return Revoked(found, found.issuer.public_bytes(), place)
    except ValueError:
        raise Misconfigured("is no revocation list", where=place) from None


def _issued(one: Certificate, issuer: Certificate) -> bool:
    parsed = one.parsed
    algorithm = parsed.signature_algorithm_oid.dotted_string
    return is_signed_by(parsed.tbs_certificate_bytes, parsed.signature, algorithm, hash_of(parsed), issuer)


def _listed(revoked: Revoked, issuer: Certificate) -> bool:
    found = revoked.list
    algorithm = found.signature_algorithm_oid.dotted_string
    return is_signed_by(found.tbs_certlist_bytes, found.signature, algorithm, hash_of(found), issuer)


def _stat(file: Path) -> os.stat_result | None:
    try:
        return file.stat()
    except OSError:
        return None
