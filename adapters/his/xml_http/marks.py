"""Marks: how far each service has been asked, and what it answered, in a file that survives a power cut."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from gateway.errors import Misconfigured, Retry

MOST = 50_000
"""Items of one question that are remembered; of a longer answer none is, and what comes again is mapped."""

_DIGEST = 16
"""Characters of the digest of one item."""


@dataclass(slots=True, frozen=True)
class Mark:
    """How far one service has been asked.

    Attributes:
        until: the end of the last question.
        seen: digests of the items that it was answered with.
    """

    until: datetime
    seen: frozenset[str] = frozenset()


class Marks:
    """The marks of all services; safe to use from several threads.

    Raises:
        Misconfigured: the file cannot be read; says what to do.
    """

    def __init__(self, path: Path) -> None:
        self._path, self._lock = path, threading.Lock()
        try:
            said = json.loads(path.read_text("utf-8")) if path.exists() else {}
            self._known = {str(name): _read(one) for name, one in said.items()}
        except (OSError, ValueError, AttributeError, TypeError, KeyError):
            reason = "what was asked for last cannot be read; mend the file, or remove it to begin anew"
            raise Misconfigured(reason, where=str(path)) from None

    def at(self, name: str) -> Mark | None:
        """Return how far a service was asked, None for never."""
        return self._known.get(name)

    def put(self, name: str, mark: Mark) -> None:
        """Remember it. Raises ``Retry`` where it cannot be written."""
        with self._lock:
            known = {**self._known, name: mark}
            other = self._path.with_name(self._path.name + ".new")
            try:
                with other.open("w", encoding="utf-8") as file:
                    json.dump({one: _written(said) for one, said in known.items()}, file, indent=1)
                    file.flush()
                    os.fsync(file.fileno())
                other.replace(self._path)
            except OSError as error:
                raise Retry(f"the state of the polls cannot be written ({error.strerror})") from None
            self._known = known


def _read(said: Any) -> Mark:
    """Return one mark; a moment alone is how far, without what was answered."""
    if isinstance(said, str):
        return Mark(datetime.fromisoformat(said))
    seen = str(said["seen"])
    digests = frozenset(seen[at : at + _DIGEST] for at in range(0, len(seen), _DIGEST))
    return Mark(datetime.fromisoformat(said["until"]), digests)


def _written(mark: Mark) -> Mapping[str, str]:
    return {"until": mark.until.isoformat(), "seen": "".join(sorted(mark.seen))}
