"""Signatures: ``[signatures]``, whom the gateway trusts to sign, and where the keys are
(docs/signatures.md)."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True, frozen=True)
class SignatureSettings:
    """``[signatures]``: electronic signatures under documents.

    Attributes:
        trust: PEM files with the certificates of authorities; none: no signature is good.
        crl: files with their revocation lists; read again when they change.
        person: attributes of a certificate's subject that name the practitioner, each whole and parted at
            ``@``: ``serialNumber``, ``UID``, ``CN``, ``OU``.
        organization: attributes that name the hospital.
        tolerance: seconds that a signer's clock may be ahead.
        max_age: seconds from signing to arrival at most; 0 for any.
        keys: folder with keys of the gateway's own (``NAME.key.pem``, ``NAME.crt.pem``), ``""`` for none.
        server: URL of a signature server in front of an HSM, ``""`` for none; it comes before ``keys``.
        server_token: its token; better given as ``QIAO_SIGNATURES__SERVER_TOKEN``.
        server_ca: PEM file with the authorities of its certificate, ``""``: the system's.
        server_verifies: let it verify too, where the law asks for a certified product.
    """

    trust: tuple[str, ...] = ()
    crl: tuple[str, ...] = ()
    person: tuple[str, ...] = ("serialNumber", "UID")
    organization: tuple[str, ...] = ("organizationIdentifier", "O")
    tolerance: int = 300
    max_age: int = 86400
    keys: str = ""
    server: str = ""
    server_token: str = field(default="", repr=False)
    server_ca: str = ""
    server_verifies: bool = False
