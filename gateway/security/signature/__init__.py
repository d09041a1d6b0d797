"""Signatures of physicians and pharmacists under FHIR documents: detached JWS over canonical JSON.

R4 signatures.html, RFC 7515 appendix F, GB/T 32918 (SM2). What is signed and what is checked stands in
docs/signatures.md.
"""

from gateway.security.signature.bundle import sign_bundle, verify_bundle
from gateway.security.signature.content import LEFT_OUT, canonical, signed_content
from gateway.security.signature.opening import open_signatures
from gateway.security.signature.provider import Key, Provider
from gateway.security.signature.signatures import AUTHOR, REVIEW, SOURCE, Signatures

__all__ = [
    "AUTHOR",
    "LEFT_OUT",
    "REVIEW",
    "SOURCE",
    "Key",
    "Provider",
    "Signatures",
    "canonical",
    "open_signatures",
    "sign_bundle",
    "signed_content",
    "verify_bundle",
]
