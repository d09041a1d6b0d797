"""Seal: a report's files under one signed list, so that any later edit shows; others may sign beside.

``seal`` lists and signs, ``sign_again`` adds the reviewer's signature, ``verify`` tells what was edited.
What a seal cannot show: that the last signature was taken away, or that somebody sealed an edited report anew
with a key of his own. Against that the fingerprint of the key is printed on the report, and ``verify`` can be
told whom to trust.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from conformance.seal import manifest, signature
from conformance.seal.keys import SigningKey, default_place, open_key
from conformance.seal.refused import SealRefused
from conformance.seal.signature import ROLES, Signature
from conformance.seal.trust import Trust, read_trust
from conformance.seal.verify import Verified, verify

__all__ = [
    "ROLES",
    "SealRefused",
    "Signature",
    "SigningKey",
    "Trust",
    "Verified",
    "default_place",
    "open_key",
    "read_trust",
    "seal",
    "sign_again",
    "verify",
]


def seal(
    folder: Path, key: SigningKey, *, role: str = "self", signer: str = "", now: datetime | None = None
) -> dict[str, str]:
    """List all files of a report and sign the list; signatures of an earlier list are dropped with it.

    Args:
        role: of :data:`ROLES`.
        signer: who signs, in his own words.
        now: when; by default, now.

    Returns:
        The signature as listed: ``algorithm``, ``fingerprint``, ``jws``, ``role``, ``signer``, ``when``.

    Raises:
        SealRefused: the folder has a link or another thing that is no file, or there is no such role.
        OSError: it cannot be read or written.
    """
    document: manifest.Document = {
        "files": manifest.listed(folder),
        "schema": manifest.SCHEMA,
        "signatures": [],
    }
    return _signed(folder, document, key, role, signer, now)


def sign_again(
    folder: Path, key: SigningKey, role: str, *, signer: str = "", now: datetime | None = None
) -> dict[str, str]:
    """Add a signature to a sealed report, and leave those that are there as they are.

    Returns:
        As :func:`seal`.

    Raises:
        SealRefused: the report was edited since, is not sealed, has a signature by this key, in whatever
            role and under whatever name, or there is no such role.
        OSError: it cannot be read or written.
    """
    found = verify(folder)
    if not found.ok:
        zh, en = ("；".join(one.zh for one in found.said), "; ".join(one.en for one in found.said))
        raise SealRefused(f"报告不可加签：{zh}", f"the report cannot be signed: {en}")
    for one in found.signatures:
        if one.fingerprint == key.fingerprint:
            raise _used(one)
    return _signed(folder, manifest.read(folder), key, role, signer, now)


def _used(there: Signature) -> SealRefused:
    role, who = ROLES[there.role], there.signer or "—"
    return SealRefused(
        f"该密钥已用于“{role.zh}”签名（{who}）：每人须用自己的密钥，请以 --key 指定另一把私钥（PEM），"
        "可用 openssl ecparam -name prime256v1 -genkey -noout -out FILE 生成",
        f"this key has signed already, as {role.en} ({who}): everybody signs with a key of their own; give "
        "another one (PEM) with --key, as openssl ecparam -name prime256v1 -genkey -noout -out FILE makes it",
    )


def _signed(
    folder: Path, document: manifest.Document, key: SigningKey, role: str, signer: str, now: datetime | None
) -> dict[str, str]:
    before = [str(one["jws"]) for one in document["signatures"]]
    made = signature.sign(manifest.payload(document), key, role, signer, before, now)
    manifest.write(folder, {**document, "signatures": [*document["signatures"], made]})
    return made
