"""Bundle: the signature of a Bundle as a whole, by whoever sends it (``Bundle.signature``, R4 bundle.html).

It covers everything that is sent, serials and status too, but ``Bundle.id``, ``Bundle.meta`` and the
signature itself.
"""

from __future__ import annotations

from datetime import UTC, datetime

from gateway.canonical import json
from gateway.canonical.resource import Resource
from gateway.canonical.signed import Verified
from gateway.errors import Rejected
from gateway.security.signature import jws, moments
from gateway.security.signature.signatures import SOURCE, Signatures, check_names

_LEFT_OUT = ("id", "meta", "signature")


def sign_bundle(signatures: Signatures, bundle: Resource, key: str, who: Resource, at_us: int) -> Resource:
    """Return a Bundle with its signature.

    Args:
        bundle: with its ``identifier``, which the signature names.
        who: Reference to the Organization that sends it.
        at_us: time of signing, microseconds since 1970, kept to the second.

    Raises:
        Rejected: it has no identifier, or is no JSON.
        Misconfigured: there is no such key.
        Retry: the signature server does not answer.
    """
    data = signatures.seal(_payload(bundle), key, [_name(bundle)], at_us=at_us)
    signature = {
        "type": [{"system": "urn:iso-astm:E1762-95:2013", "code": SOURCE}],
        "when": datetime.fromtimestamp(at_us // 1_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "who": who,
        "targetFormat": "application/fhir+json",
        "sigFormat": "application/jose",
        "data": data,
    }
    return {**bundle, "signature": signature}


def verify_bundle(
    signatures: Signatures,
    bundle: Resource,
    *,
    organization: Resource | None = None,
    at_us: int | None = None,
) -> Verified:
    """Return what the signature of a Bundle proves.

    Args:
        organization: whom the certificate must name; None: whoever asks looks itself.
        at_us: when it arrived, microseconds since 1970; None: now.

    Raises:
        Rejected: it proves nothing; ``code`` says why (docs/signatures.md).
        Retry: a signature server verifies, and does not answer.
    """
    signature = bundle.get("signature")
    if not isinstance(signature, dict) or signature.get("sigFormat") != "application/jose":
        raise Rejected("the format of the signature is not application/jose", code="signature-form")
    found = jws.read(signature.get("data"))
    if found.header.targets != (_name(bundle),) or found.header.purpose != SOURCE:
        raise Rejected("the signature is of other documents", code="signature-target")
    if moments.seconds(signature.get("when")) != found.header.signed:
        raise Rejected("the time of the signature is not the one that was signed", code="signature-time")
    who = signature.get("who")
    reference = str(who.get("reference", "")) if isinstance(who, dict) else ""
    verified = signatures.unseal(_payload(bundle), found, who=reference, at_us=at_us)
    check_names(verified, None, organization)
    return verified


def _payload(bundle: Resource) -> bytes:
    try:
        return json.ordered({name: value for name, value in bundle.items() if name not in _LEFT_OUT})
    except TypeError:
        raise Rejected(
            "a document cannot be written as the JSON that is signed", code="signature-form"
        ) from None


def _name(bundle: Resource) -> str:
    identifier = bundle.get("identifier")
    if not isinstance(identifier, dict) or not isinstance(identifier.get("value"), str):
        raise Rejected("a signed Bundle needs its identifier", code="signature-form")
    return f"{identifier.get('system', '')}|{identifier['value']}"
