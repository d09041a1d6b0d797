"""Speech: one outgoing message or document while it is being made: rows and resources → a tree of texts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gateway.canonical.elements import name_of
from gateway.errors import Misconfigured, Rejected
from gateway.mapping.codes import Table
from gateway.mapping.outbound.backwards import Backwards
from gateway.mapping.outbound.functions import text
from gateway.mapping.outbound.path import Pool
from gateway.mapping.outbound.rows import Codes, Inside, Row

Record = dict[str, list["str | Record"]]
"""Name → values: texts, or records again."""

Said = str | Record

MOST_MISSING = 12
"""Places that a refusal names at most."""


class Fixed(str):
    """A text that says nothing of the resources: a constant or a default."""

    __slots__ = ()


@dataclass(slots=True)
class Dialect:
    """What is particular to who receives.

    Attributes:
        zone: in which its times stand, ``"+08:00"``.
        kinds: URI of a register of numbers → what it calls that kind (``MR``).
        namespaces: URI → its own name of an authority or code system.
        coding_systems: URI of a code system → its name in v2-0396.
        tables: code tables of the way in.
    """

    zone: str = "+08:00"
    kinds: Mapping[str, str] = field(default_factory=dict)
    namespaces: Mapping[str, str] = field(default_factory=dict)
    coding_systems: Mapping[str, str] = field(default_factory=dict)
    tables: Mapping[str, Table] = field(default_factory=dict)
    backwards: dict[str, Backwards] = field(default_factory=dict)


class Speech:
    """Says what rows want said of a pool of resources.

    Args:
        facts: what rows may name with ``$``.
        labels: tables of the shapes, for ``label``.
        constants: records of constants alone are said, too (XML elements); else they are nothing.
    """

    def __init__(
        self,
        pool: Pool,
        dialect: Dialect,
        facts: Mapping[str, str],
        labels: Mapping[str, Mapping[str, str]] | None = None,
        *,
        constants: bool = False,
    ) -> None:
        self.pool, self.dialect, self.facts = pool, dialect, facts
        self.zone, self.kinds, self.namespaces = dialect.zone, dialect.kinds, dialect.namespaces
        self.coding_systems = dialect.coding_systems
        self._constants = constants
        self.missing: list[str] = []
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
        """Return what is inside; names without a value are left out."""
        made: Record = {}
        for name, rows in inside.items():
            self._at.append(name)
            if found := [value for row in rows for value in self.values(row, here)]:
                made[name] = found
            self._at.pop()
        return made

    def values(self, row: Row, here: Any = None) -> list[Said]:
        """Return what a row says; what it must say and cannot is noted (:meth:`check`)."""
        if row.when is not None and not row.when(self.pool, here, self.facts):
            return []
        found = list(self._values(row, here))
        if not found and row.default is not None:
            return [Fixed(row.default)]
        if not found and row.required:
            self.missing.append(self._lacking(row, here))
        if found and row.unique:
            self._once(row.where, repr(found))
        return found

    def _once(self, where: str, said: str) -> None:
        if (where, said) in self._unique:
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

    def elements(self, row: Row, here: Any = None) -> Iterator[Any]:
        """Yield the elements that a row is about: of ``each`` or ``path``, else the one at hand."""
        if row.each is not None:
            yield from row.each.values(self.pool, here, self.facts)
        elif row.paths:
            found = (values for path in row.paths if (values := path.values(self.pool, here, self.facts)))
            yield from next(found, [])[:1]
        else:
            yield here

    def _values(self, row: Row, here: Any) -> Iterator[Said]:
        if row.value is not None:
            yield Fixed(row.value)
        elif row.inside is not None:
            for element in self.elements(row, here):
                arranged = self._arranged(row, element)
                made = self.record(row.inside, arranged)
                if made and (self._constants or substantial(made)):
                    yield made
        else:
            yield from self._texts(row, here)

    def _arranged(self, row: Row, element: Any) -> Any:
        if row.codes is None or not row.codes.table or not isinstance(element, dict):
            return element
        return self.table(row.codes.table).arranged(element)

    def _texts(self, row: Row, here: Any) -> Iterator[str]:
        if row.each is not None:
            for element in row.each.values(self.pool, here, self.facts):
                heard = self._first(row, element) if row.paths else self._text(row, element)
                if heard:
                    yield heard
            return
        if row.join is not None:
            everything = (
                self._text(row, value)
                for path in row.paths
                for value in path.values(self.pool, here, self.facts)
            )
            if joined := row.join.join(filter(None, everything)):
                yield joined
        elif found := self._first(row, here):
            yield found

    def _first(self, row: Row, here: Any) -> str | None:
        said = (
            self._text(row, value) for path in row.paths for value in path.values(self.pool, here, self.facts)
        )
        return next(filter(None, said), None)

    def _text(self, row: Row, value: Any) -> str | None:
        if row.codes is not None:
            value = self._coded(row.codes, value)
        if value is None or value == "":
            return None
        said = (row.function or text)(value, self, row.arg)
        return said[: row.longest] if said and row.longest else said

    def _coded(self, codes: Codes, value: Any) -> Any:
        """Return the code that goes out; a code without an inverse keeps its own."""
        if codes.own is not None:
            return _own(codes.own, value)
        table = self.table(codes.table)
        if isinstance(value, dict):
            concept = value if "coding" in value or "text" in value else {"coding": [value]}
            return table.concept(concept) or value
        return table.code(str(value)) or value


def _own(codes: Mapping[str, str], value: Any) -> str | None:
    """Return what a table of the row's own says of a value: of a concept by its codes, then its words."""
    if isinstance(value, dict):
        codings = value.get("coding", [value])
        keys: Sequence[str] = [
            str(one[key]) for one in codings for key in ("code", "display") if one.get(key)
        ]
        keys = [*keys, *([str(value["text"])] if value.get("text") else [])]
    else:
        keys = [text(value, None) or ""]  # type: ignore[arg-type]
    found = next((codes[key] for key in keys if key in codes), None)
    return found if found is not None else codes.get("*")


def substantial(said: Said) -> bool:
    """Tell whether anything in a record is not constant."""
    if isinstance(said, str):
        return not isinstance(said, Fixed)
    return any(substantial(one) for values in said.values() for one in values)
