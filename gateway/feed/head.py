"""Head: what a ledger was at some size, told and signed outside: by the hospital, and by the regulator.

A signature over a head is a detached JWS (docs/signatures.md, "Bundles and other bytes") over the lines of
docs/ledger.md; its one target is :func:`named`, so that no signature of one head passes for that of another.
"""

from __future__ import annotations

from typing import Any

from gateway.canonical.signed import Verified
from gateway.errors import Rejected
from gateway.feed.bundle import ALGORITHMS, Seal
from gateway.security.signature import Signatures
from gateway.store.clock import instant
from gateway.store.ledger.proof import Countersigned, Head

Part = dict[str, Any]


def named(tenant: str, size: int) -> str:
    """Return the target of a signature over a head."""
    return f"urn:qiao:ledger:{tenant}|{size}"


def parts(head: Head, seal: Seal | None = None) -> list[Part]:
    """Return a head as parts of a Parameters resource, signed where there is a key.

    Raises:
        Misconfigured: there is no such key.
        Retry: the signature server does not answer.
    """
    said: list[Part] = [
        {"name": "tenant", "valueString": head.tenant},
        {"name": "algorithm", "valueCode": ALGORITHMS[head.algorithm]},
        {"name": "size", "valueUnsignedInt": head.size},
        {"name": "root", "valueString": head.root.hex()},
        {"name": "head", "valueString": head.head.hex()},
    ]
    if head.size:
        said.append({"name": "time", "valueInstant": instant(head.ts_us)})
    if seal is not None:
        data = seal.signatures.seal(head.encoded(), seal.key, [named(head.tenant, head.size)])
        said.append({"name": "signature", "valueBase64Binary": data})
    return said


def countersigned_parts(tenant: str, algorithm: str, one: Countersigned) -> list[Part]:
    """Return a countersigned head as parts of a Parameters resource."""
    return [
        {"name": "tenant", "valueString": tenant},
        {"name": "algorithm", "valueCode": ALGORITHMS[algorithm]},
        {"name": "size", "valueUnsignedInt": one.size},
        {"name": "root", "valueString": one.root.hex()},
        {"name": "head", "valueString": one.head.hex()},
        {"name": "signer", "valueString": one.signer},
        {"name": "kept", "valueInstant": instant(one.at_us)},
        {"name": "signature", "valueBase64Binary": one.signature.decode("ascii", "replace")},
    ]


def verified(signatures: Signatures, head: Head, signature: str, at_us: int | None = None) -> Verified:
    """Return what a signature over a head proves.

    Args:
        signature: base64 of a detached JWS.
        at_us: when it came, microseconds since 1970; None: now.

    Raises:
        Rejected: it proves nothing, or is of another head.
        Retry: a signature server verifies, and does not answer.
    """
    found = signatures.unseal(head.encoded(), signature, at_us=at_us)
    if found.targets != (named(head.tenant, head.size),):
        raise Rejected("the signature is of another head", code="signature-target")
    return found
