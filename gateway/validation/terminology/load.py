"""Load: puts artefacts into the file of imported terminologies, each of them whole or not at all."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from pathlib import Path

from gateway.errors import Rejected, Retry
from gateway.validation.terminology.concepts import Json, properties
from gateway.validation.terminology.loaded import TABLES

Progress = Callable[[int], None]
"""Is told how many concepts more are in."""

CHUNK = 5_000
"""Concepts between two calls of the progress."""


def load(path: Path, artefacts: Iterable[Json], progress: Progress = lambda _count: None) -> int:
    """Write artefacts in one transaction; one with the same URL and version replaces the earlier one.

    Args:
        artefacts: CodeSystems, ValueSets and ConceptMaps that were checked (``reading.read``).

    Returns:
        How many concepts came in.

    Raises:
        Retry: another import runs.
        Rejected: the file cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with closing(sqlite3.connect(path, timeout=10, isolation_level=None)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.executescript(TABLES)
            return _transaction(connection, artefacts, progress)
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            raise Retry("another import is running", after=10) from None
        raise Rejected(f"cannot be written: {error}", code="not-writable", where=str(path)) from None
    except sqlite3.DatabaseError as error:
        raise Rejected(
            f"is no file of terminologies: {error}", code="not-writable", where=str(path)
        ) from None


def _transaction(connection: sqlite3.Connection, artefacts: Iterable[Json], progress: Progress) -> int:
    connection.execute("BEGIN IMMEDIATE")
    try:
        concepts = sum(_put(connection, one, progress) for one in artefacts)
        generation = connection.execute("PRAGMA user_version").fetchone()[0]
        connection.execute(f"PRAGMA user_version = {generation + 1}")
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    return concepts


def _put(connection: sqlite3.Connection, artefact: Json, progress: Progress) -> int:
    kind, url, version = artefact["resourceType"], artefact["url"], artefact.get("version", "")
    count = _system(connection, artefact, progress) if kind == "CodeSystem" else 0
    body = {name: value for name, value in artefact.items() if name != "concept"}
    if kind == "CodeSystem":
        body["count"] = count
    connection.execute(
        "INSERT OR REPLACE INTO artefact SELECT ?, ?, ?, 1 + coalesce(max(n), 0), ? FROM artefact",
        (kind, url, version, json.dumps(body, ensure_ascii=False)),
    )
    return count


def _system(connection: sqlite3.Connection, artefact: Json, progress: Progress) -> int:
    url, version = artefact["url"], artefact.get("version", "")
    old = connection.execute("SELECT id FROM system WHERE url = ? AND version = ?", (url, version)).fetchone()
    if old:
        connection.execute("DELETE FROM concept WHERE system = ?", old)
        connection.execute("DELETE FROM folded WHERE system = ?", old)
        connection.execute("DELETE FROM system WHERE id = ?", old)
    exact = artefact.get("caseSensitive") is True
    name = artefact.get("title") or artefact.get("name", "")
    hierarchy = artefact.get("hierarchyMeaning", "is-a") == "is-a"
    rows = list(_rows(artefact.get("concept", ())))
    number = connection.execute(
        "INSERT INTO system (url, version, name, content, exact, hierarchy, count) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        (url, version, name, artefact.get("content", "complete"), exact, hierarchy, len(rows)),
    ).lastrowid
    for start in range(0, len(rows), CHUNK):
        some = rows[start : start + CHUNK]
        connection.executemany(
            "INSERT INTO concept VALUES (?, ?, ?, ?, ?)",
            ((number, code, display, start + n, rest) for n, (code, display, rest) in enumerate(some)),
        )
        if not exact:
            folded = ((number, code.casefold(), code) for code, _, _ in some)
            connection.executemany("INSERT OR IGNORE INTO folded VALUES (?, ?, ?)", folded)
        progress(len(some))
    return len(rows)


def _rows(concepts: Iterable[Json]) -> Iterator[tuple[str, str, str | None]]:
    """Yield code, display and the rest of every concept, children after their parent."""
    nodes, children = relations(concepts)
    for code, (concept, parents) in nodes.items():
        rest: dict[str, object] = {}
        if concept.get("designation"):
            rest["designation"] = concept["designation"]
        if pairs := list(properties(concept)):
            rest["properties"] = pairs
        if parents:
            rest["parents"] = list(parents)
        if code in children:
            rest["children"] = list(children[code])
        yield code, concept.get("display", ""), json.dumps(rest, ensure_ascii=False) if rest else None


Nodes = dict[str, tuple[Json, dict[str, None]]]


def relations(concepts: Iterable[Json]) -> tuple[Nodes, dict[str, dict[str, None]]]:
    """Return all concepts with their parents by code, and the children of those that have some.

    Relations come from nesting and from the properties parent, subsumedBy and child.
    """
    nodes: Nodes = {}
    waiting = [(one, "") for one in concepts][::-1]
    while waiting:
        concept, parent = waiting.pop()
        nodes[concept["code"]] = (concept, {parent: None} if parent else {})
        waiting.extend([(one, concept["code"]) for one in concept.get("concept", ())][::-1])
    for code, (concept, parents) in nodes.items():
        for one in concept.get("property", ()):
            if one["code"] in ("parent", "subsumedBy"):
                parents[_target(one)] = None
            elif one["code"] == "child" and _target(one) in nodes:
                nodes[_target(one)][1][code] = None
    children: dict[str, dict[str, None]] = {}
    for code, (_, parents) in nodes.items():
        for parent in parents:
            children.setdefault(parent, {})[code] = None
    return nodes, children


def _target(property: Json) -> str:
    value = property.get("valueCode", property.get("valueString", property.get("valueCoding", "")))
    return str(value.get("code", "") if isinstance(value, dict) else value)
