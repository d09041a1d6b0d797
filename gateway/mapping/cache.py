"""Cache: parsed map files and compiled functions of the last load, so that the next one starts at once.

One file in the user's cache folder, of one version of Python. What it holds is named by the digest of what it
was made of, so it is never stale. It holds code, like Python's own ``.pyc``: a file that others may write to,
or that belongs to somebody else, is not read; a damaged one is made anew.
"""

from __future__ import annotations

import marshal
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from typing import Any


def _path() -> Path | None:
    try:
        return Path.home() / ".cache" / "qiao" / f"maps.{sys.implementation.cache_tag}.bin"
    except RuntimeError:  # a service without a home
        return None


class Cache:
    """What earlier loads made, by digest; :meth:`save` keeps what this load used."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._known: dict[bytes, bytes] | None = None
        self._used: dict[bytes, bytes] = {}
        self._fresh = False

    @property
    def path(self) -> Path | None:
        """Where the cache is kept, None for nowhere."""
        return self._path

    def begin(self) -> None:
        """Begin a load whose makings are worth keeping: what it does not use is forgotten by :meth:`save`."""
        self._used, self._fresh = {}, False

    def get(self, kind: bytes, source: bytes, make: Callable[[], Any]) -> Any:
        """Return what ``make`` makes of ``source``, from the cache where it is there.

        Args:
            kind: tells apart what is made of the same bytes.
            make: its result is of the types that ``marshal`` knows (plain data, code).
        """
        if self._known is None:
            self._known = self._read()
        digest = blake2b(kind + b"\0" + source, digest_size=16).digest()
        kept = self._used.get(digest) or self._known.get(digest)
        if kept is not None:
            with suppress(ValueError, EOFError, TypeError):
                made = marshal.loads(kept)  # noqa: S302 (our own file, trusted like the byte code beside it)
                self._used[digest] = kept
                return made
        made = make()
        with suppress(ValueError):
            self._used[digest] = marshal.dumps(made)
            self._fresh = True
        return made

    def _read(self) -> dict[bytes, bytes]:
        try:
            if self._path is None or not is_ours(self._path):
                return {}
            found = marshal.loads(self._path.read_bytes())  # noqa: S302 (as above)
        except (OSError, ValueError, EOFError, TypeError):
            return {}
        return found if isinstance(found, dict) else {}

    def save(self) -> None:
        """Write the file anew where something was made; nobody minds if that fails."""
        if self._path is None or not self._fresh:
            return
        draft = self._path.with_suffix(f".{os.getpid()}")
        with suppress(OSError):
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(marshal.dumps(self._used))
            draft.replace(self._path)
            self._fresh = False


def is_ours(path: Path) -> bool:
    """Return whether nobody else can have written the file."""
    for one in (path, path.parent):
        found = one.stat()
        if found.st_uid != os.getuid() or found.st_mode & 0o022:
            return False
    return True


CACHE = Cache(_path())
"""The cache of this process."""
