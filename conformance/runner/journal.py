"""The journal: every check as it ends, on disk, so that a run that broke off goes on where it was."""

from __future__ import annotations

import fcntl
import json
import os
import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from conformance.result.model import CheckResult

NAME = "journal.ndjson"


class Unfit(ValueError):
    """What is there is of another run; says what differs.

    Attributes:
        choice: only which checks were chosen: it is the same run otherwise.
    """

    def __init__(self, differs: Sequence[str]) -> None:
        super().__init__(", ".join(differs))
        self.choice = tuple(differs) == ("checks",)


class Busy(RuntimeError):
    """Another run is writing here."""


def busy(folder: Path) -> bool:
    """Tell whether a run is under way in a folder. Raises ``OSError``."""
    try:
        with (folder / NAME).open("a") as file:
            return not _locked(file)
    except FileNotFoundError:
        return False


@dataclass(slots=True, frozen=True)
class Begun:
    """What a run was begun with; a run that goes on must be the same.

    Attributes:
        checks: SHA-256 over the ids of those that were chosen; empty of a journal of before this was kept.
    """

    number: str
    seed: int
    target: str
    jurisdictions: tuple[str, ...]
    definitions: str
    started: str
    checks: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return the first line of a journal."""
        return {**asdict(self), "jurisdictions": list(self.jurisdictions)}


class Journal:
    """Lines of JSON: what was begun, then every check that ended."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME
        self._lock = threading.Lock()
        self._file: IO[str] | None = None
        self.written: dict[str, str] = {}

    def begun(self) -> tuple[Begun, list[CheckResult]] | None:
        """Return what stands there; a last line that broke off counts as not written. None: nothing.

        What was written on the target stands in ``written`` afterwards.
        """
        try:
            lines = self._path.read_text("utf-8").splitlines()
        except FileNotFoundError:
            return None
        found = [one for one in (_read(line) for line in lines) if one is not None]
        if not found or "number" not in found[0]:
            return None
        head = found[0]
        begun = Begun(head["number"], head["seed"], head["target"], tuple(head["jurisdictions"]),
                      head["definitions"], head["started"], head.get("checks", ""))  # fmt: skip
        self.written = {one["wrote"]: one["by"] for one in found[1:] if "wrote" in one}
        return begun, [CheckResult.from_json(one) for one in found[1:] if "wrote" not in one]

    def open(self, begun: Begun, ended: list[CheckResult]) -> None:
        """Begin, or go on: what counts is written anew, so that a broken line is gone.

        Raises:
            Busy: another run has it; nothing was touched.
        """
        file = self._path.open("a", encoding="utf-8")
        if not _locked(file):
            file.close()
            raise Busy(str(self._path))
        file.truncate(0)
        self._file = file
        self._line(begun.as_json())
        for name, identity in self.written.items():
            self._say({"wrote": name, "by": identity})
        for one in ended:
            self._line(one.to_json())

    def note(self, result: CheckResult) -> None:
        """Keep a check that ended."""
        with self._lock:
            self._line(result.to_json())

    def wrote(self, name: str, identity: str) -> None:
        """Keep what was written on the target, so that a run that goes on after a crash can remove it."""
        with self._lock:
            if self._file is not None and not self._file.closed:
                self._say({"wrote": name, "by": identity})

    def close(self, *, done: bool) -> None:
        """Close it; a run that is done needs it no more."""
        if self._file is not None:
            self._file.close()
        if done:
            self._path.unlink(missing_ok=True)

    def _line(self, said: dict[str, Any]) -> None:
        assert self._file is not None
        self._say(said)
        os.fsync(self._file.fileno())

    def _say(self, said: dict[str, Any]) -> None:
        assert self._file is not None
        self._file.write(json.dumps(said, ensure_ascii=False) + "\n")
        self._file.flush()


def _locked(file: IO[str]) -> bool:
    """Take a file for as long as it is open; a process that is killed lets it go."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _read(line: str) -> dict[str, Any] | None:
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
