"""Claim: one file taken out of the drop folder, by one gateway, until it is done or failed.

``work/<claim>/`` holds the file, ``state.json`` with how far it is delivered, the lines that have to be
mended, and a lock that its gateway holds; what nobody holds is taken over and goes on where it stopped.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import re
import secrets
import shutil
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

STATE, LOCK, MEND = "state.json", "lock", "mend"
_OWN = frozenset({STATE, LOCK, MEND, f"{STATE}.new"})
_LINED = frozenset({".csv", ".tsv", ".tab", ".txt", ".ndjson", ".jsonl"})
_NUMBER = re.compile(r"\d{15,}[0-9Xx]?")
_CHUNK = 1 << 20
_BEYOND = re.compile(r"[^A-Za-z0-9._()\-]+")


@dataclass(slots=True)
class State:
    """How far a file is delivered.

    Attributes:
        plan: what decides which record is which (``reader.Opened``).
        delivered: records that have ended, from the first one on.
        line: of the last one of them.
        ended: how often each end (``stored``, ``quarantined shifted-columns``).
        faults: line, state and reason of what was not stored, as many as a report shows.
        left_out, beside: what was passed over (``reader.Opened``).
        mend: bytes of the file with the lines that have to be mended.
        verdict: ``done``, ``failed`` or ``repeat`` once it is all delivered, ``""`` before.
        why: of a file that failed as a whole.
    """

    name: str
    sha256: str = ""
    size: int = 0
    charset: str = ""
    repaired: bool = False
    view: str = ""
    plan: str = ""
    begun: str = ""
    delivered: int = 0
    line: int = 0
    ended: Counter[str] = field(default_factory=Counter)
    faults: list[dict[str, Any]] = field(default_factory=list)
    left_out: dict[str, int] = field(default_factory=dict)
    beside: dict[str, int] = field(default_factory=dict)
    mend: int = 0
    verdict: str = ""
    why: dict[str, str] = field(default_factory=dict)


SHOWN = 1_000
"""Faults of a report; it counts the others."""


@dataclass(slots=True)
class Claim:
    """A file that is ours.

    Attributes:
        id: sixteen hexadecimal digits; part of what the inbox knows of each of its records.
        folder: where it lies.
        lock: file descriptor that holds it.
    """

    id: str
    folder: Path
    state: State
    lock: int

    @property
    def path(self) -> Path:
        """The file."""
        return self.folder / self.state.name

    def save(self) -> None:
        """Remember how far it is. Raises ``OSError``; then it is what it was."""
        new = self.folder / f"{STATE}.new"
        data = {one.name: getattr(self.state, one.name) for one in fields(State)}
        with new.open("w", encoding="utf-8") as file:
            json.dump(data, file, ensure_ascii=False)
            file.flush()
            os.fsync(file.fileno())
        new.replace(self.folder / STATE)

    def release(self) -> None:
        """Let go of it; whoever looks next takes it."""
        with suppress(OSError):
            os.close(self.lock)

    def add_to_mend(self, heading: str, text: str) -> None:
        """Keep a line for whoever mends it, with the heading before the first one."""
        with (self.folder / MEND).open("ab") as file:
            file.truncate(self.state.mend)
            if not self.state.mend and heading:
                file.write(b"\xef\xbb\xbf" + heading.encode("utf-8", "replace") + b"\r\n")
            file.write(text.encode("utf-8", "replace") + b"\r\n")
            self.state.mend = file.tell()


def take(path: Path, work: Path) -> Claim | None:
    """Take a file out of the drop folder; None where another gateway was quicker.

    Raises:
        OSError: the folder does not let us.
    """
    id_ = secrets.token_hex(8)
    folder = work / id_
    folder.mkdir()
    lock = _locked(folder)
    if lock is None:
        return None  # somebody cleans up: the file stays where it is
    claim = Claim(id_, folder, State(path.name, begun=_now()), lock)
    try:
        claim.save()
        path.rename(folder / path.name)
    except OSError as error:
        _remove(claim)
        if isinstance(error, FileNotFoundError):
            return None
        if error.errno == errno.EXDEV:  # a copy could be taken by two, or while somebody writes on
            raise OSError(errno.EXDEV, "work/ must lie on the file system of the folder") from None
        raise
    return claim


def left_behind(work: Path) -> list[Claim]:
    """Return the claims that nobody holds: their gateway has stopped in the middle, or was stopped.

    Raises:
        OSError: the folder cannot be read.
    """
    found = []
    for folder in sorted(one for one in work.iterdir() if one.is_dir()):
        lock = _locked(folder)
        if lock is None:
            continue
        files = [one for one in folder.iterdir() if one.name not in _OWN]
        claim = Claim(folder.name, folder, _state(folder, files), lock)
        if files:
            found.append(claim)
        else:
            _remove(claim)
    return found


def finish(claim: Claim, to: Path, report: dict[str, Any]) -> Path:
    """Move a file to where it ends, with its report and the lines to mend beside it.

    Raises:
        OSError: it could not; nothing is lost, another try goes on.
    """
    to.mkdir(parents=True, exist_ok=True)
    target = _reserved(claim, to, report)
    if (claim.folder / MEND).exists() and claim.state.mend:
        _moved(claim.folder / MEND, to / f"{target.stem}.mend{_suffix(target)}")
    _moved(claim.path, target)
    _remove(claim)
    return target


def _moved(path: Path, target: Path) -> None:
    """Move a file, also to another file system; there it never is half under its name."""
    try:
        path.replace(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        half = target.with_name(f".{target.name}.part")
        with path.open("rb") as file, half.open("wb") as copy:
            shutil.copyfileobj(file, copy, _CHUNK)
            copy.flush()
            os.fsync(copy.fileno())
        shutil.copystat(path, half)
        half.replace(target)
        path.unlink()


def _reserved(claim: Claim, to: Path, report: dict[str, Any]) -> Path:
    """Write the report; it keeps the name beside it from everybody else. Return where the file goes."""
    name = claim.state.name
    for target in (to / name, to / f"{Path(name).stem}.{claim.id}{Path(name).suffix}"):
        beside = target.with_name(f"{target.name}.report.json")
        if target.exists():
            continue
        try:
            with beside.open("x", encoding="utf-8") as file:
                json.dump(report, file, ensure_ascii=False, indent=2)
        except FileExistsError:
            if f'"claim": "{claim.id}"' in beside.read_text("utf-8"):
                return target
        except OSError:
            beside.unlink(missing_ok=True)
            raise
        else:
            return target
    raise FileExistsError(17, "files of this name are in the way")


def _suffix(path: Path) -> str:
    return path.suffix if path.suffix.lower() in _LINED else ".txt"


def _locked(folder: Path) -> int | None:
    """Return the descriptor that holds a claim, None where another process holds it."""
    descriptor = -1
    try:
        descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, FileNotFoundError):
        if descriptor >= 0:
            os.close(descriptor)
        return None
    return descriptor


def _state(folder: Path, files: list[Path]) -> State:
    """Return what is remembered; of what cannot be read, that nothing was delivered."""
    name = files[0].name if files else ""
    try:
        data = json.loads((folder / STATE).read_text("utf-8"))
        made = State(**{**data, "ended": Counter(data["ended"])})
    except (OSError, ValueError, TypeError, KeyError):
        return State(name, begun=_now())
    return made if made.name == name else State(name, begun=_now())


def _remove(claim: Claim) -> None:
    for name in _OWN:
        with suppress(OSError):
            (claim.folder / name).unlink()
    with suppress(OSError):
        claim.folder.rmdir()
    claim.release()


def shown(name: str) -> str:
    """Return a file's name as it may stand in logs: hospitals call files after patients."""
    return _BEYOND.sub("*", _NUMBER.sub("*", name))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
