"""Signatures not as they should be: of long ago, one bit turned, by a certificate that nobody knows."""

from __future__ import annotations

import base64
import copy
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from conformance.simulators.exact import Resource, loads
from conformance.simulators.jws import Key, canonical, seal


def turned(provenance: Resource) -> Resource:
    """Return a signature with one bit of its value turned."""
    made = copy.deepcopy(provenance)
    head, _, value = base64.b64decode(made["signature"][0]["data"]).rpartition(b".")
    raw = bytearray(base64.urlsafe_b64decode(value + b"=" * (-len(value) % 4)))
    raw[7] ^= 1
    whole = head + b"." + base64.urlsafe_b64encode(bytes(raw)).rstrip(b"=")
    made["signature"][0]["data"] = base64.b64encode(whole).decode()
    return made


def renewed(provenance: Resource, documents: Sequence[Resource], key: Key, at: datetime) -> Resource:
    """Return the same signature as if it had been made at another time."""
    made = copy.deepcopy(provenance)
    when = at.strftime("%Y-%m-%dT%H:%M:%SZ")
    one = made["signature"][0]
    header = base64.b64decode(one["data"]).partition(b".")[0]
    signed = loads(base64.urlsafe_b64decode(header + b"=" * (-len(header) % 4)))["urn:qiao:signed"]
    one["when"] = when
    one["data"] = seal(canonical(documents), key, list(signed["targets"]), signed["purpose"], when)
    return made | {"recorded": when}


def self_signed(like: Key) -> Key:
    """Return a key with a certificate that only it vouches for; it names whom the one of ``like`` names."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.load_der_x509_certificate(like.chain[0]).subject
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1)).sign(key, hashes.SHA256())
    )  # fmt: skip
    return Key(key, (made.public_bytes(serialization.Encoding.DER),))
