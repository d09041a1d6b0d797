"""Speech: one outgoing message or document while it is being made: rows and resources → a tree of texts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from gateway.canonical.elements import name_of
from gateway.errors import Misconfigured, Rejected
from gateway.mapping.outbound.backwards import Backwards
from gateway.mapping.outbound.dialect import Dialect
from gateway.mapping.outbound.ending import ENDS, Again
from gateway.mapping.outbound.path import Pool
from gateway.mapping.outbound.rows import BESIDE, Inside, Row
from gateway.mapping.outbound.said import Fixed, Record, Said, substantial
from gateway.mapping.outbound.words import text

T = TypeVar("T")

Writable = Callable[[str], bool]
"""Tells whether a text can be written where it goes."""

MOST_MISSING = 12
"""Places that a refusal names at most."""


class Speech:
    """Says what rows want said of a pool of resources.

    Of an end only the numbers must be there, and the facts; what else cannot be said is left out.

    Args:
        facts: what rows may name with ``$``.
        labels: tables of the shapes, for ``label``.
        constants: records of constants alone are said, too (XML elements); else they are nothing.
        writable: None: every text is.

    Attributes:
        ends: it is said that something is over: the document, or the line at hand.
        missing: places of what must be said and cannot.
        left: places of what an end leaves out.
        broken: something was left out of what is being made.
    """

    def __init__(
        self,
        pool: Pool,
        dialect: Dialect,
        facts: Mapping[str, str],
        labels: Mapping[str, Mapping[str, str]] | None = None,
        *,
        constants: bool = False,
        writable: Writable | None = None,
    ) -> None:
        self.pool, self.dialect, self.facts = pool, dialect, facts
        self.zone, self.kinds, self.namespaces = dialect.zone, dialect.kinds, dialect.namespaces
        self.coding_systems, self.register = dialect.coding_systems, dialect.register
        self._constants, self._writable = constants, writable
        self.ends = self._all_ends = facts.get("happened") in ENDS
        self.missing: list[str] = []
        self.left: list[str] = []
        self.broken = self._half = False
        self._numbers = self._apart = self._in_number = 0
        self._at: list[str] = []
        self._unique: set[tuple[str, str]] = set()
        self.labels = labels or {}

    def table(self, name: str) -> Backwards:
        """Return a code table read backwards. Raises ``Misconfigured``: there is none."""
        found = self.dialect.backwards.get(name)
        if found is None:
            if name not in self.dialect.tables:
                raise Misconfigured(f"there is no code table {name!r}")
            found = self.dialect.backwards[name] = Backwards(self.dialect.tables[name])
        return found

    def record(self, inside: Inside, here: Any = None) -> Record:
        """Return what is inside; names without a value are left out.

        Of an end nothing, where something must be there and is not: it would be half said. What has a number
        of its own is known by that.
        """
        made: Record = {}
        outer, self._half, numbers = self._half, False, self._numbers
        for name, rows in inside.items():
            if name.startswith(BESIDE):
                for row in rows:
                    made |= self._beside(row, here)
                continue
            self._at.append(name)
            if found := [value for row in rows for value in self.values(row, here)]:
                made[name] = found
            self._at.pop()
        half, self._half = self._half and self._numbers == numbers, outer
        self.broken |= half
        return {} if half else made

    def _beside(self, row: Row, here: Any) -> Record:
        """Return what is said of one element beside what is said of others."""
        made: Record = {}
        for one in self.values(row, here):
            made |= one if isinstance(one, dict) else {}
        return made

    def line(self, made: Callable[[], T]) -> T | None:
        """Return what is made of one line; None where an end has said its number already."""
        depth, half, broken = len(self._at), self._half, self.broken
        apart, number = self._apart, self._in_number
        try:
            return made()
        except Again:
            del self._at[depth:]
            self._half, self.broken = half, broken
            self._apart, self._in_number = apart, number
            return None

    def values(self, row: Row, here: Any = None) -> list[Said]:
        """Return what a row says; what it must say and cannot is noted (:meth:`check`)."""
        if row.when is not None and not row.when(self.pool, here, self.facts):
            return []
        number = self.ends and not self._apart and row.is_key
        self._in_number += number
        found = self._values(row, here)
        self._in_number -= number
        if not found and row.default is not None:
            return [Fixed(row.default)]
        if row.required and found:
            self._numbers += number
        elif row.required and (number or not self.ends):
            self.missing.append(self._lacking(row, here))
        elif row.required:
            self.left.append(self._lacking(row, here))
            self._half = True
        if found and row.unique:
            self._once(row.where, repr(found))
        return found

    def _once(self, where: str, said: str) -> None:
        if (where, said) in self._unique:
            if self._all_ends:
                raise Again
            told = "several lines have one number: give each line one of its own (an identifier of type PLAC)"
            raise Rejected(told, code="several", where=where)
        self._unique.add((where, said))

    def _lacking(self, row: Row, here: Any) -> str:
        """Return what a row lacks: of an element of XML the paths, and the first place that wants them."""
        if not self._constants or not row.paths:
            return row.where
        of = name_of(here) if isinstance(here, dict) and "resourceType" in here else ""
        paths = " | ".join(f"{of if one.text.startswith('.') else ''}{one.text}" for one in row.paths)
        known = (one for one in self.missing if one.startswith(f"{paths} ("))
        return next(known, f"{paths} ({'/'.join(self._at)})")

    def check(self) -> None:
        """Refuse what lacks something that must be there.

        Raises:
            Rejected: names every place.
        """
        if self.missing:
            places = list(dict.fromkeys(self.missing))
            more = f" and {len(places) - MOST_MISSING} more" if len(places) > MOST_MISSING else ""
            told = f"nothing is known for what must be there: {', '.join(places[:MOST_MISSING])}{more}"
            raise Rejected(told, code="missing", where=places[0])

    def elements(self, row: Row, here: Any = None) -> list[Any]:
        """Return the elements that a row is about: of ``each`` or ``path``, else the one at hand."""
        if row.each is not None:
            return row.each.values(self.pool, here, self.facts)
        if not row.paths:
            return [here]
        for path in row.paths:
            if values := path.values(self.pool, here, self.facts):
                return values[:1]
        return [None] if row.always else []

    def _values(self, row: Row, here: Any) -> list[Said]:
        if row.value is not None:
            return [Fixed(row.value)]
        if row.inside is None:
            return self._texts(row, here)
        found: list[Said] = []
        self._apart += row.leads_apart
        for element in self.elements(row, here):
            made = self._inner(row, row.inside, self._arranged(row, element))
            if made and (self._constants or substantial(made)):
                found.append(made)
        self._apart -= row.leads_apart
        return found

    def _inner(self, row: Row, inside: Inside, here: Any) -> Record | None:
        if row.each is None:
            return self.record(inside, here)
        return self.line(lambda: self.record(inside, here))

    def _arranged(self, row: Row, element: Any) -> Any:
        if row.codes is None or not row.codes.table or not isinstance(element, dict):
            return element
        return self.table(row.codes.table).arranged(element)

    def _texts(self, row: Row, here: Any) -> list[Said]:
        if row.each is not None:
            heard = self._first if row.paths else self._text
            elements = row.each.values(self.pool, here, self.facts)
            return [said for element in elements if (said := heard(row, element))]
        if row.join is None:
            found = self._first(row, here)
            return [found] if found else []
        everything = [
            said
            for path in row.paths
            for value in path.values(self.pool, here, self.facts)
            if (said := self._text(row, value))
        ]
        return [row.join.join(everything)] if everything else []

    def _first(self, row: Row, here: Any) -> str | None:
        for path in row.paths:
            for value in path.values(self.pool, here, self.facts):
                if said := self._text(row, value):
                    return said
        return None

    def _text(self, row: Row, value: Any) -> str | None:
        if row.codes is not None:
            value = row.codes.said(value, self)
        if value is None or value == "":
            return None
        said = (row.function or text)(value, self, row.arg)
        if said and self.ends and self._writable and not (self._in_number or self._writable(said)):
            return None
        return said[: row.longest] if said and row.longest else said
