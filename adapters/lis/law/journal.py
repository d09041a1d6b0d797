"""Journal: what was promised to analysers and what they have taken, kept over a restart and a ``kill -9``.

A file of SQLite that its owner alone may read: it holds messages with names of patients. Keep it where the
store is.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Callable, Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import astuple, replace
from typing import TypeVar

from adapters.lis.law.piece import Piece
from gateway.errors import Misconfigured, Retry

Result = TypeVar("Result")

_TABLES = (
    "CREATE TABLE IF NOT EXISTS piece (n INTEGER PRIMARY KEY AUTOINCREMENT, control TEXT NOT NULL UNIQUE, "
    "kind, tenant, name, sender, host, port, raw, charset, at_us, sent, brought INTEGER NOT NULL DEFAULT 0)",
    "CREATE TABLE IF NOT EXISTS taken (number TEXT NOT NULL, control TEXT NOT NULL, "
    "PRIMARY KEY (number, control))",
    "CREATE INDEX IF NOT EXISTS taken_control ON taken (control)",
    # a piece of which nothing is held any more tells nothing
    "CREATE TRIGGER IF NOT EXISTS emptied AFTER DELETE ON taken "
    "WHEN NOT EXISTS (SELECT 1 FROM taken WHERE control = OLD.control) "
    "BEGIN DELETE FROM piece WHERE control = OLD.control AND brought = 1; END",
)
_INSERT = (
    "INSERT INTO piece (control, kind, tenant, name, sender, host, port, raw, charset, at_us, sent) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_READ = (
    "SELECT control, kind, tenant, name, sender, host, port, raw, charset, at_us, sent FROM piece "
    "WHERE brought = ? ORDER BY n"
)
_DONE = (
    "DELETE FROM taken WHERE number = ? AND EXISTS (SELECT 1 FROM piece "
    "WHERE piece.control = taken.control AND host = ? AND port = ? AND brought = 1)"
)
_BROUGHT = "UPDATE piece SET brought = 1 WHERE control = ?"
_NOT_HELD = "DELETE FROM piece WHERE control = ?1 AND NOT EXISTS (SELECT 1 FROM taken WHERE control = ?1)"
_OLD = "DELETE FROM taken WHERE control IN (SELECT control FROM piece WHERE brought = 1 AND at_us < ?)"


class Journal:
    """The file; each method returns when what it does is on disk.

    Args:
        path: of the file.
        where: setting that names it, for errors.
    """

    def __init__(self, path: str, where: str) -> None:
        self._path, self._where = path, where
        self._thread = ThreadPoolExecutor(1, "qiao-law")
        self._file: sqlite3.Connection

    async def open(self) -> None:
        """Open it, or make it. Raises ``Misconfigured``: it cannot be written, or somebody else does."""
        try:
            await self._do(self._open)
        except Retry as error:
            raise Misconfigured(f"{self._path} cannot be opened: {error.reason}", where=self._where) from None

    async def close(self) -> None:
        """Let it go."""
        with suppress(Retry, AttributeError):  # where it could not be opened there is none
            await self._do(self._file.close)
        self._thread.shutdown()

    async def put(self, pieces: Iterable[Piece]) -> None:
        """Keep pieces that are to be brought. Raises ``Retry``, as all that follow: it cannot be written."""
        await self._many([(_INSERT, astuple(one)) for one in pieces])

    async def changed(self, piece: Piece) -> None:
        """Keep a piece as it is now."""
        told = (piece.kind, piece.raw, piece.sent, piece.control)
        await self._many([("UPDATE piece SET kind = ?, raw = ?, sent = ? WHERE control = ?", told)])

    async def ended(self, piece: Piece, taken: Collection[str] = (), done: Collection[str] = ()) -> None:
        """Forget a piece, but for tests that the analyser has; and tests that it has no more.

        Args:
            taken: tests of it which the analyser has.
            done: tests that are none of the business of this analyser any more.
        """
        steps: list[tuple[str, tuple[object, ...]]] = [
            ("INSERT OR IGNORE INTO taken VALUES (?, ?)", (one, piece.control)) for one in taken
        ]
        steps += [(_BROUGHT, (piece.control,)), (_NOT_HELD, (piece.control,))]
        await self._many([*steps, *((_DONE, (one, *piece.address)) for one in done)])

    async def forget(self, before_us: int) -> None:
        """Forget what analysers have taken so long ago."""
        await self._many([(_OLD, (before_us,))])

    async def waiting(self) -> list[Piece]:
        """Return what is to be brought, in the order in which it was promised."""
        return await self._do(lambda: self._pieces(brought=False))

    async def held(self) -> list[tuple[Piece, str]]:
        """Return what analysers have: each test with the piece that has brought it, the oldest first."""

        def read() -> list[tuple[Piece, str]]:
            pieces = {one.control: one for one in self._pieces(brought=True)}
            rows = self._file.execute("SELECT number, control FROM taken ORDER BY rowid").fetchall()
            return [(pieces[control], number) for number, control in rows if control in pieces]

        return await self._do(read)

    def _open(self) -> None:
        os.close(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600))  # what SQLite puts beside it is like it
        self._file = sqlite3.connect(self._path, timeout=1.0, isolation_level=None, check_same_thread=False)
        self._file.execute("PRAGMA locking_mode = EXCLUSIVE")
        self._file.execute("PRAGMA journal_mode = WAL")
        self._file.execute("PRAGMA synchronous = FULL")
        for statement in ("BEGIN IMMEDIATE", *_TABLES, "COMMIT"):
            self._file.execute(statement)

    def _pieces(self, *, brought: bool) -> list[Piece]:
        rows = self._file.execute(_READ, (brought,)).fetchall()
        return [replace(Piece(*row), sent=bool(row[-1])) for row in rows]

    async def _many(self, steps: Iterable[tuple[str, tuple[object, ...]]]) -> None:
        def write() -> None:
            self._file.execute("BEGIN IMMEDIATE")
            try:
                for statement, values in steps:
                    self._file.execute(statement, values)
                self._file.execute("COMMIT")
            except sqlite3.Error:
                with suppress(sqlite3.Error):
                    self._file.execute("ROLLBACK")
                raise

        await self._do(write)

    async def _do(self, what: Callable[[], Result]) -> Result:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, what)
        except (sqlite3.Error, OSError) as error:
            raise Retry(f"the work of analysers cannot be kept: {type(error).__name__}") from error
