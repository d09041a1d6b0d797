"""Owns ``attestations.json``: what somebody saw in documents (文审) or on site (现场), and until when."""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields, replace
from datetime import date
from pathlib import Path

from conformance.catalogue.model import Catalogue
from conformance.result.file import read_json, write_json
from conformance.result.proof import keep, place
from conformance.result.refused import Refused
from conformance.result.requirement import Attestation, Evidence, Method, State, by_day
from conformance.result.shape import Shaped
from conformance.result.standing import unfit

SCHEMA = "urn:qiao:conformance:attestations:1"
NAME = "attestations.json"

_SHA256 = re.compile(r"[0-9a-f]{64}")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_LONGEST = 4000


def load(path: Path) -> tuple[Attestation, ...]:
    """Read a register, or that of a folder, sorted by requirement and day.

    Raises:
        Refused: there is none, another kind of file, or an entry is not as it should be; it says which and
            what. A member that is not known is an error too: ``untill`` would hold for ever.
    """
    said = read_json(_file(path), SCHEMA)
    entries = said.get("attestations")
    if not isinstance(entries, list):
        raise Refused("attestations：不是列表", "attestations: not a list")
    found = [_entry(one, f"attestations[{n}]") for n, one in enumerate(entries)]
    return tuple(sorted(found, key=by_day))


def save(attestations: Iterable[Attestation], path: Path) -> None:
    """Write a register, or that of a folder, whole or not at all. Raises ``OSError``."""
    said = [one.to_json() for one in sorted(attestations, key=by_day)]
    write_json(_file(path), {"schema": SCHEMA, "attestations": said})


def add(
    path: Path, attestation: Attestation, files: Sequence[Path], catalogue: Catalogue, day: date
) -> Attestation:
    """Record an attestation and keep its files below ``evidence/attested`` beside the register.

    The same attestation again changes nothing. Two programs that add at one time wait for each other.

    Args:
        path: of the register or its folder; made if there is none.
        attestation: its ``evidence`` is what ``files`` are kept as.
        day: today.

    Returns:
        What was recorded, with the names and hashes of the copies.

    Raises:
        Refused: see :func:`examine`; a file cannot be kept; the register cannot be read. Nothing is recorded.
        OSError: the disk says no.
    """
    examine(attestation, len(files), catalogue, day)
    register = _file(path)
    register.parent.mkdir(parents=True, exist_ok=True)
    with _alone(register.parent):
        known = load(register) if register.exists() else ()
        recorded = replace(attestation, evidence=keep(files, register.parent))
        if recorded not in known:
            save([*known, recorded], register)
    return recorded


def examine(attestation: Attestation, files: int, catalogue: Catalogue, day: date) -> None:
    """Look whether an attestation can be recorded today.

    Args:
        files: how many show it.

    Raises:
        Refused: no such requirement; it is not shown in this way; somebody is not named; the day is in the
            future; it ends before it begins; nothing shows it (a document review needs a file, a visit on
            site a file or a note).
    """
    if (why := unfit(attestation, catalogue)) is not None:
        raise Refused(why.zh, why.en)
    _sound(attestation, files, "")
    if date.fromisoformat(attestation.when) > day:
        raise Refused(f"日期 {attestation.when} 在未来", f"{attestation.when} is in the future")


def _entry(said: object, where: str) -> Attestation:
    found = Attestation.from_json(said, where)
    assert isinstance(said, dict)
    _known(said, Attestation, where)
    for n, one in enumerate(said.get("evidence", ())):
        _known(one, Evidence, f"{where}.evidence[{n}]")
    _sound(found, len(found.evidence), f"{where}: ")
    for one in found.evidence:
        if not _SHA256.fullmatch(one.sha256):
            raise Refused(f"{where}：{one.file} 的 sha256 无效", f"{where}: sha256 of {one.file} is none")
        place(Path(), one)
    return found


def _known(said: dict[str, object], kind: type[Shaped], where: str) -> None:
    for name in sorted({*said} - {one.name for one in fields(kind)}):  # type: ignore[arg-type]
        raise Refused(f"{where}.{name}：未知项", f"{where}.{name}: not known here")


def _sound(one: Attestation, files: int, where: str) -> None:
    """Look at what can be said of it without catalogue and clock. Raises :class:`Refused`."""
    if one.method is Method.AUTOMATIC:
        raise Refused(f"{where}自动检测不能见证", f"{where}what a machine tests is not attested")
    if one.finding not in (State.CONFORMANT, State.NONCONFORMANT):
        raise Refused(f"{where}结论只能是符合或不符合", f"{where}it is either conformant or nonconformant")
    for name, text in (("who", one.who), ("role", one.role), ("note", one.note)):
        if name != "note" and not text.strip():
            raise Refused(f"{where}{name} 为空", f"{where}{name} is empty")
        if len(text) > _LONGEST or _CONTROL.search(text):
            long = f"{where}{name} is too long or has control characters"
            raise Refused(f"{where}{name} 过长或含控制字符", long)
    when = _day(one.when, f"{where}when")
    if one.until is not None and _day(one.until, f"{where}until") <= when:
        raise Refused(
            f"{where}until 不晚于 when", f"{where}it ends before it begins: until is not after when"
        )
    if not files and (one.method is Method.DOCUMENT or not one.note.strip()):
        raise Refused(
            f"{where}没有证据：文审需要文件，现场需要文件或说明",
            f"{where}nothing shows it: a document review needs a file, a visit on site a file or a note",
        )


def _day(text: str, where: str) -> date:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.isoformat() != text:
        raise Refused(f"{where}：不是日期（YYYY-MM-DD）：{text}", f"{where}: no day (YYYY-MM-DD): {text}")
    return found


def _file(path: Path) -> Path:
    return path / NAME if path.is_dir() else path


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    number = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(number, fcntl.LOCK_EX)
        yield
    finally:
        os.close(number)
