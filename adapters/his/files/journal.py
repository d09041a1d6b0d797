"""Journal: one line for each file that ended; by it the same bytes are known again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

MOST = 100_000
"""Files that are remembered in memory."""


class Journal:
    """``journal.ndjson`` of a drop folder; several gateways may write it.

    Args:
        path: of the file; it need not exist.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read = 0
        self._seen: dict[str, dict[str, Any]] = {}
        self._last: dict[str, str] = {}

    def add(self, line: dict[str, Any]) -> None:
        """Write how a file ended. Raises ``OSError``."""
        with self._path.open("ab") as file:
            file.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")

    def same(self, sha256: str, plan: str, claim: str) -> dict[str, Any] | None:
        """Return the line of the file with the same bytes, where none of its view has come since.

        One that came after it may have changed what it said: then saying it again means something. So it does
        where it was read by another pattern or layout, and where not all of it was stored.

        Args:
            plan: what decides what it says (``reader.Opened``).
            claim: that of the file itself.
        """
        self._refresh()
        line = self._seen.get(sha256)
        if line is None or line.get("claim") == claim or line.get("verdict") != "done":
            return None
        if line.get("plan") != plan or not set(line.get("ended") or ()) <= {"stored"}:
            return None
        return line if self._last.get(str(line.get("view"))) == sha256 else None

    def _refresh(self) -> None:
        if not self._path.exists():
            return
        with self._path.open("rb") as file:
            file.seek(self._read)
            for raw in file:
                if not raw.endswith(b"\n"):
                    break
                self._read += len(raw)
                self._take(raw)

    def _take(self, raw: bytes) -> None:
        try:
            line = json.loads(raw)
            sha256, verdict = str(line["sha256"]), line["verdict"]
        except (ValueError, KeyError, TypeError):
            return  # a line that was cut off by a power failure
        if verdict == "repeat":
            return
        self._seen.pop(sha256, None)
        self._seen[sha256] = line
        self._last[str(line.get("view"))] = sha256
        if len(self._seen) > MOST:
            del self._seen[next(iter(self._seen))]
