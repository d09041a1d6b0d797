"""Verify: whether a report is as it was sealed, and by whom. Nothing in it is believed unchecked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from conformance.harness.words import Words
from conformance.seal import manifest
from conformance.seal.references import unfounded
from conformance.seal.signature import ROLES, Signature, read
from conformance.seal.trust import Trust, read_trust

State = Literal["good", "bad", "none", "same key", "unknown signer"]


@dataclass(slots=True, frozen=True)
class Verified:
    """What was found.

    Attributes:
        ok: nothing was edited, added or removed, and all signatures are good, by a key each (and
            trusted, where asked).
        changed: files that are another than was sealed, or links now; paths below the folder.
        missing: files that were sealed and are gone, and evidence that the result names and is not there.
        added: files that were not sealed.
        signature: the worst of all signatures.
        signer: of the first signature: its own words, else its fingerprint; ``""`` without a good one.
        when: likewise.
        signatures: those that are good, in their order.
    """

    ok: bool
    changed: tuple[str, ...]
    missing: tuple[str, ...]
    added: tuple[str, ...]
    signature: State
    signer: str
    when: str
    signatures: tuple[Signature, ...]

    @property
    def said(self) -> list[Words]:
        """What was found, line by line, for the reader."""
        lines = [_STATES[self.signature]] if self.signature != "good" else []
        for what, paths in ((_CHANGED, self.changed), (_MISSING, self.missing), (_ADDED, self.added)):
            lines += [what.filled(path=path) for path in paths]
        if not lines:
            lines.append(Words("报告自封存后未被改动", "the report is as it was sealed"))
        return [*lines, *(_line(one) for one in self.signatures)]


def _line(found: Signature) -> Words:
    role, who = ROLES[found.role], found.signer or "—"
    return _SIGNED.filled(
        role=role.zh, in_english=role.en, who=who, when=found.when, fingerprint=found.fingerprint
    )


_STATES: dict[State, Words] = {
    "bad": Words(
        "签名无效：清单或签名被改动", "a signature is bad: the manifest or the signature was edited"
    ),
    "none": Words("没有签名：任何人都可能改过", "there is no signature: anybody may have edited it"),
    "same key": Words(
        "同一密钥签了不止一次：各签名人须各用自己的密钥",
        "one key has signed more than once: those who sign have each a key of their own",
    ),
    "unknown signer": Words("签名者不在信任之列", "a signer is not among those who are trusted"),
}
_CHANGED = Words("已改动：{path}", "changed: {path}")
_MISSING = Words("缺失：{path}", "missing: {path}")
_ADDED = Words("多出：{path}", "added: {path}")
_SIGNED = Words(
    "{role}：{who}，{when}，密钥指纹 {fingerprint}", "{in_english}: {who}, {when}, key {fingerprint}"
)


def verify(folder: Path, trust: Trust | Iterable[str | Path] | None = None) -> Verified:
    """Check a report.

    Args:
        trust: whose signatures count; None: anybody's, and the reader compares the fingerprint himself.

    Raises:
        SealRefused: one of ``trust`` is no fingerprint, key or certificate.
        OSError: the folder cannot be read.
    """
    trusted = trust if isinstance(trust, Trust) or trust is None else read_trust(trust)
    try:
        document = manifest.read(folder)
    except (ValueError, FileNotFoundError) as error:
        gone = isinstance(error, FileNotFoundError)
        where: tuple[str, ...] = (manifest.NAME,)
        return Verified(
            False, () if gone else where, where if gone else (), (), "none" if gone else "bad", "", "", ()
        )
    changed, missing, added = _compared(folder, document)
    state, signatures = _signed(document, trusted)
    first = signatures[0] if signatures else None
    return Verified(
        not (changed or missing or added) and state == "good",
        changed, missing, added, state,
        (first.signer or first.fingerprint) if first else "", first.when if first else "", signatures,
    )  # fmt: skip


def _compared(
    folder: Path, document: manifest.Document
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Return what was changed, is missing, and was added."""
    sealed = {one["path"]: one for one in document["files"]}
    found = dict(manifest.walk(folder))
    changed = {
        path
        for path, regular in found.items()
        if path in sealed and not (regular and manifest.entry(folder, path) == sealed[path])
    }
    missing = [path for path in sealed if path not in found]
    if "result.json" not in changed:
        try:
            missing += unfounded(folder)
        except FileNotFoundError:
            missing += ["result.json"] if "result.json" not in missing else []
        except ValueError:
            changed.add("result.json")
    return tuple(sorted(changed)), tuple(sorted(missing)), tuple(sorted(found.keys() - sealed.keys()))


def _signed(document: manifest.Document, trust: Trust | None) -> tuple[State, tuple[Signature, ...]]:
    payload, before, signatures = manifest.payload(document), list[str](), list[Signature]()
    bad = False
    for one in document["signatures"]:
        found = read(one, payload, before)
        before.append(str(one.get("jws")) if isinstance(one, dict) else "")
        bad = bad or found is None or found.role not in ROLES
        if found is not None and found.role in ROLES:
            signatures.append(found)
    if bad or not signatures:
        return "bad" if bad else "none", tuple(signatures)
    if len({one.fingerprint for one in signatures}) < len(signatures):
        return "same key", tuple(signatures)
    known = trust is None or all(trust.takes(one) for one in signatures)
    return "good" if known else "unknown signer", tuple(signatures)
