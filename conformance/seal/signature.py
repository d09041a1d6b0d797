"""Signature: a detached JWS (RFC 7515, appendix F) over a manifest: who signed, as what, and when."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from conformance.harness.words import Words
from conformance.seal.keys import PublicKey, SigningKey, base64url, certified, from_base64url, from_jwk
from conformance.seal.refused import SealRefused

ROLES = {
    "self": Words("自评", "self-assessment"),
    "review": Words("复核", "review"),
    "responsible": Words("负责人", "person responsible"),
}
_WHEN = "%Y-%m-%dT%H:%M:%SZ"
_OWN = "urn:qiao:conformance:signed"


@dataclass(slots=True, frozen=True)
class Signature:
    """What a signature says. All of it is covered by the signature itself.

    Attributes:
        role: one of :data:`ROLES`.
        signer: who, in his own words.
        when: RFC 3339 in UTC, by the signer's clock.
        fingerprint: of the key.
        after: SHA-256 of the signatures that were there before.
        chain: certificates, DER; empty where the key stands for itself.
    """

    role: str
    signer: str
    when: str
    public: PublicKey
    after: tuple[str, ...]
    chain: tuple[bytes, ...]

    @property
    def fingerprint(self) -> str:
        """Of the key that signed."""
        return self.public.fingerprint

    def shown(self, jws: str) -> dict[str, str]:
        """Return it as the manifest lists it: legible, and with the JWS that says the same."""
        return {
            "algorithm": self.public.algorithm, "fingerprint": self.fingerprint, "jws": jws,
            "role": self.role, "signer": self.signer, "when": self.when,
        }  # fmt: skip


def sign(
    payload: bytes,
    key: SigningKey,
    role: str,
    signer: str,
    before: Sequence[str],
    now: datetime | None = None,
) -> dict[str, str]:
    """Return a signature as the manifest lists it.

    Args:
        before: the JWS that are there already.
        now: when it is signed; by default, now.

    Raises:
        SealRefused: there is no such role.
    """
    if role not in ROLES:
        names = "、".join(f"{name}（{said.zh}）" for name, said in ROLES.items())
        raise SealRefused(f"签名角色应为 {names}", f"a role is one of {', '.join(ROLES)}")
    when = (now or datetime.now(UTC)).astimezone(UTC).strftime(_WHEN)
    found = Signature(role, signer, when, key.public, tuple(map(_hash, before)), key.chain)
    head = base64url(_header(found))
    value = key.sign(f"{head}.{base64url(payload)}".encode())
    return found.shown(f"{head}..{base64url(value)}")


def read(listed: Any, payload: bytes, before: Sequence[str]) -> Signature | None:
    """Return what a listed signature says; None: it is not good.

    Args:
        before: the JWS that are listed before it.
    """
    try:
        jws = listed["jws"]
        head, middle, value = jws.split(".")
        found = _said(json.loads(from_base64url(head)))
        good = (
            not middle
            and found.shown(jws) == listed
            and found.after == tuple(map(_hash, before))
            and from_base64url(head) == _header(found)
            and found.public.verify(f"{head}.{base64url(payload)}".encode(), from_base64url(value))
        )
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, StopIteration, RecursionError):
        return None
    return found if good else None


def _hash(jws: str) -> str:
    return hashlib.sha256(jws.encode()).hexdigest()


def _header(found: Signature) -> bytes:
    key = (
        {"x5c": [base64.b64encode(one).decode() for one in found.chain]}
        if found.chain
        else {"jwk": found.public.jwk}
    )
    header = {
        "alg": found.public.algorithm,
        "crit": ["sigT", _OWN],
        "sigT": found.when,
        _OWN: {"after": list(found.after), "role": found.role, "signer": found.signer},
        **key,
    }
    return json.dumps(header, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _said(header: dict[str, Any]) -> Signature:
    chain = tuple(base64.b64decode(one, validate=True) for one in header.get("x5c", ()))
    own = header[_OWN]
    datetime.strptime(header["sigT"], _WHEN)  # noqa: DTZ007 -- only whether it is one; Z stands for itself
    if not isinstance(own["signer"], str):
        raise ValueError("no name")
    return Signature(
        role=own["role"], signer=own["signer"], when=header["sigT"], after=tuple(own["after"]), chain=chain,
        public=certified(chain[0]) if chain else from_jwk(header["jwk"]),
    )  # fmt: skip
