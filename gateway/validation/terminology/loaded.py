"""Loaded terminologies: what a user has imported, read by primary key out of a SQLite file."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from gateway.validation.terminology.concepts import Concept, Designation, Json, Named, designations

TABLES = """
CREATE TABLE IF NOT EXISTS system (
    id INTEGER PRIMARY KEY, url TEXT NOT NULL, version TEXT NOT NULL, name TEXT NOT NULL,
    content TEXT NOT NULL, exact INTEGER NOT NULL, hierarchy INTEGER NOT NULL, count INTEGER NOT NULL,
    UNIQUE (url, version));
CREATE TABLE IF NOT EXISTS concept (
    system INTEGER NOT NULL, code TEXT NOT NULL, display TEXT NOT NULL, n INTEGER NOT NULL, rest TEXT,
    PRIMARY KEY (system, code)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS folded (
    system INTEGER NOT NULL, folded TEXT NOT NULL, code TEXT NOT NULL,
    PRIMARY KEY (system, folded)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS artefact (
    kind TEXT NOT NULL, url TEXT NOT NULL, version TEXT NOT NULL, n INTEGER NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (kind, url, version)) WITHOUT ROWID;
"""
"""``n`` orders: concepts as in their file, artefacts as they came. ``folded`` has rows where
case is left open. ``rest`` is JSON of what most concepts lack: designation, properties (in pairs), parents,
children."""

_OF_CODE = (
    "SELECT c.code, c.display, c.rest FROM system s JOIN concept c ON c.system = s.id "
    "WHERE s.url = ? AND s.version = ? AND c.code = ?"
)
_OF_FOLDED = (
    "SELECT c.code, c.display, c.rest FROM system s JOIN folded f ON f.system = s.id "
    "JOIN concept c ON c.system = s.id AND c.code = f.code WHERE s.url = ? AND s.version = ? AND f.folded = ?"
)
_ALL = (
    "SELECT c.code, c.display, c.rest FROM system s JOIN concept c ON c.system = s.id "
    "WHERE s.url = ? AND s.version = ? ORDER BY c.n"
)


@dataclass(slots=True, frozen=True)
class Row:
    """One line of what is loaded: a code system, or another artefact (without a count)."""

    kind: str
    url: str
    version: str
    name: str
    concepts: int | None


class _Connection:
    """A thread's connection, closed with the thread."""

    __slots__ = ("sqlite",)

    def __init__(self, path: Path) -> None:
        # The last reference may go in another thread than the one that opened it.
        self.sqlite = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None, check_same_thread=False
        )

    def __del__(self) -> None:
        if hasattr(self, "sqlite"):
            self.sqlite.close()


class LoadedFile:
    """The file of imported terminologies; one that does not exist yet has none.

    Every question is one statement, so that an import under way is seen before or after, never half; several
    that belong together are asked in a :meth:`snapshot`.
    """

    def __init__(self, path: Path) -> None:
        """Take the path; nothing is opened yet."""
        self.path = path
        self._local = threading.local()

    def ask(self, statement: str, values: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
        """Return the rows of one statement; none where there is no file yet."""
        connection = getattr(self._local, "connection", None)
        if connection is None:
            if not self.path.exists():
                return []
            connection = self._local.connection = _Connection(self.path)
        rows: list[tuple[object, ...]] = connection.sqlite.execute(statement, values).fetchall()
        return rows

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Let all questions of this thread see the same state, whatever is imported meanwhile."""
        self.ask("SELECT 1")
        connection = getattr(self._local, "connection", None)
        if connection is None or connection.sqlite.in_transaction:
            yield
            return
        connection.sqlite.execute("BEGIN")
        try:
            yield
        finally:
            connection.sqlite.execute("COMMIT")

    def generation(self) -> object:
        """Return something that changes with every import, None before the first."""
        found = self.ask("PRAGMA user_version")
        return found[0][0] if found else None

    def code_system(self, url: str, version: str = "") -> Stored | None:
        """Return a loaded code system; the one that came last where no version is asked for."""
        rows = self.ask(
            "SELECT version, name, content, exact, hierarchy, count FROM system "
            "WHERE url = ? AND (? = '' OR version = ?) ORDER BY id DESC LIMIT 1",
            (url, version, version),
        )
        return Stored(self, url, rows[0]) if rows else None

    def artefact(self, url: str, kind: str, version: str = "") -> Json | None:
        """Return a loaded artefact; a CodeSystem comes without its concepts."""
        rows = self.ask(
            "SELECT body FROM artefact WHERE kind = ? AND url = ? AND (? = '' OR version = ?) "
            "ORDER BY n DESC LIMIT 1",
            (kind, url, version, version),
        )
        found: Json | None = json.loads(str(rows[0][0])) if rows else None
        return found

    def artefacts(self, kind: str) -> list[str]:
        """Return the canonical URLs of all loaded artefacts of a resourceType."""
        rows = self.ask("SELECT DISTINCT url FROM artefact WHERE kind = ? ORDER BY url", (kind,))
        return [str(row[0]) for row in rows]

    def rows(self) -> list[Row]:
        """Return what is loaded, by kind and URL."""
        found = self.ask(
            "SELECT a.kind, a.url, a.version, a.body, s.count FROM artefact a LEFT JOIN system s "
            "ON a.kind = 'CodeSystem' AND s.url = a.url AND s.version = a.version ORDER BY a.kind, a.url, a.n"
        )
        return [
            Row(str(kind), str(url), str(version), _name(json.loads(str(body))), _number(count))
            for kind, url, version, body, count in found
        ]


class Stored(Named):
    """A loaded code system."""

    def __init__(self, file: LoadedFile, url: str, row: tuple[object, ...]) -> None:
        """Take the row of the table ``system``, without id and url."""
        version, name, content, exact, hierarchy, count = row
        self.url = url
        self.version = str(version)
        self.name = str(name)
        self.complete = content == "complete"
        self.hierarchy = bool(hierarchy)
        self.count = _number(count)
        self._exact = bool(exact)
        self._file = file

    def has(self, code: str) -> bool | None:
        """Return whether ``code`` is one of its codes; None: it is not listed, and not all are."""
        if self._row(code) is not None:
            return True
        return False if self.complete else None

    def spelling(self, code: str) -> str | None:
        """Return the code as it was imported."""
        row = self._row(code)
        return str(row[0]) if row else None

    def concept(self, code: str) -> Concept | None:
        """Return the concept, None where it is not found."""
        row = self._row(code)
        return _concept(row) if row else None

    def each(self) -> Iterator[Concept]:
        """Yield all concepts in the order of their file."""
        return map(_concept, self._file.ask(_ALL, (self.url, self.version)))

    def _row(self, code: str) -> tuple[object, ...] | None:
        rows = self._file.ask(_OF_CODE, (self.url, self.version, code))
        if not rows and not self._exact:
            rows = self._file.ask(_OF_FOLDED, (self.url, self.version, code.casefold()))
        return rows[0] if rows else None


def _concept(row: tuple[object, ...]) -> Concept:
    code, display, text = row
    if text is None:
        return Concept(str(code), str(display))
    rest = json.loads(str(text))
    names: tuple[Designation, ...] = tuple(designations(rest.get("designation", ())))
    pairs = tuple((name, value) for name, value in rest.get("properties", ()))
    parents, children = tuple(rest.get("parents", ())), tuple(rest.get("children", ()))
    return Concept(str(code), str(display), names, pairs, parents, children)


def _name(artefact: Json) -> str:
    return str(artefact.get("title") or artefact.get("name") or "")


def _number(count: object) -> int | None:
    return count if isinstance(count, int) else None
