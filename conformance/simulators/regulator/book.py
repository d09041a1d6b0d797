"""Owns what the platform has: every entry it took, once, in a SQLite file; and what was wrong with it."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from conformance.simulators.regulator import ledger

Code = Literal["ok", "repeat", "transient-error", "fatal-error"]

SERIALLED = ("prescription", "exam", "lab", "admission", "transfer", "referral")
_TABLES = """
CREATE TABLE IF NOT EXISTS entry (tenant TEXT, n INTEGER, hash TEXT, prev TEXT, algorithm TEXT, kind TEXT,
  event TEXT, serial TEXT, document TEXT, back INTEGER, time TEXT, wire TEXT, arrival INTEGER,
  PRIMARY KEY (tenant, n));
CREATE TABLE IF NOT EXISTS refused (tenant TEXT, n INTEGER, hash TEXT, serial TEXT, reason TEXT,
  PRIMARY KEY (tenant, n));
CREATE TABLE IF NOT EXISTS record (wire TEXT, key TEXT, kind TEXT, day TEXT, content TEXT,
  PRIMARY KEY (wire, key));
CREATE TABLE IF NOT EXISTS serial (serial TEXT PRIMARY KEY, document TEXT);
CREATE TABLE IF NOT EXISTS given (name TEXT PRIMARY KEY, serial TEXT);
CREATE TABLE IF NOT EXISTS head (tenant TEXT, size INTEGER, root TEXT, head TEXT, signature TEXT,
  PRIMARY KEY (tenant, size));
