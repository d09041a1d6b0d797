"""Ready: which files of a drop folder are complete, and in which order they are taken."""

from __future__ import annotations

import os
import stat
import time
from dataclasses import dataclass
from pathlib import Path

UNFINISHED = (".tmp", ".part", ".partial", ".filepart", ".crdownload", ".writing", ".uploading", ".swp", "~")
"""How names end while somebody writes: rsync, WinSCP, browsers, editors."""

STRANGE = frozenset({"thumbs.db", "desktop.ini", ".ds_store"})
OWN = frozenset({"work", "done", "failed"})
"""Folders that the door makes."""

EMPTY_SECONDS = 60.0
"""A file without a byte may be one that is about to be filled."""


@dataclass(slots=True)
class Waiting:
    """What was seen of a file: size, time of its last change, and since when both are so."""

    size: int
    changed_ns: int
    since: float


class Ready:
    """Watches one folder.

    Attributes:
        strange: links, pipes and folders that nobody expects there; they are never taken.

    Args:
        settle: seconds in which neither size nor time of change of a complete file change.
        marker: ending of the file that says that another one is complete (``.ok``), ``""`` for none.
    """

    def __init__(self, folder: Path, settle: float, marker: str) -> None:
        self._folder, self._settle, self._marker = folder, settle, marker.lower()
        self._seen: dict[str, Waiting] = {}
        self.strange = 0

    @property
    def waiting(self) -> int:
        """Files that are there and not taken."""
        return len(self._seen)

    def look(self) -> list[Path]:
        """Return the complete files, those first that were changed first.

        Raises:
            OSError: the folder cannot be read.
        """
        now, seen = time.monotonic(), dict[str, Waiting]()
        there, strange = dict[str, os.stat_result](), 0
        with os.scandir(self._folder) as entries:
            for one in entries:
                status = _status(one)
                if status is not None and stat.S_ISREG(status.st_mode):
                    there[one.name] = status
                else:
                    strange += status is not None and one.name not in OWN
        self.strange = strange
        for name, status in there.items():
            old = self._seen.get(name)
            if old is None or (old.size, old.changed_ns) != (status.st_size, status.st_mtime_ns):
                old = Waiting(status.st_size, status.st_mtime_ns, now)
            seen[name] = old
        self._seen = seen
        names = [name for name, one in seen.items() if self._is_complete(name, one, now, there)]
        if self._marker:
            for name in [name for name in seen if name.lower().endswith(self._marker)]:
                del seen[name]
        return [self._folder / name for name in sorted(names, key=lambda name: (seen[name].changed_ns, name))]

    def taken(self, path: Path) -> None:
        """Forget a file that was taken, and remove its marker."""
        self._seen.pop(path.name, None)
        if self._marker:
            for one in _markers(path.name, self._marker):
                path.with_name(one).unlink(missing_ok=True)

    def _is_complete(self, name: str, one: Waiting, now: float, there: dict[str, os.stat_result]) -> bool:
        if self._marker:
            if name.lower().endswith(self._marker):
                return False
            lowered = {other.lower() for other in there}
            return any(marker.lower() in lowered for marker in _markers(name, self._marker))
        return now - one.since >= (self._settle if one.size else max(self._settle, EMPTY_SECONDS))


def _status(entry: os.DirEntry[str]) -> os.stat_result | None:
    """Return what is known of an entry itself, links are never followed; None of one that does not count."""
    name = entry.name.lower()
    if name.startswith(".") or name.endswith(UNFINISHED) or name in STRANGE:
        return None
    try:
        return entry.stat(follow_symlinks=False)
    except OSError:
        return None  # gone since


def _markers(name: str, marker: str) -> tuple[str, str]:
    """Return what the marker of a file may be called: ``cf.csv.ok`` or ``cf.ok``."""
    return name + marker, Path(name).stem + marker
