"""Demonstration: a folder with an authority of its own and with keys of signers, for ``[signatures]``.

``DIR/trust.pem`` is for ``trust``, ``DIR/keys`` for ``keys``, ``DIR/revoked.pem`` (nobody yet) for ``crl``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from gateway.errors import Misconfigured
from gateway.security.signature.issuing import Authority, key_pem, make_key
from gateway.security.signature.pem import blocks, pem
from gateway.security.signature.software import read_private

_SUBJECT = {"CN": "qiao demonstration authority", "O": "qiao demonstration"}


@dataclass(slots=True, frozen=True)
class Signer:
    """Who gets a key.

    Attributes:
        key: name of the key's files.
        name: of the person.
        number: an identifier of the Practitioner: practice certificate, staff number.
    """

    key: str
    name: str
    number: str


@dataclass(slots=True, frozen=True)
class Hospital:
    """Name and identifier of the Organization that stands in the certificates."""

    name: str
    number: str


PHYSICIAN = Signer("physician", "温如玉", "110990101000017")
PHARMACIST = Signer("pharmacist", "方知白", "990101000000028")
HOSPITAL = Hospital("渡桥市人民医院互联网医院", "12990101MA0000017Q")


def demonstration(
    folder: Path,
    signers: Sequence[Signer] = (PHYSICIAN, PHARMACIST),
    hospital: Hospital = HOSPITAL,
    algorithm: Literal["SM2", "ES256", "RS256"] = "SM2",
    begins: datetime | None = None,
) -> list[Path]:
    """Make the folder, or add signers to one that was made; return the certificates' files.

    Args:
        begins: of all certificates; None: yesterday.

    Raises:
        Misconfigured: a signer's key is there already, or what is there is no such folder.
    """
    keys = folder / "keys"
    keys.mkdir(parents=True, exist_ok=True)
    authority = _authority(folder, algorithm, begins)
    made = []
    for one in signers:
        file = keys / f"{one.key}.key.pem"
        if file.exists():
            raise Misconfigured("there is a key of this name already", where=str(file))
        key = make_key(algorithm)
        chain = authority.issue(
            key,
            {
                "CN": one.name,
                "serialNumber": one.number,
                "O": hospital.name,
                "organizationIdentifier": hospital.number,
            },
            begins=begins,
        )
        _write_private(file, key_pem(key))
        made.append(keys / f"{one.key}.crt.pem")
        made[-1].write_bytes(pem(chain[0], "CERTIFICATE"))
    return made


def _authority(
    folder: Path, algorithm: Literal["SM2", "ES256", "RS256"], begins: datetime | None
) -> Authority:
    trust, file = folder / "trust.pem", folder / "authority.key.pem"
    if trust.exists():
        return Authority(read_private(file), _SUBJECT, tuple(blocks(trust, "CERTIFICATE")))
    key = make_key(algorithm)
    made = Authority.root(key, _SUBJECT, begins=begins)
    _write_private(file, key_pem(key))
    trust.write_bytes(pem(made.chain[0], "CERTIFICATE"))
    nobody = made.revoke([], datetime.now(UTC), days=3650)
    (folder / "revoked.pem").write_bytes(pem(nobody, "X509 CRL"))
    return made


def _write_private(file: Path, data: bytes) -> None:
    file.touch(mode=0o600, exist_ok=False)
    file.write_bytes(data)
