"""Owns the files that show what was attested: copied beside the register, known by their SHA-256."""

from __future__ import annotations

import hashlib
import re
import stat
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath

from conformance.harness.words import Words
from conformance.result.file import write
from conformance.result.refused import Refused
from conformance.result.requirement import Attestation, Evidence

FOLDER = "evidence/attested"
"""Where they lie, below the folder of the register and below that of a report."""

LARGEST = 50 * 1024 * 1024
"""Bytes of one file."""

_UNSAFE = re.compile(r"[^\w.-]+")
_LONGEST = 80


def keep(files: Sequence[Path], folder: Path) -> tuple[Evidence, ...]:
    """Copy files below a folder; returns how a register names them.

    Raises:
        Refused: one cannot be read, is empty, is no file, or is larger than 50 MB; then none was copied.
        OSError: the disk says no.
    """
    read = [(one, _bytes(one)) for one in files]
    return tuple(_kept(path.name, data, folder) for path, data in read)


def intact(attestation: Attestation, folder: Path) -> Words | None:
    """Return why the files of an attestation no longer show it; None where they are as they were."""
    for one in attestation.evidence:
        try:
            found = hashlib.sha256(_bytes(place(folder, one))).hexdigest()
        except Refused as refused:
            return Words(f"见证无效：{refused.reason.zh}", f"attestation void: {refused.reason.en}")
        if found != one.sha256:
            return Words(
                f"见证无效：证据文件 {one.file} 在登记后被改动",
                f"attestation void: {one.file} was changed after it was recorded",
            )
    return None


def carry(attestations: Iterable[Attestation], folder: Path, report: Path) -> tuple[Evidence, ...]:
    """Copy the files of attestations from beside their register into a report; returns those copied.

    One that is gone or was changed stays behind: its attestation does not hold, and says why.
    Raises ``OSError``.
    """
    copied: list[Evidence] = []
    for one in sorted({proof for said in attestations for proof in said.evidence}, key=lambda one: one.file):
        try:
            data = _bytes(place(folder, one))
        except Refused:
            continue
        if hashlib.sha256(data).hexdigest() == one.sha256:
            _put(place(report, one), data)
            copied.append(one)
    return tuple(copied)


def place(folder: Path, evidence: Evidence) -> Path:
    """Return where a file lies. Raises :class:`Refused`: its name leads out of the folder."""
    name = PurePosixPath(evidence.file)
    if name.is_absolute() or ".." in name.parts or "\\" in evidence.file or not name.parts:
        raise Refused(
            f"证据文件名越出目录：{evidence.file}", f"{evidence.file} leads out of the folder of the evidence"
        )
    return folder / name


def _kept(name: str, data: bytes, folder: Path) -> Evidence:
    digest = hashlib.sha256(data).hexdigest()
    safe = _UNSAFE.sub("_", name)[-_LONGEST:].lstrip(".") or "file"
    evidence = Evidence(f"{FOLDER}/{digest[:12]}-{safe}", digest)
    _put(place(folder, evidence), data)
    return evidence


def _put(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write(path, data)


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            if not stat.S_ISREG(path.stat().st_mode):
                raise Refused(f"{path.name} 不是文件", f"{path.name} is no file")
            data = file.read(LARGEST + 1)
    except OSError as error:
        why = error.strerror
        raise Refused(f"无法读取 {path.name}：{why}", f"{path.name} cannot be read: {why}") from error
    if len(data) > LARGEST:
        raise Refused(f"{path.name} 超过 50 MB", f"{path.name} is larger than 50 MB")
    if not data:
        raise Refused(f"{path.name} 是空文件", f"{path.name} is empty")
    return data
