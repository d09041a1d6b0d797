"""Authorities, signers and a prescription that they sign; the time is the day on which it was written."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from gateway.canonical.resource import Resource
from gateway.security.signature import Signatures, open_signatures
from gateway.security.signature.issuing import Authority, key_pem, make_key
from gateway.security.signature.pem import pem
from gateway.settings import SignatureSettings

NOW = datetime(2026, 3, 6, 1, 15, tzinfo=UTC)
"""Three minutes after the prescription was written."""
BEGINS = datetime(2026, 1, 1, tzinfo=UTC)
PERSON = {
    "CN": "温如玉",
    "serialNumber": "110990101000017",
    "O": "渡桥市人民医院互联网医院",
    "organizationIdentifier": "12990101MA0000017Q",
}


def us(moment: datetime) -> int:
    return int(moment.timestamp()) * 1_000_000


@dataclass
class Ward:
    """A folder with a root, an authority below it and signers, and whoever signs and verifies with it."""

    folder: Path
    algorithm: Any = "ES256"
    now: datetime = NOW
    root: Authority = field(init=False)
    authority: Authority = field(init=False)

    def __post_init__(self) -> None:
        self.root = Authority.root(make_key(self.algorithm), {"CN": "Root"}, begins=BEGINS)
        self.authority = self.root.below(make_key(self.algorithm), {"CN": "Issuer"}, begins=BEGINS)
        (self.folder / "trust.pem").write_bytes(pem(self.root.chain[0], "CERTIFICATE"))
        self.enrol("physician")

    def enrol(
        self, name: str, chain: Sequence[bytes] = (), key: Any = None, **changed: Any
    ) -> tuple[bytes, ...]:
        """Give somebody a key; a certificate that is no ordinary one is given with it."""
        key = key or make_key(self.algorithm)
        subject = PERSON | changed.pop("subject", {})
        chain = tuple(chain) or self.authority.issue(key, subject, **{"begins": BEGINS} | changed)
        file = self.folder / f"{name}.key.pem"
        file.touch(0o600)
        file.write_bytes(key_pem(key))
        (self.folder / f"{name}.crt.pem").write_bytes(b"".join(pem(one, "CERTIFICATE") for one in chain[:-1]))
        return chain

    def sign(self, documents: list[Resource], key: str = "physician", **changed: Any) -> Resource:
        """Return the Provenance of a signature that is made now."""
        return self.open().sign(documents, key, **{"who": "Practitioner/w1"} | changed)

    def revoke(self, chain: Sequence[bytes], at: datetime, by: Authority | None = None) -> None:
        listed = (by or self.authority).revoke([chain[0]], at)
        (self.folder / "revoked.pem").write_bytes(pem(listed, "X509 CRL"))

    @property
    def now_us(self) -> int:
        return us(self.now)

    def open(self, **changed: Any) -> Signatures:
        files = {"trust": (str(self.folder / "trust.pem"),), "keys": str(self.folder)}
        if (self.folder / "revoked.pem").exists():
            files["crl"] = (str(self.folder / "revoked.pem"),)
        return open_signatures(SignatureSettings(**files | changed), lambda: us(self.now))


@pytest.fixture
def ward(tmp_path: Path) -> Ward:
    return Ward(tmp_path)


@pytest.fixture
def prescription() -> list[Resource]:
    """A draft: the group and two drugs, with a decimal that must keep its digits."""
    drug = {
        "resourceType": "MedicationRequest",
        "id": "m1",
        "identifier": [{"system": "urn:oid:2.16.156.10011.1.20", "value": "CF2026030600021"}],
        "status": "draft",
        "intent": "order",
        "medicationCodeableConcept": {"text": "氨氯地平片 5mg"},
        "subject": {"reference": "Patient/p1"},
        "authoredOn": "2026-03-06T09:12:00+08:00",
        "dosageInstruction": [{"doseAndRate": [{"doseQuantity": {"value": Decimal("2.50"), "unit": "mg"}}]}],
    }
    other = copy.deepcopy(drug) | {"id": "m2"}
    group = {
        "resourceType": "RequestGroup",
        "id": "g1",
        "meta": {"versionId": "3"},
        "status": "draft",
        "intent": "order",
        "authoredOn": "2026-03-06T09:12:00+08:00",
        "action": [
            {"resource": {"reference": "MedicationRequest/m2"}},
            {"resource": {"reference": "MedicationRequest/m1"}},
        ],
    }
    return [group, drug, other]