CREATE TABLE IF NOT EXISTS sign_in (tenant TEXT, day TEXT, PRIMARY KEY (tenant, day));
CREATE TABLE IF NOT EXISTS fault (what TEXT, detail TEXT);
CREATE TABLE IF NOT EXISTS counter (name TEXT PRIMARY KEY, value INTEGER);
"""


@dataclass(slots=True, frozen=True)
class Entry:
    """An entry of a hospital's ledger as it arrived.

    Attributes:
        values: the lines of docs/ledger.md by name.
        hash: as the sender says it.
        document: what the entry is about, ``"Type/id"``.
    """

    values: Mapping[str, Any]
    hash: str
    document: str

    @property
    def tenant(self) -> str:
        """Whose ledger."""
        return str(self.values["tenant"])

    @property
    def n(self) -> int:
        """Its number there."""
        return int(self.values["n"])

    @property
    def serial(self) -> str:
        """Of the document, ``""`` for none."""
        return str(self.values["serial"])


@dataclass(slots=True)
class Result:
    """What the platform says of one entry."""

    n: int
    code: Code
    receipt: str = ""
    serial: str = ""
    reason: str = ""


@dataclass(slots=True)
class Book:
    """The platform's file; any thread, one at a time.

    Attributes:
        gives_serials: documents that come without a serial get one.
        amiss: added to its own counts: a platform that counts wrong.
    """

    path: Path
    gives_serials: bool = False
    amiss: int = 0
    lock: threading.RLock = field(default_factory=threading.RLock)
    _db: sqlite3.Connection = field(init=False)

    def __post_init__(self) -> None:
        self._db = sqlite3.connect(self.path, check_same_thread=False, isolation_level=None)
        self._db.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;" + _TABLES)

    def take(self, entry: Entry, wire: str) -> Result:
        """Take an entry, once; what is there already is a repeat, another one under its number is refused."""
        with self.lock:
            known = self._one("SELECT hash FROM entry WHERE tenant = ? AND n = ?", entry.tenant, entry.n)
            if known is not None:
                return self._known(entry, known)
            reason = self._wrong(entry)
            if reason:
                return self.refuse(entry, reason)
            self._order(entry)
            self._db.execute("BEGIN IMMEDIATE")
            self._insert(entry, wire)
            given = self._given(entry)
            self._db.execute("COMMIT")
            return Result(entry.n, "ok", receipt=f"R-{entry.tenant}-{entry.n}", serial=given)

    def refuse(self, entry: Entry, reason: str) -> Result:
        """Refuse an entry for what stands in it; that it came is kept."""
        row = (entry.tenant, entry.n, entry.hash, entry.serial, reason)
        with self.lock:
            self._db.execute("INSERT OR REPLACE INTO refused VALUES (?, ?, ?, ?, ?)", row)
        self.fault("refused", f"{entry.tenant} {entry.n}: {reason}")
        return Result(entry.n, "fatal-error", reason=reason)

    def refused(self, tenant: str, after: int) -> list[dict[str, Any]]:
        """Return what it refused of a ledger after a number: ``n``, ``hash``, ``serial``, ``reason``."""
        names = ("n", "hash", "serial", "reason")
        sql = f"SELECT {', '.join(names)} FROM refused WHERE tenant = ? AND n > ? ORDER BY n"  # noqa: S608
        with self.lock:
            return [dict(zip(names, row, strict=True)) for row in self._db.execute(sql, (tenant, after))]

    def has(self, entry: Entry) -> bool:
        """Tell whether something was taken under the number of an entry."""
        with self.lock:
            return (
                self._one("SELECT 1 FROM entry WHERE tenant = ? AND n = ?", entry.tenant, entry.n) is not None
            )

    def _known(self, entry: Entry, known: str) -> Result:
        self.count("repeats")
        if known != entry.hash:
            self.fault("rewritten", f"{entry.tenant} {entry.n}")
            return Result(entry.n, "fatal-error", reason="another entry was taken under this number")
        return Result(entry.n, "repeat", receipt=f"R-{entry.tenant}-{entry.n}", serial=self._serial_of(entry))

    def _wrong(self, entry: Entry) -> str:
        """Return why an entry cannot be taken, ``""`` for none."""
        if ledger.entry_hash(entry.values) != entry.hash:
            return "the hash of the entry is not that of its lines"
        before = self._one("SELECT hash FROM entry WHERE tenant = ? AND n = ?", entry.tenant, entry.n - 1)
        if before is not None and before != entry.values["prev"]:
            return "the chain is broken: prev is not the hash of the entry before"
        after = self._one("SELECT prev FROM entry WHERE tenant = ? AND n = ?", entry.tenant, entry.n + 1)
        if after is not None and after != entry.hash:
            return "the chain is broken: the entry after goes back to another one"
        return self._wrong_serial(entry) if entry.serial else ""

    def _wrong_serial(self, entry: Entry) -> str:
        if not self.gives_serials and not ledger.check_character(entry.serial):
            return "the check character of the serial is wrong"
        if entry.values["kind"] not in SERIALLED:
            return ""
        holder = self._one("SELECT document FROM serial WHERE serial = ?", entry.serial)
        return "" if holder in (None, entry.document) else "another document has this serial"

    def _order(self, entry: Entry) -> None:
        """Note where a later entry of the same document was here before."""
        sql = "SELECT MAX(n) FROM entry WHERE tenant = ? AND document = ?"
        latest = self._one(sql, entry.tenant, entry.document)
        if latest is not None and latest > entry.n:
            self.fault("out of order", f"{entry.tenant} {entry.n} after {latest}")

    def _insert(self, entry: Entry, wire: str) -> None:
        said = entry.values
        arrival = self._one("SELECT COUNT(*) FROM entry") + 1
        own = (entry.tenant, entry.n, entry.hash)
        rest = (said["prev"], said["algorithm"], said["kind"], said["event"], entry.serial, entry.document)
        row = (*own, *rest, said["back"], said["time"], wire, arrival)
        self._db.execute(f"INSERT INTO entry VALUES ({', '.join('?' * len(row))})", row)  # noqa: S608
        if entry.serial and said["kind"] in SERIALLED:
            self._db.execute("INSERT OR IGNORE INTO serial VALUES (?, ?)", (entry.serial, entry.document))

    def _given(self, entry: Entry) -> str:
        asks = self.gives_serials and not entry.serial and entry.values["kind"] in SERIALLED
        return self.give(f"{entry.tenant}/{entry.document}") if asks else ""

    def _serial_of(self, entry: Entry) -> str:
        found = self._one("SELECT serial FROM given WHERE name = ?", f"{entry.tenant}/{entry.document}")
        return "" if found is None or entry.serial else str(found)

    def give(self, name: str) -> str:
        """Return the serial that the platform gives a document, the same one for the same document."""
        with self.lock:
            found = self._one("SELECT serial FROM given WHERE name = ?", name)
            if found is None:
                number = self._one("SELECT COUNT(*) FROM given") + 1
                found = ledger.with_check_character(f"PT990101{number:08d}")
                self._db.execute("INSERT INTO given VALUES (?, ?)", (name, found))
            return str(found)

    def keep(self, wire: str, key: str, kind: str, day: str, content: Any) -> bool:
        """Keep a record of a form without a ledger; False where it was there already."""
        with self.lock:
            text = json.dumps(content, ensure_ascii=False)
            row = (wire, key, kind, day, text)
            done = self._db.execute("INSERT OR IGNORE INTO record VALUES (?, ?, ?, ?, ?)", row)
            if not done.rowcount:
                self.count("repeats")
            return bool(done.rowcount)

    def sign_in(self, tenant: str, day: str) -> None:
        """Note that a hospital said that it is there."""
        with self.lock:
            self._db.execute("INSERT OR IGNORE INTO sign_in VALUES (?, ?)", (tenant, day))

    def countersigned(self, tenant: str, size: int, root: str, head: str, signature: str) -> None:
        """Keep a head that was signed."""
        with self.lock:
            row = (tenant, size, root, head, signature)
            self._db.execute("INSERT OR REPLACE INTO head VALUES (?, ?, ?, ?, ?)", row)

    def fault(self, what: str, detail: str) -> None:
        """Note something that is not as it must be."""
        with self.lock:
            self._db.execute("INSERT INTO fault VALUES (?, ?)", (what, detail[:300]))

    def count(self, name: str, by: int = 1) -> None:
        """Add to a counter."""
        with self.lock:
            self._db.execute("INSERT OR IGNORE INTO counter VALUES (?, 0)", (name,))
            self._db.execute("UPDATE counter SET value = value + ? WHERE name = ?", (by, name))

    def hashes(self, tenant: str) -> tuple[str, list[str]]:
        """Return the algorithm and the hashes of the entries from 1 on without a gap."""
        sql = "SELECT n, hash, algorithm FROM entry WHERE tenant = ? ORDER BY n"
        with self.lock:
            rows = self._db.execute(sql, (tenant,)).fetchall()
        run = [row[1] for at, row in enumerate(rows, 1) if row[0] == at]
        return (rows[0][2] if rows else "sm3"), run

    def counts(self, day: str = "") -> dict[str, dict[str, int]]:
        """Return how many documents it has by day (+08:00) and kind; wrong ones where it is told to."""
        sql = "SELECT date(time, '+8 hours'), kind, COUNT(*) FROM entry WHERE back = 0 GROUP BY 1, 2"
        found: dict[str, dict[str, int]] = {}
        with self.lock:
            for when, kind, number in self._db.execute(sql):
                if not day or when == day:
                    found.setdefault(when, {})[kind] = number + self.amiss
        return found

    def serials(self, day: str, kind: str) -> list[str]:
        """Return the serials of the documents that :meth:`counts` counts."""
        sql = "SELECT serial FROM entry WHERE back = 0 AND date(time, '+8 hours') = ? AND kind = ? ORDER BY n"
        with self.lock:
            return [row[0] for row in self._db.execute(sql, (day, kind))]

    def entries(self, tenant: str, after: int) -> list[dict[str, Any]]:
        """Return what it has of a ledger after a number, in order: ``n``, ``hash``, ``document``…"""
        names = ("n", "hash", "kind", "event", "serial", "document", "time", "arrival")
        sql = f"SELECT {', '.join(names)} FROM entry WHERE tenant = ? AND n > ? ORDER BY n"  # noqa: S608
        with self.lock:
            return [dict(zip(names, row, strict=True)) for row in self._db.execute(sql, (tenant, after))]

    def state(self) -> dict[str, Any]:
        """Return what it has, and what it holds against the senders."""
        with self.lock:
            tenants = [row[0] for row in self._db.execute("SELECT DISTINCT tenant FROM entry ORDER BY 1")]
            faults = self._db.execute("SELECT what, detail FROM fault").fetchall()
            kinds = dict(self._db.execute("SELECT kind, COUNT(*) FROM entry GROUP BY kind ORDER BY kind"))
            wires = dict(self._db.execute("SELECT wire, COUNT(*) FROM entry GROUP BY wire"))
            records = dict(self._db.execute("SELECT wire, COUNT(*) FROM record GROUP BY wire"))
            return {
                "entries": self._one("SELECT COUNT(*) FROM entry"),
                "serials": self._one("SELECT COUNT(*) FROM serial"),
                "given": self._one("SELECT COUNT(*) FROM given"),
                "records": records,
                "kinds": kinds,
                "wires": wires,
                "counters": dict(self._db.execute("SELECT name, value FROM counter ORDER BY name")),
                "ledgers": {tenant: self._ledger(tenant) for tenant in tenants},
                "sign_ins": [
                    " ".join(row) for row in self._db.execute("SELECT * FROM sign_in ORDER BY day, tenant")
                ],
                "faults": dict(Counter(what for what, _ in faults)),
                "newest_faults": [f"{what}: {detail}" for what, detail in faults[-20:]],
            }

    def _ledger(self, tenant: str) -> dict[str, Any]:
        last = self._one("SELECT MAX(n) FROM entry WHERE tenant = ?", tenant)
        number = self._one("SELECT COUNT(*) FROM entry WHERE tenant = ?", tenant)
        signed = self._one("SELECT MAX(size) FROM head WHERE tenant = ?", tenant)
        _, run = self.hashes(tenant)
        return {
            "entries": number, "last": last, "missing": last - number, "whole_up_to": len(run),
            "head": run[-1] if run else "", "countersigned": signed or 0,
        }  # fmt: skip

    def _one(self, sql: str, *values: Any) -> Any:
        row = self._db.execute(sql, values).fetchone()
        return row[0] if row else None
