"""Signatures: sign business documents; verify what was signed, by whom, when, under which certificate."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from gateway.canonical.resource import Resource
from gateway.canonical.signed import Verified
from gateway.errors import Misconfigured, Rejected, Retry
from gateway.security.signature import jws, moments
from gateway.security.signature.certificate import Certificate, read_certificate
from gateway.security.signature.claim import Claim, read_claim
from gateway.security.signature.content import canonical, check_whole, in_order, place, version
from gateway.security.signature.provider import Provider
from gateway.security.signature.trust import Trust

AUTHOR = "1.2.840.10065.1.12.1.1"
"""Type of an author's signature (ASTM E1762-95): the physician's."""
REVIEW = "1.2.840.10065.1.12.1.5"
"""Type of a verification signature: the pharmacist's."""
SOURCE = "1.2.840.10065.1.12.1.14"
"""Type of a source signature: of whoever sends a Bundle."""


@dataclass(slots=True, frozen=True)
class Naming:
    """Attributes of a certificate's subject that name the person and the hospital."""

    person: tuple[str, ...] = ("serialNumber", "UID")
    organization: tuple[str, ...] = ("organizationIdentifier", "O")


class Signatures:
    """Signs and verifies; one for all threads.

    Args:
        trust: authorities and revocation lists.
        provider: keys to sign with, and whoever verifies values.
        naming: which attributes of a certificate name whom.
        limits: how far times may be apart.
        clock: microseconds since 1970.
    """

    def __init__(
        self,
        trust: Trust,
        provider: Provider,
        clock: Callable[[], int],
        naming: Naming | None = None,
        limits: moments.Limits | None = None,
    ) -> None:
        self.trust = trust
        self._provider = provider
        self._clock = clock
        self._naming = naming or Naming()
        self._limits = limits or moments.Limits()
        self._names = lru_cache(maxsize=1024)(self._read_names)

    def sign(
        self,
        documents: Sequence[Resource],
        key: str,
        *,
        who: str,
        purpose: str = AUTHOR,
        at_us: int | None = None,
    ) -> Resource:
        """Return a Provenance of the documents' versions (``meta.versionId``, else 1) with a key's signature.

        Args:
            key: name of the provider's key.
            who: reference of the signer, ``"Practitioner/w1"``.
            purpose: type of the signature, :data:`AUTHOR` or :data:`REVIEW`.
            at_us: time of signing, microseconds since 1970, kept to the second; None: now.

        Raises:
            Rejected: the documents cannot be signed, or not without others.
            Misconfigured: there is no such key.
            Retry: the signature server does not answer.
        """
        ordered = in_order(documents)
        check_whole(ordered)
        at = self._clock() if at_us is None else at_us
        targets = [version(one) for one in ordered]
        data = self.seal(canonical(ordered), key, targets, purpose=purpose, at_us=at)
        return _provenance(targets, who, purpose, at // 1_000_000, data)

    def seal(
        self,
        payload: bytes,
        key: str,
        targets: Sequence[str],
        *,
        purpose: str = SOURCE,
        at_us: int | None = None,
    ) -> str:
        """Return a detached JWS over any bytes, base64: of a Bundle, of a ledger's head.

        Args:
            targets: what they are, in words that whoever verifies knows; one at least.

        Raises:
            Misconfigured: there is no such key.
            Retry: the signature server does not answer.
        """
        seconds = (self._clock() if at_us is None else at_us) // 1_000_000
        protected = jws.protected(self._provider.key(key), seconds, purpose, targets)
        return jws.compact(protected, self._provider.sign(key, jws.signing_input(protected, payload)))

    def verify(
        self,
        provenance: Resource,
        documents: Sequence[Resource],
        *,
        practitioner: Resource | None = None,
        organization: Resource | None = None,
        at_us: int | None = None,
        waits: bool = True,
    ) -> Verified:
        """Return what the signature of a Provenance over ``documents`` proves.

        Args:
            documents: all that it covers, as they are now or were when they were signed; the whole
            prescription.
            practitioner: whom the certificate must name, by identifier. None: whoever asks looks at
                ``Verified.names_person`` itself.
            organization: the hospital that it must name, by identifier, name or alias; None likewise.
            at_us: when the documents arrived, microseconds since 1970: the age of the signature and
                revocations are judged at that time. None: now.
            waits: False: nobody else is asked; what a signature server has not said before is a ``Retry``.

        Raises:
            Rejected: it proves nothing; ``code`` says why (docs/signatures.md).
            Retry: a signature server verifies, and does not answer, or has not been asked.
        """
        claim = read_claim(provenance)
        _check_targets(claim, documents)
        moments.check_written(claim.jws.header.signed, documents, self._limits)
        verified = self.unseal(canonical(documents), claim.jws, who=claim.who, at_us=at_us, waits=waits)
        check_names(verified, practitioner, organization)
        return verified

    def unseal(
        self,
        payload: bytes,
        found: jws.Jws | str,
        *,
        who: str = "",
        at_us: int | None = None,
        waits: bool = True,
    ) -> Verified:
        """Return what a detached JWS over any bytes proves; whose it is and what of, the caller looks at.

        Args:
            found: as it was read, or its base64.
            waits: see :meth:`verify`.

        Raises:
            Rejected: it proves nothing.
            Retry: a signature server verifies, and does not answer, or has not been asked.
        """
        sealed = jws.read(found) if isinstance(found, str) else found
        header = sealed.header
        now = datetime.fromtimestamp((self._clock() if at_us is None else at_us) / 1_000_000, UTC)
        signed = datetime.fromtimestamp(header.signed, UTC)
        self._limits.check(signed, now)
        signer = self.trust.path(header.chain, now, signed)[0]
        ask = self._provider.verify if waits else self._provider.known
        good = ask(header.algorithm, signer.der, sealed.input(payload), sealed.value)
        if good is None:
            raise Retry("the signature server has not been asked yet")
        if not good:
            raise Rejected("the documents are not what was signed", code="signature-value")
        return self._verified(header, who, signer)

    def targets(self, provenance: Resource) -> tuple[str, ...]:
        """Return what the signature of a Provenance says that it covers, ``"Type/id"``; nothing is verified.

        Raises:
            Rejected: it cannot be read.
        """
        return tuple(one.split("/_history/")[0] for one in read_claim(provenance).jws.header.targets)

    def organizations(self, key: str) -> tuple[str, ...]:
        """Return the hospitals that the certificate of a key names. Raises ``Misconfigured``: no such key."""
        return self._names(read_certificate(self._provider.key(key).chain[0]))[1]

    def _verified(self, header: jws.Header, who: str, signer: Certificate) -> Verified:
        persons, organizations, fingerprint = self._names(signer)
        return Verified(
            who=who,
            purpose=header.purpose,
            targets=header.targets,
            signed_us=header.signed * 1_000_000,
            algorithm=header.algorithm,
            persons=persons,
            organizations=organizations,
            certificate=fingerprint,
            until_us=int(signer.ends.timestamp()) * 1_000_000,
        )

    def _read_names(self, signer: Certificate) -> tuple[tuple[str, ...], tuple[str, ...], str]:
        """Return persons and hospitals that a certificate names, and its SHA-256."""
        persons, organizations = (
            tuple(signer.attributes(one)) for one in (self._naming.person, self._naming.organization)
        )
        return persons, organizations, hashlib.sha256(signer.der).hexdigest()


def _check_targets(claim: Claim, documents: Sequence[Resource]) -> None:
    """Refuse a signature that is another document's, or of a part only."""
    signed = {target.split("/_history/")[0] for target in claim.jws.header.targets}
    if not set(claim.targets) <= set(claim.jws.header.targets):
        raise Rejected("the Provenance names another target than its signature", code="signature-target")
    if signed != {place(one) for one in documents} or len(signed) != len(claim.jws.header.targets):
        raise Rejected("the signature is of other documents", code="signature-target")
    check_whole(documents)


def check_names(verified: Verified, practitioner: Resource | None, organization: Resource | None) -> None:
    """Refuse a certificate that names somebody else, or another hospital. Raises ``Rejected``."""
    if practitioner is not None and not verified.names_person(practitioner):
        raise Rejected("the certificate is of another person than the signer", code="signature-person")
    if organization is not None and not verified.names_organization(organization):
        raise Rejected("the certificate is of another hospital", code="signature-organization")


def _provenance(targets: Sequence[str], who: str, purpose: str, seconds: int, data: str) -> Resource:
    if who.startswith("Device/"):
        raise Misconfigured("software does not sign: name a Practitioner")
    when = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    role = "author" if purpose == AUTHOR else "verifier"
    system = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"
    return {
        "resourceType": "Provenance",
        "target": [{"reference": one} for one in targets],
        "recorded": when,
        "agent": [{"type": {"coding": [{"system": system, "code": role}]}, "who": {"reference": who}}],
        "signature": [
            {
                "type": [{"system": "urn:iso-astm:E1762-95:2013", "code": purpose}],
                "when": when,
                "who": {"reference": who},
                "targetFormat": "application/fhir+json",
                "sigFormat": "application/jose",
                "data": data,
            }
        ],
    }
