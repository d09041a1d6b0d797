"""Owns electronic signatures, written from docs/signatures.md alone: detached JWS, ES256."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from conformance.simulators.exact import Resource, dumps, loads

AUTHOR, REVIEW, SOURCE = (f"1.2.840.10065.1.12.1.{number}" for number in (1, 5, 14))
"""Purposes: who wrote it, who reviewed it, who sends it."""

_CANONICALIZATION = "urn:qiao:canonicalization:1"
_EVERYWHERE = ("meta", "text")
_LEFT_OUT = {
    "RequestGroup": ("groupIdentifier", "status"),
    "MedicationRequest": ("groupIdentifier", "status", "statusReason", "detectedIssue", "eventHistory"),
    "ServiceRequest": ("requisition", "status", "relevantHistory"),
    "Composition": ("status",),
    "Consent": ("status",),
    "MedicationDispense": ("status", "detectedIssue", "eventHistory"),
    "Task": ("groupIdentifier", "lastModified", "relevantHistory"),
}


@dataclass(slots=True, frozen=True)
class Key:
    """A signer's key with its certificate and those above it, as DER."""

    private: ec.EllipticCurvePrivateKey
    chain: tuple[bytes, ...]


@dataclass(slots=True, frozen=True)
class Found:
    """What a signature says of itself, and whether its value is good.

    Attributes:
        good: None where the algorithm cannot be checked here (SM2).
        subject: of the first certificate.
        issuer: likewise.
    """

    good: bool | None
    algorithm: str
    purpose: str
    targets: tuple[str, ...]
    at: str
    subject: str
    issuer: str
    chain: tuple[bytes, ...]


def read_key(folder: Path, name: str) -> Key:
    """Return a key from ``NAME.key.pem`` and ``NAME.crt.pem``. Raises ``ValueError``: it is not of P-256."""
    private = serialization.load_pem_private_key((folder / f"{name}.key.pem").read_bytes(), None)
    if not isinstance(private, ec.EllipticCurvePrivateKey):
        raise ValueError(f"{name}: not a key for ES256")
    found = x509.load_pem_x509_certificates((folder / f"{name}.crt.pem").read_bytes())
    return Key(private, tuple(one.public_bytes(serialization.Encoding.DER) for one in found))


def canonical(documents: Sequence[Resource]) -> bytes:
    """Return what a signature over documents covers."""
    return dumps([_covered(one) for one in sorted(documents, key=place)], ordered=True).encode()


def place(document: Resource) -> str:
    """Return ``"Type/id"``."""
    return f"{document['resourceType']}/{document['id']}"


def sign(documents: Sequence[Resource], key: Key, who: str, purpose: str) -> Resource:
    """Return the Provenance with a signature over documents.

    Args:
        who: reference to the signer.
        purpose: :data:`AUTHOR` or :data:`REVIEW`.
    """
    targets = [_version(one) for one in sorted(documents, key=place)]
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    role = "author" if purpose == AUTHOR else "verifier"
    roles = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"
    return {
        "resourceType": "Provenance",
        "target": [{"reference": one} for one in targets],
        "recorded": now,
        "agent": [{"type": {"coding": [{"system": roles, "code": role}]}, "who": {"reference": who}}],
        "signature": [
            {
                "type": [{"system": "urn:iso-astm:E1762-95:2013", "code": purpose}],
                "when": now,
                "who": {"reference": who},
                "targetFormat": "application/fhir+json",
                "sigFormat": "application/jose",
                "data": seal(canonical(documents), key, targets, purpose, now),
            }
        ],
    }


def seal(payload: bytes, key: Key, targets: Sequence[str], purpose: str, now: str) -> str:
    """Return the base64 of a detached JWS over whatever bytes."""
    header = {
        "alg": "ES256",
        "crit": ["sigT", "urn:qiao:signed"],
        "sigT": now,
        "urn:qiao:signed": {
            "canonicalization": _CANONICALIZATION,
            "purpose": purpose,
            "targets": list(targets),
        },
        "x5c": [base64.b64encode(one).decode() for one in key.chain],
    }
    head = _base64url(dumps(header).encode())
    r, s = decode_dss_signature(
        key.private.sign(head + b"." + _base64url(payload), ec.ECDSA(hashes.SHA256()))
    )
    value = r.to_bytes(32, "big") + s.to_bytes(32, "big")
    return base64.b64encode(head + b".." + _base64url(value)).decode()


def check(data: str, payload: bytes) -> Found:
    """Return what a signature says and whether it is over these bytes.

    Raises:
        ValueError: it is no detached JWS of this kind.
    """
    try:
        head, middle, value = base64.b64decode(data).split(b".")
        header = loads(_plain(head))
        signed, chain = header["urn:qiao:signed"], tuple(base64.b64decode(one) for one in header["x5c"])
        certificate = x509.load_der_x509_certificate(chain[0])
        targets, purpose = tuple(map(str, signed["targets"])), str(signed["purpose"])
    except (KeyError, TypeError, IndexError) as error:
        raise ValueError("no detached JWS") from error
    if middle or signed.get("canonicalization") != _CANONICALIZATION:
        raise ValueError("no detached JWS of this kind")
    good = _good(str(header.get("alg")), certificate, _plain(value), head + b"." + _base64url(payload))
    return Found(
        good, str(header.get("alg")), purpose, targets, str(header.get("sigT")),
        certificate.subject.rfc4514_string(), certificate.issuer.rfc4514_string(), chain,
    )  # fmt: skip


def trusted(chain: Sequence[bytes], authorities: Sequence[x509.Certificate]) -> bool | None:
    """Tell whether a chain leads up to one of some authorities; None where that cannot be checked here."""
    found = [x509.load_der_x509_certificate(one) for one in chain]
    for below, above in zip(found, [*found[1:], None], strict=True):
        for one in (*authorities, *([above] if above else [])):
            if one.subject != below.issuer:
                continue
            try:
                below.verify_directly_issued_by(one)
            except InvalidSignature:
                return False
            except (TypeError, ValueError, UnsupportedAlgorithm):  # SM2
                return None
            if one in authorities:
                return True
            break
        else:
            return False
    return False


def _good(algorithm: str, certificate: x509.Certificate, value: bytes, data: bytes) -> bool | None:
    try:
        public: Any = certificate.public_key()
    except (ValueError, UnsupportedAlgorithm):  # a curve that OpenSSL knows and cryptography does not
        return None
    try:
        if algorithm == "ES256" and isinstance(public, ec.EllipticCurvePublicKey) and len(value) == 64:
            der = encode_dss_signature(int.from_bytes(value[:32], "big"), int.from_bytes(value[32:], "big"))
            public.verify(der, data, ec.ECDSA(hashes.SHA256()))
        elif algorithm == "RS256" and isinstance(public, rsa.RSAPublicKey):
            public.verify(value, data, padding.PKCS1v15(), hashes.SHA256())
        else:
            return None if algorithm in ("SM2", "PS256") else False
    except InvalidSignature:
        return False
    return True


def _covered(document: Resource) -> Resource:
    names = (*_EVERYWHERE, *_LEFT_OUT.get(document["resourceType"], ()))
    left_out = {*names, *(f"_{name}" for name in names)}
    return {name: value for name, value in document.items() if name not in left_out}


def _version(document: Resource) -> str:
    return f"{place(document)}/_history/{document.get('meta', {}).get('versionId', '1')}"


def _base64url(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def _plain(text: bytes) -> bytes:
    return base64.urlsafe_b64decode(text + b"=" * (-len(text) % 4))
